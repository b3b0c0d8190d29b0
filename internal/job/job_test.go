package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// limit is how long a test waits for what must come.
const limit = 40 * time.Second

// greet is a job about a name.
type greet struct{ Name string }

// Kind implements job.Args.
func (greet) Kind() string { return "greet" }

// open makes a queue whose jobs are worked by fn.
func open(t *testing.T, s *store.Store, o job.Options, fn func(context.Context, greet) error) *job.Queue {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	q, err := job.New(s, o)
	require.NoError(t, err)
	job.Handle(q, fn)
	return q
}

// run works jobs until the test ends, or stop is called.
func run(t *testing.T, q *job.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, time.Millisecond) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

func enqueue(t *testing.T, s *store.Store, q *job.Queue, names ...string) {
	t.Helper()
	require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, name := range names {
			if err := q.Enqueue(ctx, tx, greet{name}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// receive is the next value, which must come.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(limit):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestAJobLivesAndDiesWithItsTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		greeted := make(chan string, 10)
		q := open(t, s, job.Options{}, func(_ context.Context, a greet) error {
			greeted <- a.Name
			return nil
		})
		mistake := errors.New("mistake")
		require.ErrorIs(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(q.Enqueue(ctx, tx, greet{"nobody"}), mistake)
		}), mistake)
		enqueue(t, s, q, "Ada")
		require.NoError(t, q.Settle(t.Context()))
		require.Len(t, greeted, 1)
		require.Equal(t, "Ada", <-greeted)
		require.NoError(t, q.Settle(t.Context()), "nothing is left")
		require.Empty(t, greeted)
	})
}

// TestTwoProcessesShareTheWork has two queues on one database: each job is
// worked once, and what is due at an interval is done by one of them.
func TestTwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		const jobs = 60
		var (
			mu     sync.Mutex
			counts = map[string]int{}
			done   = make(chan struct{}, 10*jobs)
			queues [2]*job.Queue
			stores [2]*store.Store
			ticks  [2]atomic.Int32
			ticked = make(chan struct{}, 1000)
		)
		for i := range queues {
			stores[i] = storetest.OpenURL(t, databaseURL)
			queues[i] = open(t, stores[i], job.Options{}, func(_ context.Context, a greet) error {
				mu.Lock()
				defer mu.Unlock()
				counts[a.Name]++
				done <- struct{}{}
				return nil
			})
			queues[i].Every("tick", time.Hour, func(context.Context) error {
				ticks[i].Add(1)
				ticked <- struct{}{}
				return nil
			})
		}
		for _, q := range queues {
			run(t, q)
		}
		for n := range jobs {
			enqueue(t, stores[n%2], queues[n%2], string(rune('0'+n)))
		}
		for range jobs {
			receive(t, done)
		}
		receive(t, ticked)
		require.NoError(t, queues[0].Settle(t.Context()))
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, counts, jobs)
		for name, n := range counts {
			require.Equal(t, 1, n, name)
		}
		require.EqualValues(t, 1, ticks[0].Load()+ticks[1].Load())
	})
}

// lines is a log that can be read while others still write to it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestAFailureIsTriedAgain has one job fail at first, and another panic.
func TestAFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var (
			tries sync.Map
			told  = make(chan bool, 10)
			log   lines
		)
		q := open(t, s, job.Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Worked: func(kind string, _ time.Duration, ok bool) {
				require.Equal(t, "greet", kind)
				told <- ok
			},
		}, func(_ context.Context, a greet) error {
			switch _, again := tries.LoadOrStore(a.Name, true); {
			case again:
				return nil
			case a.Name == "Ada":
				return errors.New("out of breath")
			default:
				panic("out of mind")
			}
		})
		enqueue(t, s, q, "Ada")
		require.ErrorContains(t, q.Settle(t.Context()), "out of breath")
		require.False(t, receive(t, told))
		enqueue(t, s, q, "Blaise")
		stop := run(t, q)
		failed := 0
		for range 3 {
			if !receive(t, told) {
				failed++
			}
		}
		require.Equal(t, 1, failed)
		require.NoError(t, q.Settle(t.Context()))
		stop()
		require.Contains(t, log.String(), "out of breath")
		require.Contains(t, log.String(), "out of mind")
	})
}

// TestAnInterruptedJobIsDoneLater stops a worker in the middle of a job.
func TestAnInterruptedJobIsDoneLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began := make(chan struct{}, 1)
		q := open(t, s, job.Options{}, func(ctx context.Context, _ greet) error {
			began <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		enqueue(t, s, q, "Ada")
		stop := run(t, q)
		receive(t, began)
		stop()

		greeted := make(chan string, 1)
		next := open(t, s, job.Options{}, func(_ context.Context, a greet) error {
			greeted <- a.Name
			return nil
		})
		run(t, next)
		require.Equal(t, "Ada", receive(t, greeted))
	})
}

// TestManyJobsAtOnce enqueues many in one transaction.
func TestManyJobsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const jobs = 500
		greeted := make(chan string, 2*jobs)
		q := open(t, s, job.Options{}, func(_ context.Context, a greet) error {
			greeted <- a.Name
			return nil
		})
		args := make([]greet, jobs)
		for i := range args {
			args[i].Name = fmt.Sprint(i)
		}
		mistake := errors.New("mistake")
		require.ErrorIs(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(job.EnqueueAll(ctx, q, tx, args), mistake)
		}), mistake)
		require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(job.EnqueueAll(ctx, q, tx, args), job.EnqueueAll[greet](ctx, q, tx, nil))
		}))
		require.NoError(t, q.Settle(t.Context()))
		close(greeted)
		seen := map[string]bool{}
		for name := range greeted {
			require.False(t, seen[name], name)
			seen[name] = true
		}
		require.Len(t, seen, jobs)
	})
}

// TestAJobPutsItselfOff has one come back soon, and another much later.
func TestAJobPutsItselfOff(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var tries sync.Map
		told := make(chan bool, 10)
		q := open(t, s, job.Options{Worked: func(_ string, _ time.Duration, ok bool) { told <- ok }},
			func(_ context.Context, a greet) error {
				switch _, again := tries.LoadOrStore(a.Name, true); {
				case a.Name == "Blaise":
					return fmt.Errorf("not now: %w", job.After(time.Hour))
				case again:
					return nil
				default:
					return job.After(time.Millisecond)
				}
			})
		enqueue(t, s, q, "Ada", "Blaise")
		require.NoError(t, q.Settle(t.Context()))
		require.Len(t, told, 3)
		for range 3 {
			require.True(t, <-told, "to be put off is no failure")
		}
	})
}

// TestMigrateBySeveralAtOnce starts on a database without tables.
func TestMigrateBySeveralAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Dialects() {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			databaseURL := storetest.EmptyURL(t, d)
			var migrating sync.WaitGroup
			for range 6 {
				s := storetest.OpenURL(t, databaseURL)
				migrating.Go(func() {
					if err := errors.Join(s.Migrate(t.Context()), job.Migrate(t.Context(), s)); err != nil {
						t.Error(err)
					}
				})
			}
			migrating.Wait()
			s := storetest.OpenURL(t, databaseURL)
			require.NoError(t, job.Migrate(t.Context(), s))
			q := open(t, s, job.Options{}, func(context.Context, greet) error { return nil })
			enqueue(t, s, q, "Ada")
			require.NoError(t, q.Settle(t.Context()))
		})
	}
}

func BenchmarkSettle(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s := storetest.Open(b, d)
			q, err := job.New(s, job.Options{Logger: slog.New(slog.DiscardHandler)})
			require.NoError(b, err)
			job.Handle(q, func(context.Context, greet) error { return nil })
			for b.Loop() {
				require.NoError(b, s.Tx(b.Context(), func(ctx context.Context, tx *store.Tx) error {
					return q.Enqueue(ctx, tx, greet{"Ada"})
				}))
				require.NoError(b, q.Settle(b.Context()))
			}
		})
	}
}
