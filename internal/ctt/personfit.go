package ctt

import (
	"fmt"
	"math"

	"github.com/aiqhq/aiq/internal/irt"
)

// Estimator is a way of estimating ability for which lz* is defined. EAP is none: it solves no
// equation of the form r0 + Σ (x − P) r = 0.
type Estimator string

const (
	ML  Estimator = "ML"  // maximum likelihood
	WLE Estimator = "WLE" // Warm's weighted likelihood
	MAP Estimator = "MAP" // posterior mode under a normal prior
)

// Lz is the standardized log-likelihood of a person's answers at an ability (Drasgow, Levine &
// Williams 1985). Strongly negative values mean that the answers are less likely than they
// should be. At an estimated ability its variance is below 1, which lz* mends.
type Lz struct {
	LogLikelihood float64 // Σ x ln P + (1−x) ln Q
	Expected      float64 // Σ P ln P + Q ln Q
	Variance      float64 // Σ P Q (ln P/Q)²
	// Lz is (LogLikelihood − Expected)/√Variance; nil without variance.
	Lz *float64
}

// PersonFit is how well a person's answers fit the model at the person's estimated ability.
type PersonFit struct {
	Estimator Estimator
	Answered  int
	Correct   int
	// Theta is nil where the likelihood has no finite maximum (all right, all wrong, and in a
	// 3PL also answers below chance); then so is everything that follows.
	Theta *float64
	Lz    Lz

	// LzStar corrects lz for the estimation of ability (Snijders 2001), with r0, cn and τ² as
	// named there. Nil where τ² vanishes, as with one item or items all alike.
	LzStar *float64
	R0     float64
	CN     float64
	Tau2   float64
}

// vanishing is the share of lz's variance below which what is left after estimating ability is
// rounding error.
const vanishing = 1e-10

// LzAt computes lz at a given ability, for example an EAP. Items and answers are those the person
// was given; correct[i] belongs to items[i]. It fails with ErrShape on different lengths, with
// irt.ErrItem on an impossible item and with ErrAbility on a theta that is not finite.
func LzAt(items []irt.Item, correct []bool, theta float64) (Lz, error) {
	if err := checkItems(items, correct); err != nil {
		return Lz{}, fmt.Errorf("lz: %w", err)
	}
	if !finite(theta) {
		return Lz{}, fmt.Errorf("lz at %v: %w", theta, ErrAbility)
	}
	return lzAt(items, correct, theta), nil
}

// NewPersonFit estimates the person's ability and computes lz and lz* there. The prior is
// used by MAP alone. It fails as LzAt does, with irt's errors for the prior, and with ErrShape
// where there are no answers or the estimator is not one of the three.
func NewPersonFit(items []irt.Item, correct []bool, estimator Estimator, prior irt.Normal) (PersonFit, error) {
	if err := checkItems(items, correct); err != nil {
		return PersonFit{}, fmt.Errorf("person fit: %w", err)
	}
	if len(items) == 0 {
		return PersonFit{}, fmt.Errorf("person fit without answers: %w", ErrShape)
	}
	fit := PersonFit{Estimator: estimator, Answered: len(items)}
	for _, right := range correct {
		if right {
			fit.Correct++
		}
	}
	bounds := irt.DefaultBounds()
	var est irt.Estimate
	var err error
	switch estimator {
	case ML:
		est, err = irt.ML(items, correct, bounds)
	case WLE:
		est, err = irt.WLE(items, correct, bounds)
	case MAP:
		est, err = irt.MAP(items, correct, prior)
	default:
		return PersonFit{}, fmt.Errorf("person fit by %q: %w", estimator, ErrShape)
	}
	if err != nil {
		return PersonFit{}, fmt.Errorf("person fit: %w", err)
	}
	if estimator != MAP && (est.Theta <= bounds.Lo || est.Theta >= bounds.Hi) {
		return fit, nil
	}
	fit.Theta = optional(est.Theta, true)
	if fit.Theta == nil {
		return fit, nil
	}
	fit.Lz = lzAt(items, correct, est.Theta)
	switch estimator {
	case WLE:
		fit.R0 = warmTerm(items, est.Theta)
	case MAP:
		fit.R0 = (prior.Mean - est.Theta) / (prior.SD * prior.SD)
	}
	fit.correct(items, correct)
	return fit, nil
}

// correct fills in lz* at the estimate.
func (f *PersonFit) correct(items []irt.Item, correct []bool) {
	theta := *f.Theta
	var slopeW, information, residualW float64
	for i, item := range items {
		c := curveAt(item, theta)
		slopeW += c.slope * c.w
		information += c.slope * c.r
		residualW += c.residual(correct[i]) * c.w
	}
	if !(information > 0) {
		return
	}
	cn := slopeW / information
	sum := 0.0
	for _, item := range items {
		c := curveAt(item, theta)
		rest := c.w - cn*c.r
		sum += rest * rest * c.p * c.q
	}
	f.CN, f.Tau2 = cn, sum/float64(len(items))
	if sum > vanishing*f.Lz.Variance {
		f.LzStar = optional((residualW+cn*f.R0)/math.Sqrt(sum), true)
	}
}

// itemCurve is what lz* needs of an item at one ability.
type itemCurve struct {
	p, q  float64
	slope float64 // P'
	w     float64 // ln P/Q
	r     float64 // P'/(PQ)
}

func curveAt(item irt.Item, theta float64) itemCurve {
	_, slope, _ := item.Slopes(theta)
	up, down := item.LogLikelihood(theta, true), item.LogLikelihood(theta, false)
	right, _ := item.Derivatives(theta, true)
	wrong, _ := item.Derivatives(theta, false)
	// 1/(PQ) = 1/P + 1/Q, and P'/P and −P'/Q are the derivatives of the logarithms, which stay
	// exact where P or Q underflows.
	return itemCurve{p: math.Exp(up), q: math.Exp(down), slope: slope, w: up - down, r: right - wrong}
}

// residual is x − P.
func (c itemCurve) residual(correct bool) float64 {
	if correct {
		return c.q
	}
	return -c.p
}

// warmTerm is J/(2I), J = Σ P'P”/(PQ) (Warm 1989).
func warmTerm(items []irt.Item, theta float64) float64 {
	var j, information float64
	for _, item := range items {
		_, _, second := item.Slopes(theta)
		c := curveAt(item, theta)
		j += c.r * second
		information += c.r * c.slope
	}
	if !(information > 0) {
		return 0
	}
	return j / (2 * information)
}

func lzAt(items []irt.Item, correct []bool, theta float64) Lz {
	var f Lz
	for i, item := range items {
		up, down := item.LogLikelihood(theta, true), item.LogLikelihood(theta, false)
		p, q := math.Exp(up), math.Exp(down)
		if correct[i] {
			f.LogLikelihood += up
		} else {
			f.LogLikelihood += down
		}
		// p·ln p is 0 in the limit.
		if p > 0 {
			f.Expected += p * up
		}
		if q > 0 {
			f.Expected += q * down
		}
		if pq := p * q; pq > 0 {
			f.Variance += pq * (up - down) * (up - down)
		}
	}
	if f.Variance > 0 {
		f.Lz = optional((f.LogLikelihood-f.Expected)/math.Sqrt(f.Variance), true)
	}
	return f
}

func checkItems(items []irt.Item, correct []bool) error {
	if len(items) != len(correct) {
		return fmt.Errorf("%d items, %d answers: %w", len(items), len(correct), ErrShape)
	}
	for i, item := range items {
		if err := item.Validate(); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}
