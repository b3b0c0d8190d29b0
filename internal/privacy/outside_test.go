package privacy

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/account"
)

// Held is a table that holds rows of people, as the tests outside see it.
type Held struct {
	Table, As string
	Withheld  map[string]string
	// Kept says that rows stay when a person is de-identified.
	Kept bool
}

// Holdings are the tables that hold rows of people.
func Holdings() []Held {
	var out []Held
	for _, h := range holdings() {
		out = append(out, Held{Table: h.table.Name, As: h.as, Withheld: h.withheld, Kept: h.kept})
	}
	return out
}

// Owned counts the person's rows of a holding.
func Owned(dialect, table string, u *db.User) (query string, args []any) {
	for _, h := range holdings() {
		if h.table.Name == table {
			t := sql.Dialect(dialect).Table(table)
			return sql.Dialect(dialect).Select().Count().From(t).
				Where(h.owner(dialect, t, person{id: u.ID, failures: account.FailureKey(u)})).Query()
		}
	}
	return "", nil
}

// Camel is a column's name as the API writes names.
func Camel(name string) string { return camel(name) }

// MakeUntil is Make by a process that dies when stop says so of the rows done.
func (s *Service) MakeUntil(ctx context.Context, e Export, stop func(done int) bool) error {
	ctx, die := context.WithCancel(ctx)
	defer die()
	return s.make(ctx, e, func(done int) {
		if stop(done) {
			die()
		}
	})
}

// RemoveUntil is Remove by a process that dies when stop says so of the rows done.
func (s *Service) RemoveUntil(ctx context.Context, e Erase, stop func(done int) bool) error {
	ctx, die := context.WithCancel(ctx)
	defer die()
	return s.remove(ctx, e, func(done int) {
		if stop(done) {
			die()
		}
	})
}
