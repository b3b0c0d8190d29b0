package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

const day = 24 * time.Hour

// refused is the error's extensions of an answer that must be a refusal.
func refused(t *testing.T, a servertest.Answer, code string) map[string]any {
	t.Helper()
	require.Len(t, a.Errors, 1)
	require.Equal(t, code, a.Code(), a.Errors[0].Message)
	return a.Errors[0].Extensions
}

// nextEligible is the instant that a refusal names.
func nextEligible(t *testing.T, extensions map[string]any) time.Time {
	t.Helper()
	text, ok := extensions["nextEligibleAt"].(string)
	require.True(t, ok, extensions)
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

// viewerEligible is what the viewer is told without trying.
func viewerEligible(t *testing.T, c servertest.Client) *time.Time {
	t.Helper()
	var data struct {
		Viewer struct{ NextEligibleAt *time.Time }
	}
	c.Get(t, &data, `{ viewer { nextEligibleAt } }`, nil)
	return data.Viewer.NextEligibleAt
}

func TestStartWaitsAfterATest(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		taker := s.SignedIn(account.Registration{})
		require.Nil(t, viewerEligible(t, taker))
		end := taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%2 == 0 })

		at := nextEligible(t, refused(t, taker.Ask(t, servertest.StartTest, nil), "CADENCE_NOT_MET"))
		require.Equal(t, end.Session.EndedAt.Add(90*day), at)
		require.Equal(t, &at, viewerEligible(t, taker))

		clock.Advance(at.Sub(clock.Now()) - time.Microsecond)
		taker = signIn(t, s, taker)
		refused(t, taker.Ask(t, servertest.StartTest, nil), "CADENCE_NOT_MET")
		clock.Advance(time.Microsecond)
		require.Nil(t, viewerEligible(t, taker))
		taker.StartTest(t)
	})
}

func TestStartWaitsAfterGivingUp(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		taker := s.SignedIn(account.Registration{})
		giveUpAfter := func(answers int) servertest.Session {
			at := taker.StartTest(t)
			for range answers {
				at = taker.Answer(t, at, true)
			}
			return taker.Abandon(t, at.Session.ID)
		}

		giveUpAfter(6)
		require.Nil(t, viewerEligible(t, taker))
		ended := giveUpAfter(7).EndedAt.Add(7 * day)
		at := nextEligible(t, refused(t, taker.Ask(t, servertest.StartTest, nil), "ABANDON_COOLDOWN"))
		require.Equal(t, ended, at)
		require.Equal(t, &at, viewerEligible(t, taker))

		clock.Advance(at.Sub(clock.Now()) - time.Microsecond)
		taker = signIn(t, s, taker)
		refused(t, taker.Ask(t, servertest.StartTest, nil), "ABANDON_COOLDOWN")
		clock.Advance(time.Microsecond)
		taker.StartTest(t)
	})
}

func TestTestEndsWithTheBankAndNoneStartsWithoutQuestions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		taker := s.Taker()
		refused(t, taker.Ask(t, servertest.StartTest, nil), "NO_QUESTIONS_AVAILABLE")

		s.UseItems(6, .5)
		end := taker.Finish(t, taker.StartTest(t), func(int) bool { return true })
		require.Equal(t, "BANK_EXHAUSTED", *end.Session.StopReason)
		require.Equal(t, 6, end.Result.Total)
		refused(t, taker.Ask(t, servertest.StartTest, nil), "NO_QUESTIONS_AVAILABLE")
	})
}

func TestAnswerIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		taker, other := s.Taker(), s.Taker()
		first := taker.StartTest(t)
		session, answered := first.Session.ID, first.Question
		open := taker.Answer(t, first, true)
		theirs := other.StartTest(t)
		for theirs.Question.ID == open.Question.ID || theirs.Question.ID == answered.ID {
			theirs = other.Answer(t, theirs, true)
		}
		unserved := theirs.Question.ID
		good := open.Question.Answer(true)

		for name, c := range map[string]struct {
			client                    servertest.Client
			session, question, option string
			code                      string
			details                   map[string]any
		}{
			"unknown option": {taker, session, open.Question.ID, "z", "VALIDATION_FAILED", map[string]any{"field": "optionId", "rule": "one_of"}},
			"blank option":   {taker, session, open.Question.ID, "", "VALIDATION_FAILED", map[string]any{"field": "optionId", "rule": "one_of"}},
			"spaces":         {taker, session, open.Question.ID, " ", "VALIDATION_FAILED", map[string]any{"field": "optionId", "rule": "one_of"}},
			"a label":        {taker, session, open.Question.ID, "right", "VALIDATION_FAILED", nil},
			"NUL":            {taker, session, open.Question.ID, "\x00", "VALIDATION_FAILED", nil},
			"another answer": {taker, session, answered.ID, answered.Answer(false), "ALREADY_ANSWERED", nil},
			"not served":     {taker, session, unserved, good, "QUESTION_NOT_SERVED", nil},
			"no question":    {taker, session, "UXVlc3Rpb246OTk5OTk5", good, "QUESTION_NOT_SERVED", nil},
			"a session's id": {taker, session, session, good, "QUESTION_NOT_SERVED", nil},
			"no id":          {taker, session, "?", good, "QUESTION_NOT_SERVED", nil},
			"foreign test":   {other, session, open.Question.ID, good, "NOT_FOUND", nil},
			"no test":        {taker, "VGVzdFNlc3Npb246OTk5OTk5", open.Question.ID, good, "NOT_FOUND", nil},
			"a user's id":    {taker, "VXNlcjox", open.Question.ID, good, "NOT_FOUND", nil},
			"anonymous":      {s.Anonymous(), session, open.Question.ID, good, "UNAUTHENTICATED", nil},
		} {
			details := refused(t, c.client.Submit(t, c.session, c.question, c.option), c.code)
			for field, want := range c.details {
				require.Equal(t, want, details[field], name)
			}
		}

		// Nothing of it was stored: the question is still open.
		seen := auditOf(t, s.Admin(), session)
		require.Equal(t, 1, seen.Answered)
		require.Len(t, seen.Responses, 2)
		require.Nil(t, seen.Responses[1].AnsweredAt)
		taker.Answer(t, open, true)
	})
}

func TestClosedTestTakesNoAnswer(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		taker := s.Taker()

		given := taker.StartTest(t)
		given = taker.Answer(t, given, true)
		taker.Abandon(t, given.Session.ID)
		again := taker.Abandon(t, given.Session.ID)
		require.Equal(t, "ABANDONED", again.State)
		require.Equal(t, 3, again.Version, "giving up twice is giving up once")
		details := refused(t, taker.Submit(t, given.Session.ID, given.Question.ID, given.Question.Answer(true)), "SESSION_CLOSED")
		require.Equal(t, "ABANDONED", details["state"])

		at := taker.StartTest(t)
		unserved := given.Question.ID
		end := taker.Finish(t, at, func(n int) bool { return n%2 == 0 })
		details = refused(t, taker.Submit(t, end.Session.ID, unserved, "a"), "SESSION_CLOSED")
		require.Equal(t, "COMPLETED", details["state"])
		details = refused(t, taker.Ask(t, servertest.AbandonTest, servertest.Variables{"session": end.Session.ID}), "SESSION_CLOSED")
		require.Equal(t, "COMPLETED", details["state"])

		other := s.Taker()
		refused(t, other.Ask(t, servertest.AbandonTest, servertest.Variables{"session": end.Session.ID}), "NOT_FOUND")
		refused(t, s.Anonymous().Ask(t, servertest.AbandonTest, servertest.Variables{"session": end.Session.ID}), "UNAUTHENTICATED")
		refused(t, s.Anonymous().Ask(t, servertest.StartTest, nil), "UNAUTHENTICATED")
	})
}

func TestRepeatedAnswerIsTheSameAnswer(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		taker := s.Taker()
		at := taker.StartTest(t)
		first := at
		for at.Question != nil {
			option := at.Question.Answer(at.Session.Answered%2 == 0)
			once := taker.Submit(t, at.Session.ID, at.Question.ID, option)
			require.Empty(t, once.Errors)
			twice := taker.Submit(t, at.Session.ID, at.Question.ID, option)
			require.Empty(t, twice.Errors)
			require.Equal(t, once.Step(t).Session, twice.Step(t).Session)
			require.Equal(t, once.Step(t).Question, twice.Step(t).Question)
			require.Equal(t, once.Step(t).Result, twice.Step(t).Result)
			at = once.Step(t)
		}
		// Much later it still is no new answer, and says where the test stands.
		late := taker.Submit(t, first.Session.ID, first.Question.ID, first.Question.Answer(true))
		require.Empty(t, late.Errors)
		require.Equal(t, at.Result, late.Step(t).Result)
		require.Len(t, auditOf(t, s.Admin(), first.Session.ID).Responses, at.Session.Answered)
	})
}
