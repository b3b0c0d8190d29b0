package store

import (
	"encoding/json"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// ForUpdate locks the selected rows until the transaction ends. It is given to
// Where, like a predicate:
//
//	tx.TestSession.Query().Where(testsession.ID(id), store.ForUpdate).Only(ctx)
//
// On SQLite it does nothing, for there the transaction already excludes all
// other writers.
func ForUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.For(sql.LockUpdate)
	}
}

// In holds for rows whose column is one of the keys. All keys are one
// parameter: the statement has the same text, and so is parsed and planned
// once, whatever their number, and no limit on parameters applies.
func In[K ~int64](column string, keys []K) func(*sql.Selector) {
	values := make([]int64, len(keys))
	for i, key := range keys {
		values[i] = int64(key)
	}
	return in(column, values)
}

// InStrings is In for columns of text, enumerations among them.
func InStrings[K ~string](column string, keys []K) func(*sql.Selector) {
	values := make([]string, len(keys))
	for i, key := range keys {
		values[i] = string(key)
	}
	return in(column, values)
}

func in[V int64 | string](column string, values []V) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C(column))
			if s.Dialect() == dialect.Postgres {
				b.WriteString(" = ANY(").Arg(values).WriteString(")")
				return
			}
			list, err := json.Marshal(values)
			if err != nil {
				b.AddError(err)
				return
			}
			b.WriteString(" IN (SELECT value FROM json_each(").Arg(string(list)).WriteString("))")
		}))
	}
}
