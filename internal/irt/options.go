package irt

import (
	"errors"
	"fmt"
	"math"
)

// Errors of calibration.
var (
	// ErrOptions means calibration settings that contradict each other or the data.
	ErrOptions = errors.New("irt: invalid calibration options")
	// ErrTooFewData means that the rules leave too few items, people or answers.
	ErrTooFewData = errors.New("irt: too few data to calibrate")
)

// Model is the form of the items to be calibrated. The zero value is the 2PL.
type Model int

const (
	// Model2PL gives each item a discrimination and a difficulty.
	Model2PL Model = iota
	// Model1PL gives all items one common, estimated discrimination.
	Model1PL
	// ModelRasch sets every discrimination to 1. It may have a free latent SD, which
	// makes it the 1PL in another metric.
	ModelRasch
	// Model3PL adds a lower asymptote to the 2PL. It is poorly identified without
	// thousands of answers per item or a prior on c.
	Model3PL
)

// String returns the model's usual name.
func (m Model) String() string {
	switch m {
	case Model2PL:
		return "2PL"
	case Model1PL:
		return "1PL"
	case ModelRasch:
		return "Rasch"
	case Model3PL:
		return "3PL"
	}
	return fmt.Sprintf("Model(%d)", int(m))
}

// Beta is a beta distribution; both parameters above 1 keep its density bounded.
type Beta struct{ Alpha, Beta float64 }

// ItemPriors are optional prior densities of item parameters; with any of them
// the estimates are posterior modes in the parameters named. The zero value
// is plain maximum likelihood.
type ItemPriors struct {
	// B is the prior of the difficulty. It makes discriminations positive.
	B *Normal
	// LogA is the distribution of the logarithm of the discrimination: a log-normal prior on A.
	LogA *Normal
	// C is the prior of the lower asymptote of the 3PL.
	C *Beta
}

// Rules say which data suffice and which results are suspect. A zero field is
// no rule.
type Rules struct {
	// MinResponses is the number of answers below which an item is left out.
	MinResponses float64
	// MinItems and MinPeople are the fewest items, and people with at least one answer, to calibrate at all.
	MinItems, MinPeople int
	// MaxSparsity is the largest share of the people-by-items table that may be empty.
	MaxSparsity float64
	// LowSlope, HighSlope and FarDifficulty mark results as [SlopeAtBound] (a outside)
	// and [ExtremeDifficulty] (|b| beyond).
	LowSlope, HighSlope, FarDifficulty float64
}

// DefaultRules returns 50 answers an item, 2 items, 10 people, sparsity up to
// 0.95, and suspicion of discriminations outside (0.21, 4.99) and of
// difficulties beyond 6.
func DefaultRules() Rules {
	return Rules{
		MinResponses: 50, MinItems: 2, MinPeople: 10, MaxSparsity: 0.95,
		LowSlope: 0.21, HighSlope: 4.99, FarDifficulty: 6,
	}
}

// ErrorMethod is how standard errors are computed.
type ErrorMethod int

const (
	// AutomaticErrors is [FullInformation] up to 4,000 parameters and
	// [ItemInformation] beyond.
	AutomaticErrors ErrorMethod = iota
	// FullInformation inverts the observed information matrix of all parameters
	// (Louis 1982). Memory grows with the square of the number of parameters: 8 MB
	// at 1,000, 800 MB at 10,000.
	FullInformation
	// ItemInformation inverts each item's own block of the observed information,
	// ignoring that the others are estimated too: errors of a discrimination come out
	// up to about a tenth too small with 20 items, less with more. A slope common to all
	// items is taken as known and has no error.
	ItemInformation
	// NoErrors computes none.
	NoErrors
)

// fullLimit is the number of parameters up to which AutomaticErrors builds the full matrix.
const fullLimit = 4000

// Progress is what a calibration reports after each E-step.
type Progress struct {
	// Iteration counts E-steps from 1.
	Iteration int
	// LogLikelihood is the marginal log-likelihood, log priors included, at the parameters before the step.
	LogLikelihood float64
	// Change is the largest change of a working parameter (a, d, logit c, mean, ln SD) in the step.
	Change float64
}

// Options are the settings of [Calibrate]. The zero value fits the 2PL by
// maximum likelihood with ability N(0, 1).
type Options struct {
	Model  Model
	Priors ItemPriors
	Rules  Rules
	// Fixed items keep these parameters and carry the scale, by item index; their
	// answers stay in the data. Leaving mean and SD at 0 and 1 while calibrating new
	// items on a sample that is not the reference population biases them: set FreeMean and FreeSD.
	Fixed map[int]Item
	// Population is the latent distribution, or where its free parameters start.
	// The zero value is N(0, 1).
	Population Normal
	// FreeMean and FreeSD estimate the mean and SD of the latent distribution. They need
	// fixed items, except the SD of the Rasch model.
	FreeMean, FreeSD bool
	// Quadrature is the set of integration points. Nil means equally spaced ones
	// on mean +- 6 SD, 0.2 SD apart, or closer where people gave more than 144 answers.
	// Estimates and log-likelihoods are comparable under the same quadrature only.
	Quadrature *Grid
	Errors     ErrorMethod
	// ParameterTolerance and LikelihoodTolerance end the iterations when both the
	// parameters and the log-likelihood are this close to the maximum, as the Newton
	// step predicts it or, without the full information, as the last two iterations
	// show. 0 means 1e-5 and 1e-6.
	ParameterTolerance, LikelihoodTolerance float64
	// MaxIterations bounds the number of E-steps; 0 means 2,000.
	MaxIterations int
	// Workers bounds the goroutines; 0 means one for each processor. Results do not depend on it.
	Workers int
	// Progress, if not nil, is called after each E-step, on the calling goroutine.
	Progress func(Progress)
}

// complete fills in what zero values stand for and checks the rest.
func (o Options) complete(data *Responses) (Options, error) {
	if o.Population == (Normal{}) {
		o.Population = StandardNormal()
	}
	if o.ParameterTolerance == 0 {
		o.ParameterTolerance = 1e-5
	}
	if o.LikelihoodTolerance == 0 {
		o.LikelihoodTolerance = 1e-6
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = 2000
	}
	for _, n := range []*Normal{&o.Population, o.Priors.B, o.Priors.LogA} {
		if n == nil {
			continue
		}
		if err := n.Validate(); err != nil {
			return o, err
		}
	}
	if o.Quadrature == nil {
		step := min(0.2, 2.4/math.Sqrt(float64(data.longest()+1)))
		reach := 6 * o.Population.SD
		grid, err := NewGrid(o.Population.Mean-reach, o.Population.Mean+reach, 1+2*int(math.Ceil(6/step-1e-9)))
		if err != nil {
			return o, err
		}
		o.Quadrature = grid
	}
	for j, item := range o.Fixed {
		if j < 0 || j >= data.Items() {
			return o, fmt.Errorf("%w: fixed item %d of %d", ErrOptions, j, data.Items())
		}
		if err := item.Validate(); err != nil {
			return o, fmt.Errorf("fixed item %d: %w", j, err)
		}
	}
	c := o.Priors.C
	switch {
	case o.Model < Model2PL || o.Model > Model3PL:
		return o, fmt.Errorf("%w: no such model: %v", ErrOptions, o.Model)
	case o.Errors < AutomaticErrors || o.Errors > NoErrors:
		return o, fmt.Errorf("%w: no such way to standard errors: %d", ErrOptions, o.Errors)
	case c != nil && o.Model != Model3PL:
		return o, fmt.Errorf("%w: a prior on c without the 3PL", ErrOptions)
	case c != nil && !(c.Alpha >= 1 && c.Beta >= 1 && !math.IsInf(c.Alpha+c.Beta, 0)):
		return o, fmt.Errorf("%w: beta(%v, %v)", ErrPrior, c.Alpha, c.Beta)
	case o.Priors.LogA != nil && o.Model == ModelRasch:
		return o, fmt.Errorf("%w: a prior on the Rasch model's discrimination", ErrOptions)
	case o.FreeMean && len(o.Fixed) == 0:
		return o, fmt.Errorf("%w: a free latent mean needs fixed items", ErrOptions)
	case o.FreeSD && len(o.Fixed) == 0 && o.Model != ModelRasch:
		return o, fmt.Errorf("%w: a free latent SD needs fixed items", ErrOptions)
	case !(o.ParameterTolerance > 0 && o.LikelihoodTolerance > 0 && o.MaxIterations > 0):
		return o, fmt.Errorf("%w: tolerances and iterations must be positive", ErrOptions)
	}
	return o, nil
}

// roles decides what happens to each item and names those left out.
func (o *Options) assign(data *Responses) (roles []role, problems []Problem, err error) {
	roles, problems = make([]role, data.Items()), make([]Problem, data.Items())
	used, answers := 0, 0.0
	for j := range roles {
		n, right := data.Answered(j), data.Correct(j)
		_, isFixed := o.Fixed[j]
		switch {
		case isFixed:
			roles[j] = fixed
		case n == 0 || n < o.Rules.MinResponses:
			problems[j] = TooFewResponses
			continue
		case (right == 0 || right == n) && o.Priors.B == nil:
			problems[j] = NoVariance
			continue
		default:
			roles[j] = free
		}
		used++
		answers += n
	}
	people := 0.0
	for i := range data.People() {
		if len(data.person(i)) > 0 {
			people += data.weightOf(i)
		}
	}
	switch sparsity := 1 - answers/(people*float64(used)); {
	case used < max(1, o.Rules.MinItems):
		err = fmt.Errorf("%w: %d items with enough varied answers", ErrTooFewData, used)
	case people < math.Max(1, float64(o.Rules.MinPeople)):
		err = fmt.Errorf("%w: %v people", ErrTooFewData, people)
	case o.Rules.MaxSparsity > 0 && sparsity > o.Rules.MaxSparsity:
		err = fmt.Errorf("%w: %.3f of the table is empty", ErrTooFewData, sparsity)
	}
	return roles, problems, err
}
