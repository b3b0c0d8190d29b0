package irt_test

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/internal/irt"
)

func ExampleItem() {
	item := irt.ThreePL(1.4, 0.5, 0.2)
	at, most := item.MaxInformation()
	fmt.Printf("P(0.5) = %.2f, information at most %.3f, at %.3f\n", item.P(0.5), most, at)
	// Output: P(0.5) = 0.60, information at most 0.334, at 0.691
}

func ExampleEAP() {
	items := []irt.Item{irt.TwoPL(1.2, -0.5), irt.TwoPL(0.9, 0.1), irt.TwoPL(1.6, 0.8)}
	got, err := irt.EAP(items, []bool{true, true, false}, irt.StandardNormal())
	if err != nil {
		panic(err)
	}
	fmt.Printf("theta %.3f, SE %.3f\n", got.Theta, got.SE)
	// Output: theta 0.259, SE 0.724
}

func ExamplePosterior() {
	posterior := irt.NewPosterior(irt.DefaultGrid())
	for _, difficulty := range []float64{0, 0.6, 1.1} {
		if err := posterior.Update(irt.TwoPL(1.5, difficulty), true); err != nil {
			panic(err)
		}
		e := posterior.Estimate()
		fmt.Printf("%d answers: theta %.2f, SE %.2f\n", posterior.Len(), e.Theta, e.SE)
	}
	// Output:
	// 1 answers: theta 0.53, SE 0.85
	// 2 answers: theta 0.96, SE 0.76
	// 3 answers: theta 1.32, SE 0.69
}

// LSAT section 6 (Bock & Lieberman 1970): how often each pattern of answers to
// five items occurred among 1,000 people.
func ExampleCalibrate() {
	counts := []float64{
		3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15,
		10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
	}
	data, err := irt.NewResponses(5)
	if err != nil {
		panic(err)
	}
	for pattern, n := range counts {
		correct := make([]bool, 5)
		for j := range correct {
			correct[j] = pattern>>(4-j)&1 == 1
		}
		if err := data.AddWeighted([]int{0, 1, 2, 3, 4}, correct, n); err != nil {
			panic(err)
		}
	}
	fit, err := irt.Calibrate(context.Background(), data, irt.Options{Model: irt.Model2PL})
	if err != nil {
		panic(err)
	}
	fmt.Printf("log-likelihood %.3f\n", fit.LogLikelihood)
	for _, item := range fit.Items {
		fmt.Printf("a %.2f (%.2f)  b %5.2f (%.2f)\n", item.Item.A, item.SE.A, item.Item.B, item.SE.B)
	}
	// Output:
	// log-likelihood -2466.653
	// a 0.83 (0.26)  b -3.36 (0.87)
	// a 0.72 (0.19)  b -1.37 (0.31)
	// a 0.89 (0.23)  b -0.28 (0.10)
	// a 0.69 (0.19)  b -1.87 (0.43)
	// a 0.66 (0.21)  b -3.13 (0.87)
}

func ExampleStockingLord() {
	anchors := []irt.Anchor{
		{New: irt.TwoPL(1.1, -0.8), Base: irt.TwoPL(1.0, -0.6)},
		{New: irt.TwoPL(1.4, 0.1), Base: irt.TwoPL(1.2, 0.4)},
		{New: irt.TwoPL(0.9, 0.9), Base: irt.TwoPL(0.8, 1.3)},
	}
	link, _, err := irt.StockingLord(anchors, irt.CurveOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("theta_base = %.2f theta_new + %.2f\n", link.A, link.B)
	// Output: theta_base = 1.13 theta_new + 0.29
}
