package score

import (
	"fmt"
	"slices"

	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Strategy is a way to score a test.
type Strategy interface {
	// Score scores the questions of a test, those left out as not right; false
	// if the strategy does not apply to them.
	Score(steps []vocab.Step) (Score, bool, error)
}

// Choice is which strategy an operator wants.
type Choice string

// The choices. A form that the chosen strategy does not apply to is scored by
// the share of right answers, and its result says so.
const (
	// Auto is EAP for forms whose every question is calibrated.
	Auto Choice = "auto"
	// ByAccuracy is the share of right answers.
	ByAccuracy Choice = "accuracy"
	// ByWeightedAccuracy is the mean of the domains' shares, weighted by the blueprint.
	ByWeightedAccuracy Choice = "weighted"
	// ByEAP and ByWLE are ability estimates from the calibrated questions of a
	// form, if it has at least eight.
	ByEAP Choice = "eap"
	ByWLE Choice = "wle"
)

// Valid reports whether the choice is one of those above.
func (c Choice) Valid() bool {
	return slices.Contains([]Choice{Auto, ByAccuracy, ByWeightedAccuracy, ByEAP, ByWLE}, c)
}

// For lists the strategies for tests of a kind in the order in which they are
// tried. The weights are the blueprint's, in the order of vocab.Domains.
// Adaptive tests are scored by their ability estimate whatever the choice: the
// share of right answers says little where the questions follow the answers.
func (c Choice) For(kind vocab.SessionKind, weights []float64) []Strategy {
	if kind == vocab.Adaptive {
		if c == ByWLE {
			return []Strategy{byWLE(all), accuracy{}}
		}
		return []Strategy{byEAP(all), accuracy{}}
	}
	switch c {
	case ByAccuracy:
		return []Strategy{accuracy{}}
	case ByWeightedAccuracy:
		return []Strategy{weighted{weights}, accuracy{}}
	case ByEAP:
		return []Strategy{byEAP(enough), accuracy{}}
	case ByWLE:
		return []Strategy{byWLE(enough), accuracy{}}
	default:
		return []Strategy{byEAP(all), accuracy{}}
	}
}

// By is the strategy that a result was scored with, so that its score can be
// computed again.
func By(method vocab.ScoringMethod, weights []float64) Strategy {
	switch method {
	case vocab.EAP:
		return byEAP(some)
	case vocab.WLE:
		return byWLE(some)
	case vocab.WeightedAccuracy:
		return weighted{weights}
	default:
		return accuracy{}
	}
}

// accuracy scores by the share of right answers.
type accuracy struct{}

func (accuracy) Score(steps []vocab.Step) (Score, bool, error) {
	return FromShare(vocab.Accuracy, share(Right(steps), len(steps))), true, nil
}

// weighted scores by the mean of the domains' shares of right answers, with the
// blueprint's weights made to sum to 1 over the domains that the test touches.
type weighted struct{ weights []float64 }

func (w weighted) Score(steps []vocab.Step) (Score, bool, error) {
	var sum, of float64
	for _, d := range count(steps) {
		weight := w.weights[d.Domain.Index()]
		sum += weight * share(d.Correct, d.Items)
		of += weight
	}
	if !(of > 0) {
		return Score{}, false, nil
	}
	return FromShare(vocab.WeightedAccuracy, sum/of), true, nil
}

// ability scores by an ability estimate from the calibrated questions.
type ability struct {
	method   vocab.ScoringMethod
	estimate func(items []irt.Item, correct []bool) (irt.Estimate, error)
	// applies tells by the numbers of calibrated and of all questions.
	applies func(calibrated, total int) bool
}

func (a ability) Score(steps []vocab.Step) (Score, bool, error) {
	items, correct := calibrated(steps)
	if !a.applies(len(items), len(steps)) {
		return Score{}, false, nil
	}
	e, err := a.estimate(items, correct)
	if err != nil {
		return Score{}, false, fmt.Errorf("estimate the ability: %w", err)
	}
	return FromAbility(a.method, e), true, nil
}

func byEAP(applies func(int, int) bool) Strategy { return ability{vocab.EAP, eap, applies} }

func byWLE(applies func(int, int) bool) Strategy { return ability{vocab.WLE, wle, applies} }

// eap is Bock & Mislevy's (1982) estimate under the population's prior.
func eap(items []irt.Item, correct []bool) (irt.Estimate, error) {
	return irt.EAP(items, correct, irt.StandardNormal())
}

// wle is Warm's (1989) estimate, sought where scores are reported.
func wle(items []irt.Item, correct []bool) (irt.Estimate, error) {
	return irt.WLE(items, correct, irt.Bounds{Lo: float64(Floor-Mean) / SD, Hi: float64(Top-Mean) / SD})
}

// leastCalibrated is the number of calibrated questions from which an ability
// speaks for a form: that of the shortest adaptive test.
const leastCalibrated = 8

func all(calibrated, total int) bool    { return calibrated == total && total > 0 }
func enough(calibrated, total int) bool { return calibrated >= leastCalibrated }
func some(calibrated, total int) bool   { return calibrated > 0 }

// calibrated are the items with parameters, and whether each was answered right.
func calibrated(steps []vocab.Step) (items []irt.Item, correct []bool) {
	for _, step := range steps {
		if step.Discrimination > 0 {
			items = append(items, irt.ThreePL(step.Discrimination, step.Difficulty, step.Guessing))
			correct = append(correct, step.Correct)
		}
	}
	return items, correct
}

func share(right, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(right) / float64(of)
}
