package servertest

import (
	"context"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// AddDataExports adds n finished data exports of each person, without documents.
func (s *Server) AddDataExports(n int, people ...ident.User) {
	s.tb.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := inParts(nil, n*len(people), func(i int) *db.DataExportCreate {
			at := began.Add(time.Duration(i) * time.Hour)
			return tx.DataExport.Create().SetUserID(people[i%len(people)]).SetState(vocab.ExportReady).
				SetDone(1).SetTotal(1).SetSize(1).SetRequestedAt(at).SetFinishedAt(at).SetExpiresAt(at.AddDate(100, 0, 0))
		}, func(rows []*db.DataExportCreate) ([]*db.DataExport, error) {
			return nil, tx.DataExport.CreateBulk(rows...).Exec(ctx)
		})
		return err
	})
}
