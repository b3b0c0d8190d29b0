package clientevent

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
)

// failing is a recorder whose database is not available for so many tries.
func failing(tries int, pause func(context.Context, time.Duration)) (r *Recorder, stored, dropped *atomic.Int64) {
	stored, dropped = new(atomic.Int64), new(atomic.Int64)
	r, ctx := newRecorder(nil, clock.System, Options{
		Log:    slog.New(slog.DiscardHandler),
		Stored: func(n int) { stored.Add(int64(n)) }, Dropped: func(n int) { dropped.Add(int64(n)) },
	})
	r.insert = func(ctx context.Context, _ []row) error {
		if tries > 0 {
			tries--
			return fault.New(fault.Unavailable, "Gone.")
		}
		return ctx.Err()
	}
	r.pause = pause
	go r.write(ctx)
	return r, stored, dropped
}

func tap(t *testing.T, r *Recorder, n int) {
	t.Helper()
	b := Batch{Events: make([]Event, n)}
	for i := range b.Events {
		b.Events[i].Name = "tap"
	}
	taken, err := r.Record(t.Context(), auth.Viewer{}, b)
	require.NoError(t, err)
	require.Equal(t, n, taken)
}

// Events wait until the database is there again, and it is asked ever less often.
func TestEventsOutliveAnOutage(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	r, stored, dropped := failing(12, func(_ context.Context, wait time.Duration) { waits = append(waits, wait) })
	tap(t, r, 3)
	require.NoError(t, r.Settle(t.Context()))
	require.EqualValues(t, 3, stored.Load())
	require.Zero(t, dropped.Load())
	require.Len(t, waits, 12)
	require.Equal(t, []time.Duration{firstPause, 2 * firstPause, 4 * firstPause}, waits[:3])
	require.Equal(t, longestPause, waits[11])
	r.Close(t.Context())
}

// Who stops the process during an outage does not wait for its end.
func TestClosingEndsTheWait(t *testing.T) {
	t.Parallel()
	waiting := make(chan struct{}, 1)
	r, stored, dropped := failing(1, func(ctx context.Context, _ time.Duration) {
		waiting <- struct{}{}
		<-ctx.Done()
	})
	tap(t, r, 2)
	<-waiting
	tap(t, r, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Close(ctx)
	require.Zero(t, stored.Load())
	require.EqualValues(t, 3, dropped.Load())
}
