package breadth

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// ArgsFunc coerces the arguments of a field; x is the execution context that [Tables.NewExecution] made.
type ArgsFunc func(ctx context.Context, x any, raw map[string]any) (map[string]any, error)

// DirectiveFunc runs the directives of a field around next.
type DirectiveFunc func(ctx context.Context, x any, obj any, next graphql.Resolver) (any, error)

// Field is one field of an object type whose Go objects are of type T.
type Field[T any] struct {
	name string
	args ArgsFunc

	// append writes the value of a field that cannot fail and is never null, straight from the object.
	append func(dst []byte, obj T) []byte
	source source[T]
	// unsupported names what keeps the field from being executed here.
	unsupported string

	isMethod, isResolver bool
}

// source produces the values of one field for all objects of a scope.
type source[T any] interface {
	// resolve fills v with the values of objs. It may be called on a goroutine of its own if runs() is true.
	resolve(v *Values, objs []T)
	// runs tells whether resolving runs code that may wait.
	runs() bool
	// try decides whether the values need no tables, because each can be written straight from its object.
	try(dims []dim, objs []T) (appender[T], bool)
}

// appender writes the value of a field from its object in the second pass.
type appender[T any] interface {
	appendFrom(dims []dim, dst []byte, obj T) []byte
}

// Plain is a struct field with a value that can be neither null nor refused, such as a string.
func Plain[T any](name string, appendTo func(dst []byte, obj T) []byte) Field[T] {
	return Field[T]{name: name, append: appendTo}
}

// Held is a struct field: at points to the value inside the object.
func Held[T, V any](name string, at func(obj T) *V, c Completer[V]) Field[T] {
	return Field[T]{name: name, source: &held[T, V]{at, c}}
}

// Method is a Go method that is called for each object; ok is false for a null. With concurrent each call is a runner of
// its own, as suits a method that may wait.
func Method[T, V any](name string, get func(ctx context.Context, x any, obj T) (v V, ok bool, err error), concurrent bool, c Completer[V]) Field[T] {
	return Field[T]{name: name, isMethod: true, source: &method[T, V]{get, concurrent, c}}
}

// Batch is a batch resolver: one call for all objects, values in their order.
func Batch[T, V any](name string, call func(ctx context.Context, x any, objs []T) ([]V, error), c Completer[V]) Field[T] {
	return Field[T]{name: name, isMethod: true, isResolver: true, source: &batch[T, V]{call, c}}
}

// Opaque is a root field whose whole subtree gqlgen's executor resolves, such as __schema.
func Opaque(name string, resolve func(ctx context.Context, x any, field graphql.CollectedField) graphql.Marshaler) Field[Root] {
	return Field[Root]{name: name, source: &opaque{resolve}}
}

// Unsupported is a field that makes an operation fall back to gqlgen's executor.
func Unsupported[T any](name, reason string) Field[T] {
	return Field[T]{name: name, unsupported: reason}
}

// Args returns the field with its arguments coerced by args, once a level.
func (f Field[T]) Args(args ArgsFunc) Field[T] {
	f.args = args
	return f
}

// Resolver marks a method as one that the server implements, as [graphql.FieldContext] tells it.
func (f Field[T]) Resolver() Field[T] {
	f.isResolver = true
	return f
}

// Guarded returns the field f with its directives around it; V is the field's Go type.
func Guarded[T, V any](f Field[T], names []string, run DirectiveFunc) Field[T] {
	f.source = &guarded[T, V]{inner: f.source.(guardable[T, V]), names: names, run: run}
	return f
}

type held[T, V any] struct {
	at       func(T) *V
	complete Completer[V]
}

func (h *held[T, V]) runs() bool { return false }

func (h *held[T, V]) try(dims []dim, objs []T) (appender[T], bool) {
	switch h.complete.writable(dims) {
	case always:
		return h, true
	case whenChecked:
		return h, h.check(dims, objs)
	default:
		return nil, false
	}
}

// check reports whether every value may be written; a panic or a value that may not is left for resolve to report.
func (h *held[T, V]) check(dims []dim, objs []T) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	for _, obj := range objs {
		if !h.complete.check(dims, h.at(obj)) {
			return false
		}
	}
	return true
}

func (h *held[T, V]) appendFrom(dims []dim, dst []byte, obj T) []byte {
	return h.complete.appendTo(dims, dst, h.at(obj))
}

func (h *held[T, V]) resolve(v *Values, objs []T) {
	v.each(len(objs), func(i int) { h.complete.complete(v, 0, h.at(objs[i])) })
}

func (h *held[T, V]) completer() Completer[V] { return h.complete }

func (h *held[T, V]) fetch(ctx calling, v *Values, objs []T) fetched[V] {
	get := func(_ context.Context, _ any, obj T) (V, bool, error) { return *h.at(obj), true, nil }
	return (&method[T, V]{get: get}).fetch(ctx, v, objs)
}

// calling are the contexts of the calls of a resolver.
type calling struct {
	// all is for a call that resolves the field for all objects.
	all context.Context
	// one is for a call that resolves it for the k-th of them alone.
	one func(k int) (context.Context, error)
}

// calling gives the contexts for all objects of the scope.
func (v *Values) calling(ctx context.Context) calling {
	return calling{ctx, func(k int) (context.Context, error) { return v.alone(ctx, k) }}
}

type method[T, V any] struct {
	get        func(ctx context.Context, x any, obj T) (V, bool, error)
	concurrent bool
	complete   Completer[V]
}

func (m *method[T, V]) runs() bool                         { return m.concurrent }
func (m *method[T, V]) try([]dim, []T) (appender[T], bool) { return nil, false }
func (m *method[T, V]) completer() Completer[V]            { return m.complete }
func (m *method[T, V]) resolve(v *Values, objs []T) {
	completeAll(v, m.fetch(v.calling(v.context()), v, objs), m.complete)
}

func (m *method[T, V]) fetch(ctx calling, v *Values, objs []T) fetched[V] {
	out := fetched[V]{values: make([]V, len(objs)), nulls: make([]bool, len(objs)), errs: make([]error, len(objs))}
	one := func(ctx context.Context, i int) {
		defer func() {
			if r := recover(); r != nil {
				out.errs[i] = v.run.recovered(ctx, r)
			}
		}()
		value, ok, err := m.get(ctx, v.run.x, objs[i])
		out.values[i], out.nulls[i], out.errs[i] = value, !ok, err
	}
	if !m.concurrent {
		for i := range objs {
			one(ctx.all, i)
		}
		return out
	}
	tasks := make([]func(), len(objs))
	for i := range objs {
		tasks[i] = func() {
			alone, err := ctx.one(i)
			if err != nil {
				out.errs[i] = err
				return
			}
			one(alone, i)
		}
	}
	v.run.round.Fork(tasks)
	return out
}

type batch[T, V any] struct {
	call     func(ctx context.Context, x any, objs []T) ([]V, error)
	complete Completer[V]
}

func (b *batch[T, V]) runs() bool                         { return true }
func (b *batch[T, V]) try([]dim, []T) (appender[T], bool) { return nil, false }
func (b *batch[T, V]) completer() Completer[V]            { return b.complete }
func (b *batch[T, V]) resolve(v *Values, objs []T) {
	completeAll(v, b.fetch(v.calling(v.context()), v, objs), b.complete)
}

func (b *batch[T, V]) fetch(ctx calling, v *Values, objs []T) (out fetched[V]) {
	defer func() {
		if r := recover(); r != nil {
			out = failed[V](len(objs), v.run.recovered(ctx.all, r))
		}
	}()
	values, err := b.call(ctx.all, v.run.x, objs)
	errs, perObject := err.(graphql.BatchErrors)
	switch {
	case err != nil && !perObject:
		return failed[V](len(objs), err)
	case len(values) != len(objs):
		return failed[V](len(objs), &batchLengthError{v.planned.coordinate, "results", len(values), len(objs)})
	case perObject && len(errs.Errors()) != len(objs):
		return failed[V](len(objs), &batchLengthError{v.planned.coordinate, "errors", len(errs.Errors()), len(objs)})
	case perObject:
		return fetched[V]{values: values, errs: errs.Errors()}
	default:
		return fetched[V]{values: values}
	}
}

// fetched holds what a resolver returned for each object. The values stay where the resolver put them.
type fetched[V any] struct {
	values []V
	nulls  []bool  // nil, or true where the value is null whatever values holds
	errs   []error // nil, or one for each object
}

func failed[V any](n int, err error) fetched[V] {
	out := fetched[V]{values: make([]V, n), errs: make([]error, n)}
	for i := range out.errs {
		out.errs[i] = err
	}
	return out
}

func completeAll[V any](v *Values, f fetched[V], c Completer[V]) {
	reserve(v, c, len(f.values), func(i int) *V { return &f.values[i] })
	v.each(len(f.values), func(i int) {
		switch {
		case f.errs != nil && f.errs[i] != nil:
			v.fail(0, f.errs[i])
		case f.nulls != nil && f.nulls[i]:
			v.null(0)
		default:
			c.complete(v, 0, &f.values[i])
		}
	})
}

type opaque struct {
	resolveField func(ctx context.Context, x any, field graphql.CollectedField) graphql.Marshaler
}

func (o *opaque) runs() bool                               { return true }
func (o *opaque) try([]dim, []Root) (appender[Root], bool) { return nil, false }

func (o *opaque) resolve(v *Values, _ []Root) {
	v.each(1, func(int) {
		v.leaf(0, func(w *buffer) error {
			// gqlgen's executor makes the field's context itself, and has reported why the value is null if it must not be.
			result := o.resolveField(v.base, v.run.x, v.planned.collected)
			if v.dims[0].nonNull && (result == nil || result == graphql.Null) {
				return errReported
			}
			return Write(w, result)
		})
	})
}
