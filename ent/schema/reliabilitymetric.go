package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/vocab"
)

// ReliabilityMetric is a coefficient of reliability as it was computed at one
// time. Rows are never changed: together they are its history.
type ReliabilityMetric struct{ ent.Schema }

// Fields of the ReliabilityMetric.
func (ReliabilityMetric) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Enum("measure").GoType(vocab.ReliabilityMeasure("")).Immutable(),
		field.Float("value").Optional().Nillable().Immutable().
			Comment("Absent if the data do not define it."),
		field.Int64("sessions").Immutable(),
		field.Int("items").Immutable(),
		field.Time("computed_at").Immutable(),
	}
}

// Indexes of the ReliabilityMetric.
func (ReliabilityMetric) Indexes() []ent.Index {
	return []ent.Index{index.Fields("measure", "id")}
}
