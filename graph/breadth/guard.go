package breadth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// guardable is a source that directives can be put around: it fetches values without completing them.
type guardable[T, V any] interface {
	source[T]
	completer() Completer[V]
	fetch(ctx calling, v *Values, objs []T) fetched[V]
}

// guarded runs directives around a source.
type guarded[T, V any] struct {
	inner guardable[T, V]
	names []string
	run   DirectiveFunc
}

func (g *guarded[T, V]) runs() bool                         { return true }
func (g *guarded[T, V]) try([]dim, []T) (appender[T], bool) { return nil, false }

func (g *guarded[T, V]) resolve(v *Values, objs []T) {
	for _, name := range g.names {
		if !v.run.schema.uniform[name] {
			g.each(v, objs)
			return
		}
	}
	g.once(v, objs)
}

// once runs directives that do the same for every object: what they decide for the first holds for all.
func (g *guarded[T, V]) once(v *Values, objs []T) {
	var all fetched[V]
	passed := new(int) // what next returns, for the directives to return
	out, err := g.directives(v.context(), v, objs[0], func(ctx context.Context) (any, error) {
		v.ctx = ctx
		all = g.inner.fetch(v.calling(ctx), v, objs)
		return passed, nil
	})
	switch {
	case err != nil:
		v.failAll(len(objs), err)
	case out == any(passed):
		completeAll(v, all, g.inner.completer())
	default:
		results := make([]any, len(objs))
		for i := range results {
			results[i] = out
		}
		g.complete(v, results, make([]error, len(objs)))
	}
}

// each runs the directives for each object. Those that call next wait there for the others, so that one call resolves the
// field for all objects that are let through.
func (g *guarded[T, V]) each(v *Values, objs []T) {
	results, errs := make([]any, len(objs)), make([]error, len(objs))
	gate := &gate[T, V]{
		guarded: g, values: v, objs: objs, left: len(objs), arrived: map[int]context.Context{}, at: map[int]int{}, opened: make(chan struct{}),
	}
	ctx := v.context()
	chains := make([]func(), len(objs))
	for i := range objs {
		chains[i] = func() {
			arrived, gaveUp := false, error(nil)
			alone, err := v.alone(ctx, i)
			if err == nil {
				results[i], err = g.directives(alone, v, objs[i], func(ctx context.Context) (any, error) {
					if !arrived {
						arrived, gaveUp = true, gate.arrive(ctx, i)
					}
					if gaveUp != nil {
						return nil, gaveUp
					}
					return gate.result(i)
				})
			}
			errs[i] = err
			if !arrived {
				gate.pass()
			}
		}
	}
	v.run.round.Fork(chains)
	if gate.ctx != nil {
		v.ctx = gate.ctx
	}
	g.complete(v, results, errs)
}

func (g *guarded[T, V]) directives(ctx context.Context, v *Values, obj T, next graphql.Resolver) (out any, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, v.run.recovered(ctx, r)
		}
	}()
	return g.run(ctx, v.run.x, obj, next)
}

// complete completes what the directives returned, which should be a V, or nothing.
func (g *guarded[T, V]) complete(v *Values, results []any, errs []error) {
	c := g.inner.completer()
	v.each(len(results), func(i int) {
		switch out := results[i].(type) {
		case V:
			if errs[i] == nil {
				c.complete(v, 0, &out)
				return
			}
			v.fail(0, errs[i])
		case nil:
			if errs[i] == nil {
				v.null(0)
				return
			}
			v.fail(0, errs[i])
		case graphql.Marshaler:
			v.leaf(0, func(w *buffer) error {
				if errs[i] != nil {
					return errs[i]
				}
				return Write(w, out)
			})
		default:
			var want V
			if errs[i] == nil {
				errs[i] = fmt.Errorf("unexpected type %T from middleware/directive chain, should be %T", out, want)
			}
			v.fail(0, errs[i])
		}
	})
}

// gate is where the directive chains of a field meet.
type gate[T, V any] struct {
	guarded *guarded[T, V]
	values  *Values
	objs    []T

	mu   sync.Mutex
	left int // chains that have neither arrived nor returned
	// arrived are the contexts of the objects whose chains wait.
	arrived map[int]context.Context
	opening bool

	// ctx is what is below the field runs in.
	ctx context.Context
	// at is where in out the result of each object is.
	at     map[int]int
	out    fetched[V]
	opened chan struct{}
}

// arrive returns when the field is resolved for object i. It gives up when ctx ends before all chains have arrived or
// returned: one of them may wait for what another holds.
func (g *gate[T, V]) arrive(ctx context.Context, i int) error {
	g.mu.Lock()
	g.arrived[i] = ctx
	g.left--
	if g.left == 0 {
		g.open(len(g.arrived) - 1)
		return nil
	}
	g.mu.Unlock()
	g.values.run.round.Leave()
	select {
	case <-g.opened:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	if g.opening {
		g.mu.Unlock()
		<-g.opened
		return nil
	}
	delete(g.arrived, i)
	g.mu.Unlock()
	g.values.run.round.Enter(1)
	return ctx.Err()
}

// pass counts a chain that returned without calling next.
func (g *gate[T, V]) pass() {
	g.mu.Lock()
	g.left--
	if g.left == 0 && len(g.arrived) > 0 {
		g.open(len(g.arrived))
		return
	}
	g.mu.Unlock()
}

// open resolves the field for all that have arrived, on the runner of the last chain, and lets the waiting ones go on. It
// is called with mu held, and gives it back.
func (g *gate[T, V]) open(waiting int) {
	g.opening = true
	g.mu.Unlock()
	indexes := slices.Sorted(maps.Keys(g.arrived))
	objs := make([]T, len(indexes))
	for k, i := range indexes {
		g.at[i] = k
		objs[k] = g.objs[i]
	}
	// What the directives of the first object put into their context holds for the level; its position is the field's.
	position := *g.values.fieldContext()
	g.ctx = withFieldContext(g.arrived[indexes[0]], &position)
	g.out = g.guarded.inner.fetch(calling{g.ctx, func(k int) (context.Context, error) { return g.arrived[indexes[k]], nil }}, g.values, objs)
	g.values.run.round.Enter(waiting)
	close(g.opened)
}

func (g *gate[T, V]) result(i int) (any, error) {
	k := g.at[i]
	switch {
	case g.out.errs != nil && g.out.errs[k] != nil:
		return nil, g.out.errs[k]
	case g.out.nulls != nil && g.out.nulls[k]:
		return nil, nil
	}
	return g.out.values[k], nil
}
