package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Start begins an adaptive test and serves its first question. It fails with
// ACTIVE_SESSION_EXISTS if one is in progress, with CADENCE_NOT_MET or
// ABANDON_COOLDOWN if it is too early, and with NO_QUESTIONS_AVAILABLE if the
// person has met every question. Of two starts at once one wins; the other gets
// ACTIVE_SESSION_EXISTS.
func (s *Service) Start(ctx context.Context, viewer auth.Viewer) (*db.TestSession, error) {
	var out *db.TestSession
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		// What the person has met must not change while the first question is
		// chosen: a claim of a guest's tests waits for this lock, or this for it.
		if _, err := tx.User.Query().Where(user.ID(viewer.ID()), store.ForUpdate).OnlyID(ctx); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		out, err = s.StartIn(ctx, tx, viewer)
		return err
	})
	if store.Violated(err, "testsession_one_in_progress") {
		return nil, s.activeExists(ctx, viewer, err)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// StartIn is Start as a part of the caller's transaction, which has locked the
// viewer's row.
func (s *Service) StartIn(ctx context.Context, tx *store.Tx, viewer auth.Viewer) (*db.TestSession, error) {
	started, err := s.start(ctx, tx, viewer)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(func() { s.bus.Publish(started.ID, started.Version) })
	return started, nil
}

func (s *Service) start(ctx context.Context, tx *store.Tx, viewer auth.Viewer) (*db.TestSession, error) {
	earlier, err := recent(ctx, tx.Client, viewer.ID())
	if err != nil {
		return nil, err
	}
	if len(earlier) > 0 && earlier[0].State == vocab.InProgress {
		return nil, activeFault(earlier[0].ID)
	}
	if w := s.wait(viewer, earlier); w != nil {
		return nil, fault.New(w.code, "The next test may be started from %s on.", w.until.Format(time.DateOnly)).
			With("nextEligibleAt", w.until)
	}
	var seen []ident.Question
	err = tx.Response.Query().Where(response.UserID(viewer.ID())).
		Select(response.FieldQuestionID).Scan(ctx, &seen)
	if err != nil {
		return nil, fmt.Errorf("load the questions met before: %w", err)
	}

	prior, err := s.prior(earlier)
	if err != nil {
		return nil, err
	}
	engine := s.bank.Snapshot().Engine
	draft := &db.TestSession{Seed: s.seed(), PriorMean: prior.Mean, PriorSd: prior.SD, Seen: seen}
	first, err := engine.Next(engineState(draft))
	if err != nil {
		return nil, fmt.Errorf("choose the first question: %w", err)
	}
	if first.Stop {
		return nil, fault.New(fault.NoQuestionsAvailable, "There is no question left that you have not met.")
	}

	now := s.clock()
	question := ident.Question(first.Item.ID)
	started, err := tx.TestSession.Create().
		SetUserID(viewer.ID()).SetKind(vocab.Adaptive).SetSeed(draft.Seed).
		SetPriorMean(prior.Mean).SetPriorSd(prior.SD).SetTheta(prior.Mean).SetStandardError(prior.SD).
		SetMaximum(engine.Rules().MaxItems).SetSteps([]vocab.Step{}).SetSeen(seen).
		SetOpenQuestionID(question).SetStartedAt(now).SetLastActivityAt(now).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the test: %w", err)
	}
	if err := serve(ctx, tx, started, question, now); err != nil {
		return nil, err
	}
	return started, nil
}

// serve records that the question is put before the taker.
func serve(ctx context.Context, tx *store.Tx, t *db.TestSession, question ident.Question, now time.Time) error {
	err := tx.Response.Create().
		SetSessionID(t.ID).SetUserID(t.UserID).SetQuestionID(question).
		SetPosition(t.Answered + 1).SetServedAt(now).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("serve question: %w", err)
	}
	return nil
}

// activeExists finds the session that won a race against this start.
func (s *Service) activeExists(ctx context.Context, viewer auth.Viewer, cause error) error {
	id, err := s.store.Reader().TestSession.Query().
		Where(testsession.UserID(viewer.ID()), testsession.StateEQ(vocab.InProgress)).
		OnlyID(ctx)
	if err != nil {
		return fault.New(fault.Conflict, "A test was started at the same time; try again.").Because(cause)
	}
	return activeFault(id)
}

func activeFault(id ident.Session) error {
	return fault.New(fault.ActiveSessionExists, "A test is in progress; resume it or give it up.").
		With("activeSessionId", ident.Global{Kind: ident.KindSession, Key: int64(id)}.String())
}
