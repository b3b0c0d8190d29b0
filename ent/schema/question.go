package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Question is one item of the bank. An item without text was imported for its
// answers only: it is analysed and never served.
type Question struct{ ent.Schema }

// Fields of the Question.
func (Question) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Question(0)),
		field.String("external_ref").Optional().Nillable().Unique().MaxLen(200).Immutable().
			Comment("The name the question has where it comes from; makes imports repeatable."),
		field.String("source").MaxLen(200).
			Comment("The author, generator or study that the question comes from."),
		field.Text("text").Optional().Nillable(),
		field.Text("stimulus").Optional().Nillable().
			Comment("Shown before the question and then hidden (memory items)."),
		field.JSON("options", []vocab.Option{}),
		field.String("key").Sensitive().MaxLen(50).
			Comment("The id of the right option."),
		field.Text("explanation").Optional().Nillable().Sensitive(),
		field.Enum("domain").GoType(vocab.Domain("")),
		field.Enum("difficulty").GoType(vocab.Difficulty("")).
			Comment("The label, not an estimate."),
		field.String("sub_type").Optional().Nillable().MaxLen(100),
		field.Bool("active").Default(true),
		field.Bool("anchor").Default(false),
		field.Enum("quality").GoType(vocab.Quality("")).Default(string(vocab.Normal)),
		field.String("quality_reason").Optional().Nillable().MaxLen(500),
		field.Time("created_at").Immutable(),
		field.Time("changed_at").
			Comment("Moves with every change of the row, so that replicas notice."),
	}
}

// Edges of the Question.
func (Question) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("parameters", ItemParameters.Type),
		edge.To("responses", Response.Type),
		edge.To("statistics", ItemStatistics.Type).Unique(),
		edge.To("option_statistics", OptionStatistics.Type),
		edge.To("option_score_counts", OptionScoreCount.Type),
	}
}

// Indexes of the Question.
func (Question) Indexes() []ent.Index {
	return []ent.Index{index.Fields("domain", "difficulty"), index.Fields("source"), index.Fields("changed_at")}
}
