package simulate_test

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/cat/simulate"
	"github.com/aiqhq/aiq/internal/irt"
)

// How well does a bank of 60 items measure, and how much do two tests share?
func ExampleRun() {
	var items []cat.Item
	for i := range 60 {
		items = append(items, cat.Item{ID: int64(i), Params: irt.TwoPL(1.5, float64(i)/15-2)})
	}
	bank, err := cat.NewBank(items, 1)
	if err != nil {
		panic(err)
	}
	engine, err := cat.NewEngine(bank, cat.DefaultRules([]float64{1}))
	if err != nil {
		panic(err)
	}
	report, err := simulate.Run(context.Background(), engine, simulate.DefaultPlan(2000, 1))
	if err != nil {
		panic(err)
	}
	fmt.Printf("RMSE %.2f, %.1f items, overlap %.2f\n",
		report.Overall.RMSE, report.Overall.MeanItems, report.Exposure.Overlap)
	// Output:
	// RMSE 0.34, 15.0 items, overlap 0.34
}
