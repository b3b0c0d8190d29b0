package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/aiqhq/aiq/internal/ident"
)

// ItemStatistics holds the running sums of one question over all completed
// sessions in which it was administered. Rest is the number right on the other
// questions that the person was administered in that session.
type ItemStatistics struct{ ent.Schema }

// Fields of the ItemStatistics.
func (ItemStatistics) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.ItemStatistics(0)),
		field.Int64("question_id").GoType(ident.Question(0)).Unique().Immutable(),
		field.Int64("administered").Default(0),
		field.Int64("correct").Default(0),
		field.Int64("omitted").Default(0),
		field.Int64("alone").Default(0).
			Comment("People who were given no other question: they have no rest."),
		field.Int64("correct_alone").Default(0),
		field.Int64("rest_sum").Default(0),
		field.Int64("rest_square_sum").Default(0),
		field.Int64("correct_rest_sum").Default(0),
		field.Int64("timed").Default(0).
			Comment("Answers whose time is known."),
		field.Int64("time_ms_sum").Default(0),
	}
}

// Edges of the ItemStatistics.
func (ItemStatistics) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("question", Question.Type).Ref("statistics").Field("question_id").Unique().Required().Immutable(),
	}
}
