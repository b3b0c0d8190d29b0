package exec_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/graph/breadth/torture"
	"github.com/aiqhq/aiq/graph/breadth/torture/exec"
)

// responses executes an operation to the end of its stream.
func responses(t *testing.T, ctx context.Context, e *executor.Executor, query string, variables map[string]any) (all []*graphql.Response) {
	t.Helper()
	ctx = graphql.StartOperationTrace(ctx)
	e.SetRecoverFunc(func(_ context.Context, panicked any) error { return fmt.Errorf("panicked: %v", panicked) })
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	require.Empty(t, errs)
	op.DisableIntrospection = false
	handler, ctx := e.DispatchOperation(ctx, op)
	for r := handler(ctx); r != nil; r = handler(ctx) {
		all = append(all, r)
	}
	return all
}

func one(t *testing.T, ctx context.Context, e *executor.Executor, query string) *graphql.Response {
	t.Helper()
	all := responses(t, ctx, e, query, nil)
	require.Len(t, all, 1)
	return all[0]
}

func paths(r *graphql.Response) (all []string) {
	for _, err := range r.Errors {
		all = append(all, err.Path.String())
	}
	slices.Sort(all)
	return all
}

func TestFallsBack(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		`{a {id}}`: "",
		`query($x: Boolean = true) {a @skip(if: $x) {id} __typename}`:                  "",
		`{__schema {queryType {name}} __type(name: "A") {name} aN {id}}`:               "",
		`{a {id ... @include(if: true) {name}} node(id: 4) {... on A {pMap {title}}}}`: "",
		`mutation {bump {id}}`:                "",
		`subscription {ticks(count: 1) {id}}`: "",
		`{a {pString @upper}}`:                "directive @upper",
		`{a {id ... @defer {kid {id}}}}`:      "directive @defer",
		`mutation {again {query {a {id}}}}`:   "Again.query: a root type below another object",
		`query {...F} fragment F on Query {...G} fragment G on Query {a {pString @upper}}`: "directive @upper",
	}
	for query, want := range cases {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			var reasons []string
			e := executor.New(exec.BreadthFirst(breadth.OnFallback(func(_ context.Context, reason string) {
				reasons = append(reasons, reason)
			})))
			got := responses(t, t.Context(), e, query, nil)
			reference := responses(t, t.Context(), executor.New(exec.Reference()), query, nil)
			require.Equal(t, len(reference), len(got))
			require.Equal(t, string(reference[0].Data), string(got[0].Data))
			if want == "" {
				require.Empty(t, reasons)
			} else {
				require.Equal(t, []string{want}, reasons)
			}
		})
	}
}

func TestFieldMiddlewareRunsOnceALevel(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	calls := map[string]int{}
	e := executor.New(exec.BreadthFirst(breadth.AroundFields(
		func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
			failed := next(ctx)
			mu.Lock()
			defer mu.Unlock()
			calls[fmt.Sprintf("%s.%s of %d, %d failed, resolver %t", call.Object, call.Field.Name, call.Objects, failed, call.IsResolver)]++
			if call.Field.Name == "page" {
				fc := graphql.GetFieldContext(ctx)
				require.Equal(t, "as[0].p", fc.Path().String())
				require.Equal(t, []string{"id", "name"}, graphql.CollectAllFields(ctx))
				require.EqualValues(t, 2, fc.Args["first"])
				child, err := fc.Child(ctx, graphql.CollectFieldsCtx(ctx, []string{"A"})[0])
				require.NoError(t, err)
				require.Equal(t, "A", child.Object)
			}
		})))
	r := one(t, t.Context(), e, `{as {pStringN signedIn p: page(first: 2) {id name}}}`)
	require.Len(t, r.Errors, 3)
	require.Equal(t, 1, calls["Query.as of 1, 0 failed, resolver true"])
	require.Equal(t, 1, calls["A.pStringN of 3, 0 failed, resolver false"])
	require.Equal(t, 1, calls["A.signedIn of 3, 3 failed, resolver true"])
	require.Equal(t, 1, calls["A.page of 3, 0 failed, resolver true"])
	require.Len(t, calls, 6)
}

type key struct{}

func TestRootMiddleware(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]any{}
	e := executor.New(exec.BreadthFirst(breadth.AroundFields(
		func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
			next(ctx)
			mu.Lock()
			defer mu.Unlock()
			seen[graphql.GetFieldContext(ctx).Path().String()] = ctx.Value(key{})
		})))
	finished := map[string]bool{}
	e.AroundRootFields(func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		alias := graphql.GetRootFieldContext(ctx).Field.Alias
		switch alias {
		case "skipped":
			return graphql.MarshalString("instead")
		case "broken":
			panic("in a middleware")
		}
		m := next(context.WithValue(ctx, key{}, alias))
		mu.Lock()
		defer mu.Unlock()
		finished[alias] = seen[alias+".kid.kid"] != nil // all that is below the field is done
		return m
	})
	r := one(t, t.Context(), e, `{x: a(id: 6) {kid {kid {id}}} y: a(id: 6) {kid {kid {id}}} skipped: b {id} broken: b {id} missing {id} __typename}`)
	require.JSONEq(t, `"instead"`, pick(t, r, "skipped"))
	require.Equal(t, "null", pick(t, r, "broken"))
	require.Equal(t, []string{"broken"}, paths(r))
	require.Equal(t, map[string]bool{"x": true, "y": true, "missing": false}, finished)
	require.Equal(t, "x", seen["x.kid"])
	require.Equal(t, "y", seen["y.kid.kid"])

	// A non-null root field that a middleware makes null takes the data with it.
	e = executor.New(exec.BreadthFirst())
	e.AroundRootFields(func(context.Context, graphql.RootResolver) graphql.Marshaler { return graphql.Null })
	require.Equal(t, "null", string(one(t, t.Context(), e, `{aN {id} b {id}}`).Data))
}

func TestResponseMiddleware(t *testing.T) {
	t.Parallel()
	e := executor.New(exec.BreadthFirst())
	e.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(torture.WithSignedIn(ctx, new(atomic.Int64)))
	})
	events := 0
	e.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		r := next(ctx)
		if r != nil {
			events++
			graphql.RegisterExtension(ctx, "event", events)
			r.Extensions = graphql.GetExtensions(ctx)
		}
		return r
	})
	require.JSONEq(t, `{"signedIn":"welcome"}`, string(one(t, t.Context(), e, `{signedIn}`).Data))
	all := responses(t, t.Context(), e, `subscription {ticks(count: 3) {id}}`, nil)
	require.Len(t, all, 3)
	require.Equal(t, map[string]any{"event": 4}, all[2].Extensions)
}

func TestDirectivesHaveTheSameOutcomeALevel(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	cases := map[string]struct {
		executor *executor.Executor
		calls    int64 // of the directive, for three objects
	}{
		"for each object": {executor.New(exec.BreadthFirst()), 3},
		"uniform":         {executor.New(exec.BreadthFirst(breadth.UniformDirectives("signedIn"))), 1},
	}
	reference := executor.New(exec.Reference())
	for name, c := range cases {
		for _, ctx := range []context.Context{t.Context(), torture.WithSignedIn(t.Context(), &calls)} {
			query := `{as {signedIn id}}`
			want := one(t, ctx, reference, query)
			calls.Store(0)
			got := one(t, ctx, c.executor, query)
			require.Equal(t, string(want.Data), string(got.Data), name)
			require.Equal(t, paths(want), paths(got), name)
		}
		require.Equal(t, c.calls, calls.Load(), name)
	}
}

func TestMutationsRunInSeries(t *testing.T) {
	t.Parallel()
	var order []string
	e := executor.New(exec.BreadthFirst(breadth.AroundFields(
		func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
			next(ctx)
			order = append(order, graphql.GetFieldContext(ctx).Path().String())
		})))
	r := one(t, t.Context(), e, `mutation {x: count y: bump(by: 4) {kid {stringN}} z: count}`)
	require.Equal(t, "0", pick(t, r, "x"))
	require.Equal(t, "4", pick(t, r, "z"))
	require.Equal(t, "x", order[0])
	require.Equal(t, "z", order[len(order)-1])
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	e := executor.New(exec.BreadthFirst())
	all := responses(t, t.Context(), e, `subscription {t: ticksN(count: 30) {id singleN {id}}}`, nil)
	require.Len(t, all, 30)
	nulled := 0
	for _, r := range all {
		if string(r.Data) == "null" {
			nulled++
			require.NotEmpty(t, r.Errors)
			require.Contains(t, []string{"t", "t.singleN"}, r.Errors[0].Path.String(), "the root field is part of the path")
		}
	}
	require.Positive(t, nulled)
	for query, path := range map[string]string{
		`subscription {refused {id}}`:          "refused",
		`subscription {ticks(count: -1) {id}}`: "ticks",
	} {
		r := one(t, t.Context(), e, query)
		require.Equal(t, []string{path}, paths(r))
		require.Empty(t, r.Data)
	}
}

// A transport may wait for each response before it asks for it.
func TestWaitingForTheNextResponse(t *testing.T) {
	t.Parallel()
	e := executor.New(exec.BreadthFirst())
	for query, n := range map[string]int{
		`subscription {ticks(count: 9) {id}}`: 9, `subscription {ticksN(count: 9) {id}}`: 9,
		`subscription {refused {id}}`: 1, `{as {id}}`: 1,
	} {
		ctx, wait := breadth.Waiting(graphql.StartOperationTrace(t.Context()))
		op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
		require.Empty(t, errs)
		next, ctx := e.DispatchOperation(ctx, op)
		for range n {
			wait(ctx)
			wait(ctx) // changes nothing
			require.NotNil(t, next(ctx), query)
		}
		if n > 1 {
			wait(ctx)
			require.Nil(t, next(ctx), query)
		}
	}
	// When the client goes, waiting ends.
	ctx, cancel := context.WithCancel(t.Context())
	ctx, wait := breadth.Waiting(graphql.StartOperationTrace(ctx))
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: `subscription {ticks(count: 9) {id}}`})
	require.Empty(t, errs)
	next, ctx := e.DispatchOperation(ctx, op)
	wait(ctx)
	require.NotNil(t, next(ctx))
	cancel()
	wait(ctx)
	require.Nil(t, next(ctx))
}

func TestNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	// The bubble ends only when every goroutine that was started in it has returned.
	synctest.Test(t, func(t *testing.T) {
		e := executor.New(exec.BreadthFirst())
		one(t, t.Context(), e, `{x: as {guarded {id} single {id} pGuarded} y: as {hidden {id}} panicking}`)
		for _, e := range []*executor.Executor{e, executor.New(exec.Reference())} {
			for _, query := range []string{`subscription {ticks(count: 9) {id}}`, `subscription {ticksN(count: 9) {id}}`} {
				ctx, cancel := context.WithCancel(t.Context())
				op, errs := e.CreateOperationContext(graphql.StartOperationTrace(ctx), &graphql.RawParams{Query: query})
				require.Empty(t, errs)
				next, ctx := e.DispatchOperation(ctx, op)
				require.NotNil(t, next(ctx))
				cancel()
				require.Nil(t, next(ctx))
			}
		}
	})
}

func TestCancellationEndsResolving(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	e := executor.New(exec.BreadthFirst(breadth.AroundFields(
		func(ctx context.Context, call breadth.FieldCall, next func(context.Context) int) {
			if call.Field.Name == "kids" {
				cancel(errors.New("the client has gone"))
			}
			next(ctx)
		})))
	r := one(t, ctx, e, `{as {id kids {id}}}`)
	require.Equal(t, []string{"as[0].kids", "as[1].kids", "as[2].kids"}, paths(r))
	require.ErrorIs(t, r.Errors[0], context.Canceled)
	require.Contains(t, string(r.Data), `"id":"A10"`, "what was there is answered")
}

func TestErrorsHaveLocations(t *testing.T) {
	t.Parallel()
	r := one(t, t.Context(), executor.New(exec.BreadthFirst()), "{\n  as {\n    id\n    signedIn\n  }\n}")
	require.Len(t, r.Errors, 3)
	for i, err := range r.Errors {
		require.Equal(t, fmt.Sprintf("as[%d].signedIn", i), err.Path.String())
		require.Equal(t, 4, err.Locations[0].Line)
		require.Equal(t, 5, err.Locations[0].Column)
	}
}
