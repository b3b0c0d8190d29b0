package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// Group is a circle of people who compare their scores.
type Group struct{ ent.Schema }

// Fields of the Group.
func (Group) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Group(0)),
		field.String("name").MaxLen(400), // bytes: 100 characters of up to four
		field.Int64("owner_id").GoType(ident.User(0)),
		field.Time("created_at").Immutable(),
	}
}

// Edges of the Group.
func (Group) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("owner", User.Type).Field("owner_id").Unique().Required(),
		edge.To("memberships", GroupMembership.Type),
		edge.To("invitations", GroupInvitation.Type),
	}
}

// Indexes of the Group.
func (Group) Indexes() []ent.Index { return []ent.Index{index.Fields("owner_id")} }
