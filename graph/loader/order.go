package loader

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/graph/scalar"
	"github.com/aiqhq/aiq/internal/fault"
)

// Order is a total order of rows: by a column and then by id, so that no two
// rows tie and a cursor names one place. Rows without a value come last in both
// directions.
type Order[T any] struct {
	// Name tells the cursors of this order from those of every other, of the same rows
	// or of others.
	Name string
	// Column to sort by; "" sorts by id alone.
	Column string
	// Holds is some value of the column's type: a string, an int or a scalar.Instant.
	Holds any
	// Nullable says that the column may hold no value.
	Nullable bool
	Desc     bool
	// ID is the row's key, and Value the column's value in it, nil for none.
	ID    func(T) int64
	Value func(T) any
}

// place is what a cursor stands for: the sort values of one row.
type place struct {
	Order string         `json:"o"`
	ID    int64          `json:"i"`
	Text  *string        `json:"s,omitempty"`
	Int   *int           `json:"n,omitempty"`
	Time  scalar.Instant `json:"t,omitzero"`
}

// Cursor is the opaque text that names the row's place in the order.
func (o Order[T]) Cursor(row T) string {
	p := place{Order: o.Name, ID: o.ID(row)}
	if o.Column != "" {
		switch v := o.Value(row).(type) {
		case string:
			p.Text = &v
		case int:
			p.Int = &v
		case scalar.Instant:
			p.Time = v
		}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		// Only a time outside the years 0 to 9999 fails to marshal, and the
		// databases keep none.
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parse reads a cursor of this order; field is the argument that held it.
func (o Order[T]) parse(field, cursor string) (place, error) {
	var p place
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil || p.ID <= 0 || p.Order != o.Name || !o.mayHold(p.value()) {
		return place{}, fault.Invalid(field, "cursor", "%s is not a cursor of this list in this order.", field)
	}
	return p, nil
}

// mayHold reports whether the column can hold the value. A cursor can be made by
// anyone.
func (o Order[T]) mayHold(value any) (ok bool) {
	switch v := value.(type) {
	case nil:
		return o.Column == "" || o.Nullable
	case string:
		_, ok = o.Holds.(string)
		return ok && !strings.Contains(v, "\x00")
	case int:
		_, ok = o.Holds.(int)
	case scalar.Instant:
		_, ok = o.Holds.(scalar.Instant)
	}
	return ok
}

func (p place) value() any {
	switch {
	case p.Text != nil:
		return *p.Text
	case p.Int != nil:
		return *p.Int
	case !p.Time.IsZero():
		return p.Time.UTC()
	default:
		return nil
	}
}

// following holds for rows strictly behind the place, in the order or, if
// reversed, in its reverse.
func (o Order[T]) following(s *sql.Selector, p place, reversed bool) *sql.Predicate {
	desc := o.Desc != reversed
	beyond := sql.GT
	if desc {
		beyond = sql.LT
	}
	id := beyond(s.C("id"), p.ID)
	if o.Column == "" {
		return id
	}
	column := s.C(o.Column)
	value := p.value()
	var same *sql.Predicate
	if value == nil {
		same = sql.And(sql.IsNull(column), id)
	} else {
		same = sql.Or(beyond(column, value), sql.And(sql.EQ(column, value), id))
	}
	switch {
	case !o.Nullable:
		return same
	case value == nil && reversed:
		return sql.Or(same, sql.NotNull(column))
	case value != nil && !reversed:
		return sql.Or(same, sql.IsNull(column))
	default:
		return same
	}
}

// terms are the ORDER BY terms.
func (o Order[T]) terms(column func(string) string, reversed bool) []string {
	direction := func(desc bool) string {
		if desc {
			return " DESC"
		}
		return " ASC"
	}
	desc := o.Desc != reversed
	var terms []string
	if o.Column != "" {
		if o.Nullable {
			terms = append(terms, fmt.Sprintf("(%s IS NULL)%s", column(o.Column), direction(reversed)))
		}
		terms = append(terms, column(o.Column)+direction(desc))
	}
	return append(terms, column("id")+direction(desc))
}
