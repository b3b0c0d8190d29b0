package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/sessionvalidity"
	"github.com/aiqhq/aiq/internal/ident"
)

var newestValidities = Order[*db.SessionValidity]{
	Name: "newest judgements", Desc: true, ID: func(v *db.SessionValidity) int64 { return int64(v.ID) },
}

func (l *Loaders) validities(ctx context.Context, where func(*sql.Selector)) ([]*db.SessionValidity, error) {
	return l.client.SessionValidity.Query().Where(where).All(ctx)
}

// Validities loads judgements.
func (l *Loaders) Validities(ctx context.Context, keys []ident.Validity) ([]*db.SessionValidity, error) {
	return one(ctx, l, "validity", keys, byKey[ident.Validity](l.validities, sessionvalidity.FieldID),
		func(v *db.SessionValidity) ident.Validity { return v.ID })
}

// ValidityOfSessions loads each session's judgement.
func (l *Loaders) ValidityOfSessions(ctx context.Context, keys []ident.Session) ([]*db.SessionValidity, error) {
	return one(ctx, l, "validity of session", keys, byKey[ident.Session](l.validities, sessionvalidity.FieldSessionID),
		func(v *db.SessionValidity) ident.Session { return v.SessionID })
}

// ListValidities reads a page of the judgements that the filter admits, newest first.
func (l *Loaders) ListValidities(ctx context.Context, page Page, filter ...predicate.SessionValidity) (*Connection[*db.SessionValidity], error) {
	return list(ctx, newestValidities, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.SessionValidity, error) {
			return l.client.SessionValidity.Query().Where(filter...).Where(where).All(ctx)
		},
		func(ctx context.Context) (int, error) {
			return l.client.SessionValidity.Query().Where(filter...).Count(ctx)
		})
}
