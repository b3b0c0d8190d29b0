package breadthtest_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph/breadth/breadthtest"
)

func schema() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query {user(id: ID!, filter: Filter, sizes: [Size!]): User node: Node secret: String}
		type Mutation {rename(name: String!): User}
		type Subscription {users: User}
		interface Node {id: ID!}
		type User implements Node {id: ID! name: String friends(first: Int = 3): [User!]!}
		type Robot implements Node {id: ID! size: Size}
		enum Size {SMALL LARGE}
		input Filter {size: Size! deep: Filter ratio: Float flag: Boolean = true}`})
}

func TestOperationsAreValidAndRepeatable(t *testing.T) {
	t.Parallel()
	g := breadthtest.Generator{
		Schema:  schema(),
		Exclude: func(_, field string) bool { return field == "secret" },
		Value: func(_ *rand.Rand, coordinate string, _ *ast.Type) (any, bool) {
			return "seven", coordinate == "Query.user(id:)"
		},
	}
	seen := map[string]bool{}
	for _, kind := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		for seed := range uint64(200) {
			op := g.Operation(kind, seed)
			doc, errs := gqlparser.LoadQuery(g.Schema, op.Query)
			require.Empty(t, errs)
			require.Equal(t, kind, doc.Operations[0].Operation)
			require.Equal(t, op, g.Operation(kind, seed))
			require.NotContains(t, op.Query, "secret")
			seen[op.Query] = true
		}
	}
	require.Greater(t, len(seen), 300)
}

func TestShrink(t *testing.T) {
	t.Parallel()
	g := breadthtest.Generator{Schema: schema(), Fields: 60}
	fails := func(op breadthtest.Operation) bool { return strings.Contains(op.Query, "friends") }
	shrunk := 0
	for seed := range uint64(30) {
		op := g.Operation(ast.Query, seed)
		if !fails(op) {
			continue
		}
		shrunk++
		small := breadthtest.Shrink(g.Schema, op, fails)
		require.True(t, fails(small))
		require.LessOrEqual(t, strings.Count(small.Query, "{"), 4, small.Query)
	}
	require.Positive(t, shrunk)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	answer := func(data string, errs ...*gqlerror.Error) *graphql.Response {
		return &graphql.Response{Data: []byte(data), Errors: errs}
	}
	at := func(message string, path ...ast.PathElement) *gqlerror.Error {
		return &gqlerror.Error{Message: message, Path: path}
	}
	a, b := ast.PathName("a"), ast.PathName("b")
	cases := map[string]struct {
		want, got *graphql.Response
		differ    string
	}{
		"equal":               {answer(`{"a":1}`), answer(`{"a":1}`), ""},
		"data":                {answer(`{"a":1}`), answer(`{"a":2}`), "data differ"},
		"order":               {answer(`{"a":1,"b":2}`), answer(`{"b":2,"a":1}`), "data differ"},
		"missing":             {answer(`{"a":1}`), nil, "missing"},
		"own error":           {answer(`{"a":null}`, at("x", a)), answer(`{"a":null}`, at("x", a)), ""},
		"own error missing":   {answer(`{"a":null}`, at("x", a)), answer(`{"a":null}`), "errors differ"},
		"own error's text":    {answer(`{"a":null}`, at("x", a)), answer(`{"a":null}`, at("y", a)), "errors at a differ"},
		"two for one":         {answer(`{"a":null}`, at("x", a)), answer(`{"a":null}`, at("x", a), at("x", a)), "errors at a differ"},
		"either from below":   {answer(`{"a":null}`, at("x", a, b)), answer(`{"a":null}`, at("y", a, ast.PathName("c"))), ""},
		"below against own":   {answer(`{"a":null}`, at("x", a, b)), answer(`{"a":null}`, at("x", a)), "from below"},
		"error where is none": {answer(`{"a":1}`), answer(`{"a":1}`, at("x", a)), "errors differ"},
		"index": {
			answer(`{"a":[1,null]}`, at("x", a, ast.PathIndex(1))), answer(`{"a":[1,null]}`, at("x", a, ast.PathIndex(0))), "errors differ",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := breadthtest.Compare(c.want, c.got)
			if c.differ == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.differ)
			}
		})
	}
}
