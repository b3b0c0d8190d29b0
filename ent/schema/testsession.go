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

// TestSession is one person's one test. Its row carries all that choosing the
// next question needs, so that an answer reads one row whatever the length of
// the test.
type TestSession struct{ ent.Schema }

// Fields of the TestSession.
func (TestSession) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Session(0)),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Enum("kind").GoType(vocab.SessionKind("")).Immutable(),
		field.Enum("state").GoType(vocab.SessionState("")).Default(string(vocab.InProgress)),
		field.Int("version").Default(1).
			Comment("Counts the changes that a watcher can see: 1 at the start, one more with each answer and with the end."),
		field.Int64("seed").Immutable().
			Comment("Seeds the choice of questions, so that it can be replayed."),
		field.Float("prior_mean").Default(0).Immutable(),
		field.Float("prior_sd").Default(1).Immutable(),
		field.Int("maximum").Immutable().
			Comment("The most questions that this test can have."),
		field.Int("answered").Default(0),
		field.Float("theta").Default(0).
			Comment("The ability estimate after the last answer, in logits."),
		field.Float("standard_error").Default(1),
		field.JSON("steps", []vocab.Step{}).
			Comment("The answers so far as the engine sees them, in order."),
		field.JSON("seen", []ident.Question{}).Immutable().
			Comment("The questions met in earlier tests: never offered again."),
		field.Int64("open_question_id").GoType(ident.Question(0)).Optional().Nillable().
			Comment("The question that was served and waits for its answer."),
		field.Int64("revision_id").GoType(ident.EngineRevision(0)).Optional().Nillable().Immutable().
			Comment("The engine revision that chose the first question; absent for fixed forms."),
		field.JSON("blueprint", &vocab.Composition{}).Optional().Immutable().
			Comment("The form that was asked for; absent for adaptive tests."),
		field.JSON("composition", &vocab.Composition{}).Optional().Immutable().
			Comment("The form that the bank could give."),
		field.Time("due_at").Optional().Nillable().Immutable().
			Comment("Answers that come later are scored and marked; absent without a time limit."),
		field.Bool("time_limit_exceeded").Default(false),
		field.String("start_key").Optional().Nillable().Immutable().MaxLen(200).
			Comment("The client's name for the request that started the test; a repeat finds the test by it."),
		field.String("submit_key").Optional().Nillable().MaxLen(200).
			Comment("The client's name for the request that submitted the form."),
		field.Bytes("submit_digest").Optional().Nillable().MaxLen(32).
			Comment("SHA-256 of the answers that came with submit_key: a repeat has the same."),
		field.Time("counted_at").Optional().Nillable().
			Comment("When the answers entered the running statistics."),
		field.Enum("stop_reason").GoType(vocab.StopReason("")).Optional().Nillable(),
		field.String("source").Optional().Nillable().Immutable().MaxLen(200).
			Comment("The study that an imported session comes from."),
		field.String("external_ref").Optional().Nillable().Unique().MaxLen(200).Immutable(),
		field.Time("started_at").Immutable(),
		field.Time("last_activity_at"),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Edges of the TestSession.
func (TestSession) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("sessions").Field("user_id").Unique().Required().Immutable(),
		edge.To("open_question", Question.Type).Field("open_question_id").Unique(),
		edge.To("revision", EngineRevision.Type).Field("revision_id").Unique().Immutable(),
		edge.To("responses", Response.Type),
		edge.To("result", TestResult.Type).Unique(),
		edge.To("validity", SessionValidity.Type).Unique(),
	}
}

// Indexes of the TestSession.
func (TestSession) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id").Unique().StorageKey("testsession_one_in_progress").
			Annotations(entsql.IndexWhere("state = 'IN_PROGRESS'")),
		index.Fields("user_id", "id"),
		index.Fields("user_id", "start_key").Unique(),
		index.Fields("state", "last_activity_at"),
		index.Fields("state", "ended_at", "id"),
		index.Fields("source"),
	}
}

// Annotations of the TestSession.
func (TestSession) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"answered_within_maximum": "answered >= 0 AND answered <= maximum",
		"ended_when_final":        "CASE WHEN state = 'IN_PROGRESS' THEN ended_at IS NULL ELSE ended_at IS NOT NULL END",
	})}
}
