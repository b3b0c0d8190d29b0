package clientevent_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clientevent"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

type input = servertest.Variables

const record = `mutation ($in: RecordEventsInput!) { recordEvents(input: $in) { accepted dropped } }`

func tell(t *testing.T, c servertest.Client, in input) servertest.Answer {
	t.Helper()
	return c.Ask(t, record, input{"in": in})
}

func event(name string) input { return input{"name": name, "time": "2026-01-01T00:00:00+01:00"} }

type stored struct{ Name string }

func events(t *testing.T, s *servertest.Server, admin servertest.Client, filter input) []stored {
	t.Helper()
	s.Settle()
	var got struct{ ClientEvents struct{ Nodes []stored } }
	admin.Get(t, &got, `query ($filter: ClientEventFilter) { clientEvents(first: 100, filter: $filter) { nodes { name } } }`, input{"filter": filter})
	return got.ClientEvents.Nodes
}

// locked holds the database's one writer, or one of its connections, until the
// function that it returns is called.
func locked(t *testing.T, st *store.Store) (release func()) {
	t.Helper()
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = st.Tx(context.WithoutCancel(t.Context()), func(ctx context.Context, tx *store.Tx) error {
			if st.Dialect() == "postgres" {
				if _, err := tx.SQL().ExecContext(ctx, "LOCK TABLE client_events IN ACCESS EXCLUSIVE MODE"); err != nil {
					return err
				}
			}
			close(held)
			<-let
			return nil
		})
	}()
	<-held
	return func() { close(let); <-done }
}

// While the database takes nothing, events are taken as long as there is room, and
// dropped after that; nobody waits. What was taken is stored later.
func TestABusyDatabaseHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		var kept, dropped atomic.Int64
		r := clientevent.New(st, clock.System, clientevent.Options{
			Stored: func(n int) { kept.Add(int64(n)) }, Dropped: func(n int) { dropped.Add(int64(n)) },
		})
		release := locked(t, st)
		batch := clientevent.Batch{Events: make([]clientevent.Event, clientevent.MaxBatch)}
		for i := range batch.Events {
			batch.Events[i] = clientevent.Event{Name: "tap", At: time.Now()}
		}
		accepted, told := 0, 0
		for range 250 {
			n, err := r.Record(t.Context(), auth.Viewer{}, batch)
			require.NoError(t, err)
			accepted, told = accepted+n, told+len(batch.Events)
		}
		require.Less(t, accepted, told, "the queue is bounded")
		release()
		r.Close(t.Context())
		require.EqualValues(t, accepted, kept.Load(), "closing waits for what was taken")
		require.EqualValues(t, told-accepted, dropped.Load())
		require.Equal(t, accepted, st.Reader().ClientEvent.Query().CountX(t.Context()))
		_, err := r.Record(t.Context(), auth.Viewer{}, batch)
		require.Error(t, err, "it is closed")
	})
}

// An event of a person who is gone does not take others with it.
func TestEventsOfThoseWhoAreGoneAreDropped(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, bob := s.Taker(), s.Taker()
		release := locked(t, s.Store)
		for _, c := range []servertest.Client{ada, bob} {
			require.Empty(t, tell(t, c, input{"events": []input{event("tap")}}).Errors)
		}
		release()
		s.Settle()
		// As if the person had been erased between the telling and the writing.
		gone := s.Store.Reader().User.Query().FirstX(t.Context())
		gone.ID = 1 << 40
		n, err := s.Resolver.Events.Record(t.Context(), auth.Viewer{User: gone}, clientevent.Batch{
			Events: []clientevent.Event{{Name: "gone", At: time.Now()}},
		})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Empty(t, tell(t, bob, input{"events": []input{event("tap")}}).Errors)
		require.Len(t, events(t, s, s.Admin(), input{"name": "tap"}), 3)
		require.Empty(t, events(t, s, s.Admin(), input{"name": "gone"}))
	})
}

func TestOldEventsAreForgotten(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		tell(t, s.Anonymous(), input{"events": []input{event("old")}})
		s.Settle()
		clock.Advance(24 * time.Hour)
		tell(t, s.Anonymous(), input{"events": []input{event("new")}})
		s.Settle()
		require.NoError(t, s.Resolver.Events.Forget(t.Context(), time.Hour))
		left := events(t, s, s.Admin(), nil)
		require.Len(t, left, 1)
		require.Equal(t, "new", left[0].Name)
	})
}

func BenchmarkRecord(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s := servertest.New(b, storetest.URL(b, d), server.Options{})
			ada := s.Taker()
			batch := make([]input, clientevent.MaxBatch)
			for i := range batch {
				batch[i] = event(fmt.Sprint("tap ", i))
			}
			b.ReportAllocs()
			for b.Loop() {
				ada.Get(b, nil, record, input{"in": input{"events": batch}})
			}
			s.Settle()
		})
	}
}
