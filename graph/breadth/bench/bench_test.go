package bench_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/graph/breadth/bench"
	"github.com/aiqhq/aiq/graph/breadth/bench/gen"
)

const (
	nested = `{users{id name email sessions{id status startedAt theta standardError
		responses{id position answer correct answeredAt theta question{id stem kind difficulty discrimination}}}}}`
	small = `{viewer{id name sessions{id status startedAt theta}}}`
)

type resolvers struct{ *bench.Data }

func (r resolvers) Query() gen.QueryResolver       { return bench.Query{Data: r.Data} }
func (r resolvers) User() gen.UserResolver         { return bench.Users{Data: r.Data} }
func (r resolvers) Session() gen.SessionResolver   { return bench.Sessions{Data: r.Data} }
func (r resolvers) Response() gen.ResponseResolver { return bench.Responses{Data: r.Data} }

func executors() map[string]*executor.Executor {
	config := gen.Config{Resolvers: resolvers{bench.NewData()}}
	all := map[string]*executor.Executor{
		"breadth": executor.New(gen.NewBreadthSchema(config)),
		"gqlgen":  executor.New(gen.NewExecutableSchema(config)),
	}
	for _, e := range all {
		e.SetQueryCache(lru.New[*ast.QueryDocument](100))
	}
	return all
}

func answer(tb testing.TB, e *executor.Executor, query string) []byte {
	ctx := graphql.StartOperationTrace(context.Background())
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
	require.Empty(tb, errs)
	handler, ctx := e.DispatchOperation(ctx, op)
	response := handler(ctx)
	require.Empty(tb, response.Errors)
	return response.Data
}

func TestSameAnswers(t *testing.T) {
	t.Parallel()
	all := executors()
	for _, query := range []string{nested, small} {
		require.Equal(t, string(answer(t, all["gqlgen"], query)), string(answer(t, all["breadth"], query)))
	}
	require.Greater(t, len(answer(t, all["breadth"], nested)), 1_000_000)
}

func TestAllocations(t *testing.T) {
	e := executors()["breadth"]
	require.Less(t, testing.AllocsPerRun(5, func() { answer(t, e, nested) }), 5000.0)
}

func TestMemoryOfConcurrentReads(t *testing.T) {
	e := executors()["breadth"]
	var reads sync.WaitGroup
	for range 32 {
		reads.Go(func() {
			for range 4 {
				answer(t, e, nested)
			}
		})
	}
	reads.Wait()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	require.Less(t, memory.Sys, uint64(250<<20), "obtained from the system, at the peak")
}

func BenchmarkExecutor(b *testing.B) {
	for _, read := range []struct{ name, query string }{{"nested", nested}, {"small", small}} {
		for name, e := range executors() {
			b.Run(read.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(answer(b, e, read.query))))
				for b.Loop() {
					answer(b, e, read.query)
				}
			})
		}
	}
}
