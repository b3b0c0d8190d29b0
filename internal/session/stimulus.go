package session

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// FinishStimulus ends the stimulus phase of a memory question: from now on its
// taker is shown the question and never again the stimulus. The time to answer
// counts from here. Repeating it changes nothing, with the client's key for the
// request or without.
//
// It fails with NOT_FOUND if the session is not the viewer's, QUESTION_NOT_SERVED
// if the question was not asked in it, VALIDATION_FAILED if the question has no
// stimulus, and SESSION_CLOSED if the test was over before.
//
// It costs four statements in one transaction. A watcher is told nothing: the test
// is no further than before.
func (s *Service) FinishStimulus(ctx context.Context, viewer auth.Viewer, session ident.Session, question ident.Question, key string) (*db.TestSession, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	var out *db.TestSession
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := lockOwn(ctx, tx, viewer, session)
		if err != nil {
			return err
		}
		out = t
		served, err := tx.Response.Query().
			Where(response.SessionID(t.ID), response.QuestionID(question)).Only(ctx)
		if db.IsNotFound(err) {
			return fault.New(fault.QuestionNotServed, "This question is not part of the test so far.")
		}
		if err != nil {
			return fmt.Errorf("load the served question: %w", err)
		}
		q, err := s.bank.Snapshot().Question(ctx, tx.Client, question)
		switch {
		case err != nil:
			return err
		case !q.Memory:
			return fault.Invalid("questionId", "stimulus", "The question has no stimulus.")
		case served.StimulusFinishedAt != nil, served.AnsweredAt != nil:
			return nil
		case t.State.Final():
			return closedFault(t)
		}
		now := s.clock()
		t.LastActivityAt = now
		if err := tx.Response.Update().Where(response.ID(served.ID)).SetStimulusFinishedAt(now).Exec(ctx); err != nil {
			return fmt.Errorf("finish the stimulus: %w", err)
		}
		return save(ctx, tx, t)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func stimulusOpen() error {
	return fault.New(fault.QuestionNotServed, "The stimulus of this question is not finished: call finishStimulus, then answer the question.")
}
