// Package batch loads by key, many keys at a time, on top of dataloader v7 and without its timer.
//
// Inside a round of the breadth-first executor a loader waits until every resolver of the level has asked for what it
// needs, then fetches all of it at once. Outside of any round, under another executor or in plain Go, it fetches at once
// what it was asked for. Either way a key is fetched at most once in the life of the loader, which is one response.
package batch

import (
	"context"
	"fmt"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/graph-gophers/dataloader/v7"

	"github.com/aiqhq/aiq/graph/breadth/round"
)

// Fetch returns the values of keys, which are distinct. A key without an entry loads as the zero value. An error fails
// every key of the call, unless it is a [KeyErrors], which fails the keys that it names.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// KeyErrors is a Fetch error that fails some keys only.
type KeyErrors[K comparable] map[K]error

// Error implements error.
func (e KeyErrors[K]) Error() string { return fmt.Sprintf("%d keys failed to load", len(e)) }

// Loader loads values by key. Its methods may be called by several goroutines.
type Loader[K comparable, V any] struct {
	ctx    context.Context
	cache  dataloader.Cache[K, V]
	source *dataloader.Loader[K, V]

	mu      sync.Mutex // guards pending and queued
	pending []K
	queued  map[K]struct{}
	firing  sync.Mutex // held while a batch is put together, so that its size is known
}

// forever outlasts any response: a batch is sent by the number of its keys, never by the time it has waited.
const forever = 1 << 62

// New returns an empty loader that fetches under ctx, the context of the response it lives for.
func New[K comparable, V any](ctx context.Context, fetch Fetch[K, V]) *Loader[K, V] {
	cache := dataloader.NewCache[K, V]()
	return &Loader[K, V]{
		ctx:    ctx,
		cache:  cache,
		queued: map[K]struct{}{},
		source: dataloader.NewBatchedLoader(inKeyOrder(fetch),
			dataloader.WithCache[K, V](cache), dataloader.WithWait[K, V](forever)),
	}
}

// Load returns the value of key.
func (l *Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	if err := l.await(ctx, []K{key}); err != nil {
		var none V
		return none, err
	}
	return l.value(key)
}

// LoadAll returns the values of keys, in their order; keys may repeat. When some keys fail, the error is a
// [graphql.BatchErrors] with one entry for each of keys, so that a batch resolver can return both results as they are.
func (l *Loader[K, V]) LoadAll(ctx context.Context, keys []K) ([]V, error) {
	if err := l.await(ctx, keys); err != nil {
		return nil, err
	}
	values := make([]V, len(keys))
	var errs graphql.BatchErrorList
	for i, key := range keys {
		v, err := l.value(key)
		if err != nil {
			if errs == nil {
				errs = make(graphql.BatchErrorList, len(keys))
			}
			errs[i] = err
			continue
		}
		values[i] = v
	}
	if errs != nil {
		return values, errs
	}
	return values, nil
}

// Prime gives the loader the value of a key that it does not hold yet; a value already held stays.
func (l *Loader[K, V]) Prime(key K, value V) {
	l.firing.Lock()
	defer l.firing.Unlock()
	l.source.Prime(l.ctx, key, value)
}

// Clear forgets keys, so that the next load of each fetches it again.
func (l *Loader[K, V]) Clear(keys ...K) {
	l.firing.Lock()
	defer l.firing.Unlock()
	for _, key := range keys {
		l.source.Clear(l.ctx, key)
	}
}

// ClearAll forgets everything.
func (l *Loader[K, V]) ClearAll() {
	l.firing.Lock()
	defer l.firing.Unlock()
	l.source.ClearAll()
}

// Fire fetches the keys asked for and not yet held. The round calls it; callers of Load have no need to.
func (l *Loader[K, V]) Fire() {
	if wait := l.send(); wait != nil {
		_, _ = wait()
	}
}

// send starts the batch and returns a thunk that waits for it, or nil if there is nothing to fetch.
func (l *Loader[K, V]) send() (wait dataloader.Thunk[V]) {
	l.firing.Lock()
	defer l.firing.Unlock()

	l.mu.Lock()
	asked := l.pending
	l.pending, l.queued = nil, map[K]struct{}{}
	l.mu.Unlock()

	keys := asked[:0]
	for _, key := range asked {
		if _, held := l.cache.Get(l.ctx, key); !held {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	// The batch is sent by the load that fills it, which is the last of these.
	dataloader.WithBatchCapacity[K, V](len(keys))(l.source)
	for _, key := range keys {
		wait = l.source.Load(l.ctx, key)
	}
	return wait
}

// await returns when every one of keys is held, or when ctx ends in the middle of a round.
func (l *Loader[K, V]) await(ctx context.Context, keys []K) error {
	missing := false
	l.mu.Lock()
	for _, key := range keys {
		if _, held := l.cache.Get(l.ctx, key); held {
			continue
		}
		missing = true
		if _, queued := l.queued[key]; !queued {
			l.queued[key] = struct{}{}
			l.pending = append(l.pending, key)
		}
	}
	l.mu.Unlock()
	if !missing {
		return nil
	}
	if r := round.FromContext(ctx); r != nil {
		return r.Wait(ctx, l)
	}
	l.Fire()
	return nil
}

// value returns what is held for key. A key cleared by another goroutine since it was awaited is fetched again.
func (l *Loader[K, V]) value(key K) (V, error) {
	for {
		if held, ok := l.cache.Get(l.ctx, key); ok {
			return held()
		}
		_ = l.await(context.Background(), []K{key}) // outside of any round it does not wait
	}
}

func inKeyOrder[K comparable, V any](fetch Fetch[K, V]) dataloader.BatchFunc[K, V] {
	return func(ctx context.Context, keys []K) []*dataloader.Result[V] {
		values, err := recovering(ctx, keys, fetch)
		perKey, some := err.(KeyErrors[K])
		backing := make([]dataloader.Result[V], len(keys))
		results := make([]*dataloader.Result[V], len(keys))
		for i, key := range keys {
			r := &backing[i]
			switch {
			case some:
				r.Data, r.Error = values[key], perKey[key]
			case err != nil:
				r.Error = err
			default:
				r.Data = values[key]
			}
			results[i] = r
		}
		return results
	}
}

func recovering[K comparable, V any](ctx context.Context, keys []K, fetch Fetch[K, V]) (values map[K]V, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("loading %d keys panicked: %v", len(keys), r)
		}
	}()
	return fetch(ctx, keys)
}
