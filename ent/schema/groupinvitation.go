package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// GroupInvitation is a code by which people join a group.
type GroupInvitation struct{ ent.Schema }

// Fields of the GroupInvitation.
func (GroupInvitation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Invitation(0)),
		field.Int64("group_id").GoType(ident.Group(0)).Immutable(),
		field.Int64("created_by_id").GoType(ident.User(0)).Immutable(),
		field.String("code").Unique().Immutable().MaxLen(40).
			Comment("Read aloud and typed by people."),
		field.Int("uses").Default(0),
		field.Int("max_uses").Immutable(),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Edges of the GroupInvitation.
func (GroupInvitation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("group", Group.Type).Ref("invitations").Field("group_id").Unique().Required().Immutable(),
		edge.To("created_by", User.Type).Field("created_by_id").Unique().Required().Immutable(),
	}
}

// Indexes of the GroupInvitation.
func (GroupInvitation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("group_id", "id"), index.Fields("created_by_id")}
}
