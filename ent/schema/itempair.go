package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// ItemPair holds the running sums of two questions over the completed fixed
// forms that held both: what covariances, and so Cronbach's alpha, need. The
// first question has the smaller key; a question paired with itself gives its
// own variance over the same people.
type ItemPair struct{ ent.Schema }

// Fields of the ItemPair.
func (ItemPair) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("first_id").GoType(ident.Question(0)).Immutable(),
		field.Int64("second_id").GoType(ident.Question(0)).Immutable(),
		field.Int64("people").Default(0),
		field.Int64("first_sum").Default(0),
		field.Int64("second_sum").Default(0),
		field.Int64("product_sum").Default(0),
	}
}

// Indexes of the ItemPair.
func (ItemPair) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("first_id", "second_id").Unique(),
		index.Fields("second_id"),
	}
}
