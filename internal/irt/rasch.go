package irt

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// RaschItem is one item of a [RaschFit].
type RaschItem struct {
	// Difficulty and SE are on the scale whose difficulties sum to 0.
	Difficulty, SE float64
	Fit            ResidualFit
	// Problem is [NoVariance] for an item that everyone, or no one, answered correctly
	// among the people who inform about it; it has no estimates.
	Problem Problem
}

// RaschPerson is one person of a [RaschFit].
type RaschPerson struct {
	// Score is the number right among the Answered items that were estimated.
	Score, Answered int
	// Extreme tells that Score is 0 or Answered: ability has no finite maximum of the
	// likelihood and Ability and Fit are zero.
	Extreme bool
	// Ability is the ML estimate given the difficulties.
	Ability Estimate
	Fit     ResidualFit
}

// RaschFit is the result of [CalibrateRasch].
type RaschFit struct {
	Items  []RaschItem
	People []RaschPerson
	// LogLikelihood is the conditional log-likelihood given the scores.
	LogLikelihood float64
	Iterations    int
	Converged     bool
}

// CalibrateRasch estimates Rasch difficulties by conditional maximum likelihood
// given each person's number right (Andersen 1972), by Newton's method, with
// abilities by ML and infit and outfit of items and people. It needs no
// distribution of ability. Answers may be missing by design as long as items are
// connected through people who answered several. People with nothing or
// everything right do not inform about difficulties and are left out of the fit
// of items. Errors wrap [ErrTooFewData], or are the context's.
func CalibrateRasch(ctx context.Context, data *Responses) (*RaschFit, error) {
	c := newConditional(data)
	if len(c.active) < 2 || len(c.groups) == 0 {
		return nil, fmt.Errorf("%w: no two items on which people differ", ErrTooFewData)
	}
	fit := &RaschFit{Items: make([]RaschItem, data.Items()), People: make([]RaschPerson, data.People())}
	covariance, err := c.maximise(ctx, fit)
	if err != nil {
		return nil, err
	}
	for j := range fit.Items {
		at := c.place[j]
		if at < 0 {
			fit.Items[j].Problem = NoVariance
			continue
		}
		fit.Items[j].Difficulty = c.b[at]
		fit.Items[j].SE = math.Sqrt(math.Max(0, covariance.At(at, at)))
	}
	return fit, c.people(fit)
}

// conditional is the conditional likelihood of the Rasch model. People who were
// given the same items form a group, in which only scores and item totals matter.
type conditional struct {
	data   *Responses
	place  []int // by item: its place among the active, or -1
	active []int
	groups []*scoreGroup
	b      []float64
}

// scoreGroup holds people given the same active items.
type scoreGroup struct {
	items  []int     // places
	scores []float64 // people by number right; extremes stay 0
	right  []float64 // right answers by item, of the people counted
}

func newConditional(data *Responses) *conditional {
	c := &conditional{data: data, place: make([]int, data.Items())}
	for j := range c.place {
		c.place[j] = j // active until shown otherwise
	}
	// Leaving out an item may make more scores extreme, and more items without
	// variance; repeat until none is.
	for {
		c.group()
		right, n := make([]float64, data.Items()), make([]float64, data.Items())
		for _, g := range c.groups {
			people := floats.Sum(g.scores)
			for k, j := range g.items {
				right[c.active[j]] += g.right[k]
				n[c.active[j]] += people
			}
		}
		dropped := false
		for _, j := range c.active {
			if right[j] <= 0 || right[j] >= n[j] {
				c.place[j] = -1
				dropped = true
			}
		}
		if !dropped {
			break
		}
	}
	c.b = make([]float64, len(c.active))
	return c
}

// group numbers the active items and collects people by the items they were given.
func (c *conditional) group() {
	c.active, c.groups = c.active[:0], nil
	for j, at := range c.place {
		if at >= 0 {
			c.place[j] = len(c.active)
			c.active = append(c.active, j)
		}
	}
	known := map[string]*scoreGroup{}
	var key []byte
	for i := range c.data.People() {
		key = key[:0]
		var n, score int
		for _, x := range c.data.person(i) {
			if at := c.place[x.item()]; at >= 0 {
				key = append(key, byte(at), byte(at>>8), byte(at>>16), byte(at>>24))
				n++
				score += int(x & 1)
			}
		}
		weight := c.data.weightOf(i)
		if score == 0 || score == n || weight == 0 {
			continue
		}
		g := known[string(key)]
		if g == nil {
			g = &scoreGroup{scores: make([]float64, n+1), right: make([]float64, n)}
			for _, x := range c.data.person(i) {
				if at := c.place[x.item()]; at >= 0 {
					g.items = append(g.items, at)
				}
			}
			known[string(key)] = g
			c.groups = append(c.groups, g)
		}
		g.scores[score] += weight
		k := 0
		for _, x := range c.data.person(i) {
			if c.place[x.item()] >= 0 {
				g.right[k] += weight * float64(x&1)
				k++
			}
		}
	}
}

// maximise runs Newton's method and returns the covariance of the difficulties.
func (c *conditional) maximise(ctx context.Context, fit *RaschFit) (*mat.SymDense, error) {
	n := len(c.active)
	var inverse mat.SymDense
	value, gradient, information, err := c.evaluate(ctx, c.b)
	if err != nil {
		return nil, err
	}
	for fit.Iterations = 1; fit.Iterations <= 100; fit.Iterations++ {
		// The likelihood does not change when all difficulties move together. Adding 1 in
		// that direction makes the matrix regular and keeps their sum at 0.
		var cholesky mat.Cholesky
		for j := range n {
			for k := j; k < n; k++ {
				information.SetSym(j, k, information.At(j, k)+1)
			}
		}
		if !cholesky.Factorize(information) || cholesky.Cond() > 1e10 {
			return nil, fmt.Errorf("%w: items are not connected by people who differ on them", ErrTooFewData)
		}
		if err := cholesky.InverseTo(&inverse); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTooFewData, err)
		}
		var step mat.VecDense
		step.MulVec(&inverse, mat.NewVecDense(n, gradient))
		next, scale := make([]float64, n), 1.0
		for ; scale > 1e-6; scale /= 2 {
			for k := range next {
				next[k] = c.b[k] + scale*step.AtVec(k)
			}
			v, g, h, err := c.evaluate(ctx, next)
			if err != nil {
				return nil, err
			}
			if v >= value-1e-12*math.Abs(value) {
				value, gradient, information = v, g, h
				copy(c.b, next)
				break
			}
		}
		if size := mat.Norm(&step, math.Inf(1)); size < 1e-10 || scale <= 1e-6 {
			fit.Converged = size < 1e-6
			break
		}
	}
	fit.LogLikelihood = value
	for j := range n {
		for k := j; k < n; k++ {
			inverse.SetSym(j, k, inverse.At(j, k)-1/float64(n*n))
		}
	}
	return &inverse, nil
}

// evaluate returns the conditional log-likelihood, its gradient and its
// information. Probabilities given the score are ratios of distributions of the
// number right at ability 0, as ratios of elementary symmetric functions are, but
// without their overflow; items are left out by building the distribution anew,
// never by dividing, which loses all digits.
func (c *conditional) evaluate(ctx context.Context, b []float64) (value float64, gradient []float64, information *mat.SymDense, err error) {
	gradient, information = make([]float64, len(b)), mat.NewSymDense(len(b), nil)
	for _, g := range c.groups {
		if err := ctx.Err(); err != nil {
			return 0, nil, nil, err
		}
		n := len(g.items)
		p := make([]float64, n)
		for k, at := range g.items {
			p[k] = logistic(-b[at])
			value -= b[at] * g.right[k]
			gradient[at] -= g.right[k]
		}
		whole := scoreDistribution(make([]float64, 0, n+1), p)
		var base float64 // ln of the product of 1-p
		for _, q := range p {
			base += math.Log1p(-q)
		}
		shares := make([]float64, n+1) // people over probability of the score
		for s, people := range g.scores {
			if people > 0 {
				value -= people * (math.Log(whole[s]) - base)
				shares[s] = people / whole[s]
			}
		}
		left := newLeaveOut(p)
		single := make([][]float64, n) // by item and score: P(right | score)
		for j := range n {
			without := left.one(j)
			single[j] = make([]float64, n+1)
			for s := 1; s < n; s++ {
				if g.scores[s] > 0 {
					single[j][s] = p[j] * without[s-1] / whole[s]
					gradient[g.items[j]] += g.scores[s] * single[j][s]
				}
			}
		}
		for j := range n {
			pairs := newLeaveOut(append(append([]float64(nil), p[:j]...), p[j+1:]...))
			for k := j; k < n; k++ {
				var sum float64
				if k == j {
					for s, people := range g.scores {
						sum += people * single[j][s] * (1 - single[j][s])
					}
				} else {
					without := pairs.one(k - 1)
					for s := 1; s < n; s++ {
						if g.scores[s] > 0 {
							both := 0.0
							if s >= 2 {
								both = shares[s] * p[j] * p[k] * without[s-2]
							}
							sum += both - g.scores[s]*single[j][s]*single[k][s]
						}
					}
				}
				at, to := g.items[j], g.items[k]
				information.SetSym(at, to, information.At(at, to)+sum)
			}
		}
	}
	return value, gradient, information, nil
}

// leaveOut gives the distribution of the number right without one of the items.
type leaveOut struct {
	p              []float64
	before, result []float64
	count          int
}

func newLeaveOut(p []float64) *leaveOut {
	return &leaveOut{p: p, before: append(make([]float64, 0, len(p)+1), 1), result: make([]float64, 0, len(p)+1)}
}

// one leaves out item j; calls come with ascending j. The items before j are kept
// as a running distribution.
func (l *leaveOut) one(j int) []float64 {
	for ; l.count < j; l.count++ {
		l.before = appendItem(l.before, l.p[l.count])
	}
	l.result = append(l.result[:0], l.before...)
	for _, right := range l.p[j+1:] {
		l.result = appendItem(l.result, right)
	}
	return l.result
}

// people estimates abilities and fit.
func (c *conditional) people(fit *RaschFit) error {
	bank := make([]Item, len(c.b))
	for k, b := range c.b {
		bank[k] = OnePL(b)
	}
	items, correct := []Item{}, []bool{}
	sums := make([]residuals, c.data.Items())
	for i := range fit.People {
		p := &fit.People[i]
		items, correct = items[:0], correct[:0]
		for _, x := range c.data.person(i) {
			if at := c.place[x.item()]; at >= 0 {
				items, correct = append(items, bank[at]), append(correct, x.correct())
				p.Score += int(x & 1)
			}
		}
		p.Answered = len(items)
		if p.Extreme = p.Score == 0 || p.Score == p.Answered; p.Extreme {
			continue
		}
		ability, err := ML(items, correct, Bounds{-30, 30})
		if err != nil {
			return err
		}
		p.Ability = ability
		if p.Fit, err = PersonResiduals(items, correct, ability.Theta); err != nil {
			return err
		}
		for _, x := range c.data.person(i) {
			if at := c.place[x.item()]; at >= 0 {
				sums[x.item()].add(bank[at].P(ability.Theta), x.correct(), c.data.weightOf(i))
			}
		}
	}
	for j := range sums {
		fit.Items[j].Fit = sums[j].fit()
	}
	return nil
}
