package irt

import (
	"fmt"
	"math"
)

// Posterior is the distribution of one person's ability on a grid, updated
// answer by answer. Each update is one pass over the points and allocates
// nothing; a Posterior is scratch to be reused through [Posterior.Reset], by
// one goroutine at a time.
type Posterior struct {
	grid    *Grid
	prior   Normal
	answers int

	// The posterior at point k is proportional to base[k] * run[k]. base starts as
	// the prior; run is the product of recent likelihoods, folded into base through
	// logarithms before it could underflow, so no number of answers loses a point
	// that later answers may favour.
	logBase []float64
	base    []float64
	run     []float64
	least   float64 // a lower bound of every run[k]

	logStart, start []float64 // logBase and base before any answer
}

// smallest is where run is folded into base, far enough above the smallest
// float64 for one more likelihood to be multiplied in.
const smallest = 1e-150

// NewPosterior returns a posterior on the grid, or on [DefaultGrid] if that is
// nil, without answers, under the standard normal prior.
func NewPosterior(grid *Grid) *Posterior {
	if grid == nil {
		grid = DefaultGrid()
	}
	n := grid.Len()
	all := make([]float64, 5*n)
	p := &Posterior{
		grid: grid, logBase: all[:n:n], base: all[n : 2*n : 2*n], run: all[2*n : 3*n : 3*n],
		logStart: all[3*n : 4*n : 4*n], start: all[4*n:],
	}
	p.setPrior(StandardNormal())
	p.clear()
	return p
}

// Reset forgets all answers and starts again from the prior. Resetting to the
// prior it had costs no exponentials.
func (p *Posterior) Reset(prior Normal) error {
	if err := prior.Validate(); err != nil {
		return err
	}
	if prior != p.prior {
		p.setPrior(prior)
	}
	p.clear()
	return nil
}

// ResetMasses forgets all answers and starts again from any prior, given as masses
// at the grid's points; they need not sum to 1. An error wraps [ErrPrior] and
// leaves the posterior as it was.
func (p *Posterior) ResetMasses(masses []float64) error {
	if len(masses) != len(p.run) {
		return fmt.Errorf("%w: %d masses for %d points", ErrPrior, len(masses), len(p.run))
	}
	var sum float64
	for _, m := range masses {
		if !(m >= 0) {
			return fmt.Errorf("%w: mass %v", ErrPrior, m)
		}
		sum += m
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return fmt.Errorf("%w: masses sum to %v", ErrPrior, sum)
	}
	p.prior = Normal{} // equal to no valid prior, so that the next Reset computes its own
	for k, m := range masses {
		p.logBase[k] = math.Log(m)
	}
	p.keepStart()
	p.clear()
	return nil
}

func (p *Posterior) setPrior(prior Normal) {
	p.prior = prior
	p.grid.logMasses(p.logBase, prior)
	p.keepStart()
}

func (p *Posterior) keepStart() {
	p.rebase()
	copy(p.logStart, p.logBase)
	copy(p.start, p.base)
}

func (p *Posterior) clear() {
	copy(p.logBase, p.logStart)
	copy(p.base, p.start)
	for k := range p.run {
		p.run[k] = 1
	}
	p.answers, p.least = 0, 1
}

// rebase sets base from logBase, largest value 1, and run to ones.
func (p *Posterior) rebase() {
	top := math.Inf(-1)
	for _, l := range p.logBase {
		top = math.Max(top, l)
	}
	for k, l := range p.logBase {
		l -= top
		p.logBase[k] = l
		p.base[k] = math.Exp(l)
		p.run[k] = 1
	}
	p.least = 1
}

func (p *Posterior) fold() {
	for k, r := range p.run {
		p.logBase[k] += math.Log(r)
	}
	p.rebase()
}

// Update multiplies in one answer. The error, for an invalid item, wraps
// [ErrItem] and leaves the posterior as it was.
func (p *Posterior) Update(item Item, correct bool) error {
	if err := item.Validate(); err != nil {
		return err
	}
	p.answers++
	nodes := p.grid.nodes
	n := len(nodes)
	// Likelihoods are monotone in theta, so the ends of the grid bound them.
	x, y := item.A*(nodes[0]-item.B), item.A*(nodes[n-1]-item.B)
	if math.Max(math.Abs(x), math.Abs(y)) > 300 {
		p.fold()
		for k, t := range nodes {
			p.logBase[k] += item.LogLikelihood(t, correct)
		}
		p.rebase()
		return nil
	}
	// A right answer has likelihood c + (d-c)/(1+e^-z), a wrong one (1-d) + (d-c)/(1+e^z).
	floor, sign := item.C, -1.0
	if !correct {
		floor, sign = 1-item.upper(), 1
	}
	span := item.upper() - item.C
	if p.grid.step > 0 {
		multiplySpaced(p.run, floor, span, math.Exp(sign*x), math.Exp(sign*item.A*p.grid.step))
	} else {
		for k, t := range nodes {
			p.run[k] *= floor + span/(1+math.Exp(sign*item.A*(t-item.B)))
		}
	}
	p.least *= floor + span/(1+math.Exp(math.Max(sign*x, sign*y)))
	if p.least < smallest {
		p.fold()
	}
	return nil
}

// multiplySpaced multiplies run by the likelihood at equally spaced points,
// where e^(+-z) is a geometric series: one exponential serves the whole pass.
// Two interleaved series hide the latency of the multiplication.
func multiplySpaced(run []float64, floor, span, e, ratio float64) {
	f, square := e*ratio, ratio*ratio
	for ; len(run) >= 2; run = run[2:] {
		run[0] *= floor + span/(1+e)
		run[1] *= floor + span/(1+f)
		e *= square
		f *= square
	}
	if len(run) == 1 {
		run[0] *= floor + span/(1+e)
	}
}

// Len returns the number of answers since the last reset.
func (p *Posterior) Len() int { return p.answers }

// Estimate returns the mean and the standard deviation of the posterior, the
// expected a posteriori estimate (Bock & Mislevy 1982). Without answers these
// are the prior's own, exactly if it is normal.
func (p *Posterior) Estimate() Estimate {
	if p.answers == 0 && p.prior != (Normal{}) {
		return Estimate{Theta: p.prior.Mean, SE: p.prior.SD}
	}
	var total, first float64
	nodes := p.grid.nodes
	base, run := p.base[:len(nodes)], p.run[:len(nodes)]
	for k, t := range nodes {
		w := base[k] * run[k]
		total += w
		first += w * t
	}
	mean := first / total
	var second float64
	for k, t := range nodes {
		second += base[k] * run[k] * (t - mean) * (t - mean)
	}
	return Estimate{Theta: mean, SE: math.Sqrt(second / total)}
}

// Masses writes the posterior probabilities of the grid's points to dst and
// returns it; a dst that is not of the grid's length is replaced by a new slice.
func (p *Posterior) Masses(dst []float64) []float64 {
	if len(dst) != len(p.run) {
		dst = make([]float64, len(p.run))
	}
	var total float64
	for k := range dst {
		dst[k] = p.base[k] * p.run[k]
		total += dst[k]
	}
	for k := range dst {
		dst[k] /= total
	}
	return dst
}

// EAP returns the expected a posteriori ability and the posterior standard
// deviation on this grid, whatever its resolution; answers do not have to be
// ordered. It is finite for any valid items, also when all answers are right,
// wrong or absent.
func (g *Grid) EAP(items []Item, correct []bool, prior Normal) (Estimate, error) {
	p := NewPosterior(g)
	if err := p.score(items, correct, prior); err != nil {
		return Estimate{}, err
	}
	return p.Estimate(), nil
}

func (p *Posterior) score(items []Item, correct []bool, prior Normal) error {
	if len(items) != len(correct) {
		return fmt.Errorf("%w: %d items, %d answers", ErrResponses, len(items), len(correct))
	}
	if err := p.Reset(prior); err != nil {
		return err
	}
	for j, item := range items {
		if err := p.Update(item, correct[j]); err != nil {
			return fmt.Errorf("item %d: %w", j, err)
		}
	}
	return nil
}

// EAP returns the expected a posteriori ability and the posterior standard
// deviation (Bock & Mislevy 1982), starting from [DefaultGrid]. While the
// posterior is narrower than the grid resolves, it is computed again on a grid
// fitted to it, so thousands of items are as exact as ten. Without answers it
// returns the prior.
func EAP(items []Item, correct []bool, prior Normal) (Estimate, error) {
	grid := DefaultGrid()
	if err := prior.Validate(); err != nil {
		return Estimate{}, err
	}
	if reach := 8 * prior.SD; prior.Mean-reach < -8 || prior.Mean+reach > 8 {
		grid = spaced(math.Min(-8, prior.Mean-reach), math.Max(8, prior.Mean+reach), 161)
	}
	for {
		p := NewPosterior(grid)
		if err := p.score(items, correct, prior); err != nil {
			return Estimate{}, err
		}
		e := p.Estimate()
		if e.SE >= grid.step || len(items) == 0 || !(grid.step > 1e-9) {
			return e, nil
		}

		reach := 8 * math.Max(e.SE, grid.step)
		grid = spaced(e.Theta-reach, e.Theta+reach, 161)
	}
}
