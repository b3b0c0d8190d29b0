package session

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/validity"
	"github.com/aiqhq/aiq/internal/vocab"
)

// The reported scale.
const (
	scaleMean  = 100
	scaleSD    = 15
	scaleFloor = 40
	scaleTop   = 160
	// intervalLevel is the confidence level of the interval around a score.
	intervalLevel = .95
)

// Score is a test's score on the reported scale.
type Score struct {
	// Value and the bounds of its interval lie in [40, 160].
	Value, Lower, Upper float64
	// Percentile is the percentage of the population below, with one decimal.
	Percentile float64
}

// ScoreOf puts an ability estimate on the reported scale: 100 + 15 theta, with
// the normal interval of its standard error and the percentile in N(0, 1).
func ScoreOf(e irt.Estimate) Score {
	half := distuv.UnitNormal.Quantile((1+intervalLevel)/2) * scaleSD * e.SE
	value := scaleMean + scaleSD*e.Theta
	return Score{
		Value: onScale(value), Lower: onScale(value - half), Upper: onScale(value + half),
		Percentile: percentile(e.Theta),
	}
}

// AccuracyScore is the score of a form by its share of right answers, a in
// [0, 1]: 100 + 30 (a − 1/2).
func AccuracyScore(accuracy float64) Score {
	value := onScale(scaleMean + 2*scaleSD*(accuracy-.5))
	return Score{Value: value, Lower: value, Upper: value, Percentile: percentile((value - scaleMean) / scaleSD)}
}

func onScale(v float64) float64 { return min(max(v, scaleFloor), scaleTop) }

func percentile(z float64) float64 { return math.Round(1000*distuv.UnitNormal.CDF(z)) / 10 }

// DomainScores counts the answers of each domain that the steps touch, in
// reporting order.
func DomainScores(steps []vocab.Step) []vocab.DomainScore {
	counts := make([]vocab.DomainScore, len(vocab.Domains()))
	for _, step := range steps {
		c := &counts[step.Domain.Index()]
		c.Items++
		if step.Correct {
			c.Correct++
		}
	}
	out := []vocab.DomainScore{}
	for i, c := range counts {
		if c.Items > 0 {
			c.Domain = vocab.Domains()[i]
			c.Accuracy = math.Round(1000*float64(c.Correct)/float64(c.Items)) / 1000
			out = append(out, c)
		}
	}
	return out
}

// complete scores a session that has just ended and counts its answers. The
// score is the ability under the population's prior, so that two people's
// scores compare whatever their earlier tests.
func (s *Service) complete(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
	estimate, err := ability(t.Steps)
	if err != nil {
		return fmt.Errorf("estimate the ability: %w", err)
	}
	right := 0
	for _, step := range t.Steps {
		if step.Correct {
			right++
		}
	}
	score := ScoreOf(estimate)
	err = tx.TestResult.Create().
		SetSessionID(t.ID).SetUserID(t.UserID).SetMethod(vocab.EAP).
		SetScore(score.Value).SetPercentile(score.Percentile).
		SetIntervalStatus(vocab.Sufficient).SetIntervalLevel(intervalLevel).
		SetIntervalLower(score.Lower).SetIntervalUpper(score.Upper).
		SetTheta(estimate.Theta).SetStandardError(estimate.SE).
		SetTotal(len(t.Steps)).SetCorrect(right).SetDomainScores(DomainScores(t.Steps)).
		SetScoredAt(*t.EndedAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the result: %w", err)
	}
	if err := validity.Record(ctx, tx, t); err != nil {
		return err
	}
	return s.count(ctx, tx, t)
}

// count adds the session's answers to the statistics of its questions.
func (s *Service) count(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
	responses, err := tx.Response.Query().Where(response.SessionID(t.ID), response.AnsweredAtNotNil()).All(ctx)
	if err != nil {
		return fmt.Errorf("load the answers: %w", err)
	}
	snapshot := s.bank.Snapshot()
	answers := make([]analytics.Answer, len(responses))
	for i, r := range responses {
		q, err := snapshot.Question(ctx, tx.Client, r.QuestionID)
		if err != nil {
			return err
		}
		answers[i] = analytics.Answer{Question: r.QuestionID, Offered: q.Options, Correct: *r.IsCorrect, TimeMs: r.TimeMs}
		if r.OptionID != nil {
			answers[i].Chosen = *r.OptionID
		}
	}
	var sums analytics.Sums
	sums.Add(t.Kind, answers)
	return sums.Save(ctx, tx)
}

// Strongest is the domain with the highest accuracy, the first of several in
// reporting order; nil if fewer than two domains were touched.
func Strongest(scores []vocab.DomainScore) *vocab.Domain {
	return extreme(scores, func(a, b float64) bool { return a > b })
}

// Weakest is the domain with the lowest accuracy, likewise.
func Weakest(scores []vocab.DomainScore) *vocab.Domain {
	return extreme(scores, func(a, b float64) bool { return a < b })
}

func extreme(scores []vocab.DomainScore, better func(a, b float64) bool) *vocab.Domain {
	if len(scores) < 2 {
		return nil
	}
	best := scores[0]
	for _, s := range scores[1:] {
		if better(s.Accuracy, best.Accuracy) {
			best = s
		}
	}
	return &best.Domain
}
