package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// SessionValidity is the judgement on whether the answers of one ended session
// can be trusted, with what it rests on. An administrator's verdict stands
// beside the first one and never replaces it.
type SessionValidity struct{ ent.Schema }

// Fields of the SessionValidity.
func (SessionValidity) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Validity(0)),
		field.Int64("session_id").GoType(ident.Session(0)).Unique().Immutable(),
		field.Enum("verdict").GoType(vocab.Verdict("")).Immutable(),
		field.Int("severity").Immutable(),
		field.Float("confidence").Immutable().
			Comment("In the verdict, from 0 to 1."),
		field.JSON("evidence", vocab.Evidence{}).Immutable().
			Comment("The parts that the verdict rests on."),
		field.Time("judged_at").Immutable(),
		field.Enum("override_verdict").GoType(vocab.Verdict("")).Optional().Nillable(),
		field.String("override_reason").Optional().Nillable().MaxLen(4000),
		field.Int64("overridden_by_id").GoType(ident.User(0)).Optional().Nillable(),
		field.Time("overridden_at").Optional().Nillable(),
	}
}

// Edges of the SessionValidity.
func (SessionValidity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("session", TestSession.Type).Ref("validity").Field("session_id").Unique().Required().Immutable(),
		edge.To("overridden_by", User.Type).Field("overridden_by_id").Unique(),
	}
}

// Indexes of the SessionValidity.
func (SessionValidity) Indexes() []ent.Index {
	return []ent.Index{index.Fields("verdict", "id"), index.Fields("overridden_by_id")}
}
