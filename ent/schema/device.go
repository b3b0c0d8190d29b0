package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Device is one device on which one person wants to be notified.
type Device struct{ ent.Schema }

// Fields of the Device.
func (Device) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Device(0)),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.String("token").Unique().Immutable().MaxLen(400).Sensitive().
			Comment("The push token that the platform gave the app, in lower-case hexadecimal digits."),
		field.Enum("platform").GoType(vocab.Platform("")).Immutable(),
		field.Time("created_at").Immutable(),
		field.Time("last_seen_at").
			Comment("When the app last registered the token."),
	}
}

// Edges of the Device.
func (Device) Edges() []ent.Edge {
	return []ent.Edge{edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable()}
}

// Indexes of the Device.
func (Device) Indexes() []ent.Index { return []ent.Index{index.Fields("user_id", "id")} }
