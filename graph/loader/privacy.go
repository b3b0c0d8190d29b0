package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/dataexport"
	"github.com/aiqhq/aiq/internal/ident"
)

func (l *Loaders) dataExports(ctx context.Context, where func(*sql.Selector)) ([]*db.DataExport, error) {
	return l.client.DataExport.Query().Where(where).All(ctx)
}

// DataExports loads data exports.
func (l *Loaders) DataExports(ctx context.Context, keys []ident.DataExport) ([]*db.DataExport, error) {
	return one(ctx, l, "data export", keys, byKey[ident.DataExport](l.dataExports, dataexport.FieldID),
		func(e *db.DataExport) ident.DataExport { return e.ID })
}
