package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// PasswordResetToken is one token that was mailed to a person who forgot the
// password. It is good once, for half an hour, and until a newer one is issued.
type PasswordResetToken struct{ ent.Schema }

// Fields of the PasswordResetToken.
func (PasswordResetToken) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Bytes("token_hash").Unique().Immutable().Sensitive().MaxLen(32).
			Comment("SHA-256 of the token, which has 256 random bits of its own."),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("closed_at").Optional().Nillable().
			Comment("When it was used or replaced."),
	}
}

// Edges of the PasswordResetToken.
func (PasswordResetToken) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("reset_tokens").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the PasswordResetToken.
func (PasswordResetToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "expires_at"), index.Fields("expires_at")}
}
