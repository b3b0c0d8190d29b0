package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// OptionStatistics holds the running sums of one option of one question over
// all completed sessions: how often it was chosen and how well its choosers did.
type OptionStatistics struct{ ent.Schema }

// Fields of the OptionStatistics.
func (OptionStatistics) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.OptionStatistics(0)),
		field.Int64("question_id").GoType(ident.Question(0)).Immutable(),
		field.String("option_id").MaxLen(50).Immutable(),
		field.Int64("chosen").Default(0),
		field.Int64("total_sum").Default(0).
			Comment("Of the choosers' numbers right."),
		field.Int64("rest_sum").Default(0).
			Comment("Of the choosers' numbers right on the other questions."),
	}
}

// Edges of the OptionStatistics.
func (OptionStatistics) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("question", Question.Type).Ref("option_statistics").Field("question_id").Unique().Required().Immutable(),
	}
}

// Indexes of the OptionStatistics.
func (OptionStatistics) Indexes() []ent.Index {
	return []ent.Index{index.Fields("question_id", "option_id").Unique()}
}
