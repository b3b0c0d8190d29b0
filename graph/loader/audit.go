package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/apikey"
	"github.com/aiqhq/aiq/ent/db/auditentry"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/internal/ident"
)

var (
	newestEntries = Order[*db.AuditEntry]{Name: "newest audit entries", Desc: true, ID: func(e *db.AuditEntry) int64 { return int64(e.ID) }}
	newestKeys    = Order[*db.APIKey]{Name: "newest API keys", Desc: true, ID: func(k *db.APIKey) int64 { return int64(k.ID) }}
)

var entriesOfActor = relation[ident.User, *db.AuditEntry]{
	name: "audit entries of actor", column: auditentry.FieldActorID, order: newestEntries,
	parent: func(e *db.AuditEntry) ident.User { return *e.ActorID },
	rows:   func(l *Loaders) query[*db.AuditEntry] { return l.auditEntries },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.AuditEntry.Query().Modify(modify).Scan(ctx, into)
	},
}

func (l *Loaders) auditEntries(ctx context.Context, where func(*sql.Selector)) ([]*db.AuditEntry, error) {
	return l.client.AuditEntry.Query().Where(where).All(ctx)
}

func (l *Loaders) apiKeys(ctx context.Context, where func(*sql.Selector)) ([]*db.APIKey, error) {
	return l.client.APIKey.Query().Where(where).All(ctx)
}

// AuditEntries loads audit entries.
func (l *Loaders) AuditEntries(ctx context.Context, keys []ident.AuditEntry) ([]*db.AuditEntry, error) {
	return one(ctx, l, "audit entry", keys, byKey[ident.AuditEntry](l.auditEntries, auditentry.FieldID),
		func(e *db.AuditEntry) ident.AuditEntry { return e.ID })
}

// APIKeys loads API keys.
func (l *Loaders) APIKeys(ctx context.Context, keys []ident.APIKey) ([]*db.APIKey, error) {
	return one(ctx, l, "API key", keys, byKey[ident.APIKey](l.apiKeys, apikey.FieldID),
		func(k *db.APIKey) ident.APIKey { return k.ID })
}

// EntriesOfActors loads a page of what each administrator changed, newest first.
func (l *Loaders) EntriesOfActors(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.AuditEntry], error) {
	return pages(ctx, l, entriesOfActor, keys, page)
}

// ListAuditEntries reads a page of the entries that the filter admits, newest first.
func (l *Loaders) ListAuditEntries(ctx context.Context, page Page, filter ...predicate.AuditEntry) (*Connection[*db.AuditEntry], error) {
	return list(ctx, newestEntries, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.AuditEntry, error) {
			return l.client.AuditEntry.Query().Where(filter...).Where(where).All(ctx)
		},
		func(ctx context.Context) (int, error) { return l.client.AuditEntry.Query().Where(filter...).Count(ctx) })
}

// ListAPIKeys reads a page of all API keys, newest first.
func (l *Loaders) ListAPIKeys(ctx context.Context, page Page) (*Connection[*db.APIKey], error) {
	return list(ctx, newestKeys, page, l.apiKeys, l.client.APIKey.Query().Count)
}
