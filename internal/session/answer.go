package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Answer is one answer to a question of a session.
type Answer struct {
	Session  ident.Session
	Question ident.Question
	Option   string
	// At is when the person answered by the client's clock, nil if it does not say.
	At *time.Time
	// Key is the client's name for the request, "" if it has none.
	Key string
}

// Answer records the viewer's answer. In an adaptive test it serves the next
// question or completes the test; a fixed form is completed by Submit alone. The
// session it returns is as the answer left it.
//
// Repeating an answer already recorded changes nothing and returns where the
// session now stands. It fails with NOT_FOUND if the session is not the
// viewer's, ALREADY_ANSWERED for a different second answer, CONFLICT if its key
// was that of another answer, QUESTION_NOT_SERVED if the question was not asked or
// its stimulus is not finished, SESSION_CLOSED if the test is over, and
// VALIDATION_FAILED if the question has no such option.
//
// It costs four statements in one transaction, whatever the length of the test
// and the size of the bank, and three more when an adaptive test ends; what is not
// worth waiting for is left to a job that Follow works.
func (s *Service) Answer(ctx context.Context, viewer auth.Viewer, a Answer) (*db.TestSession, error) {
	if err := checkKey(a.Key); err != nil {
		return nil, err
	}
	var out *db.TestSession
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := lockOwn(ctx, tx, viewer, a.Session)
		if err != nil {
			return err
		}
		out = t
		before := t.Version
		if err := s.take(ctx, tx, t, a); err != nil {
			return err
		}
		if t.Version != before {
			tx.AfterCommit(func() { s.tests.Publish(t.ID, t.Version) })
		}
		return nil
	})
	if store.Violated(err, "response_session_id_answer_key") {
		return nil, keyReused()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// take moves the session on by the answer, unless it holds it already.
func (s *Service) take(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer) error {
	switch {
	case t.Kind == vocab.Fixed:
		return s.answerFixed(ctx, tx, t, a)
	case t.OpenQuestionID == nil || *t.OpenQuestionID != a.Question:
		return repeated(ctx, tx, t, a)
	default:
		return s.answer(ctx, tx, t, a)
	}
}

// lockOwn reads the viewer's session and keeps others from changing it until
// the transaction ends.
func lockOwn(ctx context.Context, tx *store.Tx, viewer auth.Viewer, id ident.Session) (*db.TestSession, error) {
	t, err := tx.TestSession.Query().
		Where(testsession.ID(id), testsession.UserID(viewer.ID()), store.ForUpdate).
		Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.Missing("Test")
	}
	if err != nil {
		return nil, fmt.Errorf("load the test: %w", err)
	}
	return t, nil
}

// repeated is nil if the answer is one that the session already holds.
func repeated(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer) error {
	same := response.QuestionID(a.Question)
	if a.Key != "" {
		same = response.Or(same, response.AnswerKey(a.Key))
	}
	held, err := tx.Response.Query().
		Where(response.SessionID(t.ID), response.AnsweredAtNotNil(), same).All(ctx)
	if err != nil {
		return fmt.Errorf("load the earlier answer: %w", err)
	}
	return settled(t, held, a)
}

// settled compares the answer with those that the session holds: those to its
// question and of its key, at least. It is nil if the answer is one of them.
func settled(t *db.TestSession, held []*db.Response, a Answer) error {
	var earlier *db.Response
	for _, r := range held {
		same := r.QuestionID == a.Question && r.OptionID != nil && *r.OptionID == a.Option
		if a.Key != "" && r.AnswerKey != nil && *r.AnswerKey == a.Key && !same {
			return keyReused()
		}
		if r.QuestionID == a.Question {
			earlier = r
		}
	}
	switch {
	case earlier == nil && t.State.Final():
		return closedFault(t)
	case earlier == nil:
		return fault.New(fault.QuestionNotServed, "This question is not the one that is open.")
	case earlier.OptionID == nil || *earlier.OptionID != a.Option:
		return fault.New(fault.AlreadyAnswered, "This question has another answer already.")
	default:
		return nil
	}
}

func closedFault(t *db.TestSession) error {
	return fault.New(fault.SessionClosed, "The test is over.").With("state", string(t.State))
}

// answer scores the answer to the open question of an adaptive test, moves the
// session on in place and saves it.
func (s *Service) answer(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer) error {
	snapshot := s.bank.Snapshot()
	q, err := snapshot.Question(ctx, tx.Client, a.Question)
	if err != nil {
		return err
	}
	if !q.Offers(a.Option) {
		return unknownOption("optionId")
	}

	now := s.clock()
	shownAt := t.LastActivityAt // when the question was served or its stimulus was finished
	t.Steps = append(t.Steps, stepOf(a.Question, q, &a.Option, now.Sub(t.StartedAt)))
	next, err := snapshot.Engine.Next(engineState(t))
	if err != nil {
		return fmt.Errorf("choose the next question: %w", err)
	}
	step := &t.Steps[len(t.Steps)-1]
	step.Revision = snapshot.EngineRevision
	step.Theta, step.StandardError = next.Theta, next.SE
	t.Answered, t.Theta, t.StandardError = len(t.Steps), next.Theta, next.SE
	t.Version++
	t.LastActivityAt = now

	if err := saveAnswer(ctx, tx, t, a, q.Memory, shownAt); err != nil {
		return err
	}
	if next.Stop {
		reason := vocab.StopReason(next.Reason)
		t.State, t.StopReason, t.EndedAt, t.OpenQuestionID = vocab.Completed, &reason, &now, nil
	} else {
		following := ident.Question(next.Item.ID)
		t.OpenQuestionID = &following
		if err := serve(ctx, tx, t, following); err != nil {
			return err
		}
	}
	if err := save(ctx, tx, t); err != nil {
		return err
	}
	if t.State == vocab.Completed {
		return s.complete(ctx, tx, t)
	}
	return nil
}

// stepOf is the step of an answer, before it is estimated what it tells.
func stepOf(id ident.Question, q bank.Question, option *string, elapsed time.Duration) vocab.Step {
	step := vocab.Step{
		Question: id, Domain: q.Domain, Key: q.Key,
		Discrimination: q.Item.Params.A, Difficulty: q.Item.Params.B, Guessing: q.Item.Params.C,
		ElapsedMs: elapsed.Milliseconds(),
	}
	if option != nil {
		step.Option, step.Correct = *option, *option == q.Key
	}
	return step
}

func unknownOption(field string) error {
	return fault.Invalid(field, "one_of", "The question has no such option.")
}

// within is the client's time, moved to the nearest instant between two of the
// server's: clocks that go wrong cost no answer.
func within(client *time.Time, from, to time.Time) *time.Time {
	if client == nil {
		return nil
	}
	at := *client
	if at.Before(from) {
		at = from
	}
	if at.After(to) {
		at = to
	}
	return &at
}

// saveAnswer writes the answer to the open question of an adaptive test. It fails
// with QUESTION_NOT_SERVED if the question has a stimulus that is not finished.
func saveAnswer(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer, memory bool, shownAt time.Time) error {
	step, now := t.Steps[len(t.Steps)-1], t.LastActivityAt
	update := tx.Response.Update().
		Where(response.SessionID(t.ID), response.QuestionID(a.Question), response.AnsweredAtIsNil()).
		SetAnsweredAt(now).SetOptionID(a.Option).SetIsCorrect(step.Correct).
		SetTimeMs(milliseconds(now.Sub(shownAt))).
		SetNillableClientAnsweredAt(within(a.At, shownAt, now)).SetNillableAnswerKey(optional(a.Key)).
		SetTheta(step.Theta).SetStandardError(step.StandardError)
	if memory {
		update.Where(response.StimulusFinishedAtNotNil())
	}
	n, err := update.Save(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("save the answer: %w", err)
	case n == 0 && memory:
		return stimulusOpen()
	case n != 1:
		return fmt.Errorf("save the answer: %d open responses to question %d in session %d", n, a.Question, t.ID)
	}
	return nil
}

func milliseconds(d time.Duration) int { return max(0, int(d.Milliseconds())) }

// save writes the parts of the session that change as it is taken.
func save(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
	update := tx.TestSession.Update().Where(testsession.ID(t.ID)).
		SetState(t.State).SetVersion(t.Version).SetAnswered(t.Answered).SetSteps(t.Steps).
		SetTheta(t.Theta).SetStandardError(t.StandardError).
		SetTimeLimitExceeded(t.TimeLimitExceeded).SetNillableSubmitKey(t.SubmitKey).
		SetNillableStopReason(t.StopReason).SetLastActivityAt(t.LastActivityAt).SetNillableEndedAt(t.EndedAt)
	if t.OpenQuestionID == nil {
		update.ClearOpenQuestionID()
	} else {
		update.SetOpenQuestionID(*t.OpenQuestionID)
	}
	if t.SubmitDigest != nil {
		update.SetSubmitDigest(*t.SubmitDigest)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("save the test: %w", err)
	}
	return nil
}

// Abandon gives up the viewer's test; its answers are kept. Repeating it changes
// nothing, with the client's key for the request or without. It fails with NOT_FOUND if the session is not the viewer's and with
// SESSION_CLOSED if it was completed or has expired.
func (s *Service) Abandon(ctx context.Context, viewer auth.Viewer, id ident.Session, key string) (*db.TestSession, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	var out *db.TestSession
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := lockOwn(ctx, tx, viewer, id)
		if err != nil {
			return err
		}
		out = t
		switch {
		case t.State == vocab.Abandoned:
			return nil
		case t.State.Final():
			return closedFault(t)
		}
		now := s.clock()
		t.State, t.EndedAt, t.LastActivityAt, t.OpenQuestionID = vocab.Abandoned, &now, now, nil
		t.Version++
		tx.AfterCommit(func() { s.tests.Publish(t.ID, t.Version) })
		return save(ctx, tx, t)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
