package privacy

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/aiqhq/aiq/ent/db/migrate"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// column is a column of a holding as the document shows it.
type column struct {
	*schema.Column
	name string
	// kind is that of the ids in it, "" if it holds none.
	kind ident.Kind
	// closed says that it is told only when the test is over.
	closed bool
}

// shown are the columns of which the document shows the values.
func (h holding) shown() []column {
	var out []column
	for _, c := range h.table.Columns {
		if _, withheld := h.withheld[c.Name]; withheld {
			continue
		}
		name := h.names[c.Name]
		if name == "" {
			name = camel(c.Name)
		}
		out = append(out, column{Column: c, name: name, kind: h.kindOf(c), closed: slices.Contains(h.closed, c.Name)})
	}
	return out
}

// kindOf is the kind of the ids in the column: the table's own, or that of the
// table that it refers to.
func (h holding) kindOf(c *schema.Column) ident.Kind {
	if c.Name == "id" {
		return h.kind
	}
	for _, key := range h.table.ForeignKeys {
		if key.Columns[0].Name == c.Name {
			return kindOfTable(key.RefTable)
		}
	}
	return ""
}

func kindOfTable(t *schema.Table) ident.Kind {
	if t == migrate.QuestionsTable {
		return ident.KindQuestion
	}
	for _, h := range holdings() {
		if h.table == t {
			return h.kind
		}
	}
	return ""
}

// camel is a column's name as the API writes names.
func camel(name string) string {
	var out strings.Builder
	for i, word := range strings.Split(name, "_") {
		if i > 0 {
			word = string(unicode.ToUpper(rune(word[0]))) + word[1:]
		}
		out.WriteString(word)
	}
	return out.String()
}

// count is how many rows of the holding are the person's.
func (h holding) count(ctx context.Context, st *store.Store, p person) (n int, err error) {
	t := sql.Dialect(st.Dialect()).Table(h.table.Name)
	query, args := sql.Dialect(st.Dialect()).Select().Count().From(t).Where(h.owner(st.Dialect(), t, p)).Query()
	rows, err := st.Reader().QueryContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", h.table.Name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, fmt.Errorf("count %s: %w", h.table.Name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("count %s: %w", h.table.Name, err)
	}
	return n, nil
}

// page reads the person's next rows after that id, as JSON objects, and the id of
// the last of them.
func (h holding) page(ctx context.Context, st *store.Store, p person, after int64, most int) (out []json.RawMessage, last int64, err error) {
	columns := h.shown()
	query, args := h.selection(st.Dialect(), columns, p, after, most)
	rows, err := st.Reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", h.table.Name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		object, id, err := scan(rows, columns)
		if err != nil {
			return nil, 0, fmt.Errorf("read %s: %w", h.table.Name, err)
		}
		out, last = append(out, object), id
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", h.table.Name, err)
	}
	return out, last, nil
}

func (h holding) selection(dialect string, columns []column, p person, after int64, most int) (string, []any) {
	t := sql.Dialect(dialect).Table(h.table.Name)
	s := sql.Dialect(dialect).Select(t.C("id")).From(t)
	for _, c := range columns {
		if c.closed {
			s.AppendSelectExprAs(told(dialect, h.table, t, c), c.Name+"_told")
		} else {
			s.AppendSelect(t.C(c.Name))
		}
	}
	return s.Where(sql.And(h.owner(dialect, t, p), sql.GT(t.C("id"), after))).OrderBy(t.C("id")).Limit(most).Query()
}

// told is the column's value, null while the row's test is in progress.
func told(dialect string, table *schema.Table, t *sql.SelectTable, c column) sql.Querier {
	if table == migrate.TestSessionsTable {
		return sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE WHEN ").Ident(t.C("state")).WriteString(" <> ").Arg(string(vocab.InProgress)).
				WriteString(" THEN ").Ident(t.C(c.Name)).WriteString(" END")
		})
	}
	open := sql.Dialect(dialect).Table(migrate.TestSessionsTable.Name).As("own")
	over := sql.Dialect(dialect).Select(open.C("state")).From(open).Where(sql.ColumnsEQ(open.C("id"), t.C("session_id")))
	return sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("CASE WHEN (").Join(over).WriteString(") <> ").Arg(string(vocab.InProgress)).
			WriteString(" THEN ").Ident(t.C(c.Name)).WriteString(" END")
	})
}

// scan is the row as a JSON object, and its id.
func scan(rows *stdsql.Rows, columns []column) (json.RawMessage, int64, error) {
	var id int64
	values := make([]any, len(columns))
	into := []any{&id}
	for i := range values {
		into = append(into, &values[i])
	}
	if err := rows.Scan(into...); err != nil {
		return nil, 0, err
	}
	object := []byte{'{'}
	for i, c := range columns {
		value, err := json.Marshal(readable(c, values[i]))
		if err != nil {
			return nil, 0, fmt.Errorf("write %s: %w", c.Name, err)
		}
		if i > 0 {
			object = append(object, ',')
		}
		object = append(append(append(object, '"'), c.name...), '"', ':')
		object = append(object, value...)
	}
	return append(object, '}'), id, nil
}

// readable is a value of the database in the form of the API.
func readable(c column, value any) any {
	if value == nil {
		return nil
	}
	if text, ok := value.([]byte); ok && c.Type != field.TypeBytes {
		value = string(text)
	}
	switch v := value.(type) {
	case int64:
		switch {
		case c.kind != "":
			return ident.Global{Kind: c.kind, Key: v}.String()
		case c.Type == field.TypeBool:
			return v != 0
		}
	case string:
		if c.Type == field.TypeJSON {
			return json.RawMessage(v)
		}
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return value
}
