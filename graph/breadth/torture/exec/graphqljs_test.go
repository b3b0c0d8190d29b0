package exec_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph/breadth/breadthtest"
	"github.com/aiqhq/aiq/graph/breadth/torture/exec"
)

var record = flag.Bool("record", false, "write the operations that graphql-js is to answer")

const graphqlJS = "../../testdata/graphql-js/"

// recorded is an operation with graphql-js's answer.
type recorded struct {
	breadthtest.Operation
	Data   string
	Errors [][]any
}

// TestGraphQLJS compares the executor with the reference implementation, also on the values for which gqlgen departs from
// the specification.
func TestGraphQLJS(t *testing.T) {
	t.Parallel()
	if *record {
		writeOperations(t)
		return
	}
	answers := readAnswers(t)
	require.GreaterOrEqual(t, len(answers), 2000)
	for i, want := range answers {
		response := answer(exec.BreadthFirst(), want.Operation)
		for _, err := range response.Errors {
			err.Message = "" // only paths are recorded
		}
		// The marshaler of Any ends in a newline and escapes more than it must.
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, response.Data))
		response.Data = []byte(strings.NewReplacer(`\u2028`, "\u2028", `\u003c`, "<").Replace(compact.String()))
		reference := &graphql.Response{Data: json.RawMessage(want.Data)}
		for _, path := range want.Errors {
			reference.Errors = append(reference.Errors, &gqlerror.Error{Path: pathOf(t, path)})
		}
		require.NoError(t, breadthtest.Compare(reference, response), "operation %d\n%s\n%v\n%v\n%v", i, want.Query, want.Variables, want.Errors, response.Errors)
	}
}

func pathOf(t *testing.T, elements []any) (path ast.Path) {
	for _, e := range elements {
		switch e := e.(type) {
		case string:
			path = append(path, ast.PathName(e))
		case json.Number:
			index, err := e.Int64()
			require.NoError(t, err)
			path = append(path, ast.PathIndex(int(index)))
		}
	}
	return path
}

func readAnswers(t *testing.T) (answers []recorded) {
	file, err := os.Open(graphqlJS + "answers.json.gz")
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	decoder := json.NewDecoder(unzipped)
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&answers))
	return answers
}

func writeOperations(t *testing.T) {
	g := breadthtest.Generator{
		Schema: exec.Reference().Schema(),
		Value: func(random *rand.Rand, coordinate string, _ *ast.Type) (any, bool) {
			switch coordinate {
			case "Query.a(id:)", "Query.aN(id:)", "Query.node(id:)":
				return random.IntN(1000), true
			}
			return nil, false
		},
		Exclude: func(_, field string) bool { return field == "again" },
	}
	var operations []breadthtest.Operation
	for seed := range uint64(2400) {
		operations = append(operations, g.Operation(ast.Query, 1_000_000+seed))
	}
	for seed := range uint64(200) {
		operations = append(operations, g.Operation(ast.Mutation, seed))
	}
	text, err := json.Marshal(operations)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(graphqlJS+"operations.json", text, 0o600))
}
