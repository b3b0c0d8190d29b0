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

// ClientEvent is something that happened in the app, as the app told it.
type ClientEvent struct{ ent.Schema }

// Fields of the ClientEvent.
func (ClientEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.ClientEvent(0)),
		field.Int64("user_id").GoType(ident.User(0)).Optional().Nillable().Immutable().
			Comment("Who used the app; absent for those who were not signed in."),
		field.String("event_key").Optional().Nillable().Unique().Immutable().MaxLen(64).
			Comment("A digest of the app's own id of the event and of who told it; makes telling repeatable."),
		field.String("name").Immutable().MaxLen(400), // bytes: 100 characters of up to four
		field.Time("client_time").Immutable().
			Comment("When it happened, by the app's clock."),
		field.JSON("properties", vocab.JSONObject{}).Optional().Immutable(),
		field.String("platform").Optional().Nillable().Immutable().MaxLen(200), // bytes: 50 characters of up to four
		field.String("app_version").Optional().Nillable().Immutable().MaxLen(200),
		field.String("device_id").Optional().Nillable().Immutable().MaxLen(200),
		field.Time("received_at").Immutable(),
	}
}

// Edges of the ClientEvent.
func (ClientEvent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Field("user_id").Unique().Immutable().Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of the ClientEvent.
func (ClientEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("name", "id"), index.Fields("received_at")}
}
