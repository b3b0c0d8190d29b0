package servertest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/vocab"
)

// FormItems are Items(n, 1.3) of every difficulty; those of the domain MEMORY have a
// stimulus.
func FormItems(n int) []bankfile.Record {
	labels := []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard}
	out := Items(n, 1.3)
	for i := range out {
		out[i].Difficulty = labels[i/len(vocab.Domains())%len(labels)]
		if out[i].Domain == vocab.Memory {
			out[i].Stimulus = fmt.Sprintf("Remember %d", i)
		}
	}
	return out
}

// UseRecords loads questions.
func (s *Server) UseRecords(records []bankfile.Record) {
	s.tb.Helper()
	_, err := bank.Import(s.tb.Context(), s.Store, clock.System, records)
	require.NoError(s.tb, err)
	require.NoError(s.tb, s.Bank.Refresh(s.tb.Context()))
}

// Form is a fixed test: where it stands, and its questions that are open, in order.
type Form struct {
	Step
	Open []Question
}

const fixedFields = `
fragment F on TestSession { ...S openQuestions { ...Q } progress { ...P } result { ...R } }` + taking + scored

// The operations of taking a fixed test.
const (
	StartForm  = `mutation StartForm($key: String) { startTest(input: {kind: FIXED, clientMutationId: $key}) { session { ...F } question { ...Q } } }` + fixedFields
	SubmitTest = `mutation Submit($session: ID!, $answers: [SubmittedAnswerInput!]!, $key: String) {
  submitTest(input: {sessionId: $session, answers: $answers, clientMutationId: $key}) {
    session { ...S } progress { ...P } result { ...R }
  }
}` + taking + scored
	ReadForm = `query Read($session: ID!) { node(id: $session) { ...F } }` + fixedFields
)

type wholeForm struct {
	Session
	OpenQuestions []Question
	Progress      Progress
	Result        *Result
}

func (f wholeForm) form() Form {
	return Form{Step{Session: f.Session, Progress: f.Progress, Question: f.Progress.CurrentQuestion, Result: f.Result}, f.OpenQuestions}
}

// StartForm starts a fixed test that must start.
func (c Client) StartForm(tb testing.TB) Form {
	tb.Helper()
	var data struct{ StartTest struct{ Session wholeForm } }
	c.Get(tb, &data, StartForm, nil)
	return data.StartTest.Session.form()
}

// Form reads the taker's fixed test as it stands.
func (c Client) Form(tb testing.TB, session string) Form {
	tb.Helper()
	var data struct{ Node wholeForm }
	c.Get(tb, &data, ReadForm, Variables{"session": session})
	return data.Node.form()
}

// Submitted is an answer of a submission; without an option the question is skipped.
type Submitted struct {
	QuestionID string     `json:"questionId"`
	OptionID   *string    `json:"optionId"`
	AnsweredAt *time.Time `json:"answeredAt,omitempty"`
}

// Right answers the question right, or wrong, once its stimulus is finished.
func (c Client) Right(tb testing.TB, session string, q Question, right bool) Submitted {
	tb.Helper()
	option := c.FinishStimulus(tb, session, q).Answer(right)
	return Submitted{QuestionID: q.ID, OptionID: &option}
}

// SubmitTest completes a fixed test and gives back the answer, whatever it is. The
// key may be empty.
func (c Client) SubmitTest(tb testing.TB, session, key string, answers ...Submitted) Answer {
	tb.Helper()
	return c.Ask(tb, SubmitTest, submission(session, key, answers))
}

func submission(session, key string, answers []Submitted) Variables {
	v := Variables{"session": session, "answers": append([]Submitted{}, answers...)}
	if key != "" {
		v["key"] = key
	}
	return v
}

// End reads the answer to SubmitTest, which must have been taken.
func (a Answer) End(tb testing.TB) Step {
	tb.Helper()
	require.Empty(tb, a.Errors)
	var data struct{ SubmitTest Step }
	require.NoError(tb, json.Unmarshal(a.Data, &data))
	return data.SubmitTest
}
