package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/aiqhq/aiq/internal/ident"
)

// EngineRevision is the item bank and the rules as the adaptive engine held them
// at one time. Sessions name the revisions that chose their questions, so every
// choice can be replayed after the bank has changed.
type EngineRevision struct{ ent.Schema }

// Fields of the EngineRevision.
func (EngineRevision) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.EngineRevision(0)),
		field.String("digest").Unique().Immutable().MaxLen(64).
			Comment("SHA-256 of the content, in hexadecimal."),
		field.Bytes("content").Immutable().
			Comment("Items and rules, compressed."),
		field.Time("created_at").Immutable(),
	}
}
