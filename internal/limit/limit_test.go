package limit_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/limit"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// hand is a clock that tests move.
type hand struct{ micros atomic.Int64 }

func (h *hand) now() time.Time          { return time.UnixMicro(h.micros.Load()).UTC() }
func (h *hand) advance(d time.Duration) { h.micros.Add(d.Microseconds()) }

// each runs fn with a limiter in memory and with one in PostgreSQL.
func each(t *testing.T, fn func(t *testing.T, l limit.Limiter, clock *hand)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		clock := new(hand)
		fn(t, limit.NewMemory(clock.now), clock)
	})
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		clock := new(hand)
		fn(t, shared(t, clock), clock)
	})
}

func shared(t *testing.T, clock *hand) *limit.Shared {
	t.Helper()
	st, err := store.Open(t.Context(), storetest.URL(t, dialect.Postgres), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	require.NoError(t, st.Migrate(t.Context()))
	return limit.NewShared(st.Pool(), clock.now)
}

func taken(t *testing.T, l limit.Limiter, key string, r limit.Rate, n int) limit.Window {
	t.Helper()
	w, err := l.Take(t.Context(), limit.KeyOf(key), r, n)
	require.NoError(t, err)
	return w
}

func TestWindows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l limit.Limiter, clock *hand) {
		r := limit.Rate{Most: 5, Per: time.Minute}
		for i := range 5 {
			require.Equal(t, limit.Window{Allowed: true, Most: 5, Remaining: 4 - i, Reset: time.Minute}, taken(t, l, "ada", r, 1))
		}
		clock.advance(20 * time.Second)
		require.Equal(t, limit.Window{Most: 5, Reset: 40 * time.Second}, taken(t, l, "ada", r, 1))
		require.True(t, taken(t, l, "grace", r, 1).Allowed)
		clock.advance(40*time.Second - time.Microsecond)
		require.False(t, taken(t, l, "ada", r, 1).Allowed)
		clock.advance(time.Microsecond)
		require.Equal(t, limit.Window{Allowed: true, Most: 5, Remaining: 4, Reset: time.Minute}, taken(t, l, "ada", r, 1))

		// What is too much at once takes nothing, and leaves room for less.
		require.False(t, taken(t, l, "ada", r, 5).Allowed)
		require.Equal(t, 1, taken(t, l, "ada", r, 3).Remaining)
		require.True(t, taken(t, l, "mary", r, 1000).Allowed, "more than the most is the most")
		require.False(t, taken(t, l, "mary", r, 1).Allowed)
	})
}

func TestManyAtOnceAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l limit.Limiter, clock *hand) {
		for name, l := range map[string]limit.Limiter{"plain": l, "leased": limit.NewLeased(l, clock.now)} {
			r := limit.Rate{Most: 100, Per: time.Minute}
			var allowed atomic.Int64
			var done sync.WaitGroup
			for range 10 {
				done.Go(func() {
					for range 20 {
						if w, err := l.Take(context.Background(), limit.KeyOf(name), r, 1); err == nil && w.Allowed {
							allowed.Add(1)
						}
					}
				})
			}
			done.Wait()
			require.EqualValues(t, 100, allowed.Load(), name)
		}
	})
}

// counting counts how often it is asked.
type counting struct {
	limit.Limiter
	asked atomic.Int64
}

func (c *counting) Take(ctx context.Context, key limit.Key, r limit.Rate, n int) (limit.Window, error) {
	c.asked.Add(1)
	return c.Limiter.Take(ctx, key, r, n)
}

func TestReplicasLease(t *testing.T) {
	t.Parallel()
	clock := new(hand)
	central := &counting{Limiter: shared(t, clock)}
	one, two := limit.NewLeased(central, clock.now), limit.NewLeased(central, clock.now)
	r := limit.Rate{Most: 100, Per: time.Minute}
	for i := range 50 {
		w := taken(t, one, "ada", r, 1)
		require.True(t, w.Allowed)
		require.Equal(t, 99-i, w.Remaining)
		require.Equal(t, time.Minute, w.Reset)
	}
	require.EqualValues(t, 5, central.asked.Load())
	for range 50 {
		require.True(t, taken(t, two, "ada", r, 1).Allowed)
	}
	require.EqualValues(t, 10, central.asked.Load())
	require.False(t, taken(t, one, "ada", r, 1).Allowed)
	require.False(t, taken(t, two, "ada", r, 1).Allowed)
	clock.advance(time.Minute)
	require.True(t, taken(t, two, "ada", r, 95).Allowed)
	require.True(t, taken(t, one, "ada", r, 3).Allowed, "less than a share is left")
	require.False(t, taken(t, one, "ada", r, 3).Allowed)
	require.True(t, taken(t, one, "ada", r, 2).Allowed)
}

func TestEndedWindowsAreRemoved(t *testing.T) {
	t.Parallel()
	clock := new(hand)
	s := shared(t, clock)
	r := limit.Rate{Most: 1, Per: time.Minute}
	require.True(t, taken(t, s, "ada", r, 1).Allowed)
	require.NoError(t, s.Purge(t.Context()))
	require.False(t, taken(t, s, "ada", r, 1).Allowed)
	clock.advance(time.Minute)
	require.NoError(t, s.Purge(t.Context()))
	require.True(t, taken(t, s, "ada", r, 1).Allowed)
}

func TestRatesAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]limit.Rate{
		"5/10m": {Most: 5, Per: 10 * time.Minute}, "3/1h": {Most: 3, Per: time.Hour}, "1/1s": {Most: 1, Per: time.Second},
		"7/1m30s": {Most: 7, Per: 90 * time.Second},
	} {
		var r limit.Rate
		require.NoError(t, r.UnmarshalText([]byte(text)))
		require.Equal(t, want, r)
		require.Equal(t, text, r.String())
	}
	for _, text := range []string{"", "5", "/1m", "5/", "x/1m", "5/minute"} {
		require.Error(t, new(limit.Rate).UnmarshalText([]byte(text)), text)
	}
}
