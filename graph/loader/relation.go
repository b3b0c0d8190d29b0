package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/graph/breadth/batch"
	"github.com/aiqhq/aiq/internal/store"
)

// relation is a list of rows that belong to a parent and are read by the page.
type relation[P ~int64, T any] struct {
	name string
	// column holds the parent's key.
	column string
	parent func(T) P
	order  Order[T]
	rows   func(l *Loaders) query[T]
	// count reads how many rows each parent has.
	count func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error
}

// Connection is a page of a list together with the way to count the whole list.
type Connection[T any] struct {
	*Slice[T]
	Total Total
}

// Total is a count that is made only when it is asked for, together with the
// others of the same relationship.
type Total struct {
	// relation is a relationship's name, or a pointer that stands for one list
	// without a parent.
	relation any
	parent   int64
	count    batch.Fetch[int64, int]
}

// Totals counts the lists.
func (l *Loaders) Totals(ctx context.Context, totals []Total) ([]*int, error) {
	byRelation := map[any][]int64{}
	for _, t := range totals {
		byRelation[t.relation] = append(byRelation[t.relation], t.parent)
	}
	counted := map[any]map[int64]int{}
	for _, t := range totals {
		parents := byRelation[t.relation]
		if counted[t.relation] != nil {
			continue
		}
		counts, err := load(ctx, l, id{relation: countOf{t.relation}}, parents, t.count)
		if err != nil {
			return nil, err
		}
		of := make(map[int64]int, len(parents))
		for i, parent := range parents {
			of[parent] = counts[i]
		}
		counted[t.relation] = of
	}
	out := make([]*int, len(totals))
	for i, t := range totals {
		n := counted[t.relation][t.parent]
		out[i] = &n
	}
	return out, nil
}

type countOf struct{ relation any }

// pages reads the same page of each parent's list.
func pages[P ~int64, T any](ctx context.Context, l *Loaders, r relation[P, T], parents []P, page Page) ([]*Connection[T], error) {
	w, err := newWindow(page, r.order)
	if err != nil {
		return nil, err
	}
	slices, err := load(ctx, l, id{r.name, page}, parents, func(ctx context.Context, parents []P) (map[P]*Slice[T], error) {
		rows, err := r.rows(l)(ctx, perParent(w, r.column, parents))
		if err != nil {
			return nil, err
		}
		out := make(map[P]*Slice[T], len(parents))
		for parent, rows := range grouped(parents, rows, r.parent) {
			out[parent] = w.slice(rows)
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]*Connection[T], len(parents))
	for i, parent := range parents {
		out[i] = &Connection[T]{slices[i], totalOf(l, r, parent)}
	}
	return out, nil
}

// totalOf is the count of one parent's list.
func totalOf[P ~int64, T any](l *Loaders, r relation[P, T], parent P) Total {
	return Total{
		relation: r.name, parent: int64(parent),
		count: func(ctx context.Context, parents []int64) (map[int64]int, error) { return counts(ctx, l, r, parents) },
	}
}

func counts[P ~int64, T any](ctx context.Context, l *Loaders, r relation[P, T], parents []int64) (map[int64]int, error) {
	var rows []struct {
		Parent int64 `json:"parent"`
		N      int   `json:"n"`
	}
	err := r.count(ctx, l, func(s *sql.Selector) {
		store.In(r.column, parents)(s)
		s.Select(sql.As(s.C(r.column), "parent"), sql.As(sql.Count("*"), "n")).GroupBy(s.C(r.column))
	}, &rows)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]int, len(parents))
	for _, row := range rows {
		out[row.Parent] = row.N
	}
	return out, nil
}

// list reads a page of a list without a parent.
func list[T any](ctx context.Context, order Order[T], page Page, rows query[T], count func(context.Context) (int, error)) (*Connection[T], error) {
	w, err := newWindow(page, order)
	if err != nil {
		return nil, err
	}
	found, err := rows(ctx, w.list)
	if err != nil {
		return nil, err
	}
	return &Connection[T]{w.slice(found), Total{
		relation: new(int),
		count: func(ctx context.Context, parents []int64) (map[int64]int, error) {
			n, err := count(ctx)
			return map[int64]int{parents[0]: n}, err
		},
	}}, nil
}
