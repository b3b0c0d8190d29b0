package exec_test

import (
	"testing"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth/torture/exec"
)

// TestDepartures lists where gqlgen's executor departs from the GraphQL specification. The breadth-first executor does not.
func TestDepartures(t *testing.T) {
	t.Parallel()
	type answer struct {
		data, path string // of the first error
	}
	cases := map[string]struct {
		query        string
		ours, gqlgen answer
	}{
		"3.5.1: an Int has 32 bits": {
			`{a(id: 61) {pInt}}`,
			answer{`{"a":{"pInt":null}}`, "a.pInt"}, answer{`{"a":{"pInt":2147483723}}`, ""},
		},
		"3.9: an enum has the values of the schema only": {
			`{a(id: 7) {pColors}}`,
			answer{`{"a":{"pColors":null}}`, "a.pColors[0]"}, answer{`{"a":{"pColors":["PURPLE","GREEN","BLUE"]}}`, ""},
		},
		"6.4.4: a Float that is refused is an error that a non-null field hands up": {
			`{a(id: 5) {pFloatN}}`,
			answer{`{"a":null}`, "a.pFloatN"}, answer{`{"a":{"pFloatN":null}}`, "a.pFloatN"},
		},
		"6.4.4: as is a custom scalar that its context marshaler refuses": {
			`{a(id: 9) {pEvenN}}`,
			answer{`{"a":null}`, "a.pEvenN"}, answer{`{"a":{"pEvenN":null}}`, "a.pEvenN"},
		},
		"7.1.2: the path of a refused argument is that of its field": {
			`{a {page(first: -1) {id}}}`,
			answer{`{"a":{"page":null}}`, "a.page"}, answer{`{"a":{"page":null}}`, "a.page.first"},
		},
		"7.1.2: a path starts at the root of the response, in a subscription too": {
			`subscription {ticksN(count: 1) {id signedIn}}`,
			answer{`{"ticksN":{"id":"A277869410","signedIn":null}}`, "ticksN.signedIn"},
			answer{`{"ticksN":{"id":"A277869410","signedIn":null}}`, "signedIn"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for e, want := range map[*executor.Executor]answer{
				executor.New(exec.BreadthFirst()): c.ours, executor.New(exec.Reference()): c.gqlgen,
			} {
				r := responses(t, t.Context(), e, c.query, nil)[0]
				require.Equal(t, want.data, string(r.Data))
				if want.path == "" {
					require.Empty(t, r.Errors)
				} else {
					require.Equal(t, want.path, r.Errors[0].Path.String())
				}
			}
		})
	}
}
