// Package loader batches every relationship of the graph: keys in, one
// statement, values in the order of the keys.
//
// Loaders live for one response, and for one field of a mutation. All that a
// level of a query asks of one relationship, by whatever path, is one statement;
// what the response already holds is not asked again.
package loader

import (
	"context"
	"sync"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/breadth/batch"
	"github.com/aiqhq/aiq/internal/auth"
)

// Loaders are the loaders of one response.
type Loaders struct {
	// ctx is the response's: a batch serves many fields and outlives each.
	ctx    context.Context
	client *db.Client
	viewer auth.Viewer

	selectOnce sync.Once
	selection  selection

	mu   sync.Mutex
	made map[any]any
}

type loadersKey struct{}

// With gives the context loaders of its own, which read through the client what
// the viewer of the context may see.
func With(ctx context.Context, client *db.Client) context.Context {
	l := &Loaders{client: client, viewer: auth.From(ctx), made: map[any]any{}}
	ctx = context.WithValue(ctx, loadersKey{}, l)
	l.ctx = ctx
	return ctx
}

// For is the context's loaders. Every resolver's context has some.
func For(ctx context.Context) *Loaders { return ctx.Value(loadersKey{}).(*Loaders) }

// id names one loader of a response: a relationship and its arguments.
type id struct{ relation, args any }

// load gives the values of the keys through the relationship's loader.
func load[K comparable, V any](ctx context.Context, l *Loaders, name id, keys []K, fetch batch.Fetch[K, V]) ([]V, error) {
	l.mu.Lock()
	loader, ok := l.made[name].(*batch.Loader[K, V])
	if !ok {
		loader = batch.New(l.ctx, fetch)
		l.made[name] = loader
	}
	l.mu.Unlock()
	return loader.LoadAll(ctx, keys)
}

// query reads the rows of one table that a predicate admits.
type query[T any] func(ctx context.Context, where func(*sql.Selector)) ([]T, error)

// one loads at most one row for each key.
func one[K comparable, T any](ctx context.Context, l *Loaders, name string, keys []K,
	rows func(ctx context.Context, keys []K) ([]T, error), key func(T) K,
) ([]T, error) {
	return load(ctx, l, id{relation: name}, keys, func(ctx context.Context, keys []K) (map[K]T, error) {
		found, err := rows(ctx, keys)
		if err != nil {
			return nil, err
		}
		out := make(map[K]T, len(found))
		for _, row := range found {
			out[key(row)] = row
		}
		return out, nil
	})
}

// many loads all rows of each key, in the order in which they are read.
func many[K comparable, T any](ctx context.Context, l *Loaders, name string, keys []K,
	rows func(ctx context.Context, keys []K) ([]T, error), key func(T) K,
) ([][]T, error) {
	return load(ctx, l, id{relation: name}, keys, func(ctx context.Context, keys []K) (map[K][]T, error) {
		found, err := rows(ctx, keys)
		if err != nil {
			return nil, err
		}
		return grouped(keys, found, key), nil
	})
}

// grouped gives each key its rows, an empty list where there is none.
func grouped[K comparable, T any](keys []K, rows []T, key func(T) K) map[K][]T {
	out := make(map[K][]T, len(keys))
	for _, k := range keys {
		out[k] = []T{}
	}
	for _, row := range rows {
		out[key(row)] = append(out[key(row)], row)
	}
	return out
}
