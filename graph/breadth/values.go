package breadth

import (
	"bytes"
	"context"
	"sort"

	"github.com/99designs/gqlgen/graphql"
)

// Values are the values of one field for all objects of a scope, taken apart: one table of spans for each list dimension,
// and one table of slots for the objects and leaves inside the innermost lists. Without lists there is one slot for each
// object.
type Values struct {
	run     *run
	owner   scope
	planned *planned
	dims    []dim
	// base is the context of the first object, ctx that of the field, made when it is first needed.
	base, ctx            context.Context
	field                *graphql.FieldContext
	isMethod, isResolver bool
	// coerce coerces the field's arguments, unless it has none.
	coerce ArgsFunc

	lists    [][]span
	slots    []slot
	raw      buffer
	children []scope
	failures []failure
	// broken is set when a null is where the schema allows none.
	broken bool
}

// dim is one level of a field's type: a list, or what is inside the lists.
type dim struct {
	nonNull bool
	// declared is the type as the schema writes it.
	declared string
}

// span is a list: n entries of the next table from start on, or null if n is negative.
type span struct{ start, n int32 }

// slot is the value of one position: an object of a child scope, JSON in raw, or null.
type slot struct {
	kind  int32 // the number of the child scope, or one of the kinds below
	start int32 // the object's index in its scope, or where its JSON starts
	n     int32 // the length of the JSON
}

const (
	nullSlot int32 = -1
	rawSlot  int32 = -2
)

// failure is an error at a position: entry index of the table at depth.
type failure struct {
	depth, index int
	err          error
}

// each calls add for every object. If add panics, which it may before it has added anything, that object's value fails and
// the others go on.
func (v *Values) each(n int, add func(i int)) {
	for i := 0; i < n; {
		i = v.eachFrom(i, n, add)
	}
}

func (v *Values) eachFrom(from, n int, add func(i int)) (next int) {
	i := from
	defer func() {
		if r := recover(); r != nil {
			v.fail(0, v.run.recovered(v.context(), r))
			next = i + 1
		}
	}()
	for ; i < n; i++ {
		add(i)
	}
	return n
}

// open adds a list of n entries at depth d; the entries follow.
func (v *Values) open(d, n int) {
	v.lists[d] = append(v.lists[d], span{int32(v.size(d + 1)), int32(n)})
}

// reserve makes room for the leaves or objects of n values.
func reserve[V any](v *Values, c Completer[V], n int, at func(i int) *V) {
	s, ok := c.(sized[V])
	if !ok {
		return
	}
	total := 0
	for i := range n {
		total += s.size(at(i))
	}
	v.slots = make([]slot, 0, total)
}

// size is the number of entries of the table at depth d.
func (v *Values) size(d int) int {
	if d < len(v.lists) {
		return len(v.lists[d])
	}
	return len(v.slots)
}

func (v *Values) add(d int, s slot) {
	if d < len(v.lists) {
		v.lists[d] = append(v.lists[d], span{int32(v.size(d + 1)), -1})
		return
	}
	v.slots = append(v.slots, s)
}

// Null adds a null; see [Abstract].
func (v *Values) Null(d int) { v.null(d) }

func (v *Values) null(d int) {
	if v.dims[d].nonNull {
		v.fail(d, errInvalidNull)
		return
	}
	v.add(d, slot{kind: nullSlot})
}

// fail adds a null for which err is the reason.
func (v *Values) fail(d int, err error) {
	if v.dims[d].nonNull {
		v.broken = true
	}
	v.failures = append(v.failures, failure{d, v.size(d), err})
	v.add(d, slot{kind: nullSlot})
}

// leaf adds what write writes.
func (v *Values) leaf(d int, write func(w *buffer) error) {
	start := len(v.raw.bytes)
	err := v.guard(write)
	written := v.raw.bytes[start:]
	switch {
	case err != nil:
		v.raw.bytes = v.raw.bytes[:start]
		v.fail(d, err)
	case len(written) == 0 || string(bytes.TrimSpace(written)) == "null":
		v.raw.bytes = v.raw.bytes[:start]
		v.null(d)
	default:
		v.add(d, slot{rawSlot, int32(start), int32(len(written))})
	}
}

func (v *Values) guard(write func(w *buffer) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = v.run.recovered(v.context(), r)
		}
	}()
	return write(&v.raw)
}

// Unexpected adds a value that is of none of the types that the schema knows; see [Abstract].
func (v *Values) Unexpected(d int, abstractType string, value any) {
	if m, ok := value.(graphql.Marshaler); ok {
		v.leaf(d, func(w *buffer) error { return Write(w, m) })
		return
	}
	v.fail(d, &unexpectedTypeError{abstractType, value})
}

// failAll gives each of n objects a null for which err is the reason.
func (v *Values) failAll(n int, err error) {
	for range n {
		v.fail(0, err)
	}
}

// reset takes back everything that was added.
func (v *Values) reset() {
	for d := range v.lists {
		v.lists[d] = v.lists[d][:0]
	}
	v.slots, v.raw.bytes, v.children, v.failures, v.broken = v.slots[:0], nil, nil, nil, false
}

// Add adds obj as an object of type o; see [Abstract].
func Add[T any](v *Values, o *Object[T], obj T) {
	for k, child := range v.children {
		if child.objectType() == &o.objectInfo {
			s := child.(*objects[T])
			v.slots = append(v.slots, slot{int32(k), int32(len(s.objs)), 0})
			s.add(obj, len(v.slots)-1)
			return
		}
	}
	sel := v.planned.child(&o.objectInfo)
	if sel.err != nil {
		v.fail(len(v.lists), sel.err)
		return
	}
	s := newObjects(v.run, o, sel, v)
	if len(v.children) == 0 {
		// Most lists hold objects of one type, and most of those are not null.
		s.objs, s.origins = make([]T, 0, cap(v.slots)), make([]int32, 0, cap(v.slots))
	}
	v.slots = append(v.slots, slot{int32(len(v.children)), 0, 0})
	v.children = append(v.children, s)
	s.add(obj, len(v.slots)-1)
}

// settle turns what must not be null, but is, into a null further up, and at the top marks the object that holds it.
func (v *Values) settle(invalidate func(i int)) {
	broken := v.broken
	for _, c := range v.children {
		broken = broken || c.anyInvalid()
	}
	if !broken {
		return
	}
	for i, s := range v.slots {
		if s.kind >= 0 && v.children[s.kind].invalid(int(s.start)) {
			v.slots[i].kind = nullSlot
		}
	}
	for d := len(v.lists) - 1; d >= 0; d-- {
		if !v.dims[d+1].nonNull {
			continue
		}
		for k := range v.lists[d] {
			l := &v.lists[d][k]
			for j := range l.n {
				if v.isNull(d+1, int(l.start+j)) {
					l.n = -1
					break
				}
			}
		}
	}
	if v.dims[0].nonNull {
		for i := range v.size(0) {
			if v.isNull(0, i) {
				invalidate(i)
			}
		}
	}
}

func (v *Values) isNull(d, index int) bool {
	if d < len(v.lists) {
		return v.lists[d][index].n < 0
	}
	return v.slots[index].kind == nullSlot
}

// write appends entry index of the table at depth d.
func (v *Values) write(dst []byte, d, index int) []byte {
	if d < len(v.lists) {
		l := v.lists[d][index]
		if l.n < 0 {
			return append(dst, "null"...)
		}
		dst = append(dst, '[')
		for j := range l.n {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = v.write(dst, d+1, int(l.start+j))
		}
		return append(dst, ']')
	}
	switch s := v.slots[index]; s.kind {
	case nullSlot:
		return append(dst, "null"...)
	case rawSlot:
		return append(dst, v.raw.bytes[s.start:s.start+s.n]...)
	default:
		return v.children[s.kind].write(dst, int(s.start))
	}
}

// fieldContext is the field's FieldContext for the first object.
func (v *Values) fieldContext() *graphql.FieldContext {
	if v.field == nil {
		v.field = &graphql.FieldContext{
			Parent: graphql.GetFieldContext(v.base), Object: v.owner.objectType().name, Field: v.planned.collected,
			IsMethod: v.isMethod, IsResolver: v.isResolver, Child: v.childFieldContext,
		}
	}
	return v.field
}

// context is the field's context, as its resolver finds it.
func (v *Values) context() context.Context {
	if v.ctx == nil {
		v.ctx = withFieldContext(v.base, v.fieldContext())
	}
	return v.ctx
}

// childFieldContext implements [graphql.FieldContext.Child] for fields that have objects of one type.
func (v *Values) childFieldContext(ctx context.Context, field graphql.CollectedField) (*graphql.FieldContext, error) {
	o, ok := v.run.schema.objects[field.ObjectDefinition.Name]
	if !ok {
		return nil, &noChildError{v.planned.coordinate}
	}
	return o.fieldContext(ctx, v.run, field)
}

// arguments coerces the field's arguments into its FieldContext.
func (v *Values) arguments(args ArgsFunc) (err error) {
	if args == nil {
		return nil
	}
	v.coerce = args
	for _, r := range v.planned.required {
		if given, told := v.run.op.Variables[r.value.Raw]; told && given == nil {
			return nullError(r.argument, r.value)
		}
	}
	fc := graphql.GetFieldContext(v.context())
	raw := v.planned.collected.ArgumentMap(v.run.op.Variables)
	fc.Args, err = args(v.ctx, v.run.x, raw)
	v.fieldContext().Args = fc.Args
	return err
}

// alone is ctx for the field's resolver when it is called for object i by itself: with that object's position, and with
// arguments that no other call may change.
func (v *Values) alone(ctx context.Context, i int) (context.Context, error) {
	fc := v.position(0, i)
	ctx = withFieldContext(ctx, fc)
	if v.coerce == nil {
		return ctx, nil
	}
	args, err := v.coerce(ctx, v.run.x, v.planned.collected.ArgumentMap(v.run.op.Variables))
	fc.Args = args
	return ctx, err
}

// position is the FieldContext chain of entry index at depth d: the field's own, or that of a list index.
func (v *Values) position(d, index int) *graphql.FieldContext {
	if d == 0 {
		f := *v.fieldContext()
		f.Parent = v.owner.position(index)
		return &f
	}
	lists := v.lists[d-1]
	// The last list that starts at or before index and is not empty holds it.
	k := sort.Search(len(lists), func(k int) bool { return int(lists[k].start) > index }) - 1
	for lists[k].n <= 0 {
		k--
	}
	at := index - int(lists[k].start)
	return &graphql.FieldContext{Parent: v.position(d-1, k), Index: &at}
}
