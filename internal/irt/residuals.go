package irt

import (
	"fmt"
	"math"
)

// ResidualFit summarises how answers deviate from what the model expects of
// them (Wright & Masters 1982, ch. 5). Mean squares are about 1 under the model;
// below 1 answers are more regular than it says, above 1 noisier.
type ResidualFit struct {
	// Infit is the mean square weighted by information, sum (x-P)^2 / sum PQ.
	Infit float64
	// Outfit is the unweighted mean of (x-P)^2/(PQ), sensitive to single surprising answers.
	Outfit float64
	// InfitT and OutfitT are the mean squares as approximate standard normal
	// deviates by the cube root transformation of Wilson & Hilferty (1931). 0 where
	// the variance of the mean square is 0.
	InfitT, OutfitT float64
	// N is the number of answers, by weight.
	N float64
}

// residuals collects the sums behind a ResidualFit.
type residuals struct {
	n, square, variance, scaled float64 // numbers, and sums of (x-P)^2, V = PQ and (x-P)^2/V
	kurtosis, scaledKurtosis    float64 // sums of C - V^2 and C/V^2, C the fourth central moment
}

func (r *residuals) add(p float64, correct bool, weight float64) {
	// Extreme probabilities are held off 0 and 1 so that one impossible answer
	// yields a huge number and not infinity.
	p = clamp(p, 1e-12, 1-1e-12)
	q := 1 - p
	v, miss := p*q, p
	if correct {
		miss = q
	}
	fourth := v * (1 - 3*v)
	r.n += weight
	r.square += weight * miss * miss
	r.variance += weight * v
	r.scaled += weight * miss * miss / v
	r.kurtosis += weight * (fourth - v*v)
	r.scaledKurtosis += weight * fourth / (v * v)
}

func (r *residuals) fit() ResidualFit {
	if r.n == 0 {
		return ResidualFit{}
	}
	f := ResidualFit{Infit: r.square / r.variance, Outfit: r.scaled / r.n, N: r.n}
	f.InfitT = cubeRoot(f.Infit, r.kurtosis/(r.variance*r.variance))
	f.OutfitT = cubeRoot(f.Outfit, r.scaledKurtosis/(r.n*r.n)-1/r.n)
	return f
}

// cubeRoot is (m^(1/3)-1) 3/q + q/3 for a mean square m with variance q^2.
func cubeRoot(m, variance float64) float64 {
	if !(variance > 0) {
		return 0
	}
	q := math.Sqrt(variance)
	return (math.Cbrt(m)-1)*3/q + q/3
}

// PersonResiduals returns the fit of one person's answers at the ability given,
// usually its ML or WLE estimate.
func PersonResiduals(items []Item, correct []bool, theta float64) (ResidualFit, error) {
	if len(items) != len(correct) {
		return ResidualFit{}, fmt.Errorf("%w: %d items, %d answers", ErrResponses, len(items), len(correct))
	}
	if math.IsNaN(theta) {
		return ResidualFit{}, fmt.Errorf("%w: an ability that is not a number", ErrResponses)
	}
	var r residuals
	for j, item := range items {
		if err := item.Validate(); err != nil {
			return ResidualFit{}, fmt.Errorf("item %d: %w", j, err)
		}
		r.add(item.P(theta), correct[j], 1)
	}
	return r.fit(), nil
}

// ItemResiduals returns the fit of each item of the bank to the people's answers
// at the abilities given, one for each person. People whose ability is NaN, which
// may stand for all right or all wrong, are left out.
func ItemResiduals(data *Responses, items []Item, theta []float64) ([]ResidualFit, error) {
	if len(items) != data.Items() || len(theta) != data.People() {
		return nil, fmt.Errorf("%w: %d items and %d abilities for %d and %d", ErrResponses,
			len(items), len(theta), data.Items(), data.People())
	}
	for j, item := range items {
		if err := item.Validate(); err != nil {
			return nil, fmt.Errorf("item %d: %w", j, err)
		}
	}
	sums := make([]residuals, len(items))
	for i, t := range theta {
		if math.IsNaN(t) {
			continue
		}
		for _, c := range data.person(i) {
			sums[c.item()].add(items[c.item()].P(t), c.correct(), data.weightOf(i))
		}
	}
	fits := make([]ResidualFit, len(items))
	for j := range sums {
		fits[j] = sums[j].fit()
	}
	return fits, nil
}
