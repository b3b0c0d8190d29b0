package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SignInFailures is how often a wrong password was given in a row, for an
// e-mail address, whether or not it has an account, or from a network address.
type SignInFailures struct{ ent.Schema }

// Fields of the SignInFailures.
func (SignInFailures) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Bytes("key").Unique().Immutable().Sensitive().MaxLen(32).
			Comment("SHA-256 of what is counted: nothing is kept of people without an account."),
		field.Int("failures").Default(0),
		field.Time("locked_until").Optional().Nillable().
			Comment("Until then nobody may try."),
		field.Time("forgotten_at").
			Comment("From then on the count begins anew."),
	}
}

// Indexes of the SignInFailures.
func (SignInFailures) Indexes() []ent.Index { return []ent.Index{index.Fields("forgotten_at")} }
