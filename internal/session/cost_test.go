package session_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// The statements of a request, its viewer's included, that asks for nothing
// beyond what the change itself has read. The last answer enqueues a job too,
// whose two statements are not counted.
const (
	startStatements  = 6
	answerStatements = 5
	finalStatements  = 8
	// A fixed form costs the same as an adaptive test until it is submitted; with
	// what completing it costs.
	finishStimulusStatements = 5
	submitStatements         = 9
)

// TestCostOfAnAnswer shows that a start and an answer cost the same however long
// the test and however large the bank.
func TestCostOfAnAnswer(t *testing.T) {
	t.Parallel()
	rules := cat.DefaultRules(session.DefaultWeights())
	rules.MinItems, rules.MaxItems = 16, 16
	for _, d := range storetest.Dialects() {
		for _, size := range []int{100, 10000} {
			t.Run(fmt.Sprintf("%s %d", d, size), func(t *testing.T) {
				t.Parallel()
				s := servertest.New(t, storetest.URL(t, d), server.Options{Rules: &rules})
				s.UseItems(size, 1)
				taker := s.Taker()
				for range 2 { // also with a test behind
					requireCosts(t, taker)
				}
			})
		}
	}
}

func requireCosts(t *testing.T, taker servertest.Client) {
	t.Helper()
	var started struct{ StartTest servertest.Step }
	a := taker.Get(t, &started, `mutation { startTest { session { id answered } } }`, nil)
	require.Equal(t, startStatements, a.Extensions.Statements)
	for answered := 0; ; answered++ {
		var open resumed
		taker.Get(t, &open, launch, nil)
		active := open.Viewer.ActiveSession
		if active == nil {
			require.Equal(t, 16, answered)
			return
		}
		a := taker.Get(t, nil, `mutation Answer($session: ID!, $question: ID!, $option: String!) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option}) { session { id answered } }
}`, servertest.Variables{
			"session": active.ID, "question": active.CurrentQuestion.ID,
			"option": active.CurrentQuestion.Answer(answered%2 == 0),
		})
		want := answerStatements
		if answered == 15 {
			want = finalStatements
		}
		t.Logf("answer %d: %d statements", answered+1, a.Extensions.Statements)
		require.Equal(t, want, a.Extensions.Statements, "answer %d", answered+1)
	}
}

// TestCostOfAForm shows that composing a form, answering and submitting it cost the
// same whatever the size of the bank, with a form behind too.
func TestCostOfAForm(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Dialects() {
		for _, size := range []int{100, 10_000} {
			t.Run(fmt.Sprintf("%s %d", d, size), func(t *testing.T) {
				t.Parallel()
				s := servertest.New(t, storetest.URL(t, d), server.Options{})
				s.UseRecords(servertest.FormItems(size))
				taker := s.Taker()
				for answered := range 3 {
					requireFormCosts(t, taker, 12*answered)
				}
			})
		}
	}
}

// requireFormCosts takes a form, so many answers one by one and the rest at once.
func requireFormCosts(t *testing.T, taker servertest.Client, alone int) {
	t.Helper()
	a := taker.Get(t, nil, `mutation { startTest(input: {kind: FIXED, clientMutationId: "`+fmt.Sprint(alone)+`"}) { session { id } } }`, nil)
	require.Equal(t, startStatements, a.Extensions.Statements, "start")
	var active resumed
	taker.Get(t, &active, launch, nil)
	id := active.Viewer.ActiveSession.ID
	var rest []servertest.Submitted
	for i, q := range taker.Form(t, id).Open {
		if q.Phase == "STIMULUS" {
			a := taker.Get(t, nil, `mutation ($session: ID!, $question: ID!) {
  finishStimulus(input: {sessionId: $session, questionId: $question}) { session { id } }
}`, servertest.Variables{"session": id, "question": q.ID})
			require.Equal(t, finishStimulusStatements, a.Extensions.Statements, "stimulus")
		}
		if i >= alone {
			rest = append(rest, taker.Right(t, id, q, true))
			continue
		}
		answer := *taker.Right(t, id, q, i%2 == 0).OptionID
		a := taker.Get(t, nil, `mutation ($session: ID!, $question: ID!, $option: String!, $key: String) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option, clientMutationId: $key}) { session { id answered } }
}`, servertest.Variables{"session": id, "question": q.ID, "option": answer, "key": q.ID})
		require.Equal(t, answerStatements, a.Extensions.Statements, "answer %d", i+1)
	}
	a = taker.Get(t, nil, `mutation ($session: ID!, $answers: [SubmittedAnswerInput!]!) {
  submitTest(input: {sessionId: $session, answers: $answers}) { session { id state } }
}`, servertest.Variables{"session": id, "answers": rest})
	want := submitStatements
	if len(rest) == 0 {
		want-- // there is no answer to write
	}
	require.Equal(t, want, a.Extensions.Statements, "submit")
}
