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

// Request asks for a test.
type Request struct {
	// Kind is the kind asked for; nil leaves it to the policy.
	Kind *vocab.SessionKind
	// Key is the client's name for the request, "" if it has none: the same name
	// gives the same test again.
	Key string
}

// Start begins a test and serves its first question, or all questions of a fixed
// form. It fails with ACTIVE_SESSION_EXISTS if one is in progress, with
// CADENCE_NOT_MET or ABANDON_COOLDOWN if it is too early, with CAT_NOT_READY if an
// adaptive test is asked for that cannot be given, and with NO_QUESTIONS_AVAILABLE
// if the person has met every question. Of two starts at once one wins; the other
// gets ACTIVE_SESSION_EXISTS.
//
// A request whose key has started a test gets that test, whatever became of it; it
// fails with CONFLICT if it asks for another kind.
//
// It costs five statements in one transaction, whatever the size of the bank and
// the length of the form; a sixth looks for the key of a person with many tests.
func (s *Service) Start(ctx context.Context, viewer auth.Viewer, r Request) (*db.TestSession, error) {
	var out *db.TestSession
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		// What the person has met must not change while the first question is
		// chosen: a claim of a guest's tests waits for this lock, or this for it.
		if _, err := tx.User.Query().Where(user.ID(viewer.ID()), store.ForUpdate).OnlyID(ctx); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		out, err = s.StartIn(ctx, tx, viewer, r)
		return err
	})
	if store.Violated(err, "testsession_one_in_progress") || store.Violated(err, "testsession_user_id_start_key") {
		return s.startedMeanwhile(ctx, viewer, r, err)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// StartIn is Start as a part of the caller's transaction, which has locked the
// viewer's row.
func (s *Service) StartIn(ctx context.Context, tx *store.Tx, viewer auth.Viewer, r Request) (*db.TestSession, error) {
	if err := checkKey(r.Key); err != nil {
		return nil, err
	}
	earlier, err := recent(ctx, tx.Client, viewer.ID())
	if err != nil {
		return nil, err
	}
	if found, err := startedBy(ctx, tx.Client, viewer, r, earlier); err != nil || found != nil {
		return found, err
	}
	started, err := s.start(ctx, tx, viewer, r, earlier)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(func() { s.tests.Publish(started.ID, started.Version) })
	return started, nil
}

// startedBy is the test that a request of the same key started; nil if none did.
// The person's recent tests are at hand.
func startedBy(ctx context.Context, client *db.Client, viewer auth.Viewer, r Request, earlier []*db.TestSession) (*db.TestSession, error) {
	if r.Key == "" {
		return nil, nil
	}
	var found *db.TestSession
	for _, t := range earlier {
		if t.StartKey != nil && *t.StartKey == r.Key {
			found = t
		}
	}
	if found == nil && len(earlier) == history {
		t, err := client.TestSession.Query().
			Where(testsession.UserID(viewer.ID()), testsession.StartKey(r.Key)).Only(ctx)
		if err != nil && !db.IsNotFound(err) {
			return nil, fmt.Errorf("look for the test of the key: %w", err)
		}
		found = t
	}
	if found != nil && r.Kind != nil && *r.Kind != found.Kind {
		return nil, keyReused()
	}
	return found, nil
}

func (s *Service) start(ctx context.Context, tx *store.Tx, viewer auth.Viewer, r Request, earlier []*db.TestSession) (*db.TestSession, error) {
	if len(earlier) > 0 && earlier[0].State == vocab.InProgress {
		return nil, activeFault(earlier[0].ID)
	}
	if w := s.wait(viewer, earlier); w != nil {
		return nil, fault.New(w.code, "The next test may be started from %s on.", w.until.Format(time.DateOnly)).
			With("nextEligibleAt", w.until)
	}
	kind, err := s.policy.Offer.kind(viewer.ID(), r.Kind, s.bank.Snapshot().Readiness())
	if err != nil {
		return nil, err
	}
	now := s.clock()
	create := tx.TestSession.Create().
		SetUserID(viewer.ID()).SetKind(kind).SetNillableStartKey(optional(r.Key)).SetSteps([]vocab.Step{}).
		SetStartedAt(now).SetLastActivityAt(now)
	if kind == vocab.Fixed {
		return s.startFixed(ctx, tx, viewer, create.SetDueAt(now.Add(s.policy.Offer.TimeLimit)))
	}
	return s.startAdaptive(ctx, tx, viewer, create, earlier)
}

func (s *Service) startAdaptive(ctx context.Context, tx *store.Tx, viewer auth.Viewer, create *db.TestSessionCreate, earlier []*db.TestSession) (*db.TestSession, error) {
	var seen []ident.Question
	err := tx.Response.Query().Where(response.UserID(viewer.ID())).
		Select(response.FieldQuestionID).Scan(ctx, &seen)
	if err != nil {
		return nil, fmt.Errorf("load the questions met before: %w", err)
	}
	prior, err := s.prior(earlier)
	if err != nil {
		return nil, err
	}
	snapshot := s.bank.Snapshot()
	engine := snapshot.Engine
	draft := &db.TestSession{Seed: s.seed(), PriorMean: prior.Mean, PriorSd: prior.SD, Seen: seen}
	first, err := engine.Next(engineState(draft))
	if err != nil {
		return nil, fmt.Errorf("choose the first question: %w", err)
	}
	if first.Stop {
		return nil, noneLeft()
	}
	question := ident.Question(first.Item.ID)
	started, err := create.SetSeed(draft.Seed).
		SetPriorMean(prior.Mean).SetPriorSd(prior.SD).SetTheta(prior.Mean).SetStandardError(prior.SD).
		SetMaximum(engine.Rules().MaxItems).SetSeen(seen).SetOpenQuestionID(question).
		SetNillableRevisionID(snapshot.Recorded()).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the test: %w", err)
	}
	return started, serve(ctx, tx, started, question)
}

// serve records that the next question is put before the taker.
func serve(ctx context.Context, tx *store.Tx, t *db.TestSession, question ident.Question) error {
	err := tx.Response.Create().
		SetSessionID(t.ID).SetUserID(t.UserID).SetQuestionID(question).
		SetPosition(t.Answered + 1).SetServedAt(t.LastActivityAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("serve question: %w", err)
	}
	return nil
}

func noneLeft() error {
	return fault.New(fault.NoQuestionsAvailable, "There is no question left that you have not met.")
}

// startedMeanwhile finds the session that won a race against this start. It is
// the same request's if it bears its key.
func (s *Service) startedMeanwhile(ctx context.Context, viewer auth.Viewer, r Request, cause error) (*db.TestSession, error) {
	earlier, err := recent(ctx, s.store.Reader(), viewer.ID())
	if err != nil {
		return nil, err
	}
	found, err := startedBy(ctx, s.store.Reader(), viewer, r, earlier)
	switch {
	case err != nil:
		return nil, err
	case found != nil:
		return found, nil
	case len(earlier) > 0 && earlier[0].State == vocab.InProgress:
		return nil, activeFault(earlier[0].ID)
	default:
		return nil, fault.New(fault.Conflict, "A test was started at the same time; try again.").Because(cause)
	}
}

func activeFault(id ident.Session) error {
	return fault.New(fault.ActiveSessionExists, "A test is in progress; resume it or give it up.").
		With("activeSessionId", ident.Global{Kind: ident.KindSession, Key: int64(id)}.String())
}
