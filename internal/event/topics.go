package event

import (
	"context"
	"sync"

	"github.com/aiqhq/aiq/internal/ident"
)

// Source is where things of one kind are read.
type Source[K ~int64, V any] struct {
	Kind ident.Kind
	// Read gives the things as they are in the database. Those that are no longer
	// there are left out.
	Read func(ctx context.Context, keys []K) ([]V, error)
	// Versions gives the versions of the things, and of none that is not there.
	Versions func(ctx context.Context, keys []K) (map[K]int, error)
	// Of is the key and the version of a thing.
	Of func(V) (key K, version int)
}

// Topics are the things of one kind that are watched in this process. Each
// change of a thing is read once, however many watch it: by one statement for all
// things that have changed since the statement before. Nothing is kept of a
// thing that nobody watches.
type Topics[K ~int64, V any] struct {
	hub    *Hub
	source Source[K, V]

	mu       sync.Mutex
	topics   map[K]*topic[V]
	follower Follower[V]
	// dirty are those that have to be read.
	dirty   map[K]struct{}
	reading bool
}

// topic is one thing.
type topic[V any] struct {
	watchers int

	mu      sync.Mutex
	version int // 0 until the thing is known
	value   V
	gone    bool
	// turn is closed at the next change, and replaced.
	turn chan struct{}
}

// Follower hears of all things of a kind.
type Follower[V any] interface {
	// Changed is given things that have changed, each as it is now.
	Changed(values []V)
	// CatchUp looks for what has changed without a notice.
	CatchUp(ctx context.Context) error
}

// NewTopics makes topics that nobody watches yet. There is one for each kind of
// a hub.
func NewTopics[K ~int64, V any](h *Hub, s Source[K, V]) *Topics[K, V] {
	t := &Topics[K, V]{hub: h, source: s, topics: map[K]*topic[V]{}, dirty: map[K]struct{}{}}
	h.add(s.Kind, t)
	return t
}

// Publish says that a thing of the kind has reached a version, as Hub.Publish.
func (t *Topics[K, V]) Publish(key K, version int) {
	t.hub.Publish(Notice{Of: ident.Global{Kind: t.source.Kind, Key: int64(key)}, Version: version})
}

// Follow has the follower, of which there is one at a time, hear of everything
// until stop is called.
func (t *Topics[K, V]) Follow(f Follower[V]) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.follower = f
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.follower == f {
			t.follower = nil
		}
	}
}

// Open begins to watch a thing, as load gives it to the caller, until the context
// ends. It fails as load does.
func (t *Topics[K, V]) Open(ctx context.Context, key K, load func(context.Context) (V, error)) (w *Watcher[K, V], now V, err error) {
	w = t.Watch(key)
	if now, err = load(ctx); err != nil {
		w.Close()
		return nil, now, err
	}
	context.AfterFunc(ctx, w.Close)
	w.Offer(now)
	return w, now, nil
}

// Watch begins to watch a thing. No change from now on is missed; the thing as it
// is has to be read by the caller, who gives it to Offer. Close it when done.
func (t *Topics[K, V]) Watch(key K) *Watcher[K, V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	on := t.topics[key]
	if on == nil {
		on = &topic[V]{turn: make(chan struct{})}
		t.topics[key] = on
	}
	on.watchers++
	return &Watcher[K, V]{topics: t, key: key, on: on}
}

// Watcher is one who watches a thing. It is for one goroutine.
type Watcher[K ~int64, V any] struct {
	topics *Topics[K, V]
	key    K
	on     *topic[V]
}

// Offer gives the watchers of the thing what the caller has read.
func (w *Watcher[K, V]) Offer(value V) {
	_, version := w.topics.source.Of(value)
	w.on.set(value, version)
}

// Next is the thing in its newest version, as soon as that is later than the one
// given. It is false when the thing is gone, or the context or the hub ends.
func (w *Watcher[K, V]) Next(ctx context.Context, after int) (value V, ok bool) {
	for {
		w.on.mu.Lock()
		value, version, gone, turn := w.on.value, w.on.version, w.on.gone, w.on.turn
		w.on.mu.Unlock()
		switch {
		case version > after:
			return value, true
		case gone:
			return value, false
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return value, false
		case <-w.topics.hub.life.Done():
			return value, false
		}
	}
}

// Close ends the watch.
func (w *Watcher[K, V]) Close() {
	w.topics.mu.Lock()
	defer w.topics.mu.Unlock()
	if w.on.watchers--; w.on.watchers == 0 {
		delete(w.topics.topics, w.key)
	}
}

// set wakes the watchers if the value is news.
func (t *topic[V]) set(value V, version int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if version > t.version {
		t.value, t.version = value, version
		t.wake()
	}
}

func (t *topic[V]) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = true
	t.wake()
}

func (t *topic[V]) wake() {
	close(t.turn)
	t.turn = make(chan struct{})
}

// known is the version that the watchers have.
func (t *topic[V]) known() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.version
}

// changed has a thing read if somebody watches it who does not know the version.
func (t *Topics[K, V]) changed(key int64, version int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	on := t.topics[K(key)]
	if t.follower != nil || on != nil && on.known() < version {
		t.dirty[K(key)] = struct{}{}
		t.read()
	}
}

// read has all that is dirty read, and returns at once. It is called under the
// lock.
func (t *Topics[K, V]) read() {
	if t.reading || len(t.dirty) == 0 {
		return
	}
	t.reading = true
	go func() {
		for {
			keys := t.take()
			if len(keys) == 0 {
				return
			}
			t.hub.retry(t.hub.life, "read what has changed", func() error {
				values, err := t.source.Read(t.hub.life, keys)
				if err == nil {
					t.hub.options.Read(len(keys))
					t.spread(keys, values)
				}
				return err
			})
		}
	}()
}

// readAtOnce is how many things one statement reads.
const readAtOnce = 500

// take gives some of what is dirty and still watched. When there is nothing left
// the reader has ended.
func (t *Topics[K, V]) take() []K {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys []K
	for key := range t.dirty {
		if len(keys) == readAtOnce {
			return keys
		}
		delete(t.dirty, key)
		if t.follower != nil || t.topics[key] != nil {
			keys = append(keys, key)
		}
	}
	t.reading = len(keys) > 0 && t.hub.life.Err() == nil
	if !t.reading {
		return nil
	}
	return keys
}

// spread gives the values that were read for the keys to those who watch.
func (t *Topics[K, V]) spread(keys []K, values []V) {
	t.mu.Lock()
	follower := t.follower
	watched := make(map[K]*topic[V], len(keys))
	for _, key := range keys {
		if on := t.topics[key]; on != nil {
			watched[key] = on
		}
	}
	t.mu.Unlock()
	for _, value := range values {
		key, version := t.source.Of(value)
		if on := watched[key]; on != nil {
			on.set(value, version)
			delete(watched, key)
		}
	}
	for _, on := range watched {
		on.leave()
	}
	if follower != nil {
		follower.Changed(values)
	}
}

// lookedUpAtOnce is of how many things one statement reads the versions.
const lookedUpAtOnce = 1000

// catchUp has all read whose version in the database is not the one that is known
// here.
func (t *Topics[K, V]) catchUp(ctx context.Context) error {
	t.mu.Lock()
	follower := t.follower
	known := make(map[K]int, len(t.topics))
	keys := make([]K, 0, len(t.topics))
	for key, on := range t.topics {
		known[key] = on.known()
		keys = append(keys, key)
	}
	t.mu.Unlock()
	for len(keys) > 0 {
		some := keys[:min(len(keys), lookedUpAtOnce)]
		keys = keys[len(some):]
		versions, err := t.source.Versions(ctx, some)
		if err != nil {
			return err
		}
		t.mu.Lock()
		for _, key := range some {
			if version, there := versions[key]; !there || version > known[key] {
				t.dirty[key] = struct{}{}
			}
		}
		t.read()
		t.mu.Unlock()
	}
	if follower != nil {
		return follower.CatchUp(ctx)
	}
	return nil
}
