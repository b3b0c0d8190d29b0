package loader

import (
	"encoding/json"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// perParent makes the statement read the page of each parent's list. It goes from
// parent to parent, reads each one's rows along their index and stops when the
// page is full: it costs what it reads, not what the parents have. Numbering all
// rows with row_number() instead took 60 ms where this takes 3 (PostgreSQL, pages
// of 20 for 50 of 200 questions with 200,000 responses).
func perParent[P ~int64, T any](w window[T], column string, parents []P) func(*sql.Selector) {
	return func(s *sql.Selector) {
		from := sql.Dialect(s.Dialect())
		table := s.TableName()
		first := from.Select("*").From(from.Table(table).As("candidate"))
		first.Where(sql.P(func(b *sql.Builder) { b.Ident(first.C(column)).WriteString(" = parent.value") }))
		w.list(first)

		pages := from.SelectExpr(sql.Raw("page.*"))
		if s.Dialect() == dialect.Postgres {
			pages.FromExpr(sql.ExprFunc(func(b *sql.Builder) {
				b.WriteString("unnest(").Arg(numbers(parents)).WriteString("::bigint[]) AS parent(value)")
			}))
			pages.AppendFromExpr(sql.ExprFunc(func(b *sql.Builder) {
				b.WriteString("LATERAL (").Join(first).WriteString(") AS page")
			}))
		} else {
			// SQLite has no LATERAL; CROSS JOIN keeps it from changing the order.
			first.Select(first.C("id"))
			pages.FromExpr(sql.ExprFunc(func(b *sql.Builder) {
				list, err := json.Marshal(numbers(parents))
				if err != nil {
					b.AddError(err)
				}
				b.WriteString("json_each(").Arg(string(list)).WriteString(") AS parent CROSS JOIN ").
					Ident(table).WriteString(" AS page")
			}))
			pages.Where(sql.P(func(b *sql.Builder) {
				b.WriteString("page.id IN (").Join(first).WriteString(")")
			}))
		}
		w.sort(s)
		s.From(pages.As(table))
	}
}

func numbers[K ~int64](keys []K) []int64 {
	out := make([]int64, len(keys))
	for i, key := range keys {
		out[i] = int64(key)
	}
	return out
}
