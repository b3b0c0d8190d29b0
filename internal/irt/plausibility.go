package irt

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Grade is the verdict of [Calibration.Plausibility].
type Grade int

// Grades, from the worst.
const (
	Poor Grade = iota
	Moderate
	Good
)

// String returns the grade in a word.
func (g Grade) String() string {
	switch g {
	case Moderate:
		return "moderate"
	case Good:
		return "good"
	default:
		return "poor"
	}
}

// Plausibility compares estimated difficulties with -logit(p), p the share of right answers.
type Plausibility struct {
	// Correlation is Pearson's, RMSE the root mean squared difference, over Items items.
	Correlation, RMSE float64
	Items             int
	// Grade is Good above a correlation of .80 with an RMSE below .5, Moderate above .60.
	Grade Grade
}

// Plausibility is a coarse check on a calibration: with everyone answering items
// chosen without regard to ability, difficulties follow the shares of right
// answers. Adaptive choice weakens that relation, by design. It takes the items
// estimated without a problem and answered both ways; with fewer than three the
// error wraps [ErrTooFewData].
func (c *Calibration) Plausibility() (Plausibility, error) {
	var b, easy []float64
	var sum float64
	for _, e := range c.Items {
		if e.Problem != NoProblem || e.Fixed || e.Correct == 0 || e.Correct == e.Responses {
			continue
		}
		b = append(b, e.Item.B)
		easy = append(easy, -math.Log(e.Correct/(e.Responses-e.Correct)))
		d := b[len(b)-1] - easy[len(easy)-1]
		sum += d * d
	}
	if len(b) < 3 {
		return Plausibility{}, fmt.Errorf("%w: %d items to compare", ErrTooFewData, len(b))
	}
	p := Plausibility{Correlation: stat.Correlation(b, easy, nil), RMSE: math.Sqrt(sum / float64(len(b))), Items: len(b)}
	if math.IsNaN(p.Correlation) { // all difficulties, or all shares, are equal
		p.Correlation = 0
	}
	switch {
	case p.Correlation > 0.80 && p.RMSE < 0.5:
		p.Grade = Good
	case p.Correlation > 0.60:
		p.Grade = Moderate
	}
	return p, nil
}
