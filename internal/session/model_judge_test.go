package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// model is what must be true of a person's tests, by what was acknowledged. It
// hears of replies that a device lost too: the server has given its word.
type model struct {
	// tests are the tests known, as they were last told to be.
	tests map[string]seenTest
	// served is the test of each question that was told.
	served map[string]string
	// given are the answers acknowledged by question, "" for skipped ones, and
	// maybe those of requests whose reply was cut.
	given map[string]string
	maybe map[string][]string
	// started are the tests by the name of the request.
	started map[string]string
	// finished are the questions whose stimulus is over for certain, finishing
	// those of which a request says so.
	finished, finishing map[string]bool
}

func newModel() model {
	return model{
		tests: map[string]seenTest{}, served: map[string]string{}, given: map[string]string{}, maybe: map[string][]string{},
		started: map[string]string{}, finished: map[string]bool{}, finishing: map[string]bool{},
	}
}

// sending is told of a call before it is sent.
func (m *model) sending(c call) {
	if c.question != "" {
		m.finishing[c.question] = true
	}
	for q, option := range c.answers {
		if option == "" { // who skips a question has no use for its stimulus
			m.finishing[q] = true
		}
	}
}

// judge compares the replies to calls sent at the same time with what was known
// before, and then learns from them.
func (p *person) judge(ctx context.Context, replies []reply) error {
	for _, r := range replies {
		if r.cut {
			for q, option := range r.call.answers {
				p.maybe[q] = append(p.maybe[q], option)
			}
			continue
		}
		if err := errors.Join(r.typed(), p.compare(r), p.secrets(ctx, r)); err != nil {
			return fmt.Errorf("reply to %s: %w", r.call, err)
		}
	}
	for _, r := range replies {
		if err := p.learn(r); err != nil {
			return fmt.Errorf("reply to %s: %w", r.call, err)
		}
	}
	return nil
}

// compare looks for what was known before and is no longer told.
func (p *person) compare(r reply) error {
	if r.Code() != "" && p.repeats(r.call) && r.Code() != "CONFLICT" {
		return fmt.Errorf("an acknowledged answer is refused when repeated: %s", r.Code())
	}
	open := 0
	for _, t := range r.sessions {
		if t.State == "IN_PROGRESS" {
			open++
		}
	}
	if open > 1 {
		return fmt.Errorf("%d tests are in progress", open)
	}
	if r.test == nil {
		return nil
	}
	before := p.tests[r.test.ID]
	if before.State != "" && before.State != "IN_PROGRESS" && r.test.State != before.State {
		return fmt.Errorf("the test was %s and is %s", before.State, r.test.State)
	}
	if r.test.Version < before.Version || r.test.Answered < before.Answered {
		return fmt.Errorf("the test went back from version %d to %d", before.Version, r.test.Version)
	}
	if before.Result != nil && (r.test.Result == nil || *r.test.Result != *before.Result) {
		return fmt.Errorf("the result was %v and is %v", *before.Result, r.test.Result)
	}
	for _, q := range r.test.OpenQuestions {
		if _, answered := p.given[q.ID]; answered {
			return fmt.Errorf("question %s is open again", q.ID)
		}
	}
	told := map[string]*string{}
	for _, response := range r.test.Responses {
		if _, twice := told[response.Question.ID]; twice {
			return fmt.Errorf("question %s stands twice in the test", response.Question.ID)
		}
		told[response.Question.ID] = response.OptionID
	}
	for q, option := range p.given {
		if p.served[q] != r.test.ID {
			continue
		}
		if got, ok := told[q]; !ok || option != "" && (got == nil || *got != option) {
			return fmt.Errorf("the answer %q to question %s is not in the test", option, q)
		}
	}
	return nil
}

// repeats is whether the call gives nothing but one answer that was acknowledged.
func (m *model) repeats(c call) bool {
	if c.name != "answer" {
		return false
	}
	for q, option := range c.answers {
		if before, ok := m.given[q]; !ok || option == "" || before != option || m.served[q] != c.session {
			return false
		}
	}
	return true
}

// learn takes over what a reply says.
func (p *person) learn(r reply) error {
	if r.cut || r.test == nil {
		return nil
	}
	for _, response := range r.test.Responses {
		q := response.Question.ID
		if other, ok := p.served[q]; ok && other != r.test.ID {
			return fmt.Errorf("question %s was asked before, in test %s", q, other)
		}
		p.served[q] = r.test.ID
	}
	if known := p.tests[r.test.ID]; known.Version <= r.test.Version {
		p.tests[r.test.ID] = *r.test
	}
	c := r.call
	if c.name == "start" && c.key != "" {
		if first, ok := p.started[c.key]; ok && first != r.test.ID {
			return fmt.Errorf("the start %q gave test %s before", c.key, first)
		}
		p.started[c.key] = r.test.ID
	}
	if c.question != "" {
		p.finished[c.question] = true
	}
	for q, option := range c.answers {
		if before, ok := p.given[q]; ok && before != option {
			return fmt.Errorf("the answer %q to question %s is acknowledged after %q", option, q, before)
		}
		p.given[q] = option
	}
	return nil
}

var (
	tellsWording     = regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(wording), "%d", `(\d+)`))
	tellsRemembered  = regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(remembered), "%d", `(\d+)`))
	tellsExplanation = regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(explanation), "%d", `(\d+)`))
)

// secrets looks through a reply for what its reader may not know yet, or no more.
func (p *person) secrets(ctx context.Context, r reply) error {
	failures, err := json.Marshal(r.Errors)
	if err != nil {
		return err
	}
	raw := string(r.Data) + string(failures)
	for _, found := range tellsRemembered.FindAllStringSubmatch(raw, -1) {
		if q := p.ids[found[1]]; p.finished[q] {
			return fmt.Errorf("the stimulus of question %s is shown again", q)
		}
	}
	for _, found := range tellsWording.FindAllStringSubmatch(raw, -1) {
		if q := p.ids[found[1]]; p.items[q].memory && !p.finishing[q] {
			return fmt.Errorf("question %s is shown in its stimulus phase", q)
		}
	}
	var data any
	if len(r.Data) > 0 {
		if err := json.Unmarshal(r.Data, &data); err != nil {
			return err
		}
	}
	told := map[string]bool{}
	for _, found := range tellsExplanation.FindAllStringSubmatch(raw, -1) {
		told[p.ids[found[1]]] = true
	}
	if err := look(data, told); err != nil {
		return err
	}
	if len(told) == 0 {
		return nil
	}
	// Of tests that are over they may be known. A test that is over stays so:
	// whoever reads it now does not read too early.
	rows, err := p.responses(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if told[globalID(ident.KindQuestion, int64(row.QuestionID))] && row.Edges.Session.State.Final() {
			delete(told, globalID(ident.KindQuestion, int64(row.QuestionID)))
		}
	}
	for q := range told {
		return fmt.Errorf("key, outcome or explanation of question %s is told while the test goes on", q)
	}
	return nil
}

// look goes through a reply for questions that are told by key, and for those that
// are shown in a phase that they are not in.
func look(v any, told map[string]bool) error {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := look(item, told); err != nil {
				return err
			}
		}
	case map[string]any:
		id, _ := v["id"].(string)
		if v["key"] != nil || v["explanation"] != nil {
			told[id] = true
		}
		if question, ok := v["question"].(map[string]any); ok && v["isCorrect"] != nil {
			of, _ := question["id"].(string)
			told[of] = true
		}
		options, _ := v["options"].([]any)
		switch {
		case v["phase"] == "STIMULUS" && (v["text"] != nil || len(options) > 0),
			v["phase"] == "QUESTION" && v["stimulus"] != nil:
			return fmt.Errorf("question %s is shown in both phases", id)
		}
		for _, item := range v {
			if err := look(item, told); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *person) responses(ctx context.Context) ([]*db.Response, error) {
	return p.Store.Reader().Response.Query().Where(response.UserID(ident.User(p.client.UserID))).WithSession().All(ctx)
}

// stored compares what the database holds in the end with what was acknowledged.
func (p *person) stored(ctx context.Context) error {
	rows, err := p.responses(ctx)
	if err != nil {
		return err
	}
	held := map[ident.Session][]*db.Response{}
	met, answered := map[string]bool{}, map[string]bool{}
	for _, row := range rows {
		q := globalID(ident.KindQuestion, int64(row.QuestionID))
		if met[q] {
			return fmt.Errorf("question %s was asked twice", q)
		}
		met[q] = true
		if row.AnsweredAt == nil {
			continue
		}
		answered[q] = true
		held[row.SessionID] = append(held[row.SessionID], row)
		if err := p.heldAnswer(q, row); err != nil {
			return err
		}
	}
	for q := range p.given {
		if !answered[q] {
			return fmt.Errorf("the answer to question %s is lost", q)
		}
	}
	p.acknowledged += len(p.given)

	tests, err := p.Store.Reader().TestSession.Query().
		Where(testsession.UserID(ident.User(p.client.UserID))).WithResult().All(ctx)
	if err != nil {
		return err
	}
	open := 0
	for _, t := range tests {
		if t.State == vocab.InProgress {
			open++
		}
		if err := p.storedTest(ctx, t, held[t.ID]); err != nil {
			return fmt.Errorf("test %d: %w", t.ID, err)
		}
	}
	if open > 1 {
		return fmt.Errorf("%d tests are in progress", open)
	}
	p.taken += len(tests)
	return nil
}

// heldAnswer compares a stored answer with what was sent.
func (p *person) heldAnswer(q string, row *db.Response) error {
	option := ""
	if row.OptionID != nil {
		option = *row.OptionID
	}
	if given, ok := p.given[q]; ok && given != option {
		return fmt.Errorf("the answer to question %s is %q, acknowledged was %q", q, option, given)
	} else if !ok && !contains(p.maybe[q], option) {
		return fmt.Errorf("the answer %q to question %s was never taken", option, q)
	}
	if *row.IsCorrect != (option == p.items[q].key) {
		return fmt.Errorf("the answer %q to question %s is scored wrongly", option, q)
	}
	return nil
}

func contains(options []string, option string) bool {
	for _, o := range options {
		if o == option {
			return true
		}
	}
	return false
}

// storedTest compares a test with its answers, and with itself replayed.
func (p *person) storedTest(ctx context.Context, t *db.TestSession, answers []*db.Response) error {
	steps := map[ident.Question]bool{}
	for _, step := range t.Steps {
		steps[step.Question] = true
	}
	if len(steps) != len(t.Steps) || len(t.Steps) != len(answers) || t.Answered != len(answers) {
		return fmt.Errorf("%d answers, %d steps, %d of them different, %d counted", len(answers), len(t.Steps), len(steps), t.Answered)
	}
	replayed, err := p.replayer.Replay(ctx, t.ID)
	if err != nil {
		return err
	}
	if !replayed.Agrees() || replayed.Unchecked > 0 {
		return fmt.Errorf("replaying disagrees: %v, %d unchecked", replayed.Disagreements, replayed.Unchecked)
	}
	result := t.Edges.Result
	if (t.State == vocab.Completed) != (result != nil) {
		return fmt.Errorf("%s with the result %v", t.State, result)
	}
	told := p.tests[globalID(ident.KindSession, int64(t.ID))]
	switch {
	case result == nil && told.Result != nil:
		return fmt.Errorf("the result that was told is lost")
	case result == nil:
		return nil
	case told.Result != nil && told.Result.Score != result.Score:
		return fmt.Errorf("score %v, told was %v", result.Score, told.Result.Score)
	}
	p.scored++
	right := 0
	for _, row := range answers {
		if *row.IsCorrect {
			right++
		}
	}
	if result.Correct != right {
		return fmt.Errorf("%d right in the result, %d answers are", result.Correct, right)
	}
	return nil
}
