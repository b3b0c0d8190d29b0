package irt

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ScoreFit is an item's S-X^2: observed against expected shares of right answers
// in groups of equal number-right score.
type ScoreFit struct {
	// Statistic is the chi-square sum, DF its degrees of freedom: groups less
	// estimated parameters. DF is 0 if too few groups are left, and P then 1.
	Statistic float64
	DF        int
	// P is the probability of a larger statistic under the model.
	P float64
}

// minExpected is the smallest expected number of right and of wrong answers in a
// group; smaller groups are merged with their neighbours.
const minExpected = 1.0

// SX2 returns each item's S-X^2 (Orlando & Thissen 2000). It takes the
// people who answered every item of the bank; with none, or fewer than three
// items, the error wraps [ErrTooFewData]. Population and grid are those of the calibration, a nil grid being [DefaultGrid];
// parameters is the number estimated for each item, 2 for the 2PL.
// Groups are merged from the ends towards the middle of the score range until each expects at
// least one right and one wrong answer.
func SX2(data *Responses, items []Item, population Normal, grid *Grid, parameters int) ([]ScoreFit, error) {
	n := len(items)
	if n != data.Items() {
		return nil, fmt.Errorf("%w: %d items for a bank of %d", ErrResponses, n, data.Items())
	}
	if err := population.Validate(); err != nil {
		return nil, err
	}
	for j, item := range items {
		if err := item.Validate(); err != nil {
			return nil, fmt.Errorf("item %d: %w", j, err)
		}
	}
	if grid == nil {
		grid = DefaultGrid()
	}
	people, right, complete := make([]float64, n+1), make([]float64, n*(n+1)), 0.0
	for i := range data.People() {
		answers, weight := data.person(i), data.weightOf(i)
		if len(answers) != n {
			continue
		}
		score := 0
		for _, c := range answers {
			score += int(c & 1)
		}
		complete += weight
		people[score] += weight
		for _, c := range answers {
			if c.correct() {
				right[c.item()*(n+1)+score] += weight
			}
		}
	}
	if complete == 0 || n < 3 {
		return nil, fmt.Errorf("%w: S-X2 needs people who answered all of three or more items", ErrTooFewData)
	}
	expected := expectedShares(items, population, grid)
	fits := make([]ScoreFit, n)
	for j := range fits {
		fits[j] = scoreFit(people, right[j*(n+1):][:n+1], expected[j], parameters)
	}
	return fits, nil
}

// expectedShares returns, by item and score 0 to n, the model's probability of a
// right answer among people of that score.
func expectedShares(items []Item, population Normal, grid *Grid) [][]float64 {
	n := len(items)
	masses := make([]float64, grid.Len())
	grid.masses(masses, population)
	whole := make([]float64, n+1)
	joint := make([][]float64, n)
	for j := range joint {
		joint[j] = make([]float64, n+1)
	}
	p, others, f := make([]float64, n), make([]float64, 0, n), make([]float64, 0, n+1)
	for k, mass := range masses {
		for j, item := range items {
			p[j] = item.P(grid.nodes[k])
		}
		for s, v := range scoreDistribution(f, p) {
			whole[s] += mass * v
		}
		for j := range items {
			others = append(append(others[:0], p[:j]...), p[j+1:]...)
			for s, v := range scoreDistribution(f, others) {
				joint[j][s+1] += mass * p[j] * v
			}
		}
	}
	for j := range joint {
		for s, w := range whole {
			if w > 0 {
				joint[j][s] /= w
			}
		}
	}
	return joint
}

// scoreFit compares one item's groups with scores 1 to n-1; those of 0 and n
// cannot misfit.
func scoreFit(people, right, expected []float64, parameters int) ScoreFit {
	type group struct{ n, right, expected float64 }
	var groups []group
	for s := 1; s < len(people)-1; s++ {
		groups = append(groups, group{people[s], right[s], people[s] * expected[s]})
	}
	small := func(g group) bool { return g.expected < minExpected || g.n-g.expected < minExpected }
	merge := func(into, from int) {
		groups[into].n += groups[from].n
		groups[into].right += groups[from].right
		groups[into].expected += groups[from].expected
		groups = append(groups[:from], groups[from+1:]...)
	}
	for lo := 0; lo < len(groups)/2; {
		if small(groups[lo]) {
			merge(lo+1, lo)
		} else {
			lo++
		}
	}
	for hi := len(groups) - 1; hi > 0; hi-- {
		if small(groups[hi]) {
			merge(hi-1, hi)
		}
	}
	if len(groups) > 1 && small(groups[0]) {
		merge(1, 0)
	}
	fit := ScoreFit{DF: max(0, len(groups)-parameters), P: 1}
	for _, g := range groups {
		if !small(g) {
			d := g.right - g.expected
			fit.Statistic += d * d * g.n / (g.expected * (g.n - g.expected))
		}
	}
	if fit.DF > 0 && !math.IsNaN(fit.Statistic) {
		fit.P = distuv.ChiSquared{K: float64(fit.DF)}.Survival(fit.Statistic)
	}
	return fit
}
