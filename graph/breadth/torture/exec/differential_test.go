package exec_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph/breadth/breadthtest"
	"github.com/aiqhq/aiq/graph/breadth/torture/exec"
)

var operations = flag.Int("operations", 3000, "random operations that both executors are compared on")

// answer executes an operation as a server would.
func answer(es graphql.ExecutableSchema, op breadthtest.Operation) *graphql.Response {
	ctx := graphql.StartOperationTrace(context.Background())
	e := executor.New(es)
	e.SetRecoverFunc(func(context.Context, any) error { return gqlerror.Errorf("panicked") })
	request, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: op.Query, Variables: op.Variables})
	if errs != nil {
		return &graphql.Response{Errors: errs}
	}
	h, ctx := e.DispatchOperation(ctx, request)
	response := h(ctx)
	for _, err := range response.Errors {
		// For a refused argument gqlgen's path goes on behind the field, to the argument.
		for i, element := range err.Path {
			if element == ast.PathName("first") || element == ast.PathName("input") {
				err.Path = err.Path[:i]
				break
			}
		}
		// Where a batch resolver panics, gqlgen's executor says so for the first object only.
		if strings.HasSuffix(err.Message, ")") && strings.Contains(err.Message, "unexpected result type (index") {
			err.Message = "panicked"
		}
	}
	return response
}

// evenValues keeps to keys for which gqlgen does as the specification says.
func evenValues(random *rand.Rand, coordinate string, _ *ast.Type) (any, bool) {
	switch coordinate {
	case "Query.a(id:)", "Query.aN(id:)", "Query.node(id:)", "Mutation.bump(by:)", "Mutation.bumpN(by:)":
		return 2 * random.IntN(1000), true
	}
	return nil, false
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	ours, reference := exec.BreadthFirst(), exec.Reference()
	g := breadthtest.Generator{Schema: reference.Schema(), Value: evenValues, Exclude: func(object, field string) bool {
		// Counters differ between the executors once an operation is shrunk.
		return object == "Mutation" && (field == "bump" || field == "bumpN" || field == "count")
	}}
	differ := func(op breadthtest.Operation) error {
		return breadthtest.Compare(answer(reference, op), answer(ours, op))
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; i < *operations && !t.Failed(); i += 4 {
				op := g.Operation(ast.Query, uint64(i))
				if err := differ(op); err != nil {
					op = breadthtest.Shrink(g.Schema, op, func(op breadthtest.Operation) bool { return differ(op) != nil })
					t.Errorf("seed %d: %v\n%s\n%v", i, differ(op), op.Query, op.Variables)
				}
			}
		})
	}
	wg.Wait()
}
