package session

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/reliabilitymetric"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/validity"
	"github.com/aiqhq/aiq/internal/vocab"
)

// complete scores a session that has just ended. An
// ability is estimated under the population's prior, so that two people's
// scores compare whatever their earlier tests.
func (s *Service) complete(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
	steps, err := wholeForm(ctx, tx, t)
	if err != nil {
		return err
	}
	scored, err := score.Of(steps, s.policy.Scoring.For(t.Kind, s.weights())...)
	if err != nil {
		return fmt.Errorf("score the test: %w", err)
	}
	domains, err := score.Domains(steps, scored.Method)
	if err != nil {
		return fmt.Errorf("score the domains: %w", err)
	}
	precision, err := precisionOf(ctx, tx, scored)
	if err != nil {
		return err
	}
	last, err := lastResult(ctx, tx, t)
	if err != nil {
		return err
	}
	result := tx.TestResult.Create().
		SetSessionID(t.ID).SetUserID(t.UserID).SetMethod(scored.Method).
		SetScore(scored.Value).SetPercentile(scored.Percentile).
		SetIntervalStatus(precision.Status).SetNillableReliability(precision.Reliability).
		SetNillableStandardErrorOfMeasurement(precision.SEM).
		SetNillableIntervalLower(precision.Lower).SetNillableIntervalUpper(precision.Upper).
		SetTotal(len(steps)).SetCorrect(score.Right(steps)).SetDomainScores(domains).
		SetDurationMs(duration(t.Steps)).SetTimeLimitExceeded(t.TimeLimitExceeded).
		SetScoredAt(*t.EndedAt)
	if precision.Status == vocab.Sufficient {
		result.SetIntervalLevel(score.Level)
	}
	if scored.Ability != nil {
		result.SetTheta(scored.Ability.Theta).SetStandardError(scored.Ability.SE)
	}
	if last != nil {
		change := score.Between(
			score.Measured{Value: last.Score, SEM: last.StandardErrorOfMeasurement},
			score.Measured{Value: scored.Value, SEM: precision.SEM})
		result.SetPreviousID(last.ID).SetChange(change.Difference).
			SetNillableChangeIndex(change.Index).SetNillableChangeVerdict(change.Verdict)
	}
	if err := result.Exec(ctx); err != nil {
		return fmt.Errorf("save the result: %w", err)
	}
	if err := validity.Record(ctx, tx, t); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, Completion{Session: t.ID})
}

// weights is the blueprint of the tests.
func (s *Service) weights() []float64 { return s.bank.Snapshot().Engine.Rules().Weights }

// wholeForm is every question of the test: those answered, and then those of a
// fixed form that were left out, which count as not right by every strategy, so
// that nobody gains by leaving out what is hard. It costs two statements if
// questions were left out, else none.
func wholeForm(ctx context.Context, tx *store.Tx, t *db.TestSession) ([]vocab.Step, error) {
	if t.Kind != vocab.Fixed || len(t.Steps) >= t.Maximum {
		return t.Steps, nil
	}
	leftOut, err := tx.Question.Query().
		Where(question.HasResponsesWith(response.SessionID(t.ID), response.AnsweredAtIsNil())).
		WithParameters(func(q *db.ItemParametersQuery) { q.Where(itemparameters.Current(true)) }).
		Order(question.ByID()). // sums of reals depend on their order
		Select(question.FieldID, question.FieldDomain).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the questions that were left out: %w", err)
	}
	steps := append(make([]vocab.Step, 0, t.Maximum), t.Steps...)
	for _, q := range leftOut {
		step := vocab.Step{Question: q.ID, Domain: q.Domain}
		for _, p := range q.Edges.Parameters {
			step.Discrimination, step.Difficulty, step.Guessing = p.Discrimination, p.Difficulty, p.Guessing
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// precisionOf says how exact a score is. It costs one statement for scores by
// the share of right answers, else none.
func precisionOf(ctx context.Context, tx *store.Tx, scored score.Score) (score.Precision, error) {
	if scored.Ability != nil {
		return scored.Precision(score.Reliability{}), nil
	}
	newest, err := tx.ReliabilityMetric.Query().
		Where(reliabilitymetric.MeasureEQ(vocab.CronbachAlpha)).
		Order(db.Desc(reliabilitymetric.FieldID)).First(ctx)
	if db.IsNotFound(err) {
		return scored.Precision(score.Reliability{}), nil
	}
	if err != nil {
		return score.Precision{}, fmt.Errorf("load the reliability: %w", err)
	}
	return scored.Precision(score.Reliability{Value: newest.Value, Sessions: newest.Sessions}), nil
}

// duration is the time from the start to the last answer, in milliseconds.
func duration(steps []vocab.Step) int64 {
	var last int64
	for _, step := range steps {
		last = max(last, step.ElapsedMs)
	}
	return last
}

// lastResult is the person's newest result; nil before the first.
func lastResult(ctx context.Context, tx *store.Tx, t *db.TestSession) (*db.TestResult, error) {
	last, err := tx.TestResult.Query().Where(testresult.UserID(t.UserID)).
		Order(db.Desc(testresult.FieldID)).First(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the last result: %w", err)
	}
	return last, nil
}
