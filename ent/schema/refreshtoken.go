package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// RefreshToken is one refresh token as it was issued. Tokens that descend from
// one sign-in by rotation share a family; a rotated token that comes back
// betrays a theft and ends its family.
type RefreshToken struct{ ent.Schema }

// Fields of the RefreshToken.
func (RefreshToken) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.String("family").Immutable().MaxLen(36),
		field.Bytes("token_hash").Unique().Immutable().Sensitive().MaxLen(32).
			Comment("SHA-256 of the token, which has 256 random bits of its own."),
		field.Time("issued_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("rotated_at").Optional().Nillable(),
		field.Bytes("retry_hash").Optional().Nillable().Sensitive().MaxLen(32).
			Comment("SHA-256 of the client's name for the exchange: who knows it may repeat it for a moment."),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Edges of the RefreshToken.
func (RefreshToken) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("refresh_tokens").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the RefreshToken.
func (RefreshToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("family"), index.Fields("user_id"), index.Fields("expires_at")}
}
