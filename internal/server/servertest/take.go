package servertest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Question is a question as its taker meets it.
type Question struct {
	ID       string
	Phase    string
	Text     string
	Stimulus *string
	Domain   string
	Options  []Option
}

// Option is an answer to choose.
type Option struct{ ID, Label string }

// Answer is the id of an option that is right, or of one that is not. The
// question is one of Items.
func (q Question) Answer(right bool) string {
	for _, o := range q.Options {
		if (o.Label == rightLabel) == right {
			return o.ID
		}
	}
	return ""
}

// Progress is how far a test is.
type Progress struct {
	Version            int
	State              string
	Answered           int
	Maximum            int
	EstimatedRemaining int
	ElapsedSeconds     int
	RemainingSeconds   *int
	PerDomain          []DomainProgress
	CurrentQuestion    *Question
	Theta              *float64
	StandardError      *float64
}

// DomainProgress is how many questions of a domain were answered.
type DomainProgress struct {
	Domain    string
	Answered  int
	Questions *int
}

// Result is the result of a test.
type Result struct {
	ID                 string
	Score              float64
	ConfidenceInterval *struct{ Lower, Upper, Level float64 }
	IntervalStatus     string
	Percentile         float64
	Theta              float64
	StandardError      float64
	Scoring            string
	Total, Correct     int
	DomainScores       []DomainScore
	StrongestDomain    *string
	WeakestDomain      *string
	ScoredAt           time.Time
}

// DomainScore is how a person did in a domain.
type DomainScore struct {
	Domain         string
	Items, Correct int
	Accuracy       float64
}

// Session is a test.
type Session struct {
	ID                string
	Kind              string
	State             string
	Version           int
	Answered          int
	StartedAt         time.Time
	EndedAt           *time.Time
	StopReason        *string
	DueAt             *time.Time
	TimeLimitExceeded bool
}

// Step is what starting or answering leads to.
type Step struct {
	Session  Session
	Progress Progress
	// Question is the one to answer next, nil when the test is over.
	Question *Question
	Result   *Result
}

const taking = sessionFields + questionFields + progressFields

const sessionFields = `
fragment S on TestSession { id kind state version answered startedAt endedAt stopReason dueAt timeLimitExceeded }`

const questionFields = `
fragment Q on Question { id phase text stimulus domain options { id label } }`

const progressFields = `
fragment P on SessionProgress {
  version state answered maximum estimatedRemaining elapsedSeconds remainingSeconds
  perDomain { domain answered questions } currentQuestion { ...Q }
}`

const scored = `
fragment R on TestResult {
  id score confidenceInterval { lower upper level } intervalStatus percentile theta standardError scoring
  total correct domainScores { domain items correct accuracy } strongestDomain weakestDomain scoredAt
}`

// The operations of taking a test. The names that they give to fields are those
// of Step.
const (
	StartTest    = `mutation Start { startTest { session { ...S } question { ...Q } progress { ...P } } }` + taking
	SubmitAnswer = `mutation Answer($session: ID!, $question: ID!, $option: String!) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option}) {
    session { ...S } question: nextQuestion { ...Q } progress { ...P } result { ...R }
  }
}` + taking + scored
	FinishStimulus = `mutation Finish($session: ID!, $question: ID!) {
  finishStimulus(input: {sessionId: $session, questionId: $question}) { session { ...S } question { ...Q } }
}` + sessionFields + questionFields
	AbandonTest = `mutation Abandon($session: ID!) { abandonTest(input: {sessionId: $session}) { session { id state version answered endedAt } } }`
)

// StartTest starts a test that must start.
func (c Client) StartTest(tb testing.TB) Step {
	tb.Helper()
	var data struct{ StartTest Step }
	c.Get(tb, &data, StartTest, nil)
	return data.StartTest
}

// ActiveTest is the test in progress, of which there must be one.
func (c Client) ActiveTest(tb testing.TB) Step {
	tb.Helper()
	var data struct {
		Viewer struct{ ActiveSession *wholeForm }
	}
	c.Get(tb, &data, `{ viewer { activeSession { ...F } } }`+fixedFields, nil)
	require.NotNil(tb, data.Viewer.ActiveSession, "no test is in progress")
	return data.Viewer.ActiveSession.form().Step
}

// Submit answers a question and gives back the answer, whatever it is.
func (c Client) Submit(tb testing.TB, session, question, option string) Answer {
	tb.Helper()
	return c.Ask(tb, SubmitAnswer, Variables{"session": session, "question": question, "option": option})
}

// FinishStimulus ends the stimulus phase of a question that is in it, and gives the
// question as it then is; any other question is given back as it was.
func (c Client) FinishStimulus(tb testing.TB, session string, q Question) Question {
	tb.Helper()
	if q.Phase != "STIMULUS" {
		return q
	}
	var data struct{ FinishStimulus struct{ Question Question } }
	c.Get(tb, &data, FinishStimulus, Variables{"session": session, "question": q.ID})
	return data.FinishStimulus.Question
}

// Answer answers the open question, right or wrong, once its stimulus is finished.
// The answer must be taken.
func (c Client) Answer(tb testing.TB, at Step, right bool) Step {
	tb.Helper()
	shown := c.FinishStimulus(tb, at.Session.ID, *at.Question)
	at.Question = &shown
	a := c.Submit(tb, at.Session.ID, at.Question.ID, at.Question.Answer(right))
	require.Empty(tb, a.Errors)
	return a.Step(tb)
}

// Step reads the answer to SubmitAnswer.
func (a Answer) Step(tb testing.TB) Step {
	tb.Helper()
	var data struct{ SubmitAnswer *Step }
	require.NoError(tb, json.Unmarshal(a.Data, &data))
	require.NotNil(tb, data.SubmitAnswer)
	return *data.SubmitAnswer
}

// Finish answers until the test is over: right where the function says so of
// the number of answers before.
func (c Client) Finish(tb testing.TB, at Step, right func(answered int) bool) Step {
	tb.Helper()
	for at.Question != nil {
		at = c.Answer(tb, at, right(at.Session.Answered))
	}
	return at
}

// Abandon gives up a test that can be given up.
func (c Client) Abandon(tb testing.TB, session string) Session {
	tb.Helper()
	var data struct {
		AbandonTest struct{ Session Session }
	}
	c.Get(tb, &data, AbandonTest, Variables{"session": session})
	return data.AbandonTest.Session
}
