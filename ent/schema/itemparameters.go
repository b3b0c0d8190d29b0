package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// ItemParameters is one estimate, or one provisional setting, of a question's
// item response parameters. The newest is current; older ones stay as history.
type ItemParameters struct{ ent.Schema }

// Fields of the ItemParameters.
func (ItemParameters) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Parameters(0)),
		field.Int64("question_id").GoType(ident.Question(0)).Immutable(),
		field.Enum("model").GoType(vocab.ItemModel("")).Immutable(),
		field.Float("discrimination").Immutable().
			Comment("a, on the logistic metric (D = 1)."),
		field.Float("difficulty").Immutable().
			Comment("b, in logits of theta."),
		field.Float("guessing").Default(0).Immutable().
			Comment("c, the lower asymptote."),
		field.Float("discrimination_se").Optional().Nillable().Immutable(),
		field.Float("difficulty_se").Optional().Nillable().Immutable(),
		field.Int("sample_size").Default(0).Immutable().
			Comment("Answers that the estimate rests on; 0 for a provisional setting."),
		field.Bool("provisional").Immutable().
			Comment("Set by an author or a generator, not estimated from answers."),
		field.Bool("current").Default(true),
		field.Time("created_at").Immutable(),
	}
}

// Edges of the ItemParameters.
func (ItemParameters) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("question", Question.Type).Ref("parameters").Field("question_id").Unique().Required().Immutable(),
	}
}

// Indexes of the ItemParameters.
func (ItemParameters) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("question_id", "created_at"),
		index.Fields("question_id").Unique().StorageKey("itemparameters_one_current").
			Annotations(entsql.IndexWhere("current")),
	}
}

// Annotations of the ItemParameters.
func (ItemParameters) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"discrimination_positive": "discrimination > 0",
		"guessing_is_probability": "guessing >= 0 AND guessing < 1",
	})}
}
