package graph

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/internal/fault"
)

// Bounds are how much one operation may ask for.
type Bounds struct {
	// Fields is how many it could answer: they are counted as if every page were
	// full, so that a connection costs what it asks of one node times the size of
	// its page.
	Fields int
	// Depth is how many fields lie one below the other.
	Depth int
	// Aliases is how many fields it asks for under another name, or more than once
	// in a selection.
	Aliases int
	// Introspection is whether it may ask for the schema.
	Introspection bool
}

// Admission is the extension that looks at operations before they run. It
// refuses those whose text no database can keep and subscriptions to several things,
// with VALIDATION_FAILED, those that ask for the schema where it is closed, with
// FORBIDDEN, and those beyond the bounds, with LIMIT_EXCEEDED.
//
// What it admits it has charged: an error of charge refuses the operation.
func Admission(bounds Bounds, charge Charge) graphql.HandlerExtension {
	return &admission{bounds: bounds, charge: charge}
}

// Charge counts an operation that may answer so many fields, before it runs.
type Charge func(ctx context.Context, op *graphql.OperationContext, fields int) error

type admission struct {
	bounds Bounds
	charge Charge
}

var _ interface {
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = &admission{}

func (*admission) ExtensionName() string                   { return "Admission" }
func (*admission) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters looks at the text of the document and its variables.
func (*admission) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	if strings.Contains(p.Query, `\u0000`) || !storable(p.Query) || !storable(p.Variables) {
		return refused(fault.New(fault.ValidationFailed, "Text must be UTF-8 without the character NUL.").With("rule", "text"))
	}
	return nil
}

// storable reports whether both databases keep every text of a JSON value as it is.
func storable(value any) bool {
	switch v := value.(type) {
	case string:
		return utf8.ValidString(v) && !strings.Contains(v, "\x00")
	case []any:
		for _, item := range v {
			if !storable(item) {
				return false
			}
		}
	case map[string]any:
		for name, item := range v {
			if !storable(name) || !storable(item) {
				return false
			}
		}
	}
	return true
}

// MutateOperationContext looks at what the operation asks for.
func (a *admission) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if err := oneStream(op); err != nil {
		return refused(err)
	}
	s := &shape{fragments: map[string]int{}}
	s.depth = s.look(op.Operation.SelectionSet)
	n := counter{variables: op.Variables, fragments: map[string]int{}}.fields(op.Operation.SelectionSet)
	var err error
	switch {
	case s.introspects && !a.bounds.Introspection:
		err = fault.New(fault.Forbidden, "The schema is not told here.")
	case s.depth > a.bounds.Depth:
		err = beyond("depth", s.depth, a.bounds.Depth, "The operation nests %d fields, and %d are allowed.")
	case s.aliases > a.bounds.Aliases:
		err = beyond("aliases", s.aliases, a.bounds.Aliases, "The operation asks for %d fields under other names or more than once, and %d are allowed.")
	case n > a.bounds.Fields:
		err = beyond("fields", n, a.bounds.Fields, "The operation could answer %d fields or more, and %d are allowed: ask for less at once.")
	default:
		err = a.charge(ctx, op, n)
	}
	if err != nil {
		return refused(err)
	}
	return nil
}

// oneStream fails for a subscription that does not ask for just one thing (GraphQL
// specification, 5.2.3.1). The parser's own rule counts names of fields, and so lets
// one field pass under two aliases.
func oneStream(op *graphql.OperationContext) error {
	if op.Operation.Operation != ast.Subscription {
		return nil
	}
	if n := len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})); n != 1 {
		return fault.New(fault.ValidationFailed, "A subscription asks for one field, and this one asks for %d.", n).With("rule", "single_field")
	}
	return nil
}

// beyond is what an operation is refused with that asks for too much of something.
func beyond(what string, n, most int, message string) error {
	return fault.New(fault.LimitExceeded, message, n, most).With(what, n).With("limit", most)
}

// shape is how an operation is made. A fragment is looked at once, however often it
// is spread.
type shape struct {
	introspects    bool
	aliases, depth int
	// fragments are the depths of those seen.
	fragments map[string]int
}

// look takes in a selection and gives its depth.
func (s *shape) look(set ast.SelectionSet) (depth int) {
	names := make(map[string]struct{}, len(set))
	for _, selection := range set {
		below := 0
		switch chosen := selection.(type) {
		case *ast.Field:
			s.introspects = s.introspects || chosen.Name == "__schema" || chosen.Name == "__type"
			if _, again := names[chosen.Alias]; again || chosen.Alias != chosen.Name {
				s.aliases++
			}
			names[chosen.Alias] = struct{}{}
			below = 1 + s.look(chosen.SelectionSet)
		case *ast.InlineFragment:
			below = s.look(chosen.SelectionSet)
		case *ast.FragmentSpread:
			known, seen := s.fragments[chosen.Name]
			if !seen {
				known = s.look(chosen.Definition.SelectionSet)
				s.fragments[chosen.Name] = known
			}
			below = known
		}
		depth = max(depth, below)
	}
	return depth
}

// refused marks the fault as one of the request, which HTTP answers with 400.
func refused(err error) *gqlerror.Error {
	return &gqlerror.Error{Message: err.Error(), Err: err, Extensions: map[string]any{"code": errcode.ValidationFailed}}
}

// counter counts the fields that an operation could answer.
type counter struct {
	variables map[string]any
	// fragments are the counts of those seen: each is counted once, however
	// often it is spread.
	fragments map[string]int
}

const (
	// uncountable is where counting stops.
	uncountable = math.MaxInt32
	// usualLength stands for the length of a list that has no page size.
	usualLength = 10
)

func (c counter) fields(set ast.SelectionSet) int {
	n := 0
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			n += 1 + c.length(s)*c.fields(s.SelectionSet)
		case *ast.InlineFragment:
			n += c.fields(s.SelectionSet)
		case *ast.FragmentSpread:
			if _, counted := c.fragments[s.Name]; !counted {
				c.fragments[s.Name] = c.fields(s.Definition.SelectionSet)
			}
			n += c.fragments[s.Name]
		}
		n = min(n, uncountable)
	}
	return n
}

// length is how many objects the field can lead to: the page size of a
// connection, whose lists are then not counted again, or the number of ids.
func (c counter) length(f *ast.Field) int {
	arguments := f.Definition.Arguments
	switch {
	case arguments.ForName("first") != nil:
		given := f.ArgumentMap(c.variables)
		for _, name := range []string{"first", "last"} {
			if size, ok := integer(given[name]); ok {
				return min(max(size, 0), loader.MaxPage)
			}
		}
		return loader.DefaultPage
	case arguments.ForName("ids") != nil:
		ids, _ := f.ArgumentMap(c.variables)["ids"].([]any)
		return min(len(ids), maxNodes)
	case f.Definition.Type.Elem != nil && !strings.HasSuffix(f.ObjectDefinition.Name, "Connection"):
		return usualLength
	default:
		return 1
	}
}

// integer reads a number from a literal or a variable.
func integer(value any) (int, bool) {
	switch v := value.(type) {
	case int64:
		return int(v), true
	case int:
		return v, true
	case json.Number:
		n, err := v.Int64()
		return int(n), err == nil
	default:
		return 0, false
	}
}
