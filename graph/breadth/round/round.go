// Package round lets loaders send one batch for everything that a level of a query asks for, without a timer.
//
// A [Round] counts the runners of a level: the resolvers that run at the same time. A loader called by a runner takes its
// keys and parks the runner with [Round.Wait]. When every runner has either returned or is parked, nobody can add another
// key, so all loaders with keys fire together and the parked runners go on. What fires with what depends only on what the
// runners ask for, never on how fast they are.
package round

import (
	"context"
	"sync"
)

// Batch is a loader that holds keys.
type Batch interface {
	// Fire fetches everything asked for so far. It must return (a panic inside is the loader's to recover) and leave
	// errors for the callers to find.
	Fire()
}

// Round counts runners and fires batches. The zero value is ready to use; it must not be copied.
type Round struct {
	mu      sync.Mutex
	running int
	parked  int
	queued  []Batch
	gate    chan struct{}
}

type contextKey struct{}

// NewContext returns a context whose resolvers and loaders take part in r.
func NewContext(ctx context.Context, r *Round) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// FromContext returns the round that ctx runs in, or nil outside of any: a loader then fires at once.
func FromContext(ctx context.Context) *Round {
	r, _ := ctx.Value(contextKey{}).(*Round)
	return r
}

// Wait parks the calling runner until b, and every other batch of the round, has been fired. It must be called on the
// goroutine that the resolver was called on; from another goroutine it still returns with the batch fired, but perhaps
// before other runners have asked for their keys.
//
// A runner that another one waits for outside of the round, by a lock say, must not park: the round cannot know of that,
// and nobody goes on until ctx has ended. Wait then returns its error, unless the batches are on their way already.
func (r *Round) Wait(ctx context.Context, b Batch) error {
	r.mu.Lock()
	if !queues(r.queued, b) {
		r.queued = append(r.queued, b)
	}
	if r.gate == nil {
		r.gate = make(chan struct{})
	}
	gate := r.gate
	r.parked++
	r.mu.Unlock()

	r.Leave()
	select {
	case <-gate:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	if r.gate == gate {
		r.parked--
		r.running++
		r.mu.Unlock()
		return ctx.Err()
	}
	r.mu.Unlock()
	<-gate
	return nil
}

// Run calls every task, each as a runner, and returns when all have returned. The caller must not be a runner itself.
func (r *Round) Run(tasks []func()) {
	if len(tasks) == 0 {
		return
	}
	r.Enter(1)
	r.Fork(tasks)
	r.Leave()
}

// Fork is Run for a caller that is a runner: it lends its place to the first task and has it back on return.
func (r *Round) Fork(tasks []func()) {
	if len(tasks) == 0 {
		return
	}
	r.Enter(len(tasks) - 1)
	var (
		mu   sync.Mutex
		left = len(tasks)
		done = make(chan struct{})
	)
	// The last runner to return hands its place to the caller, so that the round cannot fire in between.
	finish := func() (last bool) {
		mu.Lock()
		left--
		last = left == 0
		mu.Unlock()
		if last {
			close(done)
		} else {
			r.Leave()
		}
		return last
	}
	for _, task := range tasks[1:] {
		go func() {
			defer finish()
			task()
		}()
	}
	tasks[0]()
	if !finish() {
		<-done
	}
}

// Enter counts n more runners. Whoever starts a runner enters it before it runs.
func (r *Round) Enter(n int) {
	r.mu.Lock()
	r.running += n
	r.mu.Unlock()
}

// Leave counts one runner less, and fires the round if it was the last that ran.
func (r *Round) Leave() {
	r.mu.Lock()
	r.running--
	if r.running > 0 || len(r.queued) == 0 {
		r.mu.Unlock()
		return
	}
	batches, gate, parked := r.queued, r.gate, r.parked
	r.queued, r.gate, r.parked = nil, nil, 0
	// A batch may itself load through another loader: while it fires it is a runner like any other.
	r.running = len(batches)
	r.mu.Unlock()

	var (
		mu   sync.Mutex
		left = len(batches)
	)
	fire := func(b Batch) {
		b.Fire()
		mu.Lock()
		left--
		last := left == 0
		mu.Unlock()
		if last {
			r.Enter(parked)
			close(gate)
		}
		r.Leave()
	}
	for _, b := range batches[1:] {
		go fire(b)
	}
	fire(batches[0])
}

func queues(batches []Batch, b Batch) bool {
	for _, q := range batches {
		if q == b {
			return true
		}
	}
	return false
}
