package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/aiqhq/aiq/internal/ident"
)

// DataExportPart is a piece of the compressed document of a data export, small
// enough to be held in memory.
type DataExportPart struct{ ent.Schema }

// Fields of the DataExportPart.
func (DataExportPart) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("export_id").GoType(ident.DataExport(0)).Immutable(),
		field.Int("attempt").Immutable().
			Comment("The try that wrote it."),
		field.Int("position").Immutable().
			Comment("From 0."),
		field.Bytes("content").Immutable(),
	}
}

// Edges of the DataExportPart.
func (DataExportPart) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("export", DataExport.Type).Ref("parts").Field("export_id").Unique().Required().Immutable(),
	}
}

// Indexes of the DataExportPart.
func (DataExportPart) Indexes() []ent.Index {
	return []ent.Index{index.Fields("export_id", "attempt", "position").Unique()}
}
