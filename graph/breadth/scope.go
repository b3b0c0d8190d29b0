package breadth

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// scope is one selection set on one object type, with all its objects.
type scope interface {
	// begin resolves the fields that wait for nothing and returns the others.
	begin() []func()
	// finish reports the errors of the level and returns the scopes of the next.
	finish() []scope
	// settle hands nulls up, once the scopes below have settled.
	settle()
	// examine finds the values that panic when they are written.
	examine()
	anyInvalid() bool
	invalid(i int) bool
	write(dst []byte, i int) []byte
	// position is the FieldContext chain of object i.
	position(i int) *graphql.FieldContext
	objectType() *objectInfo
}

// objects is the scope of objects of Go type T.
type objects[T any] struct {
	run       *run
	object    *Object[T]
	selection *selection
	base      context.Context
	parent    *Values // nil for a root
	objs      []T
	origins   []int32 // the slot of each object in parent
	fields    []fieldState[T]
	invalids  []bool // nil while none is invalid
}

// fieldState is a field of a scope on its way through an execution. After the first pass its value is written by plain,
// by direct or from values; a constant has none of them.
type fieldState[T any] struct {
	planned *planned
	plain   func(dst []byte, obj T) []byte
	direct  appender[T]
	values  *Values
}

func newObjects[T any](r *run, o *Object[T], sel *selection, parent *Values) *objects[T] {
	return &objects[T]{run: r, object: o, selection: sel, parent: parent, fields: make([]fieldState[T], len(sel.fields))}
}

func (s *objects[T]) add(obj T, origin int) {
	s.objs = append(s.objs, obj)
	s.origins = append(s.origins, int32(origin))
}

func (s *objects[T]) objectType() *objectInfo { return &s.object.objectInfo }

func (s *objects[T]) begin() (waiting []func()) {
	s.base = withFieldContext(s.parent.context(), s.position(0))
	for j := range s.fields {
		if task := s.start(j, s.base); task != nil {
			waiting = append(waiting, task)
		}
	}
	return waiting
}

// start resolves field j, or returns the task that does if it may wait. The field's object has the context base.
func (s *objects[T]) start(j int, base context.Context) func() {
	p := &s.selection.fields[j]
	state := &s.fields[j]
	state.planned = p
	if p.index < 0 {
		return nil
	}
	f := &s.object.fields[p.index]
	hook := s.run.schema.aroundField
	if f.append != nil {
		state.plain = f.append
	} else if direct, ok := f.source.try(p.dims, s.objs); ok {
		state.direct = direct
	}
	if state.plain != nil || state.direct != nil {
		if hook != nil {
			s.observe(j, base, f)
		}
		return nil
	}
	v := s.values(j, base)
	task := func() { s.resolve(f, v) }
	if f.source.runs() {
		return task
	}
	task()
	return nil
}

// values makes the tables of field j.
func (s *objects[T]) values(j int, base context.Context) *Values {
	p := &s.selection.fields[j]
	f := &s.object.fields[p.index]
	v := &Values{
		run: s.run, owner: s, planned: p, dims: p.dims, base: base,
		isMethod: f.isMethod, isResolver: f.isResolver,
		lists: make([][]span, len(p.dims)-1),
	}
	if len(v.lists) > 0 {
		v.lists[0] = make([]span, 0, len(s.objs))
	} else {
		v.slots = make([]slot, 0, len(s.objs))
	}
	s.fields[j].values = v
	return v
}

// observe calls the hook around field j, which is written in the second pass. If the hook panics, that is the value.
func (s *objects[T]) observe(j int, base context.Context, f *Field[T]) {
	defer func() {
		if r := recover(); r != nil {
			v := s.values(j, base)
			v.failAll(len(s.objs), s.run.recovered(v.context(), r))
			s.fields[j].plain, s.fields[j].direct = nil, nil
		}
	}()
	s.run.schema.aroundField(base, s.call(&s.selection.fields[j], f), func(context.Context) int { return 0 })
}

func (s *objects[T]) call(p *planned, f *Field[T]) FieldCall {
	return FieldCall{
		Object: s.object.name, Field: p.collected, Objects: len(s.objs), IsMethod: f.isMethod, IsResolver: f.isResolver,
	}
}

// resolve fills v with the field's values for all objects.
func (s *objects[T]) resolve(f *Field[T], v *Values) {
	defer func() {
		if r := recover(); r != nil {
			v.reset()
			v.failAll(len(s.objs), s.run.recovered(v.context(), r))
		}
	}()
	next := func(ctx context.Context) int {
		v.ctx = ctx
		if err := v.arguments(f.args); err != nil {
			v.failAll(len(s.objs), err)
		} else if err := ctx.Err(); err != nil && f.source.runs() {
			v.failAll(len(s.objs), err)
		} else {
			f.source.resolve(v, s.objs)
		}
		return len(v.failures)
	}
	if hook := s.run.schema.aroundField; hook != nil {
		hook(v.context(), s.call(v.planned, f), next)
	} else {
		next(v.context())
	}
	if v.size(0) == 0 {
		v.failAll(len(s.objs), errSkipped)
	}
}

func (s *objects[T]) finish() (next []scope) {
	for j := range s.fields {
		if v := s.fields[j].values; v != nil {
			v.report()
			next = append(next, v.children...)
		}
	}
	return next
}

func (s *objects[T]) settle() {
	for j := range s.fields {
		if v := s.fields[j].values; v != nil {
			v.settle(s.invalidate)
		}
	}
}

func (s *objects[T]) examine() {
	for j := range s.fields {
		state := &s.fields[j]
		if state.direct == nil {
			continue
		}
		v := s.values(j, s.base)
		s.object.fields[state.planned.index].source.resolve(v, s.objs)
		v.report()
		state.direct = nil
	}
}

func (s *objects[T]) invalidate(i int) {
	if s.invalids == nil {
		s.invalids = make([]bool, len(s.objs))
	}
	s.invalids[i] = true
}

func (s *objects[T]) anyInvalid() bool   { return s.invalids != nil }
func (s *objects[T]) invalid(i int) bool { return s.invalids != nil && s.invalids[i] }

func (s *objects[T]) write(dst []byte, i int) []byte {
	if len(s.fields) == 0 {
		return append(dst, "{}"...)
	}
	obj := s.objs[i]
	for j := range s.fields {
		f := &s.fields[j]
		dst = append(dst, f.planned.key...)
		switch {
		case f.plain != nil:
			dst = f.plain(dst, obj)
		case f.direct != nil:
			dst = f.direct.appendFrom(f.planned.dims, dst, obj)
		case f.values != nil:
			dst = f.values.write(dst, 0, i)
		}
	}
	return append(dst, '}')
}

func (s *objects[T]) position(i int) *graphql.FieldContext {
	if s.parent == nil {
		return &graphql.FieldContext{Object: s.object.name}
	}
	return s.parent.position(len(s.parent.lists), int(s.origins[i]))
}

// withFieldContext is [graphql.WithFieldContext] for a chain that is already complete.
func withFieldContext(ctx context.Context, fc *graphql.FieldContext) context.Context {
	parent := fc.Parent
	ctx = graphql.WithFieldContext(ctx, fc)
	fc.Parent = parent
	return ctx
}
