package graph

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Scopes is the extension that holds services to the scopes of their API keys,
// which the schema tells by @scope. It looks at the whole operation before
// anything is answered: a key asks for the types that its scopes open, for their
// connections and for what has no id below them, and for nothing else. It changes
// nothing. What it refuses is FORBIDDEN, with the scope that is missing.
//
// It comes after what finds out who asks.
func Scopes(log *slog.Logger) graphql.HandlerExtension { return &scopes{log: log} }

type scopes struct {
	log    *slog.Logger
	schema *ast.Schema
}

var _ graphql.OperationInterceptor = &scopes{}

func (*scopes) ExtensionName() string { return "Scopes" }

func (s *scopes) Validate(schema graphql.ExecutableSchema) error {
	s.schema = schema.Schema()
	return nil
}

// InterceptOperation refuses what the key's scopes do not open.
func (s *scopes) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	key := auth.From(ctx).Key
	if key == nil {
		return next(ctx)
	}
	op := graphql.GetOperationContext(ctx).Operation
	check := scopeCheck{scopes: s, held: key.Scopes, spread: map[string]bool{}}
	err := check.root(op)
	if err == nil {
		return next(context.WithValue(ctx, openKindsKey{}, func(kind ident.Kind) bool {
			return check.open(s.schema.Types[string(kind)]) == nil
		}))
	}
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{Presenter(s.log)(ctx, err)}})
}

type openKindsKey struct{}

// kindIsOpen reports whether the viewer may find things of the kind by their id,
// as far as scopes decide it.
func kindIsOpen(ctx context.Context, kind ident.Kind) bool {
	open, held := ctx.Value(openKindsKey{}).(func(ident.Kind) bool)
	return !held || open(kind)
}

// scopeCheck looks at one operation of one key.
type scopeCheck struct {
	*scopes
	held   []vocab.Scope
	spread map[string]bool
}

func (c *scopeCheck) root(op *ast.OperationDefinition) error {
	if op.Operation == ast.Mutation {
		return fault.New(fault.Forbidden, "An API key changes nothing.")
	}
	return c.fields(op.SelectionSet)
}

func (c *scopeCheck) fields(set ast.SelectionSet) error {
	for _, selection := range set {
		var err error
		switch selected := selection.(type) {
		case *ast.Field:
			err = c.field(selected)
		case *ast.InlineFragment:
			err = c.fields(selected.SelectionSet)
		case *ast.FragmentSpread:
			if !c.spread[selected.Name] {
				c.spread[selected.Name] = true
				err = c.fields(selected.Definition.SelectionSet)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *scopeCheck) field(f *ast.Field) error {
	if strings.HasPrefix(f.Name, "__") {
		return nil
	}
	of := c.schema.Types[f.Definition.Type.Name()]
	root := f.ObjectDefinition == c.schema.Query || f.ObjectDefinition == c.schema.Subscription
	if root && of.Kind != ast.Interface && c.scopeOf(of) == "" {
		return fault.New(fault.Forbidden, "%s is closed to API keys.", f.Name)
	}
	for _, t := range []*ast.Definition{f.ObjectDefinition, of} {
		if err := c.open(t); err != nil {
			return err
		}
	}
	return c.fields(f.SelectionSet)
}

// open is nil if the key may ask for the type.
func (c *scopeCheck) open(t *ast.Definition) error {
	if t == nil || t.Kind != ast.Object {
		return nil
	}
	scope := c.scopeOf(t)
	switch {
	case scope == "" && slices.Contains(c.nodeOf(t).Interfaces, "Node"):
		return fault.New(fault.Forbidden, "%s is closed to API keys.", t.Name)
	case scope == "" || slices.Contains(c.held, scope):
		return nil
	default:
		return fault.New(fault.Forbidden, "The API key does not have the scope %s.", scope).With("scope", scope)
	}
}

// scopeOf is the scope that opens the type, "" if none is named. Connections and
// edges are opened by the scope of their nodes.
func (c *scopeCheck) scopeOf(t *ast.Definition) vocab.Scope {
	if d := c.nodeOf(t).Directives.ForName("scope"); d != nil {
		return vocab.Scope(d.Arguments.ForName("name").Value.Raw)
	}
	return ""
}

// nodeOf is the type of the nodes of connections and edges, and for other types the
// type itself.
func (c *scopeCheck) nodeOf(t *ast.Definition) *ast.Definition {
	for _, suffix := range []string{"Connection", "Edge"} {
		if name, ok := strings.CutSuffix(t.Name, suffix); ok && c.schema.Types[name] != nil {
			return c.schema.Types[name]
		}
	}
	return t
}
