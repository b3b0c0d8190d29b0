package breadth

import (
	"runtime"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestPlansLiveAsLongAsTheirDocuments looks inside, since nothing outside tells that a plan is gone.
func TestPlansLiveAsLongAsTheirDocuments(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query {a: String b: String}`})
	query := NewObject[Root]("Query")
	query.Define(
		Plain("a", func(b []byte, _ Root) []byte { return AppendString(b, "a") }),
		Plain("b", func(b []byte, _ Root) []byte { return AppendString(b, "b") }),
	)
	s := &executor{objects: map[string]ObjectType{"Query": query}}
	query.index(schema.Query)

	request := func(doc *ast.QueryDocument) *graphql.OperationContext {
		return &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: map[string]any{}}
	}
	kept := gqlparser.MustLoadQuery(schema, `{a}`)
	first := s.plans.of(s, request(kept))
	first.root(request(kept), query.info())
	for range 100 {
		doc := gqlparser.MustLoadQuery(schema, `query($x: Boolean = true) {a b @skip(if: $x)}`)
		p := s.plans.of(s, request(doc))
		require.Len(t, p.root(request(doc), query.info()).fields, 2)
	}
	plans := func() (n int) {
		s.plans.byOperation.Range(func(any, any) bool { n++; return true })
		return n
	}
	for tries := 0; plans() > 1 && tries < 1000; tries++ {
		runtime.GC()
		runtime.Gosched() // cleanups run on a goroutine of their own
	}
	require.Equal(t, 1, plans())
	require.Same(t, first, s.plans.of(s, request(kept)))
	runtime.KeepAlive(kept)
}
