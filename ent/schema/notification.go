package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Notification is one reminder after one test: there is at most one of each kind.
type Notification struct{ ent.Schema }

// Fields of the Notification.
func (Notification) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Notification(0)),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Int64("session_id").GoType(ident.Session(0)).Immutable().
			Comment("The test after which it comes."),
		field.Enum("kind").GoType(vocab.NotificationKind("")).Immutable(),
		field.Enum("state").GoType(vocab.NotificationState("")).Default(string(vocab.NotificationQueued)),
		field.JSON("reached", []ident.Device{}).Optional().
			Comment("The devices for which it was taken while it could not be sent to others."),
		field.Time("created_at").Immutable(),
		field.Time("delivered_at").Optional().Nillable().
			Comment("When the push service took it."),
	}
}

// Edges of the Notification.
func (Notification) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
		edge.To("session", TestSession.Type).Field("session_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Notification.
func (Notification) Indexes() []ent.Index {
	return []ent.Index{index.Fields("session_id", "kind").Unique(), index.Fields("user_id", "id")}
}
