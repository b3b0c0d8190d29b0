package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// NotificationSettings is of what one person wants to be notified, and when not.
// Who has never changed them has no row.
type NotificationSettings struct{ ent.Schema }

// Fields of the NotificationSettings.
func (NotificationSettings) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Bool("due").Default(true),
		field.Bool("nudge").Default(true),
		field.Bool("encouragement").Default(true),
		field.Int("quiet_from").Optional().Nillable().
			Comment("The minute of the day at which quiet hours begin, 0 to 1439; absent without quiet hours."),
		field.Int("quiet_to").Optional().Nillable().
			Comment("The minute of the day at which they end; before quiet_from if they pass midnight."),
		field.String("time_zone").Default("UTC").MaxLen(100).
			Comment("The time zone of the quiet hours, as the IANA names it."),
		field.Time("changed_at"),
	}
}

// Edges of the NotificationSettings.
func (NotificationSettings) Edges() []ent.Edge {
	return []ent.Edge{edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable()}
}

// Indexes of the NotificationSettings.
func (NotificationSettings) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id").Unique()}
}

// Annotations of the NotificationSettings.
func (NotificationSettings) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"quiet_hours_have_two_ends": "CASE WHEN quiet_from IS NULL THEN quiet_to IS NULL ELSE quiet_to IS NOT NULL AND quiet_to <> quiet_from END",
	})}
}
