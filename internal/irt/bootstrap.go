package irt

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrapped holds the standard errors that resampling people gives.
type Bootstrapped struct {
	// SE holds, by item, the standard deviations over replicates; 0 for parameters
	// not estimated.
	SE []ItemErrors
	// Replicates counts, by item, the resamples in which the item could be estimated.
	Replicates []int
}

// Bootstrap refits the calibration to resamples of the people with replacement
// (Efron 1979) and returns the standard deviations of the estimates, a check on
// standard errors from the information matrix that costs one calibration each.
// Weights are taken as counts. Resamples run in parallel; the result depends on
// the seed, not on their number. Replicates is at least 2.
func Bootstrap(ctx context.Context, data *Responses, options Options, replicates int, seed uint64) (*Bootstrapped, error) {
	if replicates < 2 {
		return nil, fmt.Errorf("%w: %d bootstrap replicates", ErrOptions, replicates)
	}
	o, err := options.complete(data)
	if err != nil {
		return nil, err
	}
	if _, _, err := o.assign(data); err != nil {
		return nil, err
	}
	workers := o.Workers
	o.Errors, o.Workers, o.Progress = NoErrors, 1, nil
	runs := make([]*Calibration, replicates)
	failed := make([]error, replicates)
	err = parallel(ctx, workers, replicates, func(ctx context.Context, k int) {
		sample := data.resample(rand.New(rand.NewPCG(seed, uint64(k))))
		runs[k], failed[k] = Calibrate(ctx, sample, o)
	})
	if err != nil {
		return nil, err
	}
	out := &Bootstrapped{SE: make([]ItemErrors, data.Items()), Replicates: make([]int, data.Items())}
	for j := range out.SE {
		var a, b, c, d moments
		for _, run := range runs {
			if run == nil || run.Items[j].LeftOut() || run.Items[j].Fixed || run.Items[j].Problem == NotFinite {
				continue
			}
			e := run.Items[j]
			a.add(e.Item.A)
			b.add(e.Item.B)
			c.add(e.Item.C)
			d.add(e.Intercept)
		}
		out.SE[j] = ItemErrors{A: a.sd(), B: b.sd(), C: c.sd(), Intercept: d.sd()}
		out.Replicates[j] = a.n
	}
	if !slices.ContainsFunc(runs, func(c *Calibration) bool { return c != nil }) {
		return nil, fmt.Errorf("every replicate failed: %w", failed[0])
	}
	return out, nil
}

// moments is a running mean and variance (Welford 1962).
type moments struct {
	n          int
	mean, rest float64
}

func (m *moments) add(x float64) {
	m.n++
	step := x - m.mean
	m.mean += step / float64(m.n)
	m.rest += step * (x - m.mean)
}

func (m *moments) sd() float64 {
	if m.n < 2 {
		return 0
	}
	return math.Sqrt(m.rest / float64(m.n-1))
}

// resample draws as many people as there are, with replacement, as new weights
// over the same answers.
func (r *Responses) resample(random *rand.Rand) *Responses {
	upTo := make([]float64, r.People())
	var sum float64
	for i := range upTo {
		sum += r.weightOf(i)
		upTo[i] = sum
	}
	s := &Responses{
		items: r.items, start: r.start, cells: r.cells, weight: make([]float64, r.People()),
		right: make([]float64, r.items), wrong: make([]float64, r.items),
	}
	for range int(math.Round(sum)) {
		i, _ := slices.BinarySearch(upTo, random.Float64()*sum)
		for i < len(upTo)-1 && r.weightOf(i) == 0 {
			i++
		}
		s.weight[i]++
		s.total++
	}
	for i, w := range s.weight {
		for _, c := range s.person(i) {
			if c.correct() {
				s.right[c.item()] += w
			} else {
				s.wrong[c.item()] += w
			}
		}
	}
	return s
}
