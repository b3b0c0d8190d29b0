package session_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// watched is an event of sessionProgress with what can be reached from it.
type watched struct {
	SessionProgress struct {
		servertest.Progress
		Session struct {
			servertest.Session
			Responses []struct {
				Position   int
				AnsweredAt *string
				IsCorrect  *bool
			}
		}
		Result *servertest.Result
	}
}

const watch = `subscription Watch($session: ID!, $after: Int) {
  sessionProgress(sessionId: $session, afterVersion: $after) {
    version state answered maximum estimatedRemaining elapsedSeconds perDomain { domain answered }
    currentQuestion { id phase text stimulus domain options { id label } }
    session { id state version answered responses { position answeredAt isCorrect } }
    result { id score percentile total correct }
  }
}`

// eachTransport runs fn for each database and each way to watch.
func eachTransport(t *testing.T, fn func(t *testing.T, s *servertest.Server, over servertest.Transport)) {
	t.Helper()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		for _, over := range servertest.Transports() {
			t.Run(string(over), func(t *testing.T) { fn(t, s, over) })
		}
	})
}

// requireEvent reads the next event of the taker, which must tell of the step,
// with what the database holds after it.
func requireEvent(t *testing.T, stream *servertest.Stream, at servertest.Step) watched {
	t.Helper()
	e := requireStep(t, stream, at)
	for _, r := range e.SessionProgress.Session.Responses {
		require.Equal(t, at.Question == nil, r.IsCorrect != nil, "told when the test is over")
	}
	return e
}

// requireStep is requireEvent for a watcher who may know what is right.
func requireStep(t *testing.T, stream *servertest.Stream, at servertest.Step) watched {
	t.Helper()
	var e watched
	stream.Event(t, &e)
	p := e.SessionProgress
	require.Equal(t, at.Session.Version, p.Version)
	require.Equal(t, at.Session.State, p.State)
	require.Equal(t, at.Session.Answered, p.Answered)
	require.Equal(t, at.Progress.PerDomain, p.PerDomain)
	require.Equal(t, at.Question, p.CurrentQuestion)
	require.Equal(t, at.Session.Version, p.Session.Version)
	require.Equal(t, at.Session.State, p.Session.State)
	given := 0
	for _, r := range p.Session.Responses {
		if r.AnsweredAt != nil {
			given++
		}
	}
	require.Equal(t, at.Session.Answered, given)
	return e
}

func TestWatchingSeesEveryStep(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		taker := s.Taker()
		at := taker.StartTest(t)
		own := taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
		admin := s.Admin().Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
		version := 0
		for {
			version++
			require.Equal(t, version, at.Session.Version)
			last := requireEvent(t, own, at)
			requireStep(t, admin, at)
			if at.Question == nil {
				require.Equal(t, at.Result.ID, last.SessionProgress.Result.ID)
				require.Equal(t, at.Result.Score, last.SessionProgress.Result.Score)
				break
			}
			require.Nil(t, last.SessionProgress.Result)
			at = taker.Answer(t, at, version%3 != 0)
		}
		own.Completed(t)
		admin.Completed(t)
	})
}

// TestWatchingFastAnswersMissesNone answers faster than the watcher reads.
func TestWatchingFastAnswersMissesNone(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		taker := s.Taker()
		at := taker.StartTest(t)
		stream := taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
		var first watched
		stream.Event(t, &first)
		require.Equal(t, 1, first.SessionProgress.Version)
		end := taker.Finish(t, at, func(n int) bool { return n%2 == 0 })
		for version := 2; version <= end.Session.Version; version++ {
			var e watched
			stream.Event(t, &e)
			require.Equal(t, version, e.SessionProgress.Version)
			require.Equal(t, version-1, e.SessionProgress.Answered)
		}
		stream.Completed(t)
	})
}

func TestLateWatcherBeginsWithTheState(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		taker := s.Taker()
		at := taker.StartTest(t)
		steps := []servertest.Step{at}
		for range 4 {
			at = taker.Answer(t, at, true)
			steps = append(steps, at)
		}
		session := at.Session.ID
		late := taker.Subscribe(t, over, watch, servertest.Variables{"session": session})
		requireEvent(t, late, at)
		back := taker.Subscribe(t, over, watch, servertest.Variables{"session": session, "after": 2})
		upToDate := taker.Subscribe(t, over, watch, servertest.Variables{"session": session, "after": 5})
		for _, missed := range steps[2:] {
			var e watched
			back.Event(t, &e)
			require.Equal(t, missed.Session.Version, e.SessionProgress.Version)
			require.Equal(t, missed.Session.Answered, e.SessionProgress.Answered)
			require.Equal(t, missed.Progress.PerDomain, e.SessionProgress.PerDomain)
			require.Equal(t, missed.Question, e.SessionProgress.CurrentQuestion)
			require.Equal(t, "IN_PROGRESS", e.SessionProgress.State)
		}

		at = taker.Answer(t, at, true)
		for _, stream := range []*servertest.Stream{late, back, upToDate} {
			requireEvent(t, stream, at)
		}

		end := taker.Finish(t, at, func(n int) bool { return n%2 == 0 })
		over1 := taker.Subscribe(t, over, watch, servertest.Variables{"session": session})
		requireEvent(t, over1, end)
		over1.Completed(t)
	})
}

func TestGivingUpEndsTheStream(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		taker := s.Taker()
		at := taker.Answer(t, taker.StartTest(t), true)
		stream := taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
		requireEvent(t, stream, at)
		taker.Abandon(t, at.Session.ID)
		var e watched
		stream.Event(t, &e)
		require.Equal(t, 3, e.SessionProgress.Version)
		require.Equal(t, "ABANDONED", e.SessionProgress.State)
		require.Equal(t, 1, e.SessionProgress.Answered)
		require.Zero(t, e.SessionProgress.EstimatedRemaining)
		require.Nil(t, e.SessionProgress.CurrentQuestion)
		require.Nil(t, e.SessionProgress.Result)
		stream.Completed(t)
	})
}

func TestWatchingIsRefused(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, s *servertest.Server, over servertest.Transport) {
		taker, other := s.Taker(), s.Taker()
		at := taker.StartTest(t)
		forged := taker
		forged.Token += "x"
		for name, c := range map[string]struct {
			client  servertest.Client
			session string
			code    string
		}{
			"foreign test":  {other, at.Session.ID, "NOT_FOUND"},
			"no test":       {taker, "VGVzdFNlc3Npb246OTk5OTk5", "NOT_FOUND"},
			"a user's id":   {taker, "VXNlcjox", "NOT_FOUND"},
			"not an id":     {taker, "?", "NOT_FOUND"},
			"not signed in": {s.Anonymous(), at.Session.ID, "UNAUTHENTICATED"},
		} {
			stream := c.client.Subscribe(t, over, watch, servertest.Variables{"session": c.session})
			event, more := stream.Next(t)
			require.True(t, more, name)
			require.Equal(t, c.code, event.Code(), name)
		}
		if over == servertest.EventStream { // the other refuses the connection
			event, _ := forged.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID}).Next(t)
			require.Equal(t, "UNAUTHENTICATED", event.Code())
		}
	})
}

// TestManyWatchers has tests going on at once, each with watchers of its own.
func TestManyWatchers(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		var done sync.WaitGroup
		failures := make(chan error, 16)
		for _, taker := range s.Takers(8) {
			at := taker.StartTest(t)
			for _, over := range servertest.Transports() {
				stream := taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
				done.Go(func() { failures <- followed(stream) })
			}
			done.Go(func() { failures <- answeredAll(t, taker, at) })
		}
		go func() { done.Wait(); close(failures) }()
		for err := range failures {
			require.NoError(t, err)
		}
	})
}

// followed reads a stream that must tell every version up to the result.
func followed(stream *servertest.Stream) error {
	for version := 1; ; version++ {
		event, more, err := stream.Read()
		if err != nil || !more {
			return fmt.Errorf("before the result: %w", err)
		}
		var e watched
		if err := json.Unmarshal(event.Data, &e); err != nil {
			return err
		}
		p := e.SessionProgress
		if version == 1 {
			version = p.Version
		}
		if p.Version != version {
			return fmt.Errorf("version %d after %d", p.Version, version-1)
		}
		if p.Result != nil {
			if _, more, err := stream.Read(); more || err != nil {
				return fmt.Errorf("after the result: %v, %w", more, err)
			}
			return nil
		}
	}
}

// answeredAll answers to the end, outside of the test's own goroutine.
func answeredAll(t *testing.T, taker servertest.Client, at servertest.Step) error {
	for at.Question != nil {
		a, err := answering(t, taker, at, at.Session.Answered%2 == 0)()
		if err != nil {
			return err
		}
		if len(a.Errors) > 0 {
			return fmt.Errorf("%s", a.Errors[0].Message)
		}
		var data struct{ SubmitAnswer servertest.Step }
		if err := json.Unmarshal(a.Data, &data); err != nil {
			return err
		}
		at = data.SubmitAnswer
	}
	return nil
}
