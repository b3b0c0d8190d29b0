package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// OptionScoreCount says how many people with a given number right gave a given
// answer to a question: all that the shares of the top and bottom quarter and
// the option's correlations with the score need.
type OptionScoreCount struct{ ent.Schema }

// Fields of the OptionScoreCount.
func (OptionScoreCount) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("question_id").GoType(ident.Question(0)).Immutable(),
		field.String("option_id").MaxLen(50).Immutable().
			Comment("Empty for people who were shown the question and chose nothing."),
		field.Int("total").Immutable().
			Comment("The person's number right in the session."),
		field.Int64("people").Default(0),
	}
}

// Edges of the OptionScoreCount.
func (OptionScoreCount) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("question", Question.Type).Ref("option_score_counts").Field("question_id").Unique().Required().Immutable(),
	}
}

// Indexes of the OptionScoreCount.
func (OptionScoreCount) Indexes() []ent.Index {
	return []ent.Index{index.Fields("question_id", "option_id", "total").Unique()}
}
