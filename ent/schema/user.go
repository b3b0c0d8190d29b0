// Package schema is the data model: one entity a file, storage shape only.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// User is one person who takes tests or administers them. People whose answers
// were imported have neither e-mail nor password and cannot sign in.
type User struct{ ent.Schema }

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.User(0)),
		field.String("email").Optional().Nillable().MaxLen(320).
			Comment("As the person wrote it."),
		field.String("email_key").Optional().Nillable().Unique().MaxLen(320).Sensitive().
			Comment("The e-mail as it is compared: trimmed and case-folded."),
		field.Time("email_confirmed_at").Optional().Nillable().
			Comment("When the person was last shown to receive mail at the address."),
		field.String("password_hash").Optional().Nillable().Sensitive().
			Comment("argon2id in PHC form, or bcrypt until the next sign-in; absent for people without a password."),
		field.String("display_name").Optional().Nillable().MaxLen(400), // bytes: 100 characters of up to four
		field.Enum("role").GoType(vocab.Role("")).Default(string(vocab.Taker)),
		field.Bool("guest").Default(false).
			Comment("Takes tests without an account, until it registers."),
		field.Int("birth_year").Optional().Nillable(),
		field.String("country").Optional().Nillable().MaxLen(2).
			Comment("ISO 3166-1 alpha-2."),
		field.String("region").Optional().Nillable().MaxLen(400). // bytes: 100 characters of up to four
										Comment("The part of the country, as the person wrote it."),
		field.Enum("education_level").GoType(vocab.EducationLevel("")).Optional().Nillable(),
		field.Bool("cooldown_bypass").Default(false).
			Comment("Exempt from the waits between tests."),
		field.String("external_ref").Optional().Nillable().Unique().MaxLen(200).Immutable().
			Comment("Where an imported person comes from, such as sapa-iq:17; makes imports repeatable."),
		field.Time("tokens_revoked_before").Optional().Nillable().
			Comment("Access tokens issued earlier are refused."),
		field.Time("last_login_at").Optional().Nillable(),
		field.Time("created_at").Immutable(),
	}
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("refresh_tokens", RefreshToken.Type),
		edge.To("reset_tokens", PasswordResetToken.Type),
		edge.To("identities", OAuthIdentity.Type),
		edge.To("sessions", TestSession.Type),
		edge.To("responses", Response.Type),
		edge.To("results", TestResult.Type),
		edge.To("memberships", GroupMembership.Type),
	}
}

// Indexes of the User.
func (User) Indexes() []ent.Index {
	return []ent.Index{index.Fields("created_at")}
}
