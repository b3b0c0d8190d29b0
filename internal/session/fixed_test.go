package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// composition is a form as counted.
type composition struct {
	Total, Anchors int
	Cells          []struct {
		Difficulty, Domain string
		Questions          int
	}
}

func (c composition) byDifficulty() map[string]int {
	out := map[string]int{}
	for _, cell := range c.Cells {
		out[cell.Difficulty] += cell.Questions
	}
	return out
}

func compositionOf(t *testing.T, c servertest.Client, session string) (blueprint, achieved composition) {
	t.Helper()
	var data struct {
		Node struct{ Blueprint, Composition composition }
	}
	c.Get(t, &data, `query ($id: ID!) { node(id: $id) { ... on TestSession {
  blueprint { total anchors cells { difficulty domain questions } }
  composition { total anchors cells { difficulty domain questions } }
} } }`, servertest.Variables{"id": session})
	return data.Node.Blueprint, data.Node.Composition
}

func TestFixedFormIsComposed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(360))
		taker := s.Taker()
		form := taker.StartForm(t)
		require.Equal(t, "FIXED", form.Session.Kind)
		require.Equal(t, "IN_PROGRESS", form.Session.State)
		require.Equal(t, 25, form.Progress.Maximum)
		require.Equal(t, 25, form.Progress.EstimatedRemaining)
		require.Len(t, form.Open, 25)
		require.Equal(t, form.Open[0], *form.Question)
		require.Equal(t, form.Session.StartedAt.Add(30*60e9), *form.Session.DueAt)
		require.NotNil(t, form.Progress.RemainingSeconds)

		blueprint, achieved := compositionOf(t, taker, form.Session.ID)
		require.Equal(t, map[string]int{"EASY": 5, "MEDIUM": 12, "HARD": 8}, blueprint.byDifficulty())
		require.Equal(t, 6, blueprint.Anchors)
		require.Equal(t, blueprint.Cells, achieved.Cells)
		require.Zero(t, achieved.Anchors, "the bank has none")
		for _, d := range form.Progress.PerDomain {
			want := 0
			for _, cell := range achieved.Cells {
				if cell.Domain == d.Domain {
					want += cell.Questions
				}
			}
			require.Equal(t, want, *d.Questions)
		}

		// Nobody meets a question twice, in the next form neither.
		met := map[string]bool{}
		for _, q := range form.Open {
			met[q.ID] = true
		}
		require.Len(t, met, 25)
		taker.Abandon(t, form.Session.ID)
		require.Empty(t, taker.Form(t, form.Session.ID).Open, "nothing is open once the test is over")
		for _, q := range taker.StartForm(t).Open {
			require.False(t, met[q.ID])
		}
	})
}

func TestShortBankGivesAnHonestShorterForm(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		taker := s.Taker()
		refused(t, taker.Ask(t, servertest.StartForm, nil), "NO_QUESTIONS_AVAILABLE")
		s.UseRecords(servertest.FormItems(10))
		form := taker.StartForm(t)
		require.Len(t, form.Open, 10)
		require.Equal(t, 10, form.Progress.Maximum)
		blueprint, achieved := compositionOf(t, taker, form.Session.ID)
		require.Equal(t, 25, blueprint.Total)
		require.Equal(t, 10, achieved.Total)
		taker.Abandon(t, form.Session.ID)
		refused(t, taker.Ask(t, servertest.StartForm, nil), "NO_QUESTIONS_AVAILABLE")
	})
}

func TestFormAnsweredOneByOneThenSubmitted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker, admin := s.Taker(), s.Admin()
		form := taker.StartForm(t)
		id := form.Session.ID
		// In any order: the last question first.
		for i := range form.Open {
			q := form.Open[len(form.Open)-1-i]
			at := taker.Answer(t, servertest.Step{Session: form.Session, Question: &q}, i%2 == 0)
			require.Equal(t, "IN_PROGRESS", at.Session.State, "it does not end by itself")
			require.Equal(t, i+1, at.Session.Answered)
			require.Equal(t, i+2, at.Session.Version)
			require.Equal(t, 24-i, at.Progress.EstimatedRemaining)
			require.Nil(t, at.Result)
			if i < 24 {
				require.Equal(t, form.Open[0].ID, at.Question.ID, "the first that is open")
			} else {
				require.Nil(t, at.Question)
			}
			require.Len(t, taker.Form(t, id).Open, 24-i)
		}
		end := taker.SubmitTest(t, id, "").End(t)
		require.Equal(t, "COMPLETED", end.Session.State)
		require.Equal(t, "FORM_END", *end.Session.StopReason)
		require.Equal(t, 27, end.Session.Version)
		require.Equal(t, 25, end.Session.Answered)
		require.False(t, end.Session.TimeLimitExceeded)
		require.NotNil(t, end.Result)
		require.Equal(t, 13, end.Result.Correct)
		require.Zero(t, end.Progress.EstimatedRemaining)
		require.Nil(t, end.Progress.RemainingSeconds)

		// What is stored is what was answered, and scored right.
		seen := auditOf(t, admin, id)
		require.Len(t, seen.Responses, 25)
		for i, r := range seen.Responses {
			require.Equal(t, form.Open[i].ID, r.Question.ID)
			require.Equal(t, (24-i)%2 == 0, *r.IsCorrect)
		}
	})
}

func TestFormSubmittedAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker := s.Taker()
		form := taker.StartForm(t)
		answers := make([]servertest.Submitted, 25)
		for i, q := range form.Open {
			answers[24-i] = taker.Right(t, form.Session.ID, q, i < 15)
		}
		end := taker.SubmitTest(t, form.Session.ID, "", answers...).End(t)
		require.Equal(t, "COMPLETED", end.Session.State)
		require.Equal(t, 15, end.Result.Correct)
		require.Equal(t, 27, end.Session.Version)
		answered := 0
		for _, d := range end.Progress.PerDomain {
			require.Equal(t, *d.Questions, d.Answered)
			answered += d.Answered
		}
		require.Equal(t, 25, answered)
		for _, r := range auditOf(t, s.Admin(), form.Session.ID).Responses {
			require.Nil(t, r.TimeMs, "who knows")
		}

		// A completed form is followed by the wait like any test, and told in history.
		var data resumed
		taker.Get(t, &data, launch, nil)
		require.Nil(t, data.Viewer.ActiveSession)
		require.Equal(t, end.Result.ID, data.Viewer.LastResult.ID)
	})
}

func TestPartialSubmission(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker := s.Taker()
		form := taker.StartForm(t)
		id := form.Session.ID
		skipped := servertest.Submitted{QuestionID: form.Open[2].ID}
		details := refused(t, taker.SubmitTest(t, id, ""), "VALIDATION_FAILED")
		require.Equal(t, "answers", details["field"])
		refused(t, taker.SubmitTest(t, id, "", skipped), "VALIDATION_FAILED")
		require.Len(t, taker.Form(t, id).Open, 25, "nothing was written")

		taker.Answer(t, form.Step, true)
		end := taker.SubmitTest(t, id, "", taker.Right(t, id, form.Open[1], false), skipped).End(t)
		require.Equal(t, "COMPLETED", end.Session.State)
		require.Equal(t, 1, end.Result.Correct)
		seen := auditOf(t, s.Admin(), id)
		require.Len(t, seen.Responses, 25)
		require.NotNil(t, seen.Responses[2].AnsweredAt)
		require.Nil(t, seen.Responses[2].OptionID)
		require.False(t, *seen.Responses[2].IsCorrect)
		require.Nil(t, seen.Responses[3].AnsweredAt)
	})
}

func TestSubmissionIsRefusedWhole(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker, other := s.Taker(), s.Taker()
		form := taker.StartForm(t)
		id := form.Session.ID
		var plain []servertest.Question // without a stimulus
		var memory servertest.Question
		for _, q := range form.Open {
			if q.Phase == "QUESTION" {
				plain = append(plain, q)
			} else {
				memory = q
			}
		}
		good, option, unknown := taker.Right(t, id, plain[0], true), "a", "z"
		wrong := taker.Right(t, id, plain[0], false)
		at := servertest.Step{Session: form.Session, Question: &plain[1]}
		taker.Answer(t, at, true)
		var strange string
		mine := map[string]bool{}
		for _, q := range form.Open {
			mine[q.ID] = true
		}
		theirs := other.StartForm(t)
		for _, q := range theirs.Open {
			if !mine[q.ID] {
				strange = q.ID
			}
		}
		adaptive := s.Taker().StartTest(t)

		for name, c := range map[string]struct {
			client   servertest.Client
			session  string
			second   servertest.Submitted
			code     string
			question string
		}{
			"another answer in it":       {taker, id, wrong, "VALIDATION_FAILED", plain[0].ID},
			"another answer than before": {taker, id, taker.Right(t, id, plain[1], false), "ALREADY_ANSWERED", plain[1].ID},
			"answered and skipped":       {taker, id, servertest.Submitted{QuestionID: plain[1].ID}, "ALREADY_ANSWERED", plain[1].ID},
			"no such option":             {taker, id, servertest.Submitted{QuestionID: plain[2].ID, OptionID: &unknown}, "VALIDATION_FAILED", plain[2].ID},
			"not of this test":           {taker, id, servertest.Submitted{QuestionID: strange, OptionID: &option}, "QUESTION_NOT_SERVED", strange},
			"stimulus open":              {taker, id, servertest.Submitted{QuestionID: memory.ID, OptionID: &option}, "QUESTION_NOT_SERVED", memory.ID},
			"no id":                      {taker, id, servertest.Submitted{QuestionID: "?", OptionID: &option}, "QUESTION_NOT_SERVED", ""},
			"another thing's id":         {taker, id, servertest.Submitted{QuestionID: id, OptionID: &option}, "QUESTION_NOT_SERVED", ""},
			"foreign test":               {other, id, good, "NOT_FOUND", ""},
			"no test":                    {taker, "?", good, "NOT_FOUND", ""},
			"adaptive":                   {taker, adaptive.Session.ID, good, "NOT_FOUND", ""},
			"anonymous":                  {s.Anonymous(), id, good, "UNAUTHENTICATED", ""},
		} {
			details := refused(t, c.client.SubmitTest(t, c.session, "", good, c.second), c.code)
			if c.question != "" {
				require.Equal(t, c.question, details["questionId"], name)
			} else {
				require.NotContains(t, details, "questionId", name)
			}
			if c.code == "QUESTION_NOT_SERVED" && c.question == "" {
				require.Equal(t, "answers[1].questionId", details["field"], name)
			}
		}
		require.Len(t, taker.Form(t, id).Open, 24, "nothing was written")
		many := make([]servertest.Submitted, 501)
		for i := range many {
			many[i] = good
		}
		refused(t, taker.SubmitTest(t, id, "", many...), "VALIDATION_FAILED")
		// The same answer twice is one.
		require.Equal(t, 2, taker.SubmitTest(t, id, "", good, good).End(t).Session.Answered)

		taker.StartTest(t)
		var open resumed
		taker.Get(t, &open, launch, nil)
		details := refused(t, taker.SubmitTest(t, open.Viewer.ActiveSession.ID, ""), "VALIDATION_FAILED")
		require.Equal(t, "sessionId", details["field"])
		taker.Abandon(t, open.Viewer.ActiveSession.ID)
		details = refused(t, taker.SubmitTest(t, open.Viewer.ActiveSession.ID, ""), "VALIDATION_FAILED")
		require.Equal(t, "fixed", details["rule"])
		other.Abandon(t, theirs.Session.ID)
		details = refused(t, other.SubmitTest(t, theirs.Session.ID, ""), "SESSION_CLOSED")
		require.Equal(t, "ABANDONED", details["state"])
	})
}

func TestAnswersToAFormAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker := s.Taker()
		form := taker.StartForm(t)
		id := form.Session.ID
		q := taker.FinishStimulus(t, id, form.Open[3])
		form.Question = &q
		taker.Answer(t, form.Step, true)
		again := taker.Submit(t, id, q.ID, q.Answer(true))
		require.Equal(t, 1, again.Step(t).Session.Answered, "once is enough")
		refused(t, taker.Submit(t, id, q.ID, q.Answer(false)), "ALREADY_ANSWERED")
		refused(t, taker.Submit(t, id, form.Open[4].ID, "z"), map[bool]string{true: "VALIDATION_FAILED", false: "QUESTION_NOT_SERVED"}[form.Open[4].Phase == "QUESTION"])
		refused(t, taker.Submit(t, id, id, "a"), "QUESTION_NOT_SERVED")
		taker.SubmitTest(t, id, "").End(t)
		details := refused(t, taker.Submit(t, id, form.Open[4].ID, "a"), "SESSION_CLOSED")
		require.Equal(t, "COMPLETED", details["state"])
		require.NotNil(t, taker.Submit(t, id, q.ID, q.Answer(true)).Step(t).Result, "a repeat tells how it ended")
	})
}

// A watcher of a form hears every answer and the end.
func TestWatchingAForm(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker := s.Taker()
		form := taker.StartForm(t)
		stream := taker.Subscribe(t, servertest.Transports()[0], `subscription ($id: ID!) {
  sessionProgress(sessionId: $id, afterVersion: 0) { version state answered result { total } }
}`, servertest.Variables{"id": form.Session.ID})
		next := func() servertest.Progress {
			event, more := stream.Next(t)
			require.True(t, more)
			require.Empty(t, event.Errors)
			var data struct{ SessionProgress servertest.Progress }
			decode(t, event.Data, &data)
			return data.SessionProgress
		}
		require.Equal(t, 1, next().Version)
		taker.Answer(t, form.Step, true)
		require.Equal(t, 1, next().Answered)
		taker.SubmitTest(t, form.Session.ID, "",
			taker.Right(t, form.Session.ID, form.Open[1], true), taker.Right(t, form.Session.ID, form.Open[2], true)).End(t)
		for answered := 2; answered <= 3; answered++ {
			p := next()
			require.Equal(t, answered, p.Answered)
			require.Equal(t, "IN_PROGRESS", p.State)
		}
		last := next()
		require.Equal(t, 5, last.Version)
		require.Equal(t, "COMPLETED", last.State)
		_, more := stream.Next(t)
		require.False(t, more)
	})
}
