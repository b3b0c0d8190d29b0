package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// GroupMembership is one person in one group.
type GroupMembership struct{ ent.Schema }

// Fields of the GroupMembership.
func (GroupMembership) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Membership(0)),
		field.Int64("group_id").GoType(ident.Group(0)).Immutable(),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Bool("shares_score").Default(false).
			Comment("The member consents to stand on the leaderboard."),
		field.Time("joined_at").Immutable(),
	}
}

// Edges of the GroupMembership.
func (GroupMembership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("group", Group.Type).Ref("memberships").Field("group_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("memberships").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the GroupMembership.
func (GroupMembership) Indexes() []ent.Index {
	return []ent.Index{index.Fields("group_id", "user_id").Unique(), index.Fields("user_id", "id")}
}
