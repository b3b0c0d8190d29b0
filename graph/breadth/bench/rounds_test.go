package bench_test

import (
	"context"
	"flag"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth/batch"
	"github.com/aiqhq/aiq/graph/breadth/bench"
	"github.com/aiqhq/aiq/graph/breadth/bench/gen"
)

var runs = flag.Int("runs", 20, "runs of each read in a row that must fetch equally often")

// loading are resolvers on loaders, which count what they fetch.
type loading struct {
	data     resolvers
	fetches  *atomic.Int64
	sessions *batch.Loader[string, []*bench.Session]
	replies  *batch.Loader[string, []*bench.Response]
	question *batch.Loader[int, *bench.Question]
}

type loadersKey struct{}

func newLoading(ctx context.Context, data *bench.Data, fetches *atomic.Int64) *loading {
	l := &loading{data: resolvers{data}, fetches: fetches}
	l.sessions = batch.New(ctx, func(ctx context.Context, keys []string) (map[string][]*bench.Session, error) {
		fetches.Add(1)
		all, err := l.data.User().Sessions(ctx, make([]*bench.User, len(keys)))
		return byKey(keys, all), err
	})
	l.replies = batch.New(ctx, func(ctx context.Context, keys []string) (map[string][]*bench.Response, error) {
		fetches.Add(1)
		all, err := l.data.Session().Responses(ctx, make([]*bench.Session, len(keys)))
		return byKey(keys, all), err
	})
	l.question = batch.New(ctx, func(ctx context.Context, keys []int) (map[int]*bench.Question, error) {
		fetches.Add(1)
		objs := make([]*bench.Response, len(keys))
		for i, k := range keys {
			objs[i] = &bench.Response{Position: k}
		}
		all, err := l.data.Response().Question(ctx, objs)
		return byKey(keys, all), err
	})
	return l
}

func byKey[K comparable, V any](keys []K, values []V) map[K]V {
	m := make(map[K]V, len(keys))
	for i, k := range keys {
		m[k] = values[i]
	}
	return m
}

func keys[O any, K comparable](objs []O, key func(O) K) []K {
	all := make([]K, len(objs))
	for i, o := range objs {
		all[i] = key(o)
	}
	return all
}

// loaderRoot finds the loaders of the response in the context.
type loaderRoot struct{ *bench.Data }

func loadersOf(ctx context.Context) *loading { return ctx.Value(loadersKey{}).(*loading) }

func (r loaderRoot) Query() gen.QueryResolver       { return loaderQuery{r.Data} }
func (r loaderRoot) User() gen.UserResolver         { return loaderUser{} }
func (r loaderRoot) Session() gen.SessionResolver   { return loaderSession{} }
func (r loaderRoot) Response() gen.ResponseResolver { return loaderResponse{} }

type (
	loaderQuery    struct{ *bench.Data }
	loaderUser     struct{}
	loaderSession  struct{}
	loaderResponse struct{}
)

func (q loaderQuery) Viewer(ctx context.Context) (*bench.User, error) {
	return bench.Query{Data: q.Data}.Viewer(ctx)
}

func (q loaderQuery) Users(ctx context.Context) ([]*bench.User, error) {
	loadersOf(ctx).fetches.Add(1)
	return bench.Query{Data: q.Data}.Users(ctx)
}

func (loaderUser) Sessions(ctx context.Context, objs []*bench.User) ([][]*bench.Session, error) {
	return loadersOf(ctx).sessions.LoadAll(ctx, keys(objs, func(u *bench.User) string { return u.ID }))
}

func (loaderSession) Responses(ctx context.Context, objs []*bench.Session) ([][]*bench.Response, error) {
	return loadersOf(ctx).replies.LoadAll(ctx, keys(objs, func(s *bench.Session) string { return s.ID }))
}

func (loaderResponse) Question(ctx context.Context, objs []*bench.Response) ([]*bench.Question, error) {
	return loadersOf(ctx).question.LoadAll(ctx, keys(objs, func(r *bench.Response) int { return r.Position }))
}

// TestOneFetchARelationshipAndLevel holds the number of fetches of a nested read to one for each relationship and level,
// run after run, with one processor and with two, and while something else keeps a processor busy.
func TestOneFetchARelationshipAndLevel(t *testing.T) {
	data := bench.NewData()
	var fetches atomic.Int64
	schema := gen.NewBreadthSchema(gen.Config{Resolvers: loaderRoot{data}})
	e := executor.New(schema)
	e.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(context.WithValue(ctx, loadersKey{}, newLoading(ctx, data, &fetches)))
	})
	reads := map[string]int64{
		`{users{id sessions{id responses{id question{id}}}}}`: 4,
		// Aliases and paths of one level share a fetch.
		`{users{a: sessions{id} b: sessions{status responses{question{id}}}} viewer{sessions{theta responses{id question{stem}}}}}`: 4,
		`{a: viewer{sessions{id}} b: viewer{sessions{theta}}}`:                                                                      1,
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = strings.Repeat("busy", 100)
			}
		}
	}()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2} {
		runtime.GOMAXPROCS(processors)
		for query, want := range reads {
			for range *runs {
				fetches.Store(0)
				answer(t, e, query)
				require.Equal(t, want, fetches.Load(), query)
			}
		}
	}
}
