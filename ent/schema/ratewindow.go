package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RateWindow is how much one viewer or address has done of one kind of
// operation in the window of time that runs. Replicas share it.
type RateWindow struct{ ent.Schema }

// Fields of the RateWindow.
func (RateWindow) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Bytes("key").Unique().Immutable().Sensitive().MaxLen(32).
			Comment("SHA-256 of the kind of operation and of who is counted."),
		field.Int("used"),
		field.Time("ends_at"),
	}
}

// Indexes of the RateWindow.
func (RateWindow) Indexes() []ent.Index { return []ent.Index{index.Fields("ends_at")} }
