package clientevent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
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

type stored struct {
	Name                 string
	Platform, AppVersion *string
}

func events(t *testing.T, s *servertest.Server, admin servertest.Client, filter input) []stored {
	t.Helper()
	s.Settle()
	var got struct{ ClientEvents struct{ Nodes []stored } }
	admin.Get(t, &got, `query ($filter: ClientEventFilter) { clientEvents(first: 100, filter: $filter) { nodes { name platform appVersion } } }`, input{"filter": filter})
	return got.ClientEvents.Nodes
}

// Bounds are in characters, and what is within them is stored as it was told.
func TestEventsAreStoredAsTheyWereTold(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		const name, label = 100, 50
		told := event(strings.Repeat("é", name))
		told["properties"] = input{
			"id": json.Number("9007199254740993"), "zero": json.Number("0.0e5"), "list": []any{json.Number("-12345678901234567890.5")},
		}
		batch := input{"events": []input{told, event(strings.Repeat("😀", name))}, "platform": strings.Repeat("é", label), "appVersion": strings.Repeat("ж", label)}
		require.Empty(t, tell(t, s.Anonymous(), batch).Errors)
		got := events(t, s, s.Admin(), nil)
		require.Len(t, got, 2)
		require.Equal(t, strings.Repeat("😀", name), got[0].Name)
		require.Equal(t, told["name"], got[1].Name)
		require.Equal(t, batch["platform"], *got[1].Platform)
		require.Equal(t, batch["appVersion"], *got[1].AppVersion)
		raw := string(s.Admin().Ask(t, `{ clientEvents { nodes { properties } } }`, nil).Data)
		require.Contains(t, raw, "9007199254740993")
		require.Contains(t, raw, "-12345678901234567890.5")
	})
}

func TestEventsThatCannotBe(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		deep := any(1)
		for range 6 {
			deep = input{"in": deep}
		}
		with := func(field string, value any) input {
			e := event("tap")
			e[field] = value
			return e
		}
		many := make([]input, 101)
		for i := range many {
			many[i] = event("tap")
		}
		for name, c := range map[string]struct {
			in    input
			field string
		}{
			"none":        {input{"events": []input{}}, "events"},
			"too many":    {input{"events": many}, "events"},
			"no name":     {input{"events": []input{event("tap"), event("")}}, "events[1].name"},
			"long name":   {input{"events": []input{event(strings.Repeat("é", 101))}}, "events[0].name"},
			"lines":       {input{"events": []input{event("a\nb")}}, "events[0].name"},
			"long id":     {input{"events": []input{with("id", strings.Repeat("1", 101))}}, "events[0].id"},
			"deep":        {input{"events": []input{with("properties", deep)}}, "events[0].properties"},
			"large":       {input{"events": []input{with("properties", input{"a": strings.Repeat("a", 4096)})}}, "events[0].properties"},
			"NUL":         {input{"events": []input{with("properties", input{"a\x00": "x"})}}, ""},
			"huge":        {input{"events": []input{with("properties", input{"a": []any{json.Number("1e999999")}})}}, "events[0].properties"},
			"tiny":        {input{"events": []input{with("properties", input{"a": input{"b": json.Number("-1E-99999")}})}}, "events[0].properties"},
			"platform":    {input{"events": []input{event("tap")}, "platform": strings.Repeat("a", 51)}, "platform"},
			"device":      {input{"events": []input{event("tap")}, "deviceId": strings.Repeat("a", 201)}, "deviceId"},
			"app version": {input{"events": []input{event("tap")}, "appVersion": "1\n2"}, "appVersion"},
		} {
			a := tell(t, s.Anonymous(), c.in)
			require.Equal(t, "VALIDATION_FAILED", a.Code(), name)
			if c.field != "" {
				require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
			}
		}
		require.Equal(t, "VALIDATION_FAILED", tell(t, s.Anonymous(), input{"events": []input{with("properties", "text")}}).Code())
		require.Equal(t, "VALIDATION_FAILED", tell(t, s.Anonymous(), input{"events": []input{with("time", "yesterday")}}).Code())
		require.Empty(t, events(t, s, s.Admin(), nil), "nothing of a batch is taken")
		require.Empty(t, tell(t, s.Anonymous(), input{"events": many[:100]}).Errors)
	})
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
