package odd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/graph/breadth/batch"
	"github.com/aiqhq/aiq/graph/breadth/odd"
	"github.com/aiqhq/aiq/graph/breadth/odd/gen"
)

// server is one of these with both executors over it.
type server struct {
	// oddities that a test puts in.
	locked  func(ctx context.Context, next graphql.Resolver) (any, error)
	noted   func(ctx context.Context)
	single  func(ctx context.Context, obj *odd.Thing, in *odd.In)
	things  []*odd.Thing
	once    sync.Once
	strings *batch.Loader[int, string]
	options []breadth.Option
}

func (s *server) config() gen.Config {
	return gen.Config{Resolvers: resolvers{s}, Directives: gen.DirectiveRoot{
		Noted: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
			s.noted(ctx)
			return next(ctx)
		},
		Locked: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return s.locked(ctx, next) },
		Filtered: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
			events, err := next(ctx)
			return even(ctx, events.(<-chan *int)), err
		},
		Fallback: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) },
	}}
}

func (s *server) breadthFirst() *executor.Executor {
	return recovering(executor.New(gen.NewBreadthSchema(s.config(), s.options...)))
}

// each runs fn with each executor, in a bubble that no goroutine may outlive.
func (s *server) each(t *testing.T, fn func(t *testing.T, e *executor.Executor)) {
	t.Helper()
	for name, schema := range map[string]graphql.ExecutableSchema{
		"breadth first": gen.NewBreadthSchema(s.config(), s.options...),
		"gqlgen":        gen.NewExecutableSchema(s.config()),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { fn(t, recovering(executor.New(schema))) })
		})
	}
}

func recovering(e *executor.Executor) *executor.Executor {
	e.SetRecoverFunc(func(_ context.Context, panicked any) error { return fmt.Errorf("panicked: %v", panicked) })
	return e
}

// ask gives each response as its data and the paths of its errors.
func ask(ctx context.Context, e *executor.Executor, query string, variables map[string]any) (answers []string) {
	ctx, cancel := context.WithCancel(graphql.StartOperationTrace(ctx))
	defer cancel()
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if errs != nil {
		return []string{"refused: " + errs.Error()}
	}
	handler, ctx := e.DispatchOperation(ctx, op)
	for r := handler(ctx); r != nil; r = handler(ctx) {
		var paths []string
		for _, err := range r.Errors {
			paths = append(paths, err.Path.String())
		}
		slices.Sort(paths)
		answers = append(answers, fmt.Sprint(string(r.Data), paths))
	}
	return answers
}

type resolvers struct{ *server }

func (r resolvers) Query() gen.QueryResolver               { return query(r) }
func (r resolvers) Thing() gen.ThingResolver               { return thing(r) }
func (r resolvers) Subscription() gen.SubscriptionResolver { return subscription(r) }

type query resolvers

func (q query) Thing(context.Context) (*odd.Thing, error)         { return &odd.Thing{ID: 1}, nil }
func (q query) Things(context.Context) ([]*odd.Thing, error)      { return q.things, nil }
func (q query) Type(context.Context) (*odd.Named, error)          { return &odd.Named{ID: 1}, nil }
func (q query) Streams(context.Context) (*odd.Named, error)       { return &odd.Named{ID: 2}, nil }
func (q query) Must(_ context.Context, n int) (*odd.Thing, error) { return &odd.Thing{ID: n}, nil }

type thing resolvers

func text(s string) *string { return &s }

func each(objs []*odd.Thing, value func(i int) string) ([]*string, error) {
	out := make([]*string, len(objs))
	for i := range objs {
		out[i] = text(value(i))
	}
	return out, nil
}

func (r thing) Single(ctx context.Context, obj *odd.Thing, in *odd.In) (*string, error) {
	if r.single != nil {
		r.single(ctx, obj, in)
	}
	return text("single"), nil
}

func (r thing) Noted(_ context.Context, objs []*odd.Thing) ([]*string, error) {
	return each(objs, func(int) string { return "noted" })
}

func (r thing) Locked(_ context.Context, objs []*odd.Thing) ([]*string, error) {
	return each(objs, func(int) string { return "locked" })
}

// First and Second load the same, the one that comes first for both.
func (r thing) First(ctx context.Context, objs []*odd.Thing) ([]*string, error) {
	var err error
	r.once.Do(func() { _, err = r.strings.Load(ctx, 1) })
	if err != nil {
		return nil, err
	}
	return each(objs, func(int) string { return "loaded" })
}

func (r thing) Second(ctx context.Context, objs []*odd.Thing) ([]*string, error) {
	return r.First(ctx, objs)
}

func (r thing) TypedNil(_ context.Context, objs []*odd.Thing) ([]*string, error) {
	var err *gqlerror.Error
	return make([]*string, len(objs)), err
}

func (r thing) Path(ctx context.Context, objs []*odd.Thing) ([]string, error) {
	out := make([]string, len(objs))
	for i := range objs {
		args, err := json.Marshal(graphql.GetFieldContext(ctx).Parent.Args)
		if err != nil {
			return nil, err
		}
		out[i] = fmt.Sprint(graphql.GetPath(ctx), " ", string(args))
	}
	return out, nil
}

type subscription resolvers

func events[V any](all ...V) <-chan V {
	out := make(chan V, len(all))
	for _, event := range all {
		out <- event
	}
	close(out)
	return out
}

func number(n int) *int { return &n }

// counting counts to 4.
func counting(ctx context.Context) <-chan *int {
	n := 0
	return breadth.Events(ctx, func(context.Context) (*int, bool) {
		n++
		return number(n), n <= 4
	})
}

func even(ctx context.Context, in <-chan *int) <-chan *int {
	out := make(chan *int)
	go func() {
		defer close(out)
		for n := range in {
			if *n%2 != 0 {
				continue
			}
			select {
			case out <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (subscription) Even(context.Context) (<-chan *int, error) {
	return events(number(2), number(3), nil), nil
}
func (subscription) Evens(context.Context) (<-chan []int, error) {
	return events([]int{2, 4}, []int{2, 3}), nil
}
func (subscription) Thing(context.Context, *int) (<-chan *odd.Thing, error) {
	return events(&odd.Thing{ID: 1}, nil), nil
}
func (subscription) Inner(ctx context.Context) (<-chan *int, error) {
	return even(ctx, counting(ctx)), nil
}
func (subscription) Outer(ctx context.Context) (<-chan *int, error) { return counting(ctx), nil }
func (subscription) Boom(ctx context.Context) (<-chan *int, error) {
	n := 0
	return breadth.Events(ctx, func(context.Context) (*int, bool) {
		n++
		if n == 2 {
			panic("the source is gone")
		}
		return number(n), true
	}), nil
}

// TestNullConditions has @include depend on a variable that may be null, because it has a default value. As in
// graphql-js, that is an error where the selection is.
func TestNullConditions(t *testing.T) {
	t.Parallel()
	e := (&server{}).breadthFirst()
	e.SetQueryCache(lru.New[*ast.QueryDocument](10))
	const below, root = `query ($x: Boolean = true) {thing {id path @include(if: $x)}}`, `query ($x: Boolean = true) {thing @include(if: $x) {id}}`
	for _, given := range []any{nil, false, true, nil, false} {
		variables := map[string]any{"x": given}
		want := map[any]string{
			nil: `{"thing":null}[thing]`, false: `{"thing":{"id":1}}[]`, true: `{"thing":{"id":1,"path":"thing.path null"}}[]`,
		}[given]
		require.Equal(t, []string{want}, ask(t.Context(), e, below, variables))
		want = map[any]string{nil: `null[]`, false: `{}[]`, true: `{"thing":{"id":1}}[]`}[given]
		require.Equal(t, []string{want}, ask(t.Context(), e, root, variables))
	}
	require.Equal(t, []string{`{"thing":{"id":1,"path":"thing.path null"}}[]`}, ask(t.Context(), e, below, nil))
}

// TestNullArguments gives null to arguments that must not be, by such a variable (section 6.4.1 of the specification).
func TestNullArguments(t *testing.T) {
	t.Parallel()
	s := &server{single: func(context.Context, *odd.Thing, *odd.In) { panic("it must not be called") }}
	e := s.breadthFirst()
	null := map[string]any{"n": nil}
	require.Equal(t, []string{`null[must]`}, ask(t.Context(), e, `query ($n: Int = 3) {must(number: $n) {id}}`, null))
	require.Equal(t, []string{`{"must":{"id":3}}[]`}, ask(t.Context(), e, `query ($n: Int = 3) {must(number: $n) {id}}`, nil))
	require.Equal(t, []string{`{"thing":{"single":null}}[thing.single]`}, ask(t.Context(), e, `query ($n: Int = 3) {thing {single(input: {number: $n})}}`, null))
	s.single = nil
	require.Equal(t, []string{`{"thing":{"single":"single"}}[]`}, ask(t.Context(), e, `query ($n: Int = 3) {thing {single(input: {number: $n})}}`, nil))
}

func TestStreams(t *testing.T) {
	t.Parallel()
	(&server{}).each(t, func(t *testing.T, e *executor.Executor) {
		// Who puts another channel in the place of Events' is heard.
		require.Equal(t, []string{`{"inner":2}[]`, `{"inner":4}[]`}, ask(t.Context(), e, `subscription {inner}`, nil))
		require.Equal(t, []string{`{"outer":2}[]`, `{"outer":4}[]`}, ask(t.Context(), e, `subscription {outer}`, nil))
	})
	e := (&server{}).breadthFirst()
	for query, want := range map[string][]string{
		`subscription {even}`:                    {`{"even":2}[]`, `{"even":null}[even]`, `{"even":null}[]`},
		`subscription {evens}`:                   {`{"evens":[2,4]}[]`, `{"evens":null}[evens[1]]`},
		`subscription {thing(number: 3) {path}}`: {`{"thing":{"path":"thing.path {\"number\":3}"}}[]`, `{"thing":null}[]`},
	} {
		require.Equal(t, want, ask(t.Context(), e, query, nil), query)
	}
}

// TestASourceThatPanics ends its stream, with an error where there is a way to tell it.
func TestASourceThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := (&server{}).breadthFirst()
		require.Equal(t, []string{`{"boom":1}[]`, `{"boom":null}[boom]`}, ask(t.Context(), e, `subscription {boom}`, nil))
		require.Equal(t, []string{`{"boom":1}[]`}, ask(t.Context(), e, `subscription {boom @fallback}`, nil))
	})
}

// TestADeadlineEndsWhatWaitsForItself has a directive, a root middleware and resolvers that hold a lock while they wait for
// others that wait for the lock.
func TestADeadlineEndsWhatWaitsForItself(t *testing.T) {
	t.Parallel()
	t.Run("directive", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		s := &server{things: []*odd.Thing{{ID: 1}, {ID: 2}, {ID: 3}}, locked: func(ctx context.Context, next graphql.Resolver) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			cancel()
			return next(ctx)
		}}
		answers := ask(ctx, s.breadthFirst(), `{things {locked}}`, nil)
		require.Len(t, answers, 1)
		require.GreaterOrEqual(t, strings.Count(answers[0], `{"locked":null}`), 2, answers[0])
		require.GreaterOrEqual(t, strings.Count(answers[0], `].locked`), 2, answers[0])
	})
	t.Run("root middleware", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		e := (&server{}).breadthFirst()
		e.AroundRootFields(func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
			mu.Lock()
			defer mu.Unlock()
			cancel()
			return next(ctx)
		})
		answers := ask(ctx, e, `{a: thing {path} b: thing {path}}`, nil)
		require.Len(t, answers, 1)
		require.Contains(t, answers[0], "null")
	})
	t.Run("loader", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &server{strings: batch.New(ctx, func(context.Context, []int) (map[int]string, error) { return nil, nil })}
		s.options = []breadth.Option{breadth.AroundFields(func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
			if call.Field.Name == "second" {
				cancel()
			}
			next(ctx)
		})}
		answers := ask(ctx, s.breadthFirst(), `{thing {first second}}`, nil)
		require.Len(t, answers, 1)
	})
}

// TestAMiddlewareThatGivesUp calls next on a goroutine of its own and does not wait for it.
func TestAMiddlewareThatGivesUp(t *testing.T) {
	t.Parallel()
	(&server{}).each(t, func(t *testing.T, e *executor.Executor) {
		e.AroundRootFields(func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
			answer := make(chan graphql.Marshaler, 1)
			go func() { answer <- next(ctx) }()
			if graphql.GetRootFieldContext(ctx).Field.Alias == "b" {
				return graphql.Null
			}
			return <-answer
		})
		for range 20 {
			require.Equal(t, []string{`{"a":{"id":1},"b":null,"c":{"id":1}}[]`}, ask(t.Context(), e, `{a: thing {id} b: thing {id} c: thing {id}}`, nil))
		}
	})
}

// TestPanicsOutsideOfResolvers are the failures of their fields, as those of resolvers.
func TestPanicsOutsideOfResolvers(t *testing.T) {
	t.Parallel()
	s := &server{things: []*odd.Thing{{ID: 1, Bomb: 1}, {ID: 2, Bomb: 13, Bombs: []*int{number(1)}}, {ID: 3, Bombs: []*int{number(1), number(13)}}}}
	synctest.Test(t, func(t *testing.T) {
		e := s.breadthFirst()
		require.Equal(t, []string{`{"things":[{"id":1,"bomb":1},null,{"id":3,"bomb":0}]}[things[1].bomb]`}, ask(t.Context(), e, `{things {id bomb}}`, nil))
		require.Equal(t, []string{`{"a":[{"bombs":null},{"bombs":[1]},{"bombs":[1,null]}],"b":{"id":1}}[a[2].bombs[1]]`}, ask(t.Context(), e, `{a: things {bombs} b: thing {id}}`, nil))
	})
	s.each(t, func(t *testing.T, e *executor.Executor) {
		require.Equal(t, []string{`{"thing":{"id":1,"typedNil":null},"b":{"id":1}}[thing.typedNil]`}, ask(t.Context(), e, `{thing {id typedNil} b: thing {id}}`, nil))
	})

	s.options = []breadth.Option{breadth.AroundFields(func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
		if call.Field.Name == "id" || call.Field.Name == "bombs" {
			panic("the middleware")
		}
		next(ctx)
	})}
	synctest.Test(t, func(t *testing.T) {
		e := s.breadthFirst()
		require.Equal(t, []string{`{"a":null,"b":null}[a.id b.id]`}, ask(t.Context(), e, `{a: thing {id path} b: thing {id}}`, nil))
		require.Equal(t, []string{`{"thing":{"bombs":null}}[thing.bombs]`}, ask(t.Context(), e, `{thing {bombs}}`, nil))
		e.SetErrorPresenter(func(context.Context, error) *gqlerror.Error { panic("the presenter") })
		require.Panics(t, func() { ask(t.Context(), e, `{a: thing {id} b: thing {id}}`, nil) })
	})
}

// TestWhatIsCalledForOneObjectHasItsPosition is about resolvers and directives that take one object at a time.
func TestWhatIsCalledForOneObjectHasItsPosition(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	inputs := map[*odd.In]bool{}
	s := &server{
		things: []*odd.Thing{{ID: 1}, {ID: 2}, {ID: 3}},
		noted:  func(ctx context.Context) { graphql.AddError(ctx, errors.New("noted")) },
		single: func(ctx context.Context, obj *odd.Thing, in *odd.In) {
			if obj.ID == 2 {
				graphql.AddError(ctx, errors.New("single"))
			}
			mu.Lock()
			defer mu.Unlock()
			inputs[in] = true
		},
	}
	s.each(t, func(t *testing.T, e *executor.Executor) {
		require.Equal(t, []string{`{"things":[{"noted":"noted"},{"noted":"noted"},{"noted":"noted"}]}[things[0].noted things[1].noted things[2].noted]`},
			ask(t.Context(), e, `{things {noted}}`, nil))
		clear(inputs)
		require.Equal(t, []string{`{"things":[{"single":"single"},{"single":"single"},{"single":"single"}]}[things[1].single]`},
			ask(t.Context(), e, `{things {single(input: {number: 1})}}`, nil))
		require.Len(t, inputs, 3, "nobody's arguments are another's")
	})
}

func TestFieldsOfSubscriptionsAreSeen(t *testing.T) {
	t.Parallel()
	var seen []string
	s := &server{options: []breadth.Option{breadth.AroundFields(func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
		seen = append(seen, call.Object+"."+call.Field.Name)
		next(ctx)
	})}}
	ask(t.Context(), s.breadthFirst(), `subscription {thing {id path}}`, nil)
	require.Equal(t, []string{"Subscription.thing", "Thing.id", "Thing.path"}, seen)
}

func TestAwkwardNames(t *testing.T) {
	t.Parallel()
	(&server{}).each(t, func(t *testing.T, e *executor.Executor) {
		require.Equal(t, []string{`{"type":{"id":1},"streams":{"id":2}}[]`}, ask(t.Context(), e, `{type {id} streams {id}}`, nil))
	})
}

// TestAPartOfTheSchema is what a server may put in the place of the whole.
func TestAPartOfTheSchema(t *testing.T) {
	t.Parallel()
	c := (&server{}).config()
	c.Schema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query {thing: Thing} type Thing {id: Int!}`})
	e := executor.New(gen.NewBreadthSchema(c))
	require.Equal(t, []string{`{"thing":{"id":1}}[]`}, ask(t.Context(), e, `{thing {id}}`, nil))
}

func TestIntrospectionThatIsOffIsOneError(t *testing.T) {
	t.Parallel()
	e := (&server{}).breadthFirst()
	e.Use(closed{})
	require.Equal(t, []string{`null[__schema]`}, ask(t.Context(), e, `{__schema {queryType {name}}}`, nil))
	require.Equal(t, []string{`{"__type":null,"thing":{"id":1}}[__type]`}, ask(t.Context(), e, `{__type(name: "Thing") {name} thing {id}}`, nil))
}

// closed turns introspection off.
type closed struct{}

func (closed) ExtensionName() string                   { return "closed" }
func (closed) Validate(graphql.ExecutableSchema) error { return nil }
func (closed) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = true
	return nil
}
