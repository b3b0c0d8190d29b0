package irt

import (
	"context"
	"fmt"
	"math"
)

// Problem says why an item has no estimates, or suspect ones.
type Problem int

const (
	// NoProblem is the zero value.
	NoProblem Problem = iota
	// TooFewResponses left the item out: fewer answers than the rules ask for, or none.
	TooFewResponses
	// NoVariance left the item out: all its answers are right, or all are wrong, and no
	// prior on b keeps the difficulty finite.
	NoVariance
	// NotFinite marks estimates at the edge of what the calibration searches; the likelihood
	// has its maximum at infinity. The item has no standard errors.
	NotFinite
	// NegativeSlope marks a discrimination that is not positive: the item is not usable for scoring.
	NegativeSlope
	// SlopeAtBound marks a discrimination outside the rules' interval.
	SlopeAtBound
	// ExtremeDifficulty marks a difficulty beyond the rules' bound.
	ExtremeDifficulty
	// NoInformation marks an item whose standard errors could not be computed.
	NoInformation
)

// String returns the problem in words.
func (p Problem) String() string {
	switch p {
	case NoProblem:
		return "none"
	case TooFewResponses:
		return "too few responses"
	case NoVariance:
		return "no variance"
	case NotFinite:
		return "not finite"
	case NegativeSlope:
		return "negative discrimination"
	case SlopeAtBound:
		return "discrimination at its bound"
	case ExtremeDifficulty:
		return "extreme difficulty"
	case NoInformation:
		return "no standard errors"
	}
	return "unknown"
}

// ItemErrors are the standard errors of an item's parameters. 0 is a parameter
// that was not estimated, or whose error is not known.
type ItemErrors struct{ A, B, C, Intercept float64 }

// ItemEstimate is what a calibration says about one item.
type ItemEstimate struct {
	// Item holds the estimates, or the parameters given for a fixed item. It is the zero
	// value if the item was left out.
	Item Item
	// Intercept is d = -A B, of logit P = A theta + d, the better determined form of B.
	Intercept float64
	SE        ItemErrors
	// CovarianceAIntercept is the sampling covariance of A and Intercept.
	CovarianceAIntercept float64
	// Responses and Correct count the item's answers, by weight.
	Responses, Correct float64
	// Fixed tells that the parameters were given.
	Fixed bool
	// Problem is the gravest found. Items left out have one of the first two.
	Problem Problem
}

// LeftOut tells whether the item has no estimates.
func (e ItemEstimate) LeftOut() bool {
	return e.Problem == TooFewResponses || e.Problem == NoVariance
}

// Calibration is the result of [Calibrate].
type Calibration struct {
	Model Model
	// Items holds one entry for each item of the bank, in its order.
	Items []ItemEstimate
	// Population is the latent distribution, PopulationSE the standard errors of its free parameters.
	Population, PopulationSE Normal
	// LogLikelihood is the marginal log-likelihood, without priors, under Quadrature.
	LogLikelihood float64
	// Parameters is the number of free parameters.
	Parameters int
	// AIC and BIC are -2 LogLikelihood plus 2 (Akaike 1974), or ln People (Schwarz 1978),
	// for each parameter.
	AIC, BIC float64
	// People is the sum of weights; Answers the number of answers to items not left out, by weight.
	People, Answers float64
	// Iterations is the number of E-steps.
	Iterations int
	// Converged tells whether both tolerances were met within the allowed iterations.
	Converged bool
	// Errors is how the standard errors were computed; [NoErrors] if the information was
	// not positive definite.
	Errors ErrorMethod
	// Quadrature is the set of points used.
	Quadrature *Grid
}

// PreferredTo tells whether the calibration has the lower AIC of two on the
// same data and quadrature: a 2PL not preferred to the 1PL gains nothing from
// its discriminations.
func (c *Calibration) PreferredTo(other *Calibration) bool { return c.AIC < other.AIC }

// Calibrate estimates item parameters by marginal maximum likelihood with the EM
// algorithm of Bock & Aitkin (1981), answers that were not given being missing
// by design. EM is accelerated by SQUAREM (Varadhan & Roland 2008, scheme S3) and,
// where the full information matrix is built, finished by Newton's method on the
// marginal likelihood itself. Standard errors are from the observed
// information (Louis 1982), those of B by the delta method.
//
// The result depends on the data, their order and the options, not on the
// number of processors. Errors wrap [ErrOptions], [ErrTooFewData], [ErrItem],
// [ErrPrior], [ErrGrid], or the context's error.
func Calibrate(ctx context.Context, data *Responses, options Options) (*Calibration, error) {
	o, err := options.complete(data)
	if err != nil {
		return nil, err
	}
	roles, problems, err := o.assign(data)
	if err != nil {
		return nil, err
	}
	f := newFit(ctx, data, &o, roles)
	if err := f.run(); err != nil {
		return nil, err
	}
	return f.report(problems), nil
}

// report translates the working parameters.
func (f *fit) report(problems []Problem) *Calibration {
	l := f.layout
	c := &Calibration{
		Model: f.options.Model, Items: make([]ItemEstimate, len(l.roles)),
		Population: l.distribution(f.x), LogLikelihood: f.counts.logLikelihood, Parameters: l.n,
		People: f.data.Weight(), Iterations: f.iterations, Converged: f.converged,
		Errors: f.errors, Quadrature: f.grid,
	}
	c.AIC = -2*c.LogLikelihood + 2*float64(l.n)
	c.BIC = -2*c.LogLikelihood + math.Log(math.Max(1, c.People))*float64(l.n)
	for j, r := range l.roles {
		e := &c.Items[j]
		e.Responses, e.Correct, e.Problem = f.data.Answered(j), f.data.Correct(j), problems[j]
		if r != leftOut {
			c.Answers += e.Responses
		}
		switch r {
		case fixed:
			e.Item, e.Fixed = l.fixed[j], true
			e.Intercept = -e.Item.A * e.Item.B
		case free:
			f.describe(e, j)
		}
	}
	if at := l.latent[latentMean]; at >= 0 {
		c.PopulationSE.Mean = math.Sqrt(f.variance(at, at))
	}
	if at := l.latent[latentSpread]; at >= 0 {
		c.PopulationSE.SD = c.Population.SD * math.Sqrt(f.variance(at, at))
	}
	return c
}

// describe fills in a free item.
func (f *fit) describe(e *ItemEstimate, j int) {
	v := f.layout.values(f.x, j)
	a, d := v[slope], v[intercept]
	if math.Abs(a) < 1e-6 {
		a = math.Copysign(1e-6, a) // so that b stays finite
	}
	e.Item, e.Intercept = Item{A: a, B: -d / a, C: logistic(v[guess]), D: 1}, d

	variance := func(m, n int) float64 {
		if r, s := f.layout.item[j][m], f.layout.item[j][n]; r >= 0 && s >= 0 {
			return f.variance(r, s)
		}
		return 0
	}
	va, vd, cov := variance(slope, slope), variance(intercept, intercept), variance(slope, intercept)
	e.CovarianceAIntercept = cov
	b := e.Item.B
	e.SE = ItemErrors{
		A: math.Sqrt(va), Intercept: math.Sqrt(vd),
		// b = -d/a, so its gradient is -1/a in d and -b/a in a.
		B: math.Sqrt(math.Max(0, (vd+b*b*va+2*b*cov)/(a*a))),
		C: e.Item.C * (1 - e.Item.C) * math.Sqrt(variance(guess, guess)),
	}
	rules := f.options.Rules
	switch {
	case f.atBound(j):
		e.Problem, e.SE, e.CovarianceAIntercept = NotFinite, ItemErrors{}, 0
	case a <= 0:
		e.Problem = NegativeSlope
	case f.options.Errors != NoErrors && !(vd > 0):
		e.Problem = NoInformation
	case f.options.Model != ModelRasch && (rules.LowSlope > 0 && a <= rules.LowSlope || rules.HighSlope > 0 && a >= rules.HighSlope):
		e.Problem = SlopeAtBound
	case rules.FarDifficulty > 0 && math.Abs(b) > rules.FarDifficulty:
		e.Problem = ExtremeDifficulty
	}
}

// MarginalLogLikelihood returns the log-likelihood of the answers when the items
// and the distribution of ability are known, integrated on the grid, whose
// masses are normalised to sum 1. Items are one for each item of the bank.
func MarginalLogLikelihood(data *Responses, items []Item, population Normal, grid *Grid) (float64, error) {
	if len(items) != data.Items() {
		return 0, fmt.Errorf("%w: %d items for a bank of %d", ErrResponses, len(items), data.Items())
	}
	o := Options{Population: population, Quadrature: grid, Fixed: make(map[int]Item, len(items))}
	for j, item := range items {
		o.Fixed[j] = item
	}
	c, err := Calibrate(context.Background(), data, o)
	if err != nil {
		return 0, err
	}
	return c.LogLikelihood, nil
}
