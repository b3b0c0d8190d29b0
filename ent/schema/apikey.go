package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// APIKey lets a program ask in its own name, for what its scopes allow.
type APIKey struct{ ent.Schema }

// Fields of the APIKey.
func (APIKey) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.APIKey(0)),
		field.String("name").MaxLen(400). // bytes: 100 characters of up to four
							Comment("What the key is for, as an administrator named it."),
		field.String("prefix").MaxLen(20).Immutable().
			Comment("How the key begins, by which people recognise it."),
		field.String("secret_hash").Unique().Sensitive().Immutable().MaxLen(64).
			Comment("SHA-256 of the key in hexadecimal; the key itself is kept by nobody here."),
		field.JSON("scopes", []vocab.Scope{}).Immutable(),
		field.Int64("created_by_id").GoType(ident.User(0)).Optional().Nillable().
			Comment("The administrator who made it; absent once the person is erased."),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Optional().Nillable().Immutable(),
		field.Time("revoked_at").Optional().Nillable(),
		field.Time("last_used_at").Optional().Nillable().
			Comment("To the minute: not every use is noted."),
	}
}

// Edges of the APIKey.
func (APIKey) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("created_by", User.Type).Field("created_by_id").Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
	}
}

// Indexes of the APIKey.
func (APIKey) Indexes() []ent.Index { return []ent.Index{index.Fields("created_by_id")} }
