package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Replay is a session computed again from what is stored of it.
type Replay struct {
	Session ident.Session      `json:"session"`
	Kind    vocab.SessionKind  `json:"kind"`
	State   vocab.SessionState `json:"state"`
	// Steps are the answers in order.
	Steps []ReplayedStep `json:"steps"`
	// Stored and Replayed are the score as it was reported and as the answers give
	// it again; nil without a result.
	Stored   *float64 `json:"storedScore"`
	Replayed *float64 `json:"replayedScore"`
	// Unchecked counts the choices whose engine was not recorded, so that they
	// cannot be repeated.
	Unchecked int `json:"unchecked"`
	// Disagreements are all that is stored and does not come out again.
	Disagreements []Disagreement `json:"disagreements"`
}

// Agrees reports whether all that was replayed came out as it is stored.
func (r *Replay) Agrees() bool { return len(r.Disagreements) == 0 }

// ReplayedStep is one answer of a session.
type ReplayedStep struct {
	Position int            `json:"position"`
	Question ident.Question `json:"question"`
	Correct  bool           `json:"correct"`
	// Theta and StandardError are the stored estimate after the answer, in logits;
	// 0 in fixed forms, which estimate nothing on the way.
	Theta         float64 `json:"theta"`
	StandardError float64 `json:"standardError"`
	// Agrees says that nothing about the answer disagrees.
	Agrees bool `json:"agrees"`
}

// Disagreement is something stored that does not come out again.
type Disagreement struct {
	// Position is the answer's, 0 for the session as a whole.
	Position int `json:"position"`
	// About says in words what disagrees.
	About    string `json:"about"`
	Stored   string `json:"stored"`
	Replayed string `json:"replayed"`
}

// Replayer replays sessions. It keeps the engines that it has made, so that
// sessions of one revision share one. It is for one goroutine at a time.
type Replayer struct {
	client  *db.Client
	engines map[ident.EngineRevision]*cat.Engine
}

// NewReplayer makes a replayer. It only reads.
func NewReplayer(st *store.Store) *Replayer {
	return &Replayer{client: st.Reader(), engines: map[ident.EngineRevision]*cat.Engine{}}
}

// Replay chooses every question of the session again with the engine that chose
// it then, and compares: the questions, the estimate after each answer, the
// answers with the responses, the reason for which the test ended, and the result
// with one computed anew by the method that it names. Questions that were
// changed, calibrated anew or taken out of use since make no difference.
//
// It fails with NOT_FOUND if there is no such session. It costs three statements,
// one for each engine revision met for the first time, and two for a fixed form
// with questions left out.
func (p *Replayer) Replay(ctx context.Context, id ident.Session) (*Replay, error) {
	t, err := p.client.TestSession.Query().Where(testsession.ID(id)).
		WithResult().
		WithResponses(func(q *db.ResponseQuery) { q.Order(response.ByPosition()) }).
		Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.Missing("Test")
	}
	if err != nil {
		return nil, fmt.Errorf("load the test: %w", err)
	}
	r := &replay{Replayer: p, t: t, out: &Replay{
		Session: t.ID, Kind: t.Kind, State: t.State, Steps: make([]ReplayedStep, len(t.Steps)),
		Disagreements: []Disagreement{},
	}}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	for i, step := range t.Steps {
		r.out.Steps[i] = ReplayedStep{
			Position: i + 1, Question: step.Question, Correct: step.Correct,
			Theta: step.Theta, StandardError: step.StandardError, Agrees: true,
		}
	}
	for _, d := range r.out.Disagreements {
		if 0 < d.Position && d.Position <= len(r.out.Steps) {
			r.out.Steps[d.Position-1].Agrees = false
		}
	}
	return r.out, nil
}

// replay is one session being replayed.
type replay struct {
	*Replayer
	t   *db.TestSession
	out *Replay
}

func (r *replay) run(ctx context.Context) error {
	r.answers()
	if r.t.Kind == vocab.Adaptive {
		if err := r.choices(ctx); err != nil {
			return err
		}
	}
	return r.result(ctx)
}

// differ notes a disagreement unless the two are the same.
func differ[T comparable](r *replay, position int, about string, stored, replayed T) {
	if stored != replayed {
		r.note(position, about, fmt.Sprint(stored), fmt.Sprint(replayed))
	}
}

// sameReal is how far two numbers may lie apart that were computed in the same
// way: processors that fuse multiplication and addition round differently.
const sameReal = 1e-12

func near(stored, replayed float64) bool {
	return math.Abs(stored-replayed) <= sameReal*max(1, math.Abs(replayed))
}

func (r *replay) real(position int, about string, stored, replayed float64) {
	if !near(stored, replayed) {
		r.note(position, about, number(stored), number(replayed))
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (r *replay) note(position int, about, stored, replayed string) {
	r.out.Disagreements = append(r.out.Disagreements, Disagreement{position, about, stored, replayed})
}

const absent = "absent"

// answers compares the session's own answers with the responses.
func (r *replay) answers() {
	differ(r, 0, "number of answers", r.t.Answered, len(r.t.Steps))
	responses := make(map[ident.Question]*db.Response, len(r.t.Edges.Responses))
	for _, row := range r.t.Edges.Responses {
		if row.AnsweredAt != nil {
			responses[row.QuestionID] = row
		}
	}
	for i, step := range r.t.Steps {
		position := i + 1
		if step.Key != "" {
			differ(r, position, "right or wrong by the key", step.Correct, step.Option == step.Key)
		}
		row := responses[step.Question]
		if row == nil {
			r.note(position, "response", absent, fmt.Sprint("to question ", step.Question))
			continue
		}
		delete(responses, step.Question)
		r.response(position, step, row)
	}
	// Left are responses that the session knows nothing of. While it is in
	// progress, one may have come after its row was read.
	for _, row := range r.t.Edges.Responses {
		if responses[row.QuestionID] != nil && r.t.State.Final() {
			r.note(row.Position, "response", fmt.Sprint("to question ", row.QuestionID), absent)
		}
	}
}

// response compares one answer with its row.
func (r *replay) response(position int, step vocab.Step, row *db.Response) {
	if row.IsCorrect == nil {
		r.note(position, "right or wrong in the response", absent, fmt.Sprint(step.Correct))
	} else {
		differ(r, position, "right or wrong in the response", *row.IsCorrect, step.Correct)
	}
	if step.Option != "" {
		chosen := ""
		if row.OptionID != nil {
			chosen = *row.OptionID
		}
		differ(r, position, "option in the response", chosen, step.Option)
	}
	if r.t.Kind != vocab.Adaptive {
		return
	}
	differ(r, position, "position of the response", row.Position, position)
	r.optional(position, "theta of the response", row.Theta, step.Theta)
	r.optional(position, "standard error of the response", row.StandardError, step.StandardError)
}

// optional compares a stored number that may be missing.
func (r *replay) optional(position int, about string, stored *float64, replayed float64) {
	if stored == nil {
		r.note(position, about, absent, number(replayed))
		return
	}
	r.real(position, about, *stored, replayed)
}

// choices asks the engines again, before the first answer and after each.
func (r *replay) choices(ctx context.Context) error {
	state := engineState(r.t)
	answers := state.Answers
	for n := range len(answers) + 1 {
		state.Answers = answers[:n]
		engine, err := r.engineAfter(ctx, n)
		if err != nil {
			return err
		}
		if engine == nil {
			r.out.Unchecked++
			continue
		}
		d, err := engine.Next(state)
		if err != nil {
			r.note(n, "answers that the engine takes", err.Error(), absent)
			return nil
		}
		if n > 0 {
			r.estimate(n, d)
			r.parameters(n, engine)
		}
		if n < len(answers) {
			r.choice(n+1, r.t.Steps[n].Question, d)
		} else {
			r.end(d)
		}
	}
	return nil
}

// engineAfter is the engine that decided what followed the first n answers; nil
// if it was not recorded.
func (r *replay) engineAfter(ctx context.Context, n int) (*cat.Engine, error) {
	var id ident.EngineRevision
	switch {
	case n > 0:
		id = r.t.Steps[n-1].Revision
	case r.t.RevisionID != nil:
		id = *r.t.RevisionID
	}
	if id == 0 {
		return nil, nil
	}
	if engine, ok := r.engines[id]; ok {
		return engine, nil
	}
	engine, err := bank.EngineOf(ctx, r.client, id)
	if errors.Is(err, bank.ErrRevision) {
		r.note(n, "engine revision", err.Error(), absent)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.engines[id] = engine
	return engine, nil
}

func (r *replay) estimate(position int, d cat.Decision) {
	step := r.t.Steps[position-1]
	r.real(position, "theta", step.Theta, d.Theta)
	r.real(position, "standard error", step.StandardError, d.SE)
	if position == len(r.t.Steps) {
		r.real(0, "theta of the session", r.t.Theta, d.Theta)
		r.real(0, "standard error of the session", r.t.StandardError, d.SE)
	}
}

// parameters compares those by which an answer was scored with those that the
// engine held. A question that had left the engine's bank is not in it.
func (r *replay) parameters(position int, engine *cat.Engine) {
	scored := stepItem(r.t.Steps[position-1])
	if held, ok := engine.Bank().Item(scored.ID); ok {
		differ(r, position, "item parameters", scored, held)
	}
}

func (r *replay) choice(position int, served ident.Question, d cat.Decision) {
	if d.Stop {
		r.note(position, "question", fmt.Sprint(served), "end of the test: "+string(d.Reason))
		return
	}
	differ(r, position, "question", served, ident.Question(d.Item.ID))
}

// end compares what followed the last answer: the open question, or the end.
func (r *replay) end(d cat.Decision) {
	position := len(r.t.Steps) + 1
	var open *db.Response
	for _, row := range r.t.Edges.Responses {
		if row.Position == position {
			open = row
		}
	}
	switch {
	case r.t.State == vocab.Completed && !d.Stop:
		r.note(0, "end of the test", r.reason(), "none: question "+fmt.Sprint(d.Item.ID)+" is next")
	case r.t.State == vocab.Completed:
		differ(r, 0, "end of the test", r.reason(), string(d.Reason))
	case open == nil:
		r.note(position, "question", absent, fmt.Sprint(d.Item.ID))
	default:
		r.choice(position, open.QuestionID, d)
		if r.t.OpenQuestionID != nil {
			differ(r, position, "open question of the session", *r.t.OpenQuestionID, open.QuestionID)
		}
	}
}

func (r *replay) reason() string {
	if r.t.StopReason == nil {
		return absent
	}
	return string(*r.t.StopReason)
}
