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

// Feedback is what one person wrote to the makers, and what became of it.
type Feedback struct{ ent.Schema }

// Fields of the Feedback.
func (Feedback) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Feedback(0)),
		field.Int64("user_id").GoType(ident.User(0)).Optional().Nillable().
			Comment("Who wrote it; absent for those who were not signed in."),
		field.Enum("category").GoType(vocab.FeedbackCategory("")).Immutable(),
		field.Text("text").Immutable().MaxLen(20000), // bytes: 5,000 characters of up to four
		field.String("contact").Optional().Nillable().MaxLen(1280).
			Comment("Where an answer may be sent, as the person wrote it."),
		field.String("app_version").Optional().Nillable().MaxLen(200).Immutable(),
		field.Int64("session_id").GoType(ident.Session(0)).Optional().Nillable().
			Comment("The test that it is about."),
		field.Int64("question_id").GoType(ident.Question(0)).Optional().Nillable().
			Comment("The question that it is about."),
		field.Enum("status").GoType(vocab.FeedbackStatus("")).Default(string(vocab.FeedbackNew)),
		field.Text("note").Optional().Nillable().MaxLen(20000).
			Comment("What administrators note about it; the person does not see it."),
		field.String("client_key").Optional().Nillable().Unique().Immutable().MaxLen(300).
			Comment("The client's name for the request, within the viewer or address; makes sending repeatable."),
		field.Time("created_at").Immutable(),
		field.Time("changed_at"),
	}
}

// Edges of the Feedback.
func (Feedback) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Field("user_id").Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
		edge.To("session", TestSession.Type).Field("session_id").Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
		edge.To("question", Question.Type).Field("question_id").Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
	}
}

// Indexes of the Feedback.
func (Feedback) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "id"), index.Fields("question_id", "id"), index.Fields("session_id"),
		index.Fields("status", "id"),
	}
}

// Annotations of the Feedback.
func (Feedback) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("feedback")}
}
