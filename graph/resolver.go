package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/apikey"
	"github.com/aiqhq/aiq/internal/clientevent"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/feedback"
	"github.com/aiqhq/aiq/internal/group"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/notify"
	"github.com/aiqhq/aiq/internal/privacy"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
)

// Resolver holds what resolvers call.
type Resolver struct {
	Store    *store.Store
	Accounts *account.Service
	Sessions *session.Service
	Clock    clock.Clock
	Groups   *group.Service
	Privacy  *privacy.Service
	APIKeys  *apikey.Service
	Inbox    *feedback.Service
	Events   *clientevent.Recorder
	Notify   *notify.Service
}

// each gives what f makes of each object: its key, or a plain value.
func each[T, U any](objects []T, f func(T) U) []U {
	out := make([]U, len(objects))
	for i, o := range objects {
		out[i] = f(o)
	}
	return out
}

// present loads the values of the keys that are there, nil for the others.
func present[K comparable, V any](ctx context.Context, optional []*K, load func(context.Context, []K) ([]*V, error)) ([]*V, error) {
	there := make([]K, 0, len(optional))
	for _, k := range optional {
		if k != nil {
			there = append(there, *k)
		}
	}
	if len(there) == 0 {
		return make([]*V, len(optional)), nil
	}
	loaded, err := load(ctx, there)
	if err != nil {
		return nil, err
	}
	out := make([]*V, len(optional))
	for i, k := range optional {
		if k != nil {
			out[i], loaded = loaded[0], loaded[1:]
		}
	}
	return out, nil
}

// orZero is the number, 0 if none was given.
func orZero(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// events makes a source stream of what a service gives one by one.
func events[V any](next func(context.Context) (V, bool), err error) func(context.Context) (<-chan V, error) {
	return func(ctx context.Context) (<-chan V, error) {
		if err != nil {
			return nil, err
		}
		return breadth.Events(ctx, next), nil
	}
}

// paged reads the same page of each parent's list.
func paged[P any, K comparable, T any](ctx context.Context, parents []P, key func(P) K,
	first *int, after *string, last *int, before *string,
	load func(context.Context, []K, loader.Page) ([]*loader.Connection[T], error),
) ([]*model.Connection[T], error) {
	page, err := loader.NewPage(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return model.Connections(load(ctx, each(parents, key), page))
}

// totals counts the lists behind connections.
func totals[T any](ctx context.Context, connections []*model.Connection[T]) ([]*int, error) {
	return loader.For(ctx).Totals(ctx, each(connections, func(c *model.Connection[T]) loader.Total { return c.Total }))
}

// wrap makes a connection of one page.
func wrap[T any](page *loader.Connection[T], err error) (*model.Connection[T], error) {
	if err != nil {
		return nil, err
	}
	return &model.Connection[T]{Connection: page}, nil
}

// The keys of the things that relationships start from.
func viewerKey(v *model.Viewer) ident.User       { return v.User.ID }
func userKey(u *db.User) ident.User              { return u.ID }
func sessionKey(t *db.TestSession) ident.Session { return t.ID }
func groupKey(g *db.Group) ident.Group           { return g.ID }
func questionKey(q *db.Question) ident.Question  { return q.ID }
