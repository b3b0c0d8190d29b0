package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/internal/ident"
)

// withAnswers gives the sessions with the answers that they hold. A session that
// a mutation has just changed has them already, loaded ones do not.
func withAnswers(ctx context.Context, sessions []*db.TestSession) ([]*db.TestSession, error) {
	whole, err := present(ctx, each(sessions, func(t *db.TestSession) *ident.Session {
		if t.Steps != nil {
			return nil
		}
		return &t.ID
	}), loader.For(ctx).WholeSessions)
	if err != nil {
		return nil, err
	}
	for i, t := range sessions {
		if whole[i] == nil {
			whole[i] = t
		}
	}
	return whole, nil
}
