package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Erasure is the removal of what is kept about one person. Once it is finished
// it does not say whose it was.
type Erasure struct{ ent.Schema }

// Fields of the Erasure.
func (Erasure) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.Erasure(0)),
		field.Int64("user_id").GoType(ident.User(0)).Optional().Nillable().Unique().
			Comment("Whose data are being removed; absent when that is done. No edge, for the person goes first."),
		field.Enum("mode").GoType(vocab.ErasureMode("")).Immutable(),
		field.Bytes("token_hash").Unique().Sensitive().MaxLen(32).
			Comment("SHA-256 of the token by which the progress is read, which has 256 random bits of its own."),
		field.Int("done").Default(0).
			Comment("Rows removed so far, of total."),
		field.Int("total").Default(0),
		field.Time("requested_at").Immutable(),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// Indexes of the Erasure.
func (Erasure) Indexes() []ent.Index { return []ent.Index{index.Fields("finished_at")} }
