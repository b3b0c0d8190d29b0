package session_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// notices is a bus that notes what is sent and what the database then showed to
// others.
type notices struct {
	event.Alone
	store *store.Store

	mu     sync.Mutex
	told   []int
	stored []int
}

func (n *notices) Send(notice event.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, notice.Version)
	stored := 0
	if t, err := n.store.Reader().TestSession.Get(context.Background(), ident.Session(notice.Of.Key)); err == nil {
		stored = t.Version
	}
	n.stored = append(n.stored, stored)
}

// newService is a service over the database with test items, and someone who
// may take tests.
func newService(tb testing.TB, st *store.Store, bus event.Bus) (*session.Service, *bank.Bank, auth.Viewer) {
	tb.Helper()
	ctx := tb.Context()
	_, err := bank.Import(ctx, st, clock.System, servertest.Items(240, 1.3))
	require.NoError(tb, err)
	items, err := bank.Open(ctx, st, cat.DefaultRules(session.DefaultWeights()))
	require.NoError(tb, err)
	seed := int64(0)
	var mu sync.Mutex
	jobs, err := job.New(st, job.Options{})
	require.NoError(tb, err)
	service := session.New(st, items, event.NewHub(bus, event.Options{}), jobs, clock.System, session.DefaultPolicy(), func() int64 {
		mu.Lock()
		defer mu.Unlock()
		seed++
		return seed
	})
	job.Handle(jobs, service.Follow)
	return service, items, auth.Viewer{User: newTaker(tb, st)}
}

func newTaker(tb testing.TB, st *store.Store) *db.User {
	tb.Helper()
	out, err := createTaker(tb.Context(), st)
	require.NoError(tb, err)
	return out
}

// createTaker makes someone who need not wait between tests.
func createTaker(ctx context.Context, st *store.Store) (out *db.User, err error) {
	err = st.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.User.Create().SetRole(vocab.Taker).SetCooldownBypass(true).SetCreatedAt(clock.System()).Save(ctx)
		return err
	})
	return out, err
}

func TestNoticesFollowTheCommit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		ctx := t.Context()
		bus := &notices{store: st}
		service, items, viewer := newService(t, st, bus)
		at, err := service.Start(ctx, viewer, session.Request{})
		require.NoError(t, err)

		// What takes no effect is not told: a second start, an answer that is
		// refused, one that is repeated, and one whose transaction fails.
		_, err = service.Start(ctx, viewer, session.Request{})
		require.Equal(t, fault.ActiveSessionExists, fault.CodeOf(err))
		_, err = service.Answer(ctx, viewer, session.Answer{Session: at.ID, Question: *at.OpenQuestionID, Option: "?"})
		require.Equal(t, fault.ValidationFailed, fault.CodeOf(err))
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, err = service.Answer(gone, viewer, session.Answer{Session: at.ID, Question: *at.OpenQuestionID, Option: "a"})
		require.ErrorIs(t, err, context.Canceled)
		_, err = service.Abandon(gone, viewer, at.ID, "")
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, []int{1}, bus.told)

		for !at.State.Final() {
			q, err := items.Snapshot().Question(ctx, st.Reader(), *at.OpenQuestionID)
			require.NoError(t, err)
			answer := session.Answer{Session: at.ID, Question: *at.OpenQuestionID, Option: q.Key}
			at, err = service.Answer(ctx, viewer, answer)
			require.NoError(t, err)
			_, err = service.Answer(ctx, viewer, answer)
			require.NoError(t, err)
		}
		require.Len(t, bus.told, at.Version)
		for i, version := range bus.told {
			require.Equal(t, i+1, version)
		}
		require.Equal(t, bus.told, bus.stored, "told before others could read it")
	})
}

// TestWatchersThatLeaveLeaveNothing counts the goroutines of one server, which
// are told from others by a label that they inherit.
func TestWatchersThatLeaveLeaveNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		pprof.Do(t.Context(), pprof.Labels("server", t.Name()), func(context.Context) {
			s := servertest.New(t, databaseURL, server.Options{})
			s.UseItems(60, 1.3)
			taker := s.Taker()
			at := taker.StartTest(t)
			for _, over := range servertest.Transports() {
				streams := make([]*servertest.Stream, 10)
				for i := range streams {
					streams[i] = taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
					requireEvent(t, streams[i], at)
				}
				require.Eventually(t, func() bool {
					return running(t, "session.(*Service).Watch") == len(streams)
				}, time.Minute, 10*time.Millisecond)
				for _, stream := range streams {
					stream.Close()
				}
				require.Eventually(t, func() bool {
					return running(t, "session.(*Service).Watch") == 0 && running(t, "server/wire.") == 0
				}, time.Minute, 10*time.Millisecond)
			}
			// The test goes on as if nobody had been there.
			taker.Finish(t, at, func(n int) bool { return n%2 == 0 })
		})
	})
}

// goroutines matches one group of a goroutine profile: how many, their labels
// and their stack.
var goroutines = regexp.MustCompile(`(?m)^(\d+) @ .*\n# labels: (.*)\n((?:#\t.*\n)*)`)

// running is the number of goroutines of the test's server that have the
// function on their stacks.
func running(t *testing.T, function string) int {
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	label := fmt.Sprintf("%q:%q", "server", t.Name())
	total := 0
	for _, group := range goroutines.FindAllStringSubmatch(profile.String(), -1) {
		if !strings.Contains(group[2], label) || !strings.Contains(group[3], function) {
			continue
		}
		n, err := strconv.Atoi(group[1])
		require.NoError(t, err)
		total += n
	}
	return total
}
