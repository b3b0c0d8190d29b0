package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// GuestDevice is a device on which tests were taken without an account; it
// counts them.
type GuestDevice struct{ ent.Schema }

// Fields of the GuestDevice.
func (GuestDevice) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("device_hash").Unique().Immutable().MaxLen(64).Sensitive().
			Comment("SHA-256 of the id that the device made up for itself."),
		field.Int("tests").Default(0).
			Comment("Tests started on the device so far."),
		field.Int64("user_id").GoType(ident.User(0)).
			Comment("The guest who takes the device's tests at present."),
		field.Time("created_at").Immutable(),
		field.Time("last_started_at"),
	}
}

// Edges of the GuestDevice.
func (GuestDevice) Edges() []ent.Edge {
	return []ent.Edge{edge.To("user", User.Type).Field("user_id").Unique().Required()}
}

// Indexes of the GuestDevice.
func (GuestDevice) Indexes() []ent.Index { return []ent.Index{index.Fields("user_id")} }
