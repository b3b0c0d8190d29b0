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

// DataExport is one document with everything that is kept about a person, made
// because they asked for it. It is there until it expires.
type DataExport struct{ ent.Schema }

// Fields of the DataExport.
func (DataExport) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").GoType(ident.DataExport(0)),
		field.Int64("user_id").GoType(ident.User(0)).Immutable(),
		field.Enum("state").GoType(vocab.ExportState("")).Default(string(vocab.ExportPending)),
		field.Int("version").Default(1).
			Comment("Counts the changes that a watcher can see."),
		field.Int("attempt").Default(0).
			Comment("Counts the tries to make the document; only the parts of the last one count."),
		field.Int("done").Default(0).
			Comment("Rows written so far, of total."),
		field.Int("total").Default(0),
		field.Int64("size").Default(0).
			Comment("Of the document, in bytes."),
		field.Int64("stored_size").Default(0).
			Comment("Of its parts, compressed."),
		field.Time("requested_at").Immutable(),
		field.Time("finished_at").Optional().Nillable(),
		field.Time("expires_at").Optional().Nillable().
			Comment("From then on the document is not there; absent until it is finished."),
	}
}

// Edges of the DataExport.
func (DataExport) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Field("user_id").Unique().Required().Immutable(),
		edge.To("parts", DataExportPart.Type),
	}
}

// Indexes of the DataExport.
func (DataExport) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id").Unique().StorageKey("dataexport_one_pending").
			Annotations(entsql.IndexWhere("state = 'PENDING'")),
		index.Fields("user_id", "id"),
		index.Fields("expires_at"),
	}
}
