// Package score turns the answers of a test into what is reported of it: a score
// on the reported scale by one of several strategies, its interval, the scores
// by domain, and changes between tests. It is pure: it knows no database and no
// clock. docs/scoring.md explains the choices.
package score

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/vocab"
)

// The reported scale: mean and standard deviation in the population, and the
// bounds within which scores are reported.
const (
	Mean  = 100
	SD    = 15
	Floor = 40
	Top   = 160
)

// Score is a test's score on the reported scale.
type Score struct {
	Method vocab.ScoringMethod
	// Value lies in [Floor, Top].
	Value float64
	// Percentile is the percentage of the normal population below, with one decimal.
	Percentile float64
	// Ability is the estimate that the score rests on, in logits; nil unless the
	// method is one of item response theory.
	Ability *irt.Estimate
}

// Of scores a test by the first of the strategies that applies to it. The steps
// are all questions of the test, those left out as not right. It fails if no
// strategy applies.
func Of(steps []vocab.Step, strategies ...Strategy) (Score, error) {
	for _, strategy := range strategies {
		s, ok, err := strategy.Score(steps)
		if err != nil {
			return Score{}, err
		}
		if ok {
			return s, nil
		}
	}
	return Score{}, fmt.Errorf("no strategy scores a test of %d questions", len(steps))
}

// FromAbility puts an ability estimate on the reported scale: 100 + 15 theta,
// with the percentile of theta in N(0, 1).
func FromAbility(method vocab.ScoringMethod, e irt.Estimate) Score {
	return Score{
		Method: method, Value: onScale(Mean + SD*e.Theta),
		Percentile: percentile(e.Theta), Ability: &e,
	}
}

// FromShare puts a share of right answers, in [0, 1], on the reported scale:
// 100 + 30 (share − 1/2).
func FromShare(method vocab.ScoringMethod, share float64) Score {
	value := shareOnScale(share)
	return Score{Method: method, Value: value, Percentile: percentile((value - Mean) / SD)}
}

func shareOnScale(share float64) float64 { return onScale(Mean + 2*SD*(share-.5)) }

func onScale(v float64) float64 { return min(max(v, Floor), Top) }

func percentile(z float64) float64 { return math.Round(1000*distuv.UnitNormal.CDF(z)) / 10 }

// Right counts the right answers.
func Right(steps []vocab.Step) int {
	n := 0
	for _, step := range steps {
		if step.Correct {
			n++
		}
	}
	return n
}
