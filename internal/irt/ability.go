package irt

import (
	"fmt"
	"math"
)

// Bounds is the interval in which an ability is sought.
type Bounds struct{ Lo, Hi float64 }

// DefaultBounds returns [-10, 10].
func DefaultBounds() Bounds { return Bounds{Lo: -10, Hi: 10} }

func (b Bounds) validate() error {
	if !(b.Lo < b.Hi) || math.IsInf(b.Hi-b.Lo, 0) {
		return fmt.Errorf("%w: [%v, %v]", ErrBounds, b.Lo, b.Hi)
	}
	return nil
}

// LogLikelihood returns the log-likelihood of theta given the answers, item by
// item up to the end of the shorter slice.
func LogLikelihood(items []Item, correct []bool, theta float64) float64 {
	var sum float64
	for j := range min(len(items), len(correct)) {
		sum += items[j].LogLikelihood(theta, correct[j])
	}
	return sum
}

// TestInformation returns the Fisher information about theta of the items together.
func TestInformation(items []Item, theta float64) float64 {
	var sum float64
	for _, item := range items {
		sum += item.Information(theta)
	}
	return sum
}

// ObservedInformation returns minus the second derivative of the log-likelihood
// at theta. It equals [TestInformation] for the 1PL and 2PL; for other models it
// depends on the answers and may be negative.
func ObservedInformation(items []Item, correct []bool, theta float64) float64 {
	var sum float64
	for j := range min(len(items), len(correct)) {
		_, second := items[j].Derivatives(theta, correct[j])
		sum -= second
	}
	return sum
}

// ML returns the maximum likelihood ability within bounds and its standard
// error 1/sqrt(I), I the test information there. Where the likelihood has several
// maxima, as it may beyond the 2PL (Samejima 1973), it is the highest; where it
// has none inside the bounds (all right, all wrong, below chance) it is the
// better bound. Without answers there is no estimate and the error wraps
// [ErrResponses].
func ML(items []Item, correct []bool, bounds Bounds) (Estimate, error) {
	e := estimator{items: items, correct: correct}
	return e.within(bounds)
}

// WLE returns Warm's (1989) weighted likelihood ability within bounds,
// the root of S + J/(2I), where S is the derivative of the log-likelihood and
// J = sum P'P”/(PQ), with standard error 1/sqrt(I). It is finite also when all
// answers agree. Of several roots it is the highest maximum of the integral of
// that function. Without answers the error wraps [ErrResponses].
func WLE(items []Item, correct []bool, bounds Bounds) (Estimate, error) {
	e := estimator{items: items, correct: correct, warm: true}
	return e.within(bounds)
}

// MAP returns the mode of the posterior under a normal prior (Samejima 1969),
// the highest if there are several, and its standard error
// 1/sqrt(I + 1/prior.SD^2), I the test information there. Without answers it
// returns the prior's mean and SD.
func MAP(items []Item, correct []bool, prior Normal) (Estimate, error) {
	if err := prior.Validate(); err != nil {
		return Estimate{}, err
	}
	if len(items) == 0 && len(correct) == 0 {
		return Estimate{Theta: prior.Mean, SE: prior.SD}, nil
	}
	e := estimator{items: items, correct: correct, mean: prior.Mean, precision: 1 / (prior.SD * prior.SD)}
	if err := e.validate(); err != nil {
		return Estimate{}, err
	}
	lo, hi := math.Min(prior.Mean, -10), math.Max(prior.Mean, 10)
	for reach := 10.0; e.slope(lo) < 0 && reach < 1e12; reach *= 2 {
		lo -= reach
	}
	for reach := 10.0; e.slope(hi) > 0 && reach < 1e12; reach *= 2 {
		hi += reach
	}
	return e.best(lo, hi), nil
}

// estimator finds the maximum of the log-likelihood, plus Warm's weight or a
// normal log-prior, from the derivative of that sum.
type estimator struct {
	items           []Item
	correct         []bool
	warm            bool
	mean, precision float64 // of the prior; precision 0 is none
}

func (e *estimator) validate() error {
	if len(e.items) != len(e.correct) {
		return fmt.Errorf("%w: %d items, %d answers", ErrResponses, len(e.items), len(e.correct))
	}
	for j, item := range e.items {
		if err := item.Validate(); err != nil {
			return fmt.Errorf("item %d: %w", j, err)
		}
	}
	return nil
}

func (e *estimator) within(b Bounds) (Estimate, error) {
	if err := b.validate(); err != nil {
		return Estimate{}, err
	}
	if err := e.validate(); err != nil {
		return Estimate{}, err
	}
	if len(e.items) == 0 {
		return Estimate{}, fmt.Errorf("%w: no answers", ErrResponses)
	}
	return e.best(b.Lo, b.Hi), nil
}

// slope is the estimating function whose root is sought.
func (e *estimator) slope(theta float64) float64 {
	sum := (e.mean - theta) * e.precision
	var information, bias float64
	nearest, pull := math.Inf(1), 0.0
	for j, item := range e.items {
		x := item.at(theta)
		first, _ := x.derivatives(item.A, e.correct[j])
		sum += first
		if !e.warm {
			continue
		}
		information += x.information(item.A)
		bias += x.bias(item.A)
		if z := math.Abs(x.z); z < nearest {
			nearest, pull = z, item.A*(x.down-x.up)
		}
	}
	if !e.warm {
		return sum
	}
	if information < 1e-290 {
		// Both sums underflow; far from every item the one nearest in logits outweighs the rest.
		return sum + pull/2
	}
	return sum + bias/(2*information)
}

// concave tells whether the objective has one maximum by its form alone.
func (e *estimator) concave() bool {
	for _, item := range e.items {
		if item.C != 0 || item.upper() != 1 {
			return false
		}
	}
	return !e.warm
}

// best is the highest maximum on [lo, hi], the ends included.
func (e *estimator) best(lo, hi float64) Estimate {
	if e.concave() {
		switch {
		case e.slope(lo) <= 0:
			return e.estimate(lo)
		case e.slope(hi) >= 0:
			return e.estimate(hi)
		}
		return e.estimate(root(e.slope, lo, hi))
	}
	peaks := e.peaks(lo, hi)
	at, height, top := peaks[0], 0.0, 0.0
	for k := 1; k < len(peaks); k++ {
		height += e.rise(peaks[k-1], peaks[k])
		if height > top {
			at, top = peaks[k], height
		}
	}
	return e.estimate(at)
}

// peaks are the local maxima on [lo, hi], in order; there is always one. The
// walk's steps are finer than any item's curve can turn.
func (e *estimator) peaks(lo, hi float64) []float64 {
	var found []float64
	width := (hi - lo) / float64(e.steps(lo, hi))
	from, slope := lo, e.slope(lo)
	if slope <= 0 {
		found = append(found, lo)
	}
	for k := 1; from < hi; k++ {
		to := math.Min(lo+float64(k)*width, hi)
		next := e.slope(to)
		if slope > 0 && next <= 0 {
			found = append(found, root(e.slope, from, to))
		}
		from, slope = to, next
	}
	if slope > 0 {
		found = append(found, hi)
	}
	return found
}

func (e *estimator) steps(lo, hi float64) int {
	steepest := 0.0
	for _, item := range e.items {
		steepest = math.Max(steepest, item.A)
	}
	return int(clamp((hi-lo)*math.Max(10, 2*steepest), 10, 2000))
}

// rise is the objective at the second ability less that at the first.
func (e *estimator) rise(from, to float64) float64 {
	if !e.warm {
		prior := func(theta float64) float64 { return -e.precision * (theta - e.mean) * (theta - e.mean) / 2 }
		return LogLikelihood(e.items, e.correct, to) - LogLikelihood(e.items, e.correct, from) + prior(to) - prior(from)
	}
	// Beyond the 2PL Warm's weight has no closed form: Simpson's rule on its derivative.
	panels := 4 * e.steps(from, to)
	h := (to - from) / float64(panels)
	sum := e.slope(from) + e.slope(to)
	for k := 1; k < 2*panels; k++ {
		sum += float64(2+2*(k%2)) * e.slope(from+float64(k)*h/2)
	}
	return sum * h / 6
}

func (e *estimator) estimate(theta float64) Estimate {
	// The floor keeps the error finite where no item informs at all.
	information := math.Max(TestInformation(e.items, theta)+e.precision, 1e-300)
	return Estimate{Theta: theta, SE: 1 / math.Sqrt(information)}
}

// root is where f, of opposite signs at lo and hi, crosses zero (Ridders 1979).
func root(f func(float64) float64, lo, hi float64) float64 {
	flo, fhi := f(lo), f(hi)
	for range 100 {
		mid := (lo + hi) / 2
		fmid := f(mid)
		s := math.Sqrt(fmid*fmid - flo*fhi)
		if s == 0 {
			return mid
		}
		x := mid + (mid-lo)*fmid/s*math.Copysign(1, flo-fhi)
		fx := f(x)
		if fx == 0 {
			return x
		}
		switch {
		case (fmid > 0) != (fx > 0):
			lo, hi, flo, fhi = mid, x, fmid, fx
		case (flo > 0) != (fx > 0):
			hi, fhi = x, fx
		default:
			lo, flo = x, fx
		}
		if math.Abs(hi-lo) < 1e-13*(1+math.Abs(x)) {
			break
		}
	}
	return (lo + hi) / 2
}
