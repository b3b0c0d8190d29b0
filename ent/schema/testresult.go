package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// TestResult is the score of one completed session.
type TestResult struct{ ent.Schema }

// Fields of the TestResult.
func (TestResult) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Result(0)),
		field.Int64("session_id").GoType(ident.Session(0)).Unique().Immutable(),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Enum("method").GoType(vocab.ScoringMethod("")).Immutable(),
		field.Float("score").Immutable().
			Comment("On the reported scale: mean 100, SD 15, clamped to [40, 160]."),
		field.Float("percentile").Immutable(),
		field.Enum("interval_status").GoType(vocab.IntervalStatus("")).Immutable(),
		field.Float("interval_lower").Optional().Nillable().Immutable(),
		field.Float("interval_upper").Optional().Nillable().Immutable(),
		field.Float("interval_level").Optional().Nillable().Immutable().
			Comment("The confidence level, such as .95."),
		field.Float("theta").Optional().Nillable().Immutable(),
		field.Float("standard_error").Optional().Nillable().Immutable().
			Comment("Of theta, in logits."),
		field.Float("standard_error_of_measurement").Optional().Nillable().Immutable().
			Comment("Of the score, on the reported scale."),
		field.Float("reliability").Optional().Nillable().Immutable().
			Comment("The coefficient that the interval rests on, for scores by accuracy."),
		field.Int64("duration_ms").Default(0).Immutable().
			Comment("From the start to the last answer."),
		field.Bool("time_limit_exceeded").Default(false).Immutable(),
		field.Int64("previous_id").GoType(ident.Result(0)).Optional().Nillable().Immutable().
			Comment("The person's result before this one."),
		field.Float("change").Optional().Nillable().Immutable().
			Comment("The score less the one before it."),
		field.Float("change_index").Optional().Nillable().Immutable().
			Comment("The reliable change index: the change over its standard error."),
		field.Enum("change_verdict").GoType(vocab.Change("")).Optional().Nillable().Immutable(),
		field.Int("total").Immutable(),
		field.Int("correct").Immutable(),
		field.JSON("domain_scores", []vocab.DomainScore{}).Immutable(),
		field.Time("scored_at").Immutable(),
	}
}

// Edges of the TestResult.
func (TestResult) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("session", TestSession.Type).Ref("result").Field("session_id").Unique().Required().Immutable(),
		edge.To("later", TestResult.Type).From("previous").Field("previous_id").Unique().Immutable(),
		edge.From("user", User.Type).Ref("results").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the TestResult.
func (TestResult) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("previous_id")}
}
