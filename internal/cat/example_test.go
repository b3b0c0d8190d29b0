package cat_test

import (
	"fmt"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

// A test from a stored state: each decision is made from the answers so far.
func ExampleEngine_Next() {
	var items []cat.Item
	for i := range 60 {
		items = append(items, cat.Item{
			ID: int64(i + 1), Params: irt.TwoPL(1.8, float64(i%20)/5-2), Domain: i % 2,
		})
	}
	bank, err := cat.NewBank(items, 2)
	if err != nil {
		panic(err)
	}
	engine, err := cat.NewEngine(bank, cat.DefaultRules([]float64{.5, .5}))
	if err != nil {
		panic(err)
	}

	state := cat.State{Prior: irt.StandardNormal(), Seed: 42}
	for {
		d, err := engine.Next(state)
		if err != nil {
			panic(err)
		}
		if d.Stop {
			fmt.Printf("%s after %d items: theta %.2f, SE %.2f\n", d.Reason, len(state.Answers), d.Theta, d.SE)
			return
		}
		// This examinee solves what is easier than 0.5.
		state.Answers = append(state.Answers, cat.Answer{Item: d.Item, Correct: d.Item.Params.B < .5})
	}
	// Output:
	// MAX_ITEMS after 15 items: theta 0.43, SE 0.29
}
