package irt

import (
	"fmt"
	"math"
)

// Normal is a normal distribution of ability.
type Normal struct{ Mean, SD float64 }

// StandardNormal returns the distribution of the reference population, N(0, 1).
func StandardNormal() Normal { return Normal{SD: 1} }

// Validate reports a mean beyond +-1e6 or an SD outside [1e-6, 1e6], and NaN, as
// an error that wraps [ErrPrior].
func (n Normal) Validate() error {
	if !(math.Abs(n.Mean) <= 1e6 && n.SD >= 1e-6 && n.SD <= 1e6) {
		return fmt.Errorf("%w: mean %v, SD %v", ErrPrior, n.Mean, n.SD)
	}
	return nil
}

// exponent is the logarithm of the density up to a constant.
func (n Normal) exponent(theta float64) float64 {
	z := (theta - n.Mean) / n.SD
	return -z * z / 2
}

// Estimate is an estimated ability and its standard error, in units of theta.
type Estimate struct{ Theta, SE float64 }

// PriorLimits bounds what [PriorFrom] may conclude.
type PriorLimits struct {
	// MaxMean is the largest absolute mean.
	MaxMean float64
	// MinSD and MaxSD bound the standard deviation.
	MinSD, MaxSD float64
}

// DefaultPriorLimits returns a mean within [-3, 3] and an SD within [0.1, 1]:
// earlier sessions never make a person's prior wider than the population's.
func DefaultPriorLimits() PriorLimits { return PriorLimits{MaxMean: 3, MinSD: 0.1, MaxSD: 1} }

// PriorFrom is a person's own prior: the mean of estimates from earlier
// sessions weighted by precision 1/SE^2, with SD 1/sqrt(sum 1/SE^2), both held
// within limits. Estimates whose SE is not positive, or that are not finite,
// carry no weight; with none left the result is the standard normal. It suits
// the choice of items; a score meant for comparison between people is estimated
// under the population's prior.
func PriorFrom(earlier []Estimate, limits PriorLimits) Normal {
	var precision, sum float64
	for _, e := range earlier {
		w := 1 / (e.SE * e.SE)
		if !(e.SE > 0) || math.IsInf(w, 0) || math.IsNaN(w*e.Theta) || math.IsInf(w*e.Theta, 0) {
			continue
		}
		precision += w
		sum += w * e.Theta
	}
	if precision == 0 {
		return StandardNormal()
	}
	return Normal{
		Mean: clamp(sum/precision, -limits.MaxMean, limits.MaxMean),
		SD:   clamp(1/math.Sqrt(precision), limits.MinSD, limits.MaxSD),
	}
}

func clamp(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }
