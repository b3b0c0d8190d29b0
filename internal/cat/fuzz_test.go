package cat_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

// FuzzNext builds banks, rules and states from arbitrary numbers: every refusal is
// one of the package's errors, every decision is finite, and every test ends.
func FuzzNext(f *testing.F) {
	inf, nan := math.Inf(1), math.NaN()
	f.Add(1., 0., 0., 1., 0., 1., -4., 4., uint8(30), uint8(0), uint8(0), uint64(1))
	f.Add(nan, 0., 0., 1., 0., 1., -4., 4., uint8(1), uint8(1), uint8(1), uint64(2))
	f.Add(1., inf, 0., 1., 0., 1., -4., 4., uint8(0), uint8(2), uint8(2), uint64(3))
	f.Add(1., 0., .25, .9, inf, 1., -4., 4., uint8(9), uint8(3), uint8(1), uint64(4))
	f.Add(1e3, 1e6, 0., 0., 3., .1, -4., 4., uint8(20), uint8(1), uint8(0), uint64(5))
	f.Add(1e-300, -1e6, 0., 1., 0., 1e-300, -4., 4., uint8(20), uint8(0), uint8(2), uint64(6))
	f.Add(2., 0., .9999999, 1., 0., 1e300, -1e300, 1e300, uint8(20), uint8(0), uint8(0), uint64(7))
	f.Add(2., 0., 0., 1e-300, 4., 1e-6, 4., 4.0000001, uint8(20), uint8(1), uint8(0), uint64(8))
	f.Add(1., 0., 0., 1., 1e-310, 1., 0., 1e-310, uint8(20), uint8(0), uint8(0), uint64(9))
	f.Fuzz(func(t *testing.T, a, b, c, d, mean, sd, low, high float64, n, selection, exposure uint8, seed uint64) {
		var items []cat.Item
		for i := range int(n) {
			params := irt.FourPL(a/float64(1+i%3), b+float64(i)/10, c, d)
			items = append(items, cat.Item{ID: int64(i), Params: params, Domain: i % 3})
		}
		bank, err := cat.NewBank(items, 3)
		if err != nil {
			refused(t, err)
			return
		}
		rules := cat.DefaultRules([]float64{.5, .3, .2})
		rules.ThetaMin, rules.ThetaMax = low, high
		rules.Selection = []cat.Selection{cat.Fisher, cat.KullbackLeibler, cat.AStratified, cat.Random}[selection%4]
		rules.Exposure = []cat.Exposure{cat.Randomesque, cat.SympsonHetter, cat.ProgressiveRestricted}[exposure%3]
		engine, err := cat.NewEngine(bank, rules)
		if err != nil {
			refused(t, err)
			return
		}
		s := cat.State{Prior: irt.Normal{Mean: mean, SD: sd}, Seed: seed, Seen: []int64{1, 1, -9}}
		for {
			decision, err := engine.Next(s)
			if err != nil {
				refused(t, err)
				return
			}
			for _, x := range []float64{decision.Theta, decision.SE, decision.Information} {
				require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%+v", decision)
			}
			require.LessOrEqual(t, len(s.Answers), rules.MaxItems)
			if decision.Stop {
				require.Contains(t, cat.StopReasons(), decision.Reason)
				return
			}
			s.Answers = append(s.Answers, cat.Answer{Item: decision.Item, Correct: seed>>len(s.Answers)&1 == 1})
		}
	})
}

func refused(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{cat.ErrItem, cat.ErrDuplicate, cat.ErrRules, cat.ErrState} {
		if errors.Is(err, known) {
			return
		}
	}
	require.NoError(t, err)
}
