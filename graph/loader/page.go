package loader

import (
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/internal/fault"
)

// The size of a page that does not say, and the largest.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// Page asks for a stretch of an ordered list. It is comparable: two fields that
// ask for the same page of the same relationship share one statement.
type Page struct {
	size     int
	backward bool
	after    string
	before   string
}

// NewPage checks the arguments of a connection: first or last, from 0 to 100,
// 20 from the start if neither is given. It fails with VALIDATION_FAILED, and with
// LIMIT_EXCEEDED for more than 100.
func NewPage(first *int, after *string, last *int, before *string) (Page, error) {
	p := Page{size: DefaultPage, after: text(after), before: text(before)}
	field, size := "first", first
	if last != nil {
		if first != nil {
			return Page{}, fault.Invalid("last", "exclusive", "Give first or last, not both.")
		}
		field, size, p.backward = "last", last, true
	}
	if size != nil {
		switch {
		case *size < 0:
			return Page{}, fault.Invalid(field, "range", "%s must be from 0 to %d.", field, MaxPage)
		case *size > MaxPage:
			return Page{}, fault.New(fault.LimitExceeded, "%s may be at most %d.", field, MaxPage).With("field", field).With("limit", MaxPage)
		}
		p.size = *size
	}
	return p, nil
}

// FirstPage is the first n rows.
func FirstPage(n int) Page { return Page{size: n} }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Slice is a stretch of an ordered list.
type Slice[T any] struct {
	Nodes       []T
	HasNext     bool
	HasPrevious bool
	order       Order[T]
}

// Cursor names the place of a row of the slice.
func (s *Slice[T]) Cursor(row T) string { return s.order.Cursor(row) }

// window is a page ready to be put into statements.
type window[T any] struct {
	Page
	order         Order[T]
	after, before *place
}

func newWindow[T any](p Page, order Order[T]) (window[T], error) {
	w := window[T]{Page: p, order: order}
	if p.after != "" {
		at, err := order.parse("after", p.after)
		if err != nil {
			return w, err
		}
		w.after = &at
	}
	if p.before != "" {
		at, err := order.parse("before", p.before)
		if err != nil {
			return w, err
		}
		w.before = &at
	}
	return w, nil
}

// bound restricts the statement to rows between the cursors.
func (w window[T]) bound(s *sql.Selector) {
	if w.after != nil {
		s.Where(w.order.following(s, *w.after, false))
	}
	if w.before != nil {
		s.Where(w.order.following(s, *w.before, true))
	}
}

// list makes the statement read the page of one list, and one row more to tell
// whether the list goes on.
func (w window[T]) list(s *sql.Selector) {
	w.bound(s)
	w.sort(s)
	s.Limit(w.size + 1)
}

// sort puts the rows of the statement in the order in which they are read.
func (w window[T]) sort(s *sql.Selector) {
	for _, term := range w.order.terms(s.C, w.backward) {
		s.OrderExpr(sql.Raw(term))
	}
}

// slice cuts the row that was read too many and puts the rows into list order.
func (w window[T]) slice(rows []T) *Slice[T] {
	more := len(rows) > w.size
	if more {
		rows = rows[:w.size]
	}
	out := &Slice[T]{Nodes: rows, order: w.order}
	if out.Nodes == nil {
		out.Nodes = []T{}
	}
	if w.backward {
		slices.Reverse(out.Nodes)
		out.HasPrevious, out.HasNext = more, w.before != nil
	} else {
		out.HasNext, out.HasPrevious = more, w.after != nil
	}
	return out
}
