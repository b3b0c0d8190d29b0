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
// beyond what the change itself has read.
const (
	startStatements  = 6
	answerStatements = 5
	finalStatements  = 9
)

// TestCostOfAnAnswer shows that a start and an answer cost the same however long
// the test and however large the bank.
func TestCostOfAnAnswer(t *testing.T) {
	t.Parallel()
	rules := cat.DefaultRules(session.DefaultWeights())
	rules.MinItems, rules.MaxItems = 16, 16
	for _, d := range storetest.Dialects() {
		for _, size := range []int{100, 2000} {
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
		require.Equal(t, want, a.Extensions.Statements, "answer %d", answered+1)
	}
}
