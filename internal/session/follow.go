package session

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/sessionvalidity"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Completion is the job of what follows the completion of a test, and is not
// worth the taker's waiting.
type Completion struct {
	Session ident.Session `json:"session"`
}

// Kind implements job.Args.
func (Completion) Kind() string { return "follow_completion" }

// followUp is one thing that follows the completion of a test, done in the
// transaction of all of them.
type followUp func(ctx context.Context, tx *store.Tx, t *completed) error

// followUps are what follows a completion, in order.
func (s *Service) followUps() []followUp {
	return []followUp{count, countScore, s.review}
}

// completed is a test that was completed, with what the follow-ups need of it.
type completed struct {
	*db.TestSession
	answers []analytics.Answer
	// unfit are the questions that were taken out of use.
	unfit int
}

// Follow does what follows the completion of a test. All of it has its effect
// once, however often it is called and whoever calls it at the same time.
func (s *Service) Follow(ctx context.Context, c Completion) error {
	var done *completed
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		done, err = s.follow(ctx, tx, c.Session)
		return err
	})
	if err != nil {
		return fmt.Errorf("follow the completion of test %d: %w", c.Session, err)
	}
	if done == nil || done.unfit == 0 {
		return nil
	}
	return s.bank.Refresh(ctx)
}

// follow is nil if there is nothing to do.
func (s *Service) follow(ctx context.Context, tx *store.Tx, id ident.Session) (*completed, error) {
	row, err := tx.TestSession.Query().Where(testsession.ID(id), store.ForUpdate).Only(ctx)
	switch {
	case db.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load the test: %w", err)
	case row.State != vocab.Completed, row.CountedAt != nil:
		return nil, nil
	}
	t := &completed{TestSession: row}
	if t.answers, err = s.answers(ctx, tx, id); err != nil {
		return nil, err
	}
	for _, do := range s.followUps() {
		if err := do(ctx, tx, t); err != nil {
			return nil, err
		}
	}
	if err := tx.TestSession.UpdateOneID(id).SetCountedAt(s.clock()).Exec(ctx); err != nil {
		return nil, fmt.Errorf("mark the test as counted: %w", err)
	}
	return t, nil
}

// answers are those to the questions that the test asked, as the statistics see them:
// one that was left out was skipped, as it is for the score.
func (s *Service) answers(ctx context.Context, tx *store.Tx, id ident.Session) ([]analytics.Answer, error) {
	responses, err := tx.Response.Query().Where(response.SessionID(id)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the answers: %w", err)
	}
	snapshot := s.bank.Snapshot()
	answers := make([]analytics.Answer, len(responses))
	for i, r := range responses {
		q, err := snapshot.Question(ctx, tx.Client, r.QuestionID)
		if err != nil {
			return nil, err
		}
		right := r.IsCorrect != nil && *r.IsCorrect
		answers[i] = analytics.Answer{Question: r.QuestionID, Offered: q.Options, Correct: right, TimeMs: r.TimeMs}
		if r.OptionID != nil {
			answers[i].Chosen = *r.OptionID
		}
	}
	return answers, nil
}

// count adds the answers to the statistics of their questions.
func count(ctx context.Context, tx *store.Tx, t *completed) error {
	var sums analytics.Sums
	sums.Add(t.TestSession.Kind, t.answers)
	return sums.Save(ctx, tx)
}

// countScore adds the session's result to the counts that percentiles and
// benchmarks read, unless the session was judged invalid.
func countScore(ctx context.Context, tx *store.Tx, t *completed) error {
	result, err := tx.TestResult.Query().
		Where(testresult.SessionID(t.ID), testresult.Not(judgedInvalid())).
		WithUser().Only(ctx)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the result to count: %w", err)
	}
	return analytics.CountScore(ctx, tx, result, result.Edges.User)
}

func judgedInvalid() predicate.TestResult {
	return testresult.HasSessionWith(testsession.HasValidityWith(sessionvalidity.VerdictEQ(vocab.Invalid)))
}

// review takes out of new tests, until somebody has looked at them, those of the
// test's questions that the able get wrong more often than the others.
func (s *Service) review(ctx context.Context, tx *store.Tx, t *completed) error {
	asked := make([]ident.Question, len(t.answers))
	for i, a := range t.answers {
		asked[i] = a.Question
	}
	misfits, err := analytics.Misfits(ctx, tx.Client, asked)
	if err != nil {
		return err
	}
	for _, m := range misfits {
		n, err := tx.Question.Update().
			Where(question.ID(m.Question), question.QualityEQ(vocab.Normal)).
			SetQuality(vocab.UnderReview).SetQualityReason(m.Reason()).SetChangedAt(s.clock()).
			Save(ctx)
		if err != nil {
			return fmt.Errorf("set question %d under review: %w", m.Question, err)
		}
		t.unfit += n
	}
	return nil
}
