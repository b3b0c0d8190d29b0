package session_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

const startNamed = `mutation ($kind: SessionKind, $key: String) {
  startTest(input: {kind: $kind, clientMutationId: $key}) { session { id kind state answered } question { id phase text domain options { id label } } }
}`

const answerNamed = `mutation ($session: ID!, $question: ID!, $option: String!, $key: String) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option, clientMutationId: $key}) {
    session { id state version answered } question: nextQuestion { id phase text domain options { id label } } result { id score }
  }
}`

func startAs(t *testing.T, c servertest.Client, variables servertest.Variables) servertest.Step {
	t.Helper()
	var data struct{ StartTest servertest.Step }
	c.Get(t, &data, startNamed, variables)
	return data.StartTest
}

func TestAStartIsRepeatedByItsKey(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(240))
		taker := s.SignedIn(account.Registration{})
		first := startAs(t, taker, servertest.Variables{"key": "one"})
		require.Equal(t, first, startAs(t, taker, servertest.Variables{"key": "one"}))
		require.Equal(t, first, startAs(t, taker, servertest.Variables{"key": "one", "kind": "ADAPTIVE"}))
		refused(t, taker.Ask(t, startNamed, servertest.Variables{"key": "one", "kind": "FIXED"}), "CONFLICT")
		refused(t, taker.Ask(t, startNamed, servertest.Variables{"key": "two"}), "ACTIVE_SESSION_EXISTS")
		refused(t, taker.Ask(t, startNamed, nil), "ACTIVE_SESSION_EXISTS")

		// Whatever became of it, and however long one would have to wait.
		end := taker.Finish(t, servertest.Step{Session: first.Session, Question: first.Question}, func(n int) bool { return n%2 == 0 })
		require.Equal(t, "COMPLETED", end.Session.State)
		again := startAs(t, taker, servertest.Variables{"key": "one"})
		require.Equal(t, first.Session.ID, again.Session.ID)
		require.Equal(t, "COMPLETED", again.Session.State)
		require.Nil(t, again.Question)
		refused(t, taker.Ask(t, startNamed, servertest.Variables{"key": "two"}), "CADENCE_NOT_MET")

		// Keys are each person's own.
		other := startAs(t, s.Taker(), servertest.Variables{"key": "one", "kind": "FIXED"})
		require.NotEqual(t, first.Session.ID, other.Session.ID)
	})
}

func TestAStartIsRepeatedAfterManyTests(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		taker := s.Taker()
		first := startAs(t, taker, servertest.Variables{"key": "first"})
		taker.Abandon(t, first.Session.ID)
		for range 51 {
			taker.Abandon(t, taker.StartTest(t).Session.ID)
		}
		require.Equal(t, first.Session.ID, startAs(t, taker, servertest.Variables{"key": "first"}).Session.ID)
	})
}

func TestOneStartTwiceAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(240))
		takers := s.Takers(tries / 2)
		var all []func() (servertest.Answer, error)
		for i, taker := range takers {
			variables := servertest.Variables{"key": "k", "kind": []string{"ADAPTIVE", "FIXED"}[i%2]}
			start := func() (servertest.Answer, error) { return taker.Do(t.Context(), startNamed, variables) }
			all = append(all, start, start)
		}
		answers := together(t, all...)
		for i := range takers {
			require.Equal(t, []string{"", ""}, codes(answers[2*i:2*i+2]))
			require.JSONEq(t, string(answers[2*i].Data), string(answers[2*i+1].Data))
		}
	})
}

func TestAnAnswerIsRepeatedByItsKey(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(240))
		for _, kind := range []string{"ADAPTIVE", "FIXED"} {
			taker := s.Taker()
			at := startAs(t, taker, servertest.Variables{"kind": kind})
			first := taker.FinishStimulus(t, at.Session.ID, *at.Question)
			send := func(question, option, key string) servertest.Answer {
				return taker.Ask(t, answerNamed, servertest.Variables{
					"session": at.Session.ID, "question": question, "option": option, "key": key,
				})
			}
			once := send(first.ID, first.Answer(true), "a")
			require.Empty(t, once.Errors)
			for _, key := range []string{"a", "b"} { // by name, and by what it says
				again := send(first.ID, first.Answer(true), key)
				require.JSONEq(t, string(once.Data), string(again.Data))
			}
			refused(t, send(first.ID, first.Answer(false), "a"), "CONFLICT")
			refused(t, send(first.ID, first.Answer(false), "c"), "ALREADY_ANSWERED")

			second := taker.FinishStimulus(t, at.Session.ID, *once.Step(t).Question)
			refused(t, send(second.ID, second.Answer(true), "a"), "CONFLICT")
			require.Equal(t, 1, auditOf(t, s.Admin(), at.Session.ID).Answered, "the refused answer was not taken")
			require.Equal(t, 2, send(second.ID, second.Answer(true), "d").Step(t).Session.Answered)
			refused(t, send(first.ID, first.Answer(true), "d"), "CONFLICT")
		}
	})
}

func TestASubmissionIsRepeated(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		taker := s.Taker()
		form := plainForm(t, s, taker)
		id := form.Session.ID
		answers := []servertest.Submitted{
			taker.Right(t, id, form.Open[0], true), taker.Right(t, id, form.Open[1], false), {QuestionID: form.Open[2].ID},
		}
		once := taker.SubmitTest(t, id, "k", answers...).End(t)
		for _, key := range []string{"k", "", "other"} {
			require.Equal(t, once, taker.SubmitTest(t, id, key, answers...).End(t))
		}
		require.Equal(t, once, taker.SubmitTest(t, id, "", answers[1]).End(t), "it says nothing new")

		for _, other := range [][]servertest.Submitted{answers[:2], answers[1:], {answers[2]}, nil} {
			refused(t, taker.SubmitTest(t, id, "k", other...), "CONFLICT")
		}
		require.Equal(t, once, taker.SubmitTest(t, id, "k", answers[2], answers[0], answers[1], answers[0]).End(t), "the order says nothing")

		changed := []servertest.Submitted{taker.Right(t, id, form.Open[0], false)}
		further := []servertest.Submitted{taker.Right(t, id, form.Open[3], true)}
		refused(t, taker.SubmitTest(t, id, "", changed...), "ALREADY_ANSWERED")
		refused(t, taker.SubmitTest(t, id, "k", changed...), "CONFLICT")
		refused(t, taker.SubmitTest(t, id, "k", further...), "CONFLICT")
		details := refused(t, taker.SubmitTest(t, id, "", further...), "SESSION_CLOSED")
		require.Equal(t, "COMPLETED", details["state"])
		require.Equal(t, once, taker.SubmitTest(t, id, "", answers...).End(t))
	})
}

// Two devices submit at once: the same, and different ones.
func TestTwoSubmissionsAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		records := servertest.FormItems(240)
		for i := range records {
			records[i].Stimulus = ""
		}
		s.UseRecords(records)
		admin, takers := s.Admin(), s.Takers(tries/4)
		forms := make([]servertest.Form, len(takers))
		var all []func() (servertest.Answer, error)
		for i, taker := range takers {
			forms[i] = taker.StartForm(t)
			id := forms[i].Session.ID
			submit := func(right bool) func() (servertest.Answer, error) {
				variables := servertest.Variables{"session": id, "answers": []servertest.Submitted{
					taker.Right(t, id, forms[i].Open[0], true), taker.Right(t, id, forms[i].Open[1], right),
				}}
				return func() (servertest.Answer, error) { return taker.Do(t.Context(), servertest.SubmitTest, variables) }
			}
			all = append(all, submit(true), submit(i%2 == 0))
		}
		answers := together(t, all...)
		for i := range takers {
			pair := answers[2*i : 2*i+2]
			if i%2 == 0 {
				require.Equal(t, []string{"", ""}, codes(pair))
				require.Equal(t, pair[0].End(t).Result, pair[1].End(t).Result)
				continue
			}
			require.Equal(t, []string{"", "ALREADY_ANSWERED"}, codes(pair))
			seen := auditOf(t, admin, forms[i].Session.ID)
			require.Equal(t, 2, seen.Answered)
			require.Equal(t, pair[0].Code() == "", *seen.Responses[1].IsCorrect, "what was confirmed")
		}
	})
}

func TestKeysThatCannotBeKept(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker := s.Taker()
		details := refused(t, taker.Ask(t, startNamed, servertest.Variables{"key": strings.Repeat("k", 201)}), "VALIDATION_FAILED")
		require.Equal(t, "clientMutationId", details["field"])
		refused(t, taker.Ask(t, startNamed, servertest.Variables{"key": "a\x00b"}), "VALIDATION_FAILED")
		form := taker.StartForm(t)
		long := strings.Repeat("ü", 101)
		refused(t, taker.SubmitTest(t, form.Session.ID, long), "VALIDATION_FAILED")
		for _, query := range []string{
			answerNamed,
			`mutation ($session: ID!, $question: ID!, $key: String) { finishStimulus(input: {sessionId: $session, questionId: $question, clientMutationId: $key}) { session { id } } }`,
			`mutation ($session: ID!, $key: String) { abandonTest(input: {sessionId: $session, clientMutationId: $key}) { session { id } } }`,
		} {
			variables := servertest.Variables{"session": form.Session.ID, "key": long}
			if strings.Contains(query, "$question") {
				variables["question"] = form.Open[0].ID
			}
			if strings.Contains(query, "$option") {
				variables["option"] = "a"
			}
			refused(t, taker.Ask(t, query, variables), "VALIDATION_FAILED")
		}
		startAs(t, s.Taker(), servertest.Variables{"key": strings.Repeat("k", 200)})
	})
}
