package session

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// newTestBoard is a board at the time of a clock that the test turns.
func newTestBoard(t *testing.T) (b *board, now *time.Time) {
	t.Helper()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	st := storetest.Open(t, storetest.Dialects()[0])
	items, err := bank.Open(t.Context(), st, cat.DefaultRules(DefaultWeights()))
	require.NoError(t, err)
	s := New(st, items, event.NewHub(event.Alone{}, event.Options{}), nil, func() time.Time { return at },
		DefaultPolicy(), func() int64 { return 1 })
	b, err = s.live.enter(t.Context(), s)
	require.NoError(t, err)
	t.Cleanup(func() { s.live.leave(b) })
	return b, &at
}

// change tells the board of a test.
func (b *board) change(id ident.Session, version int, state vocab.SessionState) {
	now := b.service.clock()
	t := &db.TestSession{ID: id, UserID: 1, Kind: vocab.Fixed, State: state, Version: version, Maximum: 99, StartedAt: now, LastActivityAt: now}
	if state.Final() {
		t.EndedAt = &now
	}
	b.Changed([]*Shared{b.service.share(t)})
}

// hear gives what there is to hear from the place on.
func (b *board) hear(at *place) (events []*LiveSessions) {
	for {
		event, _ := b.next(at, LiveFilter{}, b.service.clock())
		if event == nil {
			return events
		}
		events = append(events, event)
	}
}

func versions(events []*LiveSessions) map[ident.Session]int {
	out := map[ident.Session]int{}
	for _, e := range events {
		for _, l := range e.Sessions {
			out[l.Progress.SessionID] = l.Version
		}
	}
	return out
}

func TestWhoIsLateIsToldTheNewestOnly(t *testing.T) {
	t.Parallel()
	b, _ := newTestBoard(t)
	at := b.begin(time.Time{})
	require.Empty(t, versions(b.hear(&at)))
	for version := 1; version <= 3000; version++ {
		b.change(ident.Session(1+version%3), version, vocab.InProgress)
	}
	events := b.hear(&at)
	require.Len(t, events, 1)
	require.False(t, events[0].Reset)
	require.Equal(t, map[ident.Session]int{1: 3000, 2: 2998, 3: 2999}, versions(events))
	require.Less(t, len(b.changes), 1100, "what is out of date is not kept")
}

func TestEndedTestsAreForgotten(t *testing.T) {
	t.Parallel()
	b, now := newTestBoard(t)
	in, late := b.begin(time.Time{}), b.begin(time.Time{})
	b.change(1, 1, vocab.InProgress)
	b.hear(&in)
	b.hear(&late)
	*now = now.Add(time.Second)
	b.change(2, 5, vocab.Completed)
	require.Equal(t, map[ident.Session]int{2: 5}, versions(b.hear(&in)))
	since := b.service.clock()

	*now = now.Add(endedKept / 2)
	b.change(3, 7, vocab.Abandoned)
	back := b.begin(since)
	require.Equal(t, map[ident.Session]int{2: 5, 3: 7}, versions(b.hear(&back)))
	*now = now.Add(endedKept/2 + time.Second)
	b.tidy()
	require.NotContains(t, b.sessions, ident.Session(2))
	require.Contains(t, b.sessions, ident.Session(3))

	// Who knew of it hears the rest; who did not, and who comes with the cursor of
	// then, begins anew.
	require.Equal(t, map[ident.Session]int{1: 1, 3: 7}, versions(b.hear(&in)), "the first has become idle")
	for _, at := range []place{late, b.begin(since)} {
		events := b.hear(&at)
		require.True(t, events[0].Reset)
		require.Equal(t, map[ident.Session]int{1: 1}, versions(events))
	}
}

func TestTooManyEndedTestsAreForgotten(t *testing.T) {
	t.Parallel()
	b, now := newTestBoard(t)
	in, late := b.begin(time.Time{}), b.begin(time.Time{})
	b.hear(&in)
	b.hear(&late)
	for i := range endedMost {
		*now = now.Add(time.Millisecond)
		b.change(ident.Session(i+1), 2, vocab.Completed)
	}
	require.Len(t, versions(b.hear(&in)), endedMost)
	b.change(endedMost+1, 2, vocab.Completed)
	require.Len(t, b.sessions, endedMost*9/10)
	require.Equal(t, len(b.sessions), b.ended)
	require.Equal(t, map[ident.Session]int{endedMost + 1: 2}, versions(b.hear(&in)))
	require.True(t, b.hear(&late)[0].Reset)
}

// TestDeletedTestsLeaveTheBoard has the database know nothing of a test.
func TestDeletedTestsLeaveTheBoard(t *testing.T) {
	t.Parallel()
	b, _ := newTestBoard(t)
	b.change(1, 1, vocab.InProgress)
	at := b.begin(time.Time{})
	require.Len(t, versions(b.hear(&at)), 1)
	require.NoError(t, b.CatchUp(context.WithoutCancel(t.Context())))
	events := b.hear(&at)
	require.Len(t, events, 1)
	require.True(t, events[0].Reset)
	require.Empty(t, events[0].Sessions)
}
