package account

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/fault"
)

// A task is tried again while what it needs is not available, and not for ever.
func TestTasksOutliveAnOutage(t *testing.T) {
	t.Parallel()
	gone := fault.New(fault.Unavailable, "Gone.")
	for name, c := range map[string]struct {
		outcomes []error // of the tries; the last one's repeats
		tries    int
	}{
		"done at once":      {[]error{nil}, 1},
		"an outage":         {[]error{gone, context.DeadlineExceeded, nil}, 3},
		"another failure":   {[]error{errors.New("broken")}, 1},
		"one after another": {[]error{gone, errors.New("broken")}, 2},
		"no end":            {[]error{gone}, maxTaskTries},
	} {
		ts := newTasks(slog.New(slog.DiscardHandler))
		var waits []time.Duration
		ts.pause = func(_ context.Context, wait time.Duration) { waits = append(waits, wait) }
		tries := 0
		require.NoError(t, ts.add(t.Context(), func(context.Context) error {
			tries++
			return c.outcomes[min(tries, len(c.outcomes))-1]
		}))
		ts.close(t.Context())
		require.Equal(t, c.tries, tries, name)
		require.Len(t, waits, tries-1, name)
		for i, wait := range waits {
			require.Equal(t, min(firstPause<<i, longestPause), wait, name)
		}
	}
}

// Who stops the process during an outage does not wait for its end.
func TestClosingEndsTheTries(t *testing.T) {
	t.Parallel()
	ts := newTasks(slog.New(slog.DiscardHandler))
	waiting := make(chan struct{})
	ts.pause = func(ctx context.Context, _ time.Duration) {
		close(waiting)
		<-ctx.Done()
	}
	require.NoError(t, ts.add(t.Context(), func(context.Context) error { return fault.New(fault.Unavailable, "Gone.") }))
	<-waiting
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ts.close(ctx)
}
