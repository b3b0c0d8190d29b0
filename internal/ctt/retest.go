package ctt

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// normal975 is the .975 quantile of the standard normal distribution, for 95 % intervals.
const normal975 = 1.959963984540054

// reliableAt is the conventional 1.96 of the reliable change index and of limits of agreement.
const reliableAt = 1.96

// Retest is one person's two scores on the same scale, and the days between them.
type Retest struct {
	First, Second float64
	Days          float64
}

// WithinDays keeps the pairs that lie at least least and at most most days apart.
func WithinDays(pairs []Retest, least, most float64) []Retest {
	var kept []Retest
	for _, p := range pairs {
		if p.Days >= least && p.Days <= most {
			kept = append(kept, p)
		}
	}
	return kept
}

// RetestResult is the stability of scores from a first to a second session. Pairs with a score
// that is not a finite number are left out.
type RetestResult struct {
	N       int // pairs used
	LeftOut int // pairs without two finite scores

	R            *float64 // Pearson
	RLow, RHigh  *float64 // 95 % interval by Fisher's z; from 4 pairs on
	Mean1, Mean2 *float64
	SD1, SD2     *float64 // n−1

	SEM           *float64 // SD1·√(1 − R)
	SEMPopulation *float64 // the scale's SD·√(1 − R)
	SDiff         *float64 // √2·SEM: standard error of a difference of two scores
	MinimalChange *float64 // 1.96·SDiff: what a change must exceed to be reliable at 95 %

	Practice  Practice
	Agreement Agreement
}

// Practice is the mean gain from the first to the second session.
type Practice struct {
	Mean *float64 // of second − first
	SD   *float64 // of the differences, n−1
	T    *float64 // paired t
	DF   int
	P    *float64 // two-sided
	DZ   *float64 // Mean/SD
	DPre *float64 // Mean/SD1
}

// Agreement says how far apart two scores of one person lie.
type Agreement struct {
	Low, High *float64 // limits of agreement, Mean ∓ 1.96·SD of the differences (Bland & Altman 1986)
	ICCA1     *float64 // absolute agreement, two-way, single score (McGraw & Wong 1996, ICC(A,1))
	ICCC1     *float64 // consistency, ICC(C,1)
}

// RetestReliability computes the stability of the pairs. scaleSD is the scale's standard
// deviation in the population, for example 15.
func RetestReliability(pairs []Retest, scaleSD float64) RetestResult {
	x, y := make([]float64, 0, len(pairs)), make([]float64, 0, len(pairs))
	for _, p := range pairs {
		if finite(p.First) && finite(p.Second) {
			x, y = append(x, p.First), append(y, p.Second)
		}
	}
	res := comomentsOf(x, y).Retest(scaleSD)
	res.LeftOut = len(pairs) - len(x)
	return res
}

// Retest computes the stability of scores from running sums, X the first and Y the second score.
func (c Comoments) Retest(scaleSD float64) RetestResult {
	res := RetestResult{N: int(math.Round(c.N))}
	if c.N < 1 {
		return res
	}
	res.Mean1, res.Mean2 = optional(c.MeanX, true), optional(c.MeanY, true)
	gain := c.MeanY - c.MeanX
	res.Practice.Mean = optional(gain, true)
	sd1, sd2, ok := c.SDs()
	if !ok {
		return res
	}
	res.SD1, res.SD2 = optional(sd1, true), optional(sd2, true)
	res.practice(c, gain, sd1)
	res.agreement(c, gain)
	r, ok := c.Correlation()
	if !ok {
		return res
	}
	res.R = &r
	if c.N > 3 && math.Abs(r) < 1 {
		half := normal975 / math.Sqrt(c.N-3)
		res.RLow = optional(math.Tanh(math.Atanh(r)-half), true)
		res.RHigh = optional(math.Tanh(math.Atanh(r)+half), true)
	}
	sem := sd1 * math.Sqrt(1-r)
	res.SEM = optional(sem, true)
	res.SEMPopulation = optional(SEM(scaleSD, r))
	res.SDiff = optional(math.Sqrt2*sem, true)
	res.MinimalChange = optional(reliableAt*math.Sqrt2*sem, true)
	return res
}

func (res *RetestResult) practice(c Comoments, gain, sd1 float64) {
	p := &res.Practice
	variance := max(0, c.SXX+c.SYY-2*c.SXY) / (c.N - 1)
	sd := math.Sqrt(variance)
	p.SD, p.DF = optional(sd, true), res.N-1
	res.Agreement.Low = optional(gain-reliableAt*sd, true)
	res.Agreement.High = optional(gain+reliableAt*sd, true)
	if sd1 > 0 {
		p.DPre = optional(gain/sd1, true)
	}
	if !(sd > 0) {
		return
	}
	t := gain / (sd / math.Sqrt(c.N))
	p.T, p.DZ = optional(t, true), optional(gain/sd, true)
	p.P = optional(2*distuv.StudentsT{Sigma: 1, Nu: c.N - 1}.Survival(math.Abs(t)), true)
}

// agreement splits the variance of two scores a person into people, occasions and rest.
func (res *RetestResult) agreement(c Comoments, gain float64) {
	people := (c.SXX + c.SYY + 2*c.SXY) / 2 / (c.N - 1)
	rest := max(0, c.SXX+c.SYY-2*c.SXY) / 2 / (c.N - 1)
	occasions := c.N * gain * gain / 2
	if d := people + rest + 2/c.N*(occasions-rest); d > 0 {
		res.Agreement.ICCA1 = optional((people-rest)/d, true)
	}
	if d := people + rest; d > 0 {
		res.Agreement.ICCC1 = optional((people-rest)/d, true)
	}
}

// Change is one person's change judged against the error of measurement.
type Change struct {
	Difference float64 // second − first
	// RCI is Difference/SDiff (Jacobson & Truax 1991); RCIPractice first takes the mean
	// practice effect off (Chelune et al. 1993).
	RCI         float64
	RCIPractice float64
	Reliable    bool // |RCI| > 1.96
	// ReliableBeyondPractice is |RCIPractice| > 1.96.
	ReliableBeyondPractice bool
}

// Change judges a person's two scores. False if the result has no SDiff or practice effect, or
// the scores are not finite.
func (res RetestResult) Change(first, second float64) (Change, bool) {
	d := second - first
	if res.SDiff == nil || !(*res.SDiff > 0) || res.Practice.Mean == nil || !finite(d) {
		return Change{}, false
	}
	c := Change{Difference: d, RCI: d / *res.SDiff, RCIPractice: (d - *res.Practice.Mean) / *res.SDiff}
	c.Reliable = math.Abs(c.RCI) > reliableAt
	c.ReliableBeyondPractice = math.Abs(c.RCIPractice) > reliableAt
	return c, finite(c.RCI) && finite(c.RCIPractice)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
