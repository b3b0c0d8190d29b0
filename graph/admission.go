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

// Admission is the extension that looks at operations before they run. It
// refuses those whose text no database can keep, with VALIDATION_FAILED, and
// those that could answer more than so many fields, with LIMIT_EXCEEDED.
//
// Fields are counted as if every page were full: a connection costs what it
// asks of one node times the size of its page.
//
// What it admits it has charged: an error of charge refuses the operation.
func Admission(mostFields int, charge Charge) graphql.HandlerExtension {
	return &admission{most: mostFields, charge: charge}
}

// Charge counts an operation that may answer so many fields, before it runs.
type Charge func(ctx context.Context, op *graphql.OperationContext, fields int) error

type admission struct {
	most   int
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
		for _, item := range v {
			if !storable(item) {
				return false
			}
		}
	}
	return true
}

// MutateOperationContext looks at what the operation asks for.
func (a *admission) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	c := counter{variables: op.Variables, fragments: map[string]int{}}
	n := c.fields(op.Operation.SelectionSet)
	if n > a.most {
		return refused(fault.New(fault.LimitExceeded,
			"The operation could answer %d fields or more, and %d are allowed: ask for less at once.", n, a.most).
			With("fields", n).With("limit", a.most))
	}
	if err := a.charge(ctx, op, n); err != nil {
		return refused(err)
	}
	return nil
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
