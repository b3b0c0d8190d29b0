package irt

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	// loose is the change of an EM step at which Newton's method takes over.
	loose = 0.0003
	// stale is how far the parameters may move before an information matrix is built again.
	stale = 0.003
)

// fit is one run of the calibration.
type fit struct {
	*maximization
	ctx    context.Context
	data   *Responses
	table  *table
	expect *expectation

	x          []float64 // the estimates
	counts     *counts   // expected at x
	objective  float64   // log-likelihood plus log priors at x
	iterations int
	converged  bool

	pinned     []bool             // parameters held at a bound when the information was built
	covariance map[[2]int]float64 // of estimates, by places r <= s: those within items and of the latent distribution
	errors     ErrorMethod
}

func newFit(ctx context.Context, data *Responses, o *Options, roles []role) *fit {
	l := newLayout(o, roles)
	f := &fit{
		maximization: &maximization{options: o, layout: l, grid: o.Quadrature},
		ctx:          ctx, data: data, errors: o.Errors,
		table:  newTable(data.Items(), o.Quadrature.Len()),
		expect: newExpectation(data, o.Quadrature.Len(), o.Workers),
		x:      make([]float64, l.n), pinned: make([]bool, l.n), covariance: map[[2]int]float64{},
	}
	if f.errors == AutomaticErrors {
		f.errors = FullInformation
		if l.n > fullLimit {
			f.errors = ItemInformation
		}
	}
	f.start()
	return f
}

// start puts slopes at 1 and difficulties where the share of right answers in a
// normal population has them.
func (f *fit) start() {
	p := f.layout.population
	for j, r := range f.layout.roles {
		if r != free {
			continue
		}
		n, right := f.data.Answered(j), f.data.Correct(j)
		share := (right + 0.5) / (n + 1)
		// A logistic curve averaged over N(m, s) is close to one of slope 1/sqrt(1+s^2/1.7^2).
		f.x[f.layout.item[j][intercept]] = math.Log(share/(1-share))*math.Sqrt(1+p.SD*p.SD/2.89) - p.Mean
		if at := f.layout.item[j][slope]; at >= 0 {
			f.x[at] = 1
			if f.options.Priors.LogA != nil {
				f.x[at] = math.Exp(f.options.Priors.LogA.Mean)
			}
		}
		if at := f.layout.item[j][guess]; at >= 0 {
			f.x[at] = math.Log(0.15 / 0.85)
		}
	}
	if at := f.layout.latent[latentMean]; at >= 0 {
		f.x[at] = p.Mean
	}
	if at := f.layout.latent[latentSpread]; at >= 0 {
		f.x[at] = math.Log(p.SD)
	}
	f.layout.clampAll(f.options, f.x)
}

// run finds the maximum and the standard errors.
func (f *fit) run() error {
	if f.layout.n == 0 {
		f.converged, f.errors = true, NoErrors
		return f.evaluate(f.x)
	}
	if f.errors == FullInformation {
		if err := f.climbTo(loose, math.Inf(1)); err != nil {
			return err
		}
		if ok, err := f.newton(); err != nil || ok {
			return err
		}
	}
	if err := f.climbTo(f.options.ParameterTolerance, f.options.LikelihoodTolerance); err != nil {
		return err
	}
	return f.standardErrors()
}

// evaluate runs the E-step at x.
func (f *fit) evaluate(x []float64) error {
	f.layout.fill(f.table, f.grid, x)
	c, err := f.expect.run(f.ctx, f.table)
	if err != nil {
		return err
	}
	f.iterations++
	f.counts, f.objective = c, c.logLikelihood
	for j, r := range f.layout.roles {
		if r == free {
			var d derivatives
			f.addPriors(&d, j, f.layout.values(x, j))
			f.objective += d.value
		}
	}
	return nil
}

// step is one EM step from x to out. It returns the objective at x and the
// largest change.
func (f *fit) step(x, out []float64) (objective, change float64, err error) {
	if err := f.evaluate(x); err != nil {
		return 0, 0, err
	}
	f.maximise(x, out, f.counts)
	change = floats.Distance(x, out, math.Inf(1))
	f.progress(change)
	return f.objective, change, nil
}

func (f *fit) progress(change float64) {
	if f.options.Progress != nil {
		f.options.Progress(Progress{Iteration: f.iterations, LogLikelihood: f.objective, Change: change})
	}
}

// climbTo runs EM with SQUAREM until the two changes fall below their
// tolerances, and leaves counts and objective at the final x.
func (f *fit) climbTo(parameters, likelihood float64) error {
	n := f.layout.n
	x1, x2, x3 := make([]float64, n), make([]float64, n), make([]float64, n)
	f.converged = false
	last := math.Inf(-1)
	for f.iterations < f.options.MaxIterations {
		l0, change, err := f.step(f.x, x1)
		if err != nil {
			return err
		}
		if f.converged = change < parameters && math.Abs(l0-last) < likelihood; f.converged {
			return nil // x stays, and with it the counts
		}
		l1, _, err := f.step(x1, x2)
		if err != nil {
			return err
		}
		last = l1
		if !f.extrapolate(x1, x2, x3) {
			copy(f.x, x2)
			continue
		}
		f.layout.clampAll(f.options, x3)
		l3, _, err := f.step(x3, x1)
		if err != nil {
			return err
		}
		if l3 >= l1 { // EM's promise of a rising likelihood is kept
			copy(f.x, x1)
			last = l3
		} else {
			copy(f.x, x2)
		}
	}
	return f.evaluate(f.x)
}

// extrapolate is SQUAREM's step from x through x1 and x2, written to x3; it
// reports whether it goes further than x2.
func (f *fit) extrapolate(x1, x2, x3 []float64) bool {
	var rr, vv float64
	for k, x := range f.x {
		r, v := x1[k]-x, x2[k]-2*x1[k]+x
		rr += r * r
		vv += v * v
	}
	if vv == 0 || rr <= vv {
		return false
	}
	alpha := -math.Sqrt(rr / vv)
	for k, x := range f.x {
		r, v := x1[k]-x, x2[k]-2*x1[k]+x
		x3[k] = x - 2*alpha*r + alpha*alpha*v
	}
	return true
}
