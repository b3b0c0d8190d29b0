package privacy

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/dataexport"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// WatchExport tells how far an export is, as job.Watch does. It fails with
// NOT_FOUND for another's.
func (s *Service) WatchExport(ctx context.Context, viewer auth.Viewer, id ident.DataExport, after int) (next func(context.Context) (*job.Progress, bool), err error) {
	return job.Watch(ctx, s.exports, id, after, progress, func(ctx context.Context) (*db.DataExport, error) {
		e, err := s.store.Reader().DataExport.Query().Where(dataexport.ID(id)).Only(ctx)
		switch {
		case db.IsNotFound(err):
			return nil, fault.Missing("Job")
		case err != nil:
			return nil, fmt.Errorf("load the export: %w", err)
		case e.UserID != viewer.ID():
			return nil, fault.Missing("Job")
		}
		return e, nil
	})
}

// progress is how far an export is.
func progress(e *db.DataExport) *job.Progress {
	p := &job.Progress{
		Of:   ident.Global{Kind: ident.KindDataExport, Key: int64(e.ID)},
		Kind: vocab.JobDataExport, Version: e.Version, State: vocab.JobQueued,
		Done: e.Done, Total: e.Total, RequestedAt: e.RequestedAt, FinishedAt: e.FinishedAt,
	}
	switch {
	case e.State == vocab.ExportReady:
		p.State = vocab.JobFinished
	case e.Attempt > 0:
		p.State = vocab.JobRunning
	}
	return p
}

func (s *Service) readExports(ctx context.Context, keys []ident.DataExport) ([]*db.DataExport, error) {
	out, err := s.store.Reader().DataExport.Query().
		Where(store.In(dataexport.FieldID, keys)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load exports: %w", err)
	}
	return out, nil
}

func (s *Service) exportVersions(ctx context.Context, keys []ident.DataExport) (map[ident.DataExport]int, error) {
	rows, err := s.store.Reader().DataExport.Query().Where(store.In(dataexport.FieldID, keys)).
		Select(dataexport.FieldID, dataexport.FieldVersion).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the versions of exports: %w", err)
	}
	out := make(map[ident.DataExport]int, len(rows))
	for _, e := range rows {
		out[e.ID] = e.Version
	}
	return out, nil
}
