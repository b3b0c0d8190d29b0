package desk

import (
	"context"
	"errors"
	"math"

	"github.com/aiqhq/aiq/internal/irt"
)

// addItemFit adds S-X2, infit and outfit of the items that have usable parameters.
func (f *Fit) addItemFit(ctx context.Context, sample Sample, c *irt.Calibration) error {
	items, data, places, err := scorable(sample, c)
	if err != nil || len(items) == 0 {
		return err
	}
	theta, err := abilities(ctx, data, items)
	if err != nil {
		return err
	}
	residuals, err := irt.ItemResiduals(data, items, theta)
	if err != nil {
		return err
	}
	for k, r := range residuals {
		if r.N > 0 {
			f.Items[places[k]].Residuals = newResiduals(r)
		}
	}
	// A fixed item has no parameters estimated, so that its degrees of freedom differ.
	for _, fixed := range []bool{false, true} {
		parameters := 0
		if !fixed {
			parameters = estimated(c.Model)
		}
		fits, err := irt.SX2(data, items, c.Population, c.Quadrature, parameters)
		if errors.Is(err, irt.ErrTooFewData) {
			return nil
		}
		if err != nil {
			return err
		}
		for k, s := range fits {
			item := &f.Items[places[k]]
			if item.Fixed != fixed {
				continue
			}
			item.SX2 = &SX2{Statistic: s.Statistic, DF: s.DF}
			if s.DF > 0 {
				item.SX2.P = &s.P
			}
		}
	}
	return nil
}

// estimated is the number of parameters of an item of the model; the common
// discrimination of the 1PL is not one of them.
func estimated(m irt.Model) int {
	switch m {
	case irt.Model1PL, irt.ModelRasch:
		return 1
	case irt.Model3PL:
		return 3
	default:
		return 2
	}
}

// scorable keeps the usable items and the answers to them, with their places in the calibration.
func scorable(sample Sample, c *irt.Calibration) (items []irt.Item, kept *irt.Responses, places []int, err error) {
	index := make([]int, len(c.Items))
	for j, e := range c.Items {
		index[j] = -1
		if usable(e) {
			index[j] = len(items)
			items = append(items, e.Item)
			places = append(places, j)
		}
	}
	if len(items) == len(c.Items) || len(items) == 0 {
		return items, sample.Data, places, nil
	}
	kept, err = irt.NewResponses(len(items))
	if err != nil {
		return nil, nil, nil, err
	}
	var answered []int
	var correct []bool
	for i := range sample.Data.People() {
		answered, correct = sample.Data.Person(i, answered[:0], correct[:0])
		n := 0
		for k, j := range answered {
			if index[j] >= 0 {
				answered[n], correct[n] = index[j], correct[k]
				n++
			}
		}
		if err := kept.AddWeighted(answered[:n], correct[:n], sample.count(i)); err != nil {
			return nil, nil, nil, err
		}
	}
	return items, kept, places, nil
}

// abilities are ML estimates, NaN for people without a finite one, who say nothing
// about the fit of items.
func abilities(ctx context.Context, data *irt.Responses, items []irt.Item) ([]float64, error) {
	theta := make([]float64, data.People())
	bounds := irt.DefaultBounds()
	err := forPeople(ctx, len(theta), nil, func(from, to int) error {
		var answered []int
		var correct []bool
		var taken []irt.Item
		for i := from; i < to; i++ {
			answered, correct = data.Person(i, answered[:0], correct[:0])
			taken = taken[:0]
			for _, j := range answered {
				taken = append(taken, items[j])
			}
			theta[i] = math.NaN()
			if len(taken) == 0 {
				continue
			}
			e, err := irt.ML(taken, correct, bounds)
			if err != nil {
				return err
			}
			if e.Theta > bounds.Lo && e.Theta < bounds.Hi {
				theta[i] = e.Theta
			}
		}
		return nil
	})
	return theta, err
}
