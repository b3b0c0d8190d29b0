package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

const live = `subscription ($filter: LiveSessionFilter, $after: String) {
  liveSessions(filter: $filter, after: $after) {
    reset more cursor
    sessions { change version kind progress { answered state theta } session { id state } user { id } }
  }
}`

// eachWay is eachTransport with a server for each.
func eachWay(t *testing.T, fn func(t *testing.T, s *servertest.Server, over servertest.Transport)) {
	t.Helper()
	for _, over := range servertest.Transports() {
		t.Run(string(over), func(t *testing.T) {
			t.Parallel()
			servertest.Each(t, func(t *testing.T, s *servertest.Server) {
				s.UseItems(120, 1.3)
				fn(t, s, over)
			})
		})
	}
}

// liveSession is what is told of a test.
type liveSession struct {
	Change   string
	Version  int
	Kind     string
	Progress struct {
		Answered int
		State    string
		Theta    *float64
	}
	Session struct{ ID, State string }
	User    struct{ ID string }
}

type liveSessions struct {
	Reset, More bool
	Cursor      string
	Sessions    []liveSession
}

// console is somebody who watches all tests.
type console struct {
	t      *testing.T
	stream *servertest.Stream
	// known is the last version told of each test, and what happened then.
	known  map[string]liveSession
	cursor string
}

func watchAll(t *testing.T, c servertest.Client, over servertest.Transport, variables servertest.Variables) *console {
	t.Helper()
	return &console{t: t, stream: c.Subscribe(t, over, live, variables), known: map[string]liveSession{}}
}

// event is the next one. What it tells of a test is never older than what was told.
func (c *console) event() liveSessions {
	c.t.Helper()
	var data struct{ LiveSessions liveSessions }
	c.stream.Event(c.t, &data)
	e := data.LiveSessions
	if e.Reset {
		clear(c.known)
	}
	for _, s := range e.Sessions {
		before := c.known[s.Session.ID]
		require.True(c.t, s.Version > before.Version || s.Version == before.Version && s.Change == "IDLE",
			"%s %d after %s %d", s.Change, s.Version, before.Change, before.Version)
		require.NotNil(c.t, s.Progress.Theta)
		c.known[s.Session.ID] = s
	}
	c.cursor = e.Cursor
	return e
}

// until reads events until a test has come to the change and the version.
func (c *console) until(id, change string, version int) {
	c.t.Helper()
	for c.known[id].Change != change || c.known[id].Version != version {
		c.event()
	}
}

func (c *console) changes() (out []string) {
	for _, s := range c.known {
		out = append(out, s.Change)
	}
	slices.Sort(out)
	return out
}

func TestLiveSessions(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		admin := s.Admin()
		one, two, three := s.Taker(), s.Taker(), s.Taker()
		a := one.StartTest(t)
		b := two.Answer(t, two.StartTest(t), true)

		c := watchAll(t, admin, over, nil)
		first := c.event()
		require.True(t, first.Reset)
		require.False(t, first.More)
		require.Len(t, first.Sessions, 2)
		require.Equal(t, "STARTED", c.known[a.Session.ID].Change)
		require.Equal(t, "ANSWERED", c.known[b.Session.ID].Change)
		require.Equal(t, 1, c.known[b.Session.ID].Progress.Answered)

		third := three.StartTest(t)
		c.until(third.Session.ID, "STARTED", 1)
		a = one.Answer(t, a, true)
		c.until(a.Session.ID, "ANSWERED", 2)
		require.Equal(t, "IN_PROGRESS", c.known[a.Session.ID].Session.State)
		two.Abandon(t, b.Session.ID)
		c.until(b.Session.ID, "ABANDONED", 3)
		a = one.Finish(t, a, func(n int) bool { return n%2 == 0 })
		c.until(a.Session.ID, "COMPLETED", a.Session.Version)
		require.Equal(t, "COMPLETED", c.known[a.Session.ID].Session.State)

		// Another who comes now is not told of what has ended.
		late := watchAll(t, admin, over, nil)
		late.event()
		require.Equal(t, []string{"STARTED"}, late.changes())
		require.NoError(t, s.Resolver.Sessions.Expire(t.Context(), 0))
		for _, w := range []*console{c, late} {
			w.until(third.Session.ID, "EXPIRED", 2)
		}
		require.Equal(t, []string{"ABANDONED", "COMPLETED", "EXPIRED"}, c.changes())
	})
}

// TestLiveSessionsAfterAnInterruption goes on with a cursor.
func TestLiveSessionsAfterAnInterruption(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		admin := s.Admin()
		one, two := s.Taker(), s.Taker()
		a, b := one.StartTest(t), two.StartTest(t)
		c := watchAll(t, admin, over, nil)
		c.event()
		c.stream.Close()

		a = one.Answer(t, a, true)
		two.Abandon(t, b.Session.ID)
		back := watchAll(t, admin, over, servertest.Variables{"after": c.cursor})
		again := back.event()
		require.False(t, again.Reset)
		require.Equal(t, "ANSWERED", back.known[a.Session.ID].Change)
		require.Equal(t, 2, back.known[a.Session.ID].Version)
		require.Equal(t, "ABANDONED", back.known[b.Session.ID].Change)

		// With a cursor of long ago it begins anew, with what is going on.
		long := watchAll(t, admin, over, servertest.Variables{"after": "bGl2ZToxMDAwMDAwMDAwMDAwMDAw"})
		require.True(t, long.event().Reset)
		require.Equal(t, []string{"ANSWERED"}, long.changes())
	})
}

func TestLiveSessionsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		admin := s.Admin()
		one, two := s.Taker(), s.Taker()
		var own struct {
			Viewer struct{ User struct{ ID string } }
		}
		one.Get(t, &own, `{ viewer { user { id } } }`, nil)
		ends := watchAll(t, admin, servertest.EventStream, servertest.Variables{"filter": map[string]any{"changes": []string{"ABANDONED"}}})
		theirs := watchAll(t, admin, servertest.EventStream, servertest.Variables{"filter": map[string]any{"userIds": []string{own.Viewer.User.ID}}})
		fixed := watchAll(t, admin, servertest.EventStream, servertest.Variables{"filter": map[string]any{"kinds": []string{"FIXED"}}})
		for _, c := range []*console{ends, theirs, fixed} {
			require.Empty(t, c.event().Sessions)
		}
		a, b := one.StartTest(t), two.StartTest(t)
		two.Abandon(t, b.Session.ID)
		one.Abandon(t, a.Session.ID)
		ends.until(a.Session.ID, "ABANDONED", 2)
		ends.until(b.Session.ID, "ABANDONED", 2)
		theirs.until(a.Session.ID, "ABANDONED", 2)
		require.NotContains(t, theirs.known, b.Session.ID)
		require.Equal(t, []string{"ABANDONED", "ABANDONED"}, ends.changes())
		var form struct {
			StartTest struct{ Session struct{ ID string } }
		}
		two.Get(t, &form, `mutation { startTest(input: {kind: FIXED}) { session { id } } }`, nil)
		fixed.until(form.StartTest.Session.ID, "STARTED", 1)
		require.Len(t, fixed.known, 1)
	})
}

// TestLiveSessionsBecomeIdle has a server that is soon impatient.
func TestLiveSessionsBecomeIdle(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.LiveIdle = databaseURL, 300*time.Millisecond
		s := servertest.Configured(t, settings, server.Options{})
		s.UseItems(60, 1.3)
		taker := s.Taker()
		c := watchAll(t, s.Admin(), servertest.WebSocket, nil)
		c.event()
		at := taker.StartTest(t)
		c.until(at.Session.ID, "IDLE", 1)
		taker.Answer(t, at, true)
		c.until(at.Session.ID, "IDLE", 2)
		late := watchAll(t, s.Admin(), servertest.WebSocket, nil)
		late.event()
		require.Equal(t, []string{"IDLE"}, late.changes())
	})
}

// TestLiveSessionsOfMany tells of more tests than one event holds, and costs no
// more statements for more who watch.
func TestLiveSessionsOfMany(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		const people = 250
		takers := s.Takers(people)
		for _, taker := range takers {
			taker.StartTest(t)
		}
		c := watchAll(t, s.Admin(), servertest.EventStream, nil)
		events := 0
		for more := true; more; events++ {
			e := c.event()
			require.Equal(t, events == 0, e.Reset)
			more = e.More
		}
		require.Equal(t, 3, events)
		require.Len(t, c.known, people)
	})
}

func TestLiveSessionsAreForAdministrators(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		for name, c := range map[string]struct {
			client    servertest.Client
			variables servertest.Variables
			code      string
		}{
			"a taker":   {s.Taker(), nil, "FORBIDDEN"},
			"nobody":    {s.Anonymous(), nil, "UNAUTHENTICATED"},
			"no cursor": {s.Admin(), servertest.Variables{"after": "?"}, "VALIDATION_FAILED"},
			"too many":  {s.Admin(), servertest.Variables{"filter": map[string]any{"userIds": make([]string, 101)}}, "VALIDATION_FAILED"},
		} {
			event, more := c.client.Subscribe(t, over, live, c.variables).Next(t)
			require.True(t, more, name)
			require.Equal(t, c.code, event.Code(), name)
		}
	})
}

// TestOneReadForAllWhoWatch counts what is read for each answer while fifty watch.
func TestOneReadForAllWhoWatch(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		taker, admin := s.Taker(), s.Admin()
		at := taker.StartTest(t)
		streams := make([]*servertest.Stream, 50)
		for i := range streams {
			streams[i] = admin.Subscribe(t, servertest.EventStream, `subscription ($session: ID!) {
				sessionProgress(sessionId: $session) { version currentQuestion { id text } session { id state } result { score } }
			}`, servertest.Variables{"session": at.Session.ID})
			var e watched
			streams[i].Event(t, &e)
		}
		before := s.Metric(t, `aiq_event_reads_total{of="statements"}`)
		for at.Question != nil {
			at = taker.Answer(t, at, at.Session.Answered%2 == 0)
			statements := 0
			for _, stream := range streams {
				event, more := stream.Next(t)
				require.True(t, more)
				var e watched
				decode(t, event.Data, &e)
				require.Equal(t, at.Session.Version, e.SessionProgress.Version)
				statements += event.Extensions.Statements
			}
			require.Equal(t, 1, statements-len(streams), "the question, or the result; each says again what its viewer cost")
		}
		require.Equal(t, at.Session.Version-1, s.Metric(t, `aiq_event_reads_total{of="statements"}`)-before)
	})
}
