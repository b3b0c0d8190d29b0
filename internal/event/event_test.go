package event_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
)

// limit is how long a test waits for what must come.
const limit = 30 * time.Second

// receive is the next notice, which must come.
func receive(t *testing.T, notices <-chan int) (version int, open bool) {
	t.Helper()
	select {
	case version, open = <-notices:
		return version, open
	case <-time.After(limit):
		t.Fatal("no notice")
		return 0, false
	}
}

// empty reports whether nothing waits to be read.
func empty(notices <-chan int) bool {
	select {
	case <-notices:
		return false
	default:
		return true
	}
}

func TestEveryWatcherOfASessionIsTold(t *testing.T) {
	t.Parallel()
	bus := event.NewMemory()
	one, two := bus.Subscribe(t.Context(), 1), bus.Subscribe(t.Context(), 1)
	other := bus.Subscribe(t.Context(), 2)
	bus.Publish(3, 1) // nobody watches it
	for version := 1; version <= 3; version++ {
		bus.Publish(1, version)
		for _, notices := range []<-chan int{one, two} {
			got, open := receive(t, notices)
			require.True(t, open)
			require.Equal(t, version, got)
		}
	}
	require.True(t, empty(other))
}

// TestSlowReadersGetTheNewest publishes without anyone reading: the publisher
// goes on, and a reader finds the newest version, whatever the order.
func TestSlowReadersGetTheNewest(t *testing.T) {
	t.Parallel()
	bus := event.NewMemory()
	slow := bus.Subscribe(t.Context(), 1)
	for _, version := range []int{2, 3, 9, 4} {
		bus.Publish(1, version)
	}
	late := bus.Subscribe(t.Context(), 1)
	bus.Publish(1, 5)
	got, _ := receive(t, slow)
	require.Equal(t, 9, got)
	got, _ = receive(t, late)
	require.Equal(t, 5, got, "what came before is not the late one's")
	require.True(t, empty(slow))
	bus.Publish(1, 6)
	got, _ = receive(t, slow)
	require.Equal(t, 6, got)
}

func TestSubscriptionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	bus := event.NewMemory()
	ctx, cancel := context.WithCancel(t.Context())
	ended, stays := bus.Subscribe(ctx, 1), bus.Subscribe(t.Context(), 1)
	cancel()
	_, open := receive(t, ended)
	require.False(t, open)
	_, open = receive(t, bus.Subscribe(ctx, 1))
	require.False(t, open, "from the start")
	bus.Publish(1, 7)
	got, _ := receive(t, stays)
	require.Equal(t, 7, got)
}

func TestCloseEndsEverySubscription(t *testing.T) {
	t.Parallel()
	bus := event.NewMemory()
	ctx, cancel := context.WithCancel(t.Context())
	unread, idle := bus.Subscribe(ctx, 1), bus.Subscribe(t.Context(), 2)
	bus.Publish(1, 4)
	bus.Close()
	got, open := receive(t, unread)
	require.True(t, open, "what was told before is still there")
	require.Equal(t, 4, got)
	for _, notices := range []<-chan int{unread, idle, bus.Subscribe(t.Context(), 3)} {
		_, open := receive(t, notices)
		require.False(t, open)
	}
	// What comes afterwards does no harm.
	cancel()
	bus.Publish(1, 5)
	bus.Close()
}

// TestCrowd publishes, watches, leaves and closes all at once.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const last = 200
	bus := event.NewMemory()
	var (
		done     sync.WaitGroup
		watching = make([]<-chan int, 20)
	)
	for i := range watching {
		watching[i] = bus.Subscribe(t.Context(), ident.Session(i%4))
	}
	reached := make([]bool, len(watching))
	for i, notices := range watching {
		done.Go(func() {
			before := 0
			for version := range notices {
				if version <= before {
					return
				}
				before = version
				if version == last {
					reached[i] = true
					return
				}
			}
		})
	}
	for session := range 4 {
		done.Go(func() {
			for version := 1; version <= last; version++ {
				bus.Publish(ident.Session(session), version)
			}
		})
		done.Go(func() {
			for range last {
				ctx, cancel := context.WithCancel(t.Context())
				leaving := bus.Subscribe(ctx, ident.Session(session))
				cancel()
				for range leaving {
				}
			}
		})
	}
	done.Wait()
	for i := range reached {
		require.True(t, reached[i], "watcher %d", i)
	}
	bus.Close()
}
