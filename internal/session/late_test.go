package session_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(data, into))
}

// timing is when a question was answered.
type timing struct {
	Position                     int
	AnsweredAt, ClientAnsweredAt *time.Time
	Late                         bool
	TimeMs                       *int
	Question                     struct{ ID string }
}

func timings(t *testing.T, c servertest.Client, session string) map[string]timing {
	t.Helper()
	var data struct{ Node struct{ Responses []timing } }
	c.Get(t, &data, `query ($id: ID!) { node(id: $id) { ... on TestSession {
  responses { position answeredAt clientAnsweredAt late timeMs question { id } }
} } }`, servertest.Variables{"id": session})
	out := map[string]timing{}
	for _, r := range data.Node.Responses {
		out[r.Question.ID] = r
	}
	return out
}

// plainForm starts a form of questions without stimuli.
func plainForm(t *testing.T, s *servertest.Server, taker servertest.Client) servertest.Form {
	t.Helper()
	records := servertest.FormItems(120)
	for i := range records {
		records[i].Stimulus = ""
	}
	s.UseRecords(records)
	return taker.StartForm(t)
}

func TestLateAnswersAreScoredAndMarked(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		taker := s.Taker()
		form := plainForm(t, s, taker)
		id := form.Session.ID
		require.Equal(t, 1800, *form.Progress.RemainingSeconds)
		clock.Advance(30 * time.Minute)
		taker = signIn(t, s, taker)
		at := taker.Answer(t, form.Step, true) // the very last instant
		require.False(t, at.Session.TimeLimitExceeded)
		require.Equal(t, 0, *at.Progress.RemainingSeconds)

		clock.Advance(time.Microsecond)
		at = taker.Answer(t, at, true)
		require.True(t, at.Session.TimeLimitExceeded)
		// The client's own time is no excuse.
		inTime := clock.Now().Add(-time.Hour)
		answer := taker.Right(t, id, form.Open[2], true)
		answer.AnsweredAt = &inTime
		end := taker.SubmitTest(t, id, "", answer).End(t)
		require.True(t, end.Session.TimeLimitExceeded)
		require.Equal(t, 3, end.Result.Correct, "late answers count")
		told := timings(t, taker, id)
		require.False(t, told[form.Open[0].ID].Late)
		require.True(t, told[form.Open[1].ID].Late)
		require.True(t, told[form.Open[2].ID].Late)
	})
}

func TestLateSubmissionOfAnswersInTime(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		taker := s.Taker()
		form := plainForm(t, s, taker)
		taker.Answer(t, form.Step, true)
		clock.Advance(2 * time.Hour)
		taker = signIn(t, s, taker)
		end := taker.SubmitTest(t, form.Session.ID, "").End(t)
		require.True(t, end.Session.TimeLimitExceeded)
		require.False(t, timings(t, taker, form.Session.ID)[form.Open[0].ID].Late)
	})
}

// A phone without a network hands in its answers later, with its own times; they
// are kept within what can be, and tell how long each answer took.
func TestOfflineAnswersBearTheClientsTimes(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		taker := s.Taker()
		form := plainForm(t, s, taker)
		id, start := form.Session.ID, clock.Now()
		now := clock.Advance(10 * time.Minute)
		at := func(i int, when time.Time) servertest.Submitted {
			a := taker.Right(t, id, form.Open[i], true)
			a.AnsweredAt = &when
			return a
		}
		end := taker.SubmitTest(t, id, "",
			at(2, start.Add(50*time.Second)), // not in order
			at(0, start.Add(20*time.Second)),
			at(1, start.AddDate(-20, 0, 0)), // before the start
			at(3, now.AddDate(500, 0, 0)),   // in the future
			taker.Right(t, id, form.Open[4], true),
		).End(t)
		require.Equal(t, 5, end.Result.Correct, "no answer is refused for its time")
		told := timings(t, taker, id)
		for i, want := range []struct {
			client *time.Time
			ms     *int
		}{
			{ptr(start.Add(20 * time.Second)), ptr(20_000)},
			{ptr(start), ptr(0)},
			{ptr(start.Add(50 * time.Second)), ptr(30_000)},
			{ptr(now), ptr(550_000)},
			{nil, nil},
		} {
			got := told[form.Open[i].ID]
			require.Equal(t, now, *got.AnsweredAt, "the server's clock rules")
			require.Equal(t, want.client, got.ClientAnsweredAt, i)
			require.Equal(t, want.ms, got.TimeMs, i)
			require.False(t, got.Late)
		}
	})
}

func TestQueuedAnswersBearTheClientsTimes(t *testing.T) {
	t.Parallel()
	const answer = `mutation ($session: ID!, $question: ID!, $option: String!, $at: DateTime) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option, answeredAt: $at}) { session { answered } }
}`
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		taker := s.Taker()
		form := plainForm(t, s, taker)
		id, start := form.Session.ID, clock.Now()
		clock.Advance(5 * time.Minute)
		for i := range 2 {
			q := form.Open[i]
			taker.Get(t, nil, answer, servertest.Variables{
				"session": id, "question": q.ID, "option": q.Answer(true), "at": start.Add(time.Duration(i+1) * 15 * time.Second),
			})
		}
		q := form.Open[2]
		clock.Advance(time.Minute)
		taker.Get(t, nil, answer, servertest.Variables{"session": id, "question": q.ID, "option": q.Answer(true)})
		told := timings(t, taker, id)
		require.Equal(t, 15_000, *told[form.Open[0].ID].TimeMs)
		require.Equal(t, 15_000, *told[form.Open[1].ID].TimeMs)
		require.Equal(t, 330_000, *told[q.ID].TimeMs, "since the answer before")
		taker.Abandon(t, id)

		adaptive := taker.StartTest(t)
		served := clock.Now()
		clock.Advance(time.Minute)
		taker.Get(t, nil, answer, servertest.Variables{
			"session": adaptive.Session.ID, "question": adaptive.Question.ID, "option": adaptive.Question.Answer(true), "at": served.Add(-time.Hour),
		})
		first := timings(t, taker, adaptive.Session.ID)[adaptive.Question.ID]
		require.Equal(t, served, *first.ClientAnsweredAt)
		require.Equal(t, 60_000, *first.TimeMs, "an adaptive test goes by the server's clock")
	})
}

func ptr[T any](v T) *T { return &v }
