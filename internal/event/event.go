// Package event tells watchers that something changed, in this process and in
// all others that serve the database. What travels is the thing's key and its
// version, never its content: each process reads what changed once, for all who
// watch it there, and whatever notice is lost is made good by looking at the
// versions in the database.
package event

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/aiqhq/aiq/internal/ident"
)

// Notice says that a thing has reached a version.
type Notice struct {
	Of ident.Global
	// Version counts the changes of the thing: later is larger.
	Version int
}

// Bus carries notices between processes. It may lose some, and says so.
type Bus interface {
	// Send passes a notice on to the other processes. It never waits.
	Send(n Notice)
	// Run carries notices until the context ends, and sends then what is left.
	// Changed is given those that other processes sent, and missed is called
	// whenever some may have been lost. Neither waits.
	Run(ctx context.Context, changed func(Notice), missed func())
	// Err is why nothing is carried at present; nil while it is.
	Err() error
}

// Alone is the bus of a process that has the database for itself.
type Alone struct{}

// Send implements Bus.
func (Alone) Send(Notice) {}

// Run implements Bus.
func (Alone) Run(ctx context.Context, _ func(Notice), _ func()) { <-ctx.Done() }

// Err implements Bus.
func (Alone) Err() error { return nil }

// Options are the settings of a Hub. The zero value is a good one.
type Options struct {
	// Sweep is how often the versions of what is watched are looked up, whatever
	// the bus has carried; 15 seconds unless set.
	Sweep time.Duration
	// Log hears of reads that fail. Nil is slog.Default().
	Log *slog.Logger
	// Heard is told of each notice of another process, Read of each statement
	// that read things which had changed, and CaughtUp each time that their
	// versions were looked up. They may be nil.
	Heard, CaughtUp func()
	Read            func(things int)
}

// Hub is where a process publishes its changes and hears of all.
type Hub struct {
	bus     Bus
	options Options
	missed  chan struct{}

	// life ends when the hub closes.
	life  context.Context
	close context.CancelFunc

	mu    sync.Mutex
	kinds map[ident.Kind]kind
}

// kind is the things of one kind that are watched.
type kind interface {
	changed(key int64, version int)
	catchUp(ctx context.Context) error
}

// NewHub makes a hub on the bus.
func NewHub(bus Bus, o Options) *Hub {
	if o.Sweep == 0 {
		o.Sweep = 15 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Heard == nil {
		o.Heard = func() {}
	}
	if o.CaughtUp == nil {
		o.CaughtUp = func() {}
	}
	if o.Read == nil {
		o.Read = func(int) {}
	}
	h := &Hub{bus: bus, options: o, missed: make(chan struct{}, 1), kinds: map[ident.Kind]kind{}}
	h.life, h.close = context.WithCancel(context.Background())
	return h
}

// Publish says that a thing has reached a version. Call it after the change is
// committed. It never waits.
func (h *Hub) Publish(n Notice) {
	h.deliver(n)
	h.bus.Send(n)
}

// Run hears of the changes that other processes make, until the context ends. A
// hub that does not run hears of its own process alone.
func (h *Hub) Run(ctx context.Context) {
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { h.catchUp(ctx) })
	h.bus.Run(ctx, func(n Notice) {
		h.options.Heard()
		h.deliver(n)
	}, h.miss)
}

// Err is why changes in other processes are heard of late at present, by looking for
// them alone; nil while notices of them come.
func (h *Hub) Err() error { return h.bus.Err() }

// Close lets all who watch go.
func (h *Hub) Close() { h.close() }

func (h *Hub) add(name ident.Kind, k kind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kinds[name] = k
}

func (h *Hub) deliver(n Notice) {
	h.mu.Lock()
	k := h.kinds[n.Of.Kind]
	h.mu.Unlock()
	if k != nil {
		k.changed(n.Of.Key, n.Version)
	}
}

// miss has the versions of all that is watched looked up soon.
func (h *Hub) miss() {
	select {
	case h.missed <- struct{}{}:
	default:
	}
}

// catchUp looks up versions after notices were missed, and every now and then.
func (h *Hub) catchUp(ctx context.Context) {
	sweep := time.NewTicker(h.options.Sweep)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.life.Done():
			return
		case <-h.missed:
		case <-sweep.C:
		}
		h.mu.Lock()
		kinds := make([]kind, 0, len(h.kinds))
		for _, k := range h.kinds {
			kinds = append(kinds, k)
		}
		h.mu.Unlock()
		for _, k := range kinds {
			h.retry(ctx, "look up versions", func() error { return k.catchUp(ctx) })
		}
		h.options.CaughtUp()
	}
}

// The waits between tries to read.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 2 * time.Second
)

// retry calls fn until it succeeds, or the context or the hub ends.
func (h *Hub) retry(ctx context.Context, what string, fn func() error) {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := fn()
		if err == nil || ctx.Err() != nil || h.life.Err() != nil {
			return
		}
		if wait == firstWait {
			h.options.Log.WarnContext(ctx, "those who watch wait for the database", "doing", what, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-h.life.Done():
		case <-time.After(wait):
		}
	}
}
