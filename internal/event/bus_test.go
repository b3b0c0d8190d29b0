package event_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/event/eventtest"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// pair is two processes on one table, and how to cut them off from one another.
type pair struct {
	rows *table
	a, b process
	cut  func()
}

// eachBus runs fn for each bus between processes.
func eachBus(t *testing.T, fn func(t *testing.T, p pair)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		st := storetest.Open(t, dialect.Postgres)
		p := pair{rows: newTable(), cut: func() { eventtest.CutListeners(t, st.Pool(), 2) }}
		for _, one := range []*process{&p.a, &p.b} {
			*one = caughtUp(t, p.rows, event.NewPostgres(st.Pool(), nil))
		}
		fn(t, p)
	})
	t.Run("nats", func(t *testing.T) {
		t.Parallel()
		n := eventtest.StartNATS(t)
		p := pair{rows: newTable(), cut: n.Restart}
		for _, one := range []*process{&p.a, &p.b} {
			*one = caughtUp(t, p.rows, event.NewNATS(n.URL, "aiq.changes", "", nil))
		}
		fn(t, p)
	})
}

// caughtUp is a process that hears of the others.
func caughtUp(t *testing.T, rows *table, bus event.Bus) process {
	t.Helper()
	up := make(chan struct{}, 100)
	p := newProcess(t, bus, rows, event.Options{CaughtUp: func() {
		select {
		case up <- struct{}{}:
		default:
		}
	}})
	select {
	case <-up:
	case <-time.After(limit):
		t.Fatal("the bus does not run")
	}
	return p
}

func TestProcessesHearOfEachOther(t *testing.T) {
	t.Parallel()
	eachBus(t, func(t *testing.T, p pair) {
		here, there := p.a.topics.Watch(1), p.b.topics.Watch(1)
		defer here.Close()
		defer there.Close()
		for version := 1; version <= 20; version++ {
			from := []process{p.a, p.b}[version%2]
			from.change(p.rows, 1, version)
			require.Equal(t, version, next(t, here, version-1))
			require.Equal(t, version, next(t, there, version-1))
		}
		require.Equal(t, 40, p.rows.readCount(), "each process reads each change once")
	})
}

// TestManyChangesAtOnce has more changes than one message holds.
func TestManyChangesAtOnce(t *testing.T) {
	t.Parallel()
	eachBus(t, func(t *testing.T, p pair) {
		const things = 2000
		watchers := make([]*event.Watcher[ident.Session, thing], things)
		for i := range watchers {
			watchers[i] = p.b.topics.Watch(ident.Session(i + 1))
			defer watchers[i].Close()
		}
		for i := range watchers {
			p.a.change(p.rows, ident.Session(i+1), 1)
		}
		for _, w := range watchers {
			require.Equal(t, 1, next(t, w, 0))
		}
	})
}

// TestABrokenBusIsMadeGood cuts the processes off while things change.
func TestABrokenBusIsMadeGood(t *testing.T) {
	t.Parallel()
	eachBus(t, func(t *testing.T, p pair) {
		there := p.b.topics.Watch(1)
		defer there.Close()
		at := 0
		for range 3 {
			p.a.change(p.rows, 1, at+1)
			at = next(t, there, at)
			p.cut()
			// Whether or not these are carried, the last one is seen.
			for range 5 {
				p.a.change(p.rows, 1, at+1)
				at++
			}
			for got := 0; got < at; got = next(t, there, got) {
			}
		}
	})
}

// TestABusThatIsAwayHoldsNobodyUp has no server to reach.
func TestABusThatIsAwayHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	rows := newTable()
	bus := event.NewNATS("nats://"+listener.Addr().String(), "aiq.changes", "", nil)
	p := newProcess(t, bus, rows, event.Options{Sweep: 10 * time.Millisecond})
	w := p.topics.Watch(1)
	defer w.Close()
	p.change(rows, 1, 1)
	require.Equal(t, 1, next(t, w, 0), "in its own process")
	rows.set(1, 2)
	require.Equal(t, 2, next(t, w, 1), "by looking it up")
}

// TestWhatIsLeftIsSentInTheEnd publishes and stops at once.
func TestWhatIsLeftIsSentInTheEnd(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, dialect.Postgres)
	rows := newTable()
	stays := caughtUp(t, rows, event.NewPostgres(st.Pool(), nil))
	w := stays.topics.Watch(1)
	defer w.Close()
	for version := 1; version <= 10; version++ {
		bus := event.NewPostgres(st.Pool(), nil)
		ctx, stop := context.WithCancel(t.Context())
		rows.set(1, version)
		stop()
		bus.Send(event.Notice{Of: ident.Global{Kind: ident.KindSession, Key: 1}, Version: version})
		bus.Run(ctx, func(event.Notice) {}, func() {})
		require.Equal(t, version, next(t, w, version-1))
	}
}
