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

// AuditEntry is one change that an administrator, a service or the operator made
// to what is not their own. It is written in the transaction of the change and
// never altered; when a person is erased, it forgets who they were.
type AuditEntry struct{ ent.Schema }

// Fields of the AuditEntry.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.AuditEntry(0)),
		field.Enum("actor_kind").GoType(vocab.ActorKind("")).Immutable(),
		field.Int64("actor_id").GoType(ident.User(0)).Optional().Nillable().
			Comment("The administrator; absent for other actors, and once the person is erased."),
		field.Int64("api_key_id").GoType(ident.APIKey(0)).Optional().Nillable().
			Comment("The service's key; absent for other actors."),
		field.Enum("action").GoType(vocab.AuditAction("")).Immutable(),
		field.String("target_kind").MaxLen(40).Immutable().
			Comment("The GraphQL type of what was changed."),
		field.Int64("target_key").Immutable(),
		field.JSON("changes", []vocab.FieldChange{}).
			Comment("What the fields held before and after; never secrets."),
		field.String("reason").Optional().Nillable().MaxLen(4000),
		field.String("request_id").Optional().Nillable().MaxLen(64),
		field.String("address").Optional().Nillable().MaxLen(64).
			Comment("The network address of who made the change; the /64 network of an IPv6 one."),
		field.Time("created_at").Immutable(),
	}
}

// Edges of the AuditEntry.
func (AuditEntry) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("actor", User.Type).Field("actor_id").Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
		edge.To("api_key", APIKey.Type).Field("api_key_id").Unique(),
	}
}

// Indexes of the AuditEntry.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("actor_id", "id"), index.Fields("target_kind", "target_key", "id"), index.Fields("action", "id"),
		index.Fields("created_at"),
	}
}
