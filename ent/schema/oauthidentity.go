package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// OAuthIdentity is a person as a provider such as Apple knows them: who holds
// it signs in to the account without a password.
type OAuthIdentity struct{ ent.Schema }

// Fields of the OAuthIdentity.
func (OAuthIdentity) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Enum("provider").GoType(vocab.Provider("")).Immutable(),
		field.String("subject").Immutable().MaxLen(255).
			Comment("The provider's own key of the person, which never changes."),
		field.String("email").Optional().Nillable().MaxLen(320).
			Comment("As the provider told it when the identity was linked."),
		field.Time("created_at").Immutable(),
		field.Time("last_used_at"),
	}
}

// Edges of the OAuthIdentity.
func (OAuthIdentity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("identities").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the OAuthIdentity.
func (OAuthIdentity) Indexes() []ent.Index {
	return []ent.Index{index.Fields("provider", "subject").Unique(), index.Fields("user_id")}
}
