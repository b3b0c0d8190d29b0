package servertest

import (
	"context"
	"crypto/sha256"
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

// ErasureToken is the token of AddErasure's.
const ErasureToken = "the token of an erasure"

// AddErasure adds a finished erasure.
func (s *Server) AddErasure() {
	s.tb.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		hash := sha256.Sum256([]byte(ErasureToken))
		return tx.Erasure.Create().SetMode(vocab.Erase).SetTokenHash(hash[:]).SetDone(1).SetTotal(1).
			SetRequestedAt(began).SetFinishedAt(began.Add(time.Second)).Exec(ctx)
	})
}
