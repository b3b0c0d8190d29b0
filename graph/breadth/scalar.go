package breadth

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// AppendString appends s as a JSON string, escaped as gqlgen escapes it. What is not UTF-8 becomes U+FFFD: JSON has no way
// to say it (RFC 8259, section 8.1), and a WebSocket that carries it must be closed.
func AppendString[S ~string](dst []byte, s S) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			_, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if size > 1 {
				i += size - 1
				continue
			}
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
			start = i + 1
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\\', '"':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		start = i + 1
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// AppendBool appends b.
func AppendBool[B ~bool](dst []byte, b B) []byte { return strconv.AppendBool(dst, bool(b)) }

// String completes strings, and IDs that are strings.
func String[S ~string]() Completer[S] {
	return infallible[S]{func(dst []byte, p *S) []byte { return AppendString(dst, *p) }}
}

// Bool completes booleans.
func Bool[B ~bool]() Completer[B] {
	return infallible[B]{func(dst []byte, p *B) []byte { return AppendBool(dst, *p) }}
}

// Appended completes values of a scalar that has a function appending its JSON, which is never null and never refused.
func Appended[V any](appendTo func(dst []byte, v V) []byte) Completer[V] {
	return infallible[V]{func(dst []byte, p *V) []byte { return appendTo(dst, *p) }}
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Integer completes integers of a custom scalar, of any size.
func Integer[I integer]() Completer[I] {
	return infallible[I]{func(dst []byte, p *I) []byte { return appendInteger(dst, *p) }}
}

// IntegerID completes IDs that are integers, as strings.
func IntegerID[I integer]() Completer[I] {
	return infallible[I]{func(dst []byte, p *I) []byte {
		return append(appendInteger(append(dst, '"'), *p), '"')
	}}
}

func appendInteger[I integer](dst []byte, i I) []byte {
	if i < 0 {
		return strconv.AppendInt(dst, int64(i), 10)
	}
	return strconv.AppendUint(dst, uint64(i), 10)
}

// Int completes the built-in Int, which refuses what 32 bits cannot hold (section 3.5.1 of the specification).
func Int[I integer]() Completer[I] {
	return checked[I]{
		valid: func(i I) bool {
			return i >= 0 && uint64(i) <= math.MaxInt32 || i < 0 && int64(i) >= math.MinInt32
		},
		write:  appendInteger[I],
		refuse: func(i I) error { return fmt.Errorf("Int cannot represent %d: it does not fit in 32 bits", i) },
	}
}

var errNotFinite = errors.New("cannot marshal infinite no NaN float values")

// Float completes floating-point numbers; NaN and the infinities are refused.
func Float[F ~float64]() Completer[F] {
	return checked[F]{
		valid:  func(f F) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) },
		write:  func(dst []byte, f F) []byte { return strconv.AppendFloat(dst, float64(f), 'g', -1, 64) },
		refuse: func(F) error { return errNotFinite },
	}
}

// Time completes times in RFC 3339 with nanoseconds; the zero time is null.
func Time() Completer[time.Time] { return timestamp{} }

type timestamp struct{}

func (timestamp) writable(dims []dim) writability {
	if dims[0].nonNull {
		return whenChecked
	}
	return always
}

func (timestamp) check(_ []dim, p *time.Time) bool { return !p.IsZero() }

func (timestamp) appendTo(_ []dim, dst []byte, p *time.Time) []byte {
	if p.IsZero() {
		return append(dst, "null"...)
	}
	return append(p.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
}

func (t timestamp) complete(v *Values, d int, p *time.Time) {
	v.leaf(d, func(w *buffer) error {
		w.bytes = t.appendTo(nil, w.bytes, p)
		return nil
	})
}

// infallible completes values that are written whatever they are.
type infallible[V any] struct{ write func(dst []byte, p *V) []byte }

func (c infallible[V]) writable([]dim) writability                { return always }
func (c infallible[V]) check([]dim, *V) bool                      { return true }
func (c infallible[V]) appendTo(_ []dim, dst []byte, p *V) []byte { return c.write(dst, p) }
func (c infallible[V]) complete(v *Values, d int, p *V) {
	v.leaf(d, func(w *buffer) error {
		w.bytes = c.write(w.bytes, p)
		return nil
	})
}

// checked completes values that are refused with an error unless they are valid.
type checked[V any] struct {
	valid  func(V) bool
	write  func(dst []byte, v V) []byte
	refuse func(V) error
}

func (c checked[V]) writable([]dim) writability                { return whenChecked }
func (c checked[V]) check(_ []dim, p *V) bool                  { return c.valid(*p) }
func (c checked[V]) appendTo(_ []dim, dst []byte, p *V) []byte { return c.write(dst, *p) }
func (c checked[V]) complete(v *Values, d int, p *V) {
	v.leaf(d, func(w *buffer) error {
		if !c.valid(*p) {
			return c.refuse(*p)
		}
		w.bytes = c.write(w.bytes, *p)
		return nil
	})
}

// Enum completes enum values: marshaler gives what gqlgen writes for one, and names are the values of the schema's enum.
// Anything else is refused (section 3.9 of the specification).
func Enum[E comparable](name string, names []string, marshaler func(E) graphql.Marshaler) Completer[E] {
	quoted := make(map[string]struct{}, len(names))
	for _, n := range names {
		quoted[strconv.Quote(n)] = struct{}{}
	}
	return &enum[E]{name: name, quoted: quoted, marshaler: marshaler}
}

// enum remembers the JSON of each Go value that it has met: there are no more of them than the schema has names, unless
// several stand for one name, and those that are refused are not kept.
type enum[E comparable] struct {
	name      string
	quoted    map[string]struct{}
	marshaler func(E) graphql.Marshaler
	known     atomic.Pointer[map[E][]byte] // replaced, never changed
}

func (e *enum[E]) writable([]dim) writability { return whenChecked }

func (e *enum[E]) check(_ []dim, p *E) bool {
	_, ok := e.lookup(*p)
	return ok
}

func (e *enum[E]) appendTo(_ []dim, dst []byte, p *E) []byte {
	json, _ := e.lookup(*p)
	return append(dst, json...)
}

func (e *enum[E]) complete(v *Values, d int, p *E) {
	v.leaf(d, func(w *buffer) error {
		json, ok := e.lookup(*p)
		if !ok && string(json) != "null" {
			return fmt.Errorf("enum %s has no value %s", e.name, json)
		}
		w.bytes = append(w.bytes, json...)
		return nil
	})
}

func (e *enum[E]) lookup(value E) (json []byte, ok bool) {
	known := e.known.Load()
	if known != nil {
		if json, ok = (*known)[value]; ok {
			return json, true
		}
	}
	var w buffer
	_ = Write(&w, e.marshaler(value))
	if _, ok = e.quoted[string(w.bytes)]; !ok {
		return w.bytes, false
	}
	more := map[E][]byte{value: w.bytes}
	if known != nil && len(*known) < 4*len(e.quoted) {
		maps.Copy(more, *known)
	}
	e.known.CompareAndSwap(known, &more) // whoever loses to another request learns the value the next time
	return w.bytes, true
}
