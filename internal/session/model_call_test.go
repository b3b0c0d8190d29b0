package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptrace"
	"slices"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// call is one request of a device, to be sent any number of times.
type call struct {
	// name is that of the operation.
	name      string
	query     string
	variables servertest.Variables
	// session is the test that it is about, "" for a start and for reading.
	session string
	// answers are those that it gives, by question; "" skips.
	answers map[string]string
	// question is the one whose stimulus it ends.
	question string
	// key is the client's name for the request, "" if it has none.
	key string
}

func (c call) String() string {
	raw, err := json.Marshal(c.variables)
	if err != nil {
		return c.name + ": " + err.Error()
	}
	return c.name + string(raw)
}

// Everything that a taker can ask about a test goes into every reply, so that
// whatever leaks is seen.
const (
	everything = `
fragment M on TestSession {
  id kind state version answered maximum
  openQuestions { ...MQ }
  responses { optionId isCorrect question { ...MQ } }
  result { score correct total }
}
fragment MQ on Question { id phase text stimulus options { id label } key explanation }`

	modelStart = `mutation ($kind: SessionKind, $key: String) {
  out: startTest(input: {kind: $kind, clientMutationId: $key}) { session { ...M } } }` + everything
	modelAnswer = `mutation ($session: ID!, $question: ID!, $option: String!, $key: String) {
  out: submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option, clientMutationId: $key}) {
    session { ...M } nextQuestion { ...MQ } } }` + everything
	modelFinish = `mutation ($session: ID!, $question: ID!, $key: String) {
  out: finishStimulus(input: {sessionId: $session, questionId: $question, clientMutationId: $key}) { session { ...M } question { ...MQ } } }` + everything
	modelSubmit = `mutation ($session: ID!, $answers: [SubmittedAnswerInput!]!, $key: String) {
  out: submitTest(input: {sessionId: $session, answers: $answers, clientMutationId: $key}) { session { ...M } } }` + everything
	modelAbandon = `mutation ($session: ID!, $key: String) {
  out: abandonTest(input: {sessionId: $session, clientMutationId: $key}) { session { ...M } } }` + everything
	modelRead = `query { out: viewer { session: activeSession { ...M } testSessions(first: 50) { nodes { id state } } } }` + everything
	modelLook = `query ($session: ID!) { out: node(id: $session) { ... on TestSession { ...M } } }` + everything
)

// seenTest is a test as a reply tells it.
type seenTest struct {
	ID                         string
	Kind, State                string
	Version, Answered, Maximum int
	OpenQuestions              []servertest.Question
	Responses                  []struct {
		OptionID  *string
		IsCorrect *bool
		Question  servertest.Question
	}
	Result *struct {
		Score          float64
		Correct, Total int
	}
}

// reply is what came back of a call.
type reply struct {
	call call
	// device is the one that sent it.
	device int
	// cut is a reply that never arrived: whether the request did is not known.
	cut bool
	// lost is one that arrived and that the device takes no notice of.
	lost bool

	servertest.Answer
	test     *seenTest
	sessions []seenTest
}

// send sends the call. To cut it, the connection is closed as soon as the
// request is written.
func (c call) send(ctx context.Context, client servertest.Client, cut bool) (reply, error) {
	if cut {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { cancel() },
		})
	}
	a, err := client.Do(ctx, c.query, c.variables)
	switch {
	case err != nil && cut:
		return reply{call: c, cut: true}, nil
	case err != nil:
		return reply{}, fmt.Errorf("%s: %w", c, err)
	}
	r := reply{call: c, Answer: a}
	if a.Status != 200 {
		return r, fmt.Errorf("%s: HTTP status %d", c, a.Status)
	}
	if c.name == "look" {
		var data struct{ Out *seenTest }
		if err := json.Unmarshal(a.Data, &data); err != nil {
			return r, fmt.Errorf("%s: %w", c, err)
		}
		r.test = data.Out
		return r, nil
	}
	var data struct {
		Out *struct {
			Session      *seenTest
			TestSessions struct{ Nodes []seenTest }
		}
	}
	if err := json.Unmarshal(a.Data, &data); err != nil {
		return r, fmt.Errorf("%s: %w", c, err)
	}
	if data.Out != nil {
		r.test, r.sessions = data.Out.Session, data.Out.TestSessions.Nodes
	}
	return r, nil
}

// refusals are the codes by which each operation may be refused here.
func refusals(name string) []string {
	switch name {
	case "start":
		return []string{"ACTIVE_SESSION_EXISTS", "CONFLICT", "NO_QUESTIONS_AVAILABLE"}
	case "answer":
		return []string{"ALREADY_ANSWERED", "QUESTION_NOT_SERVED", "SESSION_CLOSED", "VALIDATION_FAILED", "CONFLICT"}
	case "finish":
		return []string{"QUESTION_NOT_SERVED", "SESSION_CLOSED", "VALIDATION_FAILED"}
	case "submit":
		return []string{"ALREADY_ANSWERED", "QUESTION_NOT_SERVED", "SESSION_CLOSED", "VALIDATION_FAILED", "CONFLICT"}
	case "abandon":
		return []string{"SESSION_CLOSED"}
	default:
		return nil
	}
}

// typed is an error unless the call was answered, or refused as it may be.
func (r reply) typed() error {
	if r.Code() == "" && len(r.Errors) == 0 || slices.Contains(refusals(r.call.name), r.Code()) {
		return nil
	}
	return fmt.Errorf("%s was refused by %v", r.call, r.Errors)
}
