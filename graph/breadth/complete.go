package breadth

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// Completer turns Go values of type V into the values of one position of a response: lists, objects or leaves
// (CompleteValue in section 6.4.3 of the specification).
type Completer[V any] interface {
	// complete adds *p as the next value at depth d of v's lists.
	complete(v *Values, d int, p *V)
	// writable tells whether values at dims can do without tables and be written straight from the object.
	writable(dims []dim) writability
	// check tells of one value whether appendTo may be called for it. It is asked only if writable says whenChecked.
	check(dims []dim, p *V) bool
	// appendTo writes *p.
	appendTo(dims []dim, dst []byte, p *V) []byte
}

type writability int

const (
	never writability = iota
	whenChecked
	always
)

// sized is a Completer whose values hold several leaves or objects.
type sized[V any] interface {
	// size is the number of them in *p.
	size(p *V) int
}

// List completes slices. A nil slice is null where that is allowed, and else empty, as in gqlgen.
func List[E any](elem Completer[E]) Completer[[]E] { return list[E]{elem} }

type list[E any] struct{ elem Completer[E] }

func (l list[E]) complete(v *Values, d int, p *[]E) {
	s := *p
	if s == nil && !v.dims[d].nonNull {
		v.null(d)
		return
	}
	v.open(d, len(s))
	for i := range s {
		l.elem.complete(v, d+1, &s[i])
	}
}

func (l list[E]) size(p *[]E) int {
	inner, ok := l.elem.(sized[E])
	if !ok {
		return len(*p)
	}
	n := 0
	for i := range *p {
		n += inner.size(&(*p)[i])
	}
	return n
}

func (l list[E]) writable(dims []dim) writability { return l.elem.writable(dims[1:]) }

func (l list[E]) check(dims []dim, p *[]E) bool {
	if l.elem.writable(dims[1:]) == always {
		return true
	}
	for i := range *p {
		if !l.elem.check(dims[1:], &(*p)[i]) {
			return false
		}
	}
	return true
}

func (l list[E]) appendTo(dims []dim, dst []byte, p *[]E) []byte {
	s := *p
	if s == nil && !dims[0].nonNull {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i := range s {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.elem.appendTo(dims[1:], dst, &s[i])
	}
	return append(dst, ']')
}

// Pointer completes pointers to what c completes; nil is null.
func Pointer[V any](c Completer[V]) Completer[*V] { return pointer[V]{c} }

type pointer[V any] struct{ elem Completer[V] }

func (c pointer[V]) complete(v *Values, d int, p **V) {
	if *p == nil {
		v.null(d)
		return
	}
	c.elem.complete(v, d, *p)
}

func (c pointer[V]) writable(dims []dim) writability {
	w := c.elem.writable(dims)
	if w == always && dims[0].nonNull {
		return whenChecked
	}
	return w
}

func (c pointer[V]) check(dims []dim, p **V) bool {
	if *p == nil {
		return !dims[0].nonNull
	}
	return c.elem.writable(dims) == always || c.elem.check(dims, *p)
}

func (c pointer[V]) appendTo(dims []dim, dst []byte, p **V) []byte {
	if *p == nil {
		return append(dst, "null"...)
	}
	return c.elem.appendTo(dims, dst, *p)
}

// tabled is the part of a Completer whose values always need tables.
type tabled[V any] struct{}

func (tabled[V]) writable([]dim) writability                { return never }
func (tabled[V]) check([]dim, *V) bool                      { return false }
func (tabled[V]) appendTo(_ []dim, dst []byte, _ *V) []byte { return dst }

// PointerTo completes pointers to structs that are objects of type o; nil is null.
func PointerTo[S any](o *Object[*S]) Completer[*S] { return pointerTo[S]{object: o} }

type pointerTo[S any] struct {
	tabled[*S]
	object *Object[*S]
}

func (c pointerTo[S]) complete(v *Values, d int, p **S) {
	if *p == nil {
		v.null(d)
		return
	}
	Add(v, c.object, *p)
}

// ValueOf completes structs that are objects of type o.
func ValueOf[S any](o *Object[*S]) Completer[S] { return valueOf[S]{object: o} }

type valueOf[S any] struct {
	tabled[S]
	object *Object[*S]
}

func (c valueOf[S]) complete(v *Values, _ int, p *S) { Add(v, c.object, p) }

// Nilable completes maps and Go interfaces that are objects of type o.
func Nilable[T any](o *Object[T], isNil func(T) bool) Completer[T] {
	return nilable[T]{object: o, isNil: isNil}
}

type nilable[T any] struct {
	tabled[T]
	object *Object[T]
	isNil  func(T) bool
}

func (c nilable[T]) complete(v *Values, d int, p *T) {
	if c.isNil(*p) {
		v.null(d)
		return
	}
	Add(v, c.object, *p)
}

// Abstract completes the Go interface of a GraphQL interface or union: add finds the concrete type of value and calls
// [Add], [Values.Null] or [Values.Unexpected].
func Abstract[I any](add func(v *Values, d int, value I)) Completer[I] { return abstract[I]{add: add} }

type abstract[I any] struct {
	tabled[I]
	add func(v *Values, d int, value I)
}

func (c abstract[I]) complete(v *Values, d int, p *I) { c.add(v, d, *p) }

// Leaf completes values of a scalar or enum by marshal, which writes the JSON of *p (nothing, or null, for a null), or
// returns an error.
func Leaf[V any](marshal func(ctx context.Context, w io.Writer, p *V) error) Completer[V] {
	return leaf[V]{marshal: marshal}
}

type leaf[V any] struct {
	tabled[V]
	marshal func(ctx context.Context, w io.Writer, p *V) error
}

func (l leaf[V]) complete(v *Values, d int, p *V) {
	v.leaf(d, func(w *buffer) error { return l.marshal(v.context(), w, p) })
}

// Write writes a marshaler; it is for the function given to [Leaf].
func Write(w io.Writer, m graphql.Marshaler) error {
	if m != nil {
		m.MarshalGQL(w)
	}
	return nil
}

// WriteContext is Write for a marshaler that needs a context and may fail.
func WriteContext(ctx context.Context, w io.Writer, m graphql.ContextMarshaler) error {
	if m == nil {
		return nil
	}
	return m.MarshalGQLContext(ctx, w)
}

// buffer lets marshalers append.
type buffer struct{ bytes []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

func (b *buffer) WriteString(s string) (int, error) {
	b.bytes = append(b.bytes, s...)
	return len(s), nil
}
