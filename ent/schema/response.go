package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// Response is one question served to one person, with the answer once there is
// one. It is written when the question is served, so what a person has met is
// known even if no answer ever comes.
type Response struct{ ent.Schema }

// Fields of the Response.
func (Response) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Response(0)),
		field.Int64("session_id").GoType(ident.Session(0)).Immutable(),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Int64("question_id").GoType(ident.Question(0)).Immutable(),
		field.Int("position").Positive().Immutable().
			Comment("1 for the first question of the session."),
		field.Time("served_at").Immutable(),
		field.Time("answered_at").Optional().Nillable(),
		field.String("option_id").Optional().Nillable().MaxLen(50).
			Comment("The option chosen; absent while unanswered and when skipped."),
		field.Bool("is_correct").Optional().Nillable(),
		field.Int("time_ms").Optional().Nillable().NonNegative().
			Comment("How long the answer took; absent where that is not known."),
		field.Time("client_answered_at").Optional().Nillable().
			Comment("When the person answered by the client's clock; for answers given without a network."),
		field.Bool("late").Default(false).
			Comment("The answer came after the time limit."),
		field.Time("stimulus_finished_at").Optional().Nillable().
			Comment("When the stimulus was hidden and the question shown (memory items); it is not served again after that."),
		field.String("answer_key").Optional().Nillable().MaxLen(200).
			Comment("The client's name for the request that answered."),
		field.Float("theta").Optional().Nillable().
			Comment("The ability estimate after this answer."),
		field.Float("standard_error").Optional().Nillable(),
	}
}

// Edges of the Response.
func (Response) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("session", TestSession.Type).Ref("responses").Field("session_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("responses").Field("user_id").Unique().Required().Immutable(),
		edge.From("question", Question.Type).Ref("responses").Field("question_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Response.
func (Response) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("session_id", "position").Unique(),
		index.Fields("user_id", "question_id").Unique(),
		index.Fields("session_id", "answer_key").Unique(),
		index.Fields("user_id", "id"),
		index.Fields("question_id", "id"),
	}
}
