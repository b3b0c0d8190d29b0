package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Answer is one answer to the open question of a session.
type Answer struct {
	Session  ident.Session
	Question ident.Question
	Option   string
}

// Answer records the viewer's answer to the open question and serves the next
// one, or completes the test. The session it returns is as the answer left it.
//
// Repeating an answer already recorded changes nothing and returns where the
// session now stands. It fails with NOT_FOUND if the session is not the
// viewer's, ALREADY_ANSWERED for a different second answer, QUESTION_NOT_SERVED
// if the question was not asked, SESSION_CLOSED if the test is over, and
// VALIDATION_FAILED if the question has no such option.
//
// It costs four statements in one transaction, and ten when the test ends,
// whatever the length of the test and the size of the bank.
func (s *Service) Answer(ctx context.Context, viewer auth.Viewer, a Answer) (*db.TestSession, error) {
	var out *db.TestSession
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := lockOwn(ctx, tx, viewer, a.Session)
		if err != nil {
			return err
		}
		out = t
		if t.OpenQuestionID == nil || *t.OpenQuestionID != a.Question {
			return repeated(ctx, tx, t, a)
		}
		if err := s.answer(ctx, tx, t, a); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.bus.Publish(t.ID, t.Version) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
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
	r, err := tx.Response.Query().
		Where(response.SessionID(t.ID), response.QuestionID(a.Question), response.AnsweredAtNotNil()).
		Only(ctx)
	switch {
	case db.IsNotFound(err) && t.State.Final():
		return closedFault(t)
	case db.IsNotFound(err):
		return fault.New(fault.QuestionNotServed, "This question is not the one that is open.")
	case err != nil:
		return fmt.Errorf("load the earlier answer: %w", err)
	case r.OptionID == nil || *r.OptionID != a.Option:
		return fault.New(fault.AlreadyAnswered, "This question has another answer already.")
	default:
		return nil
	}
}

func closedFault(t *db.TestSession) error {
	return fault.New(fault.SessionClosed, "The test is over.").With("state", string(t.State))
}

// answer scores the answer, moves the session on in place and saves it.
func (s *Service) answer(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer) error {
	snapshot := s.bank.Snapshot()
	q, err := snapshot.Question(ctx, tx.Client, a.Question)
	if err != nil {
		return err
	}
	if !q.Offers(a.Option) {
		return fault.Invalid("optionId", "one_of", "The question has no such option.")
	}

	now := s.clock()
	servedAt := t.LastActivityAt
	t.Steps = append(t.Steps, vocab.Step{
		Question: a.Question, Domain: q.Domain, Correct: a.Option == q.Key,
		Discrimination: q.Item.Params.A, Difficulty: q.Item.Params.B, Guessing: q.Item.Params.C,
		Option: a.Option, Key: q.Key, Revision: snapshot.EngineRevision,
		ElapsedMs: now.Sub(t.StartedAt).Milliseconds(),
	})
	next, err := snapshot.Engine.Next(engineState(t))
	if err != nil {
		return fmt.Errorf("choose the next question: %w", err)
	}
	step := &t.Steps[len(t.Steps)-1]
	step.Theta, step.StandardError = next.Theta, next.SE
	t.Answered, t.Theta, t.StandardError = len(t.Steps), next.Theta, next.SE
	t.Version++
	t.LastActivityAt = now

	if err := saveAnswer(ctx, tx, t, a, now.Sub(servedAt), *step); err != nil {
		return err
	}
	if next.Stop {
		reason := vocab.StopReason(next.Reason)
		t.State, t.StopReason, t.EndedAt, t.OpenQuestionID = vocab.Completed, &reason, &now, nil
	} else {
		following := ident.Question(next.Item.ID)
		t.OpenQuestionID = &following
		if err := serve(ctx, tx, t, following, now); err != nil {
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

func saveAnswer(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer, took time.Duration, step vocab.Step) error {
	n, err := tx.Response.Update().
		Where(response.SessionID(t.ID), response.QuestionID(a.Question), response.AnsweredAtIsNil()).
		SetAnsweredAt(t.LastActivityAt).SetOptionID(a.Option).SetIsCorrect(step.Correct).
		SetTimeMs(max(0, int(took.Milliseconds()))).
		SetTheta(step.Theta).SetStandardError(step.StandardError).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("save the answer: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("save the answer: %d open responses to question %d in session %d", n, a.Question, t.ID)
	}
	return nil
}

// save writes the parts of the session that change as it is taken.
func save(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
	update := tx.TestSession.Update().Where(testsession.ID(t.ID)).
		SetState(t.State).SetVersion(t.Version).SetAnswered(t.Answered).SetSteps(t.Steps).
		SetTheta(t.Theta).SetStandardError(t.StandardError).
		SetNillableStopReason(t.StopReason).SetLastActivityAt(t.LastActivityAt).SetNillableEndedAt(t.EndedAt)
	if t.OpenQuestionID == nil {
		update.ClearOpenQuestionID()
	} else {
		update.SetOpenQuestionID(*t.OpenQuestionID)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("save the test: %w", err)
	}
	return nil
}

// Abandon gives up the viewer's test; its answers are kept. Repeating it changes
// nothing. It fails with NOT_FOUND if the session is not the viewer's and with
// SESSION_CLOSED if it was completed or has expired.
func (s *Service) Abandon(ctx context.Context, viewer auth.Viewer, id ident.Session) (*db.TestSession, error) {
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
		tx.AfterCommit(func() { s.bus.Publish(t.ID, t.Version) })
		return save(ctx, tx, t)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
