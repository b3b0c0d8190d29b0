package irt_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// drawn returns n items and the answers of a person of the given ability.
func drawn(n int, theta float64, seed uint64) ([]irt.Item, []bool) {
	r := rand.New(rand.NewPCG(seed, 1))
	items, correct := make([]irt.Item, n), make([]bool, n)
	for j := range items {
		items[j] = irt.TwoPL(0.5+1.5*r.Float64(), 4*r.Float64()-2)
		correct[j] = r.Float64() < items[j].P(theta)
	}
	return items, correct
}

func TestPosteriorEqualsLogSpaceSum(t *testing.T) {
	t.Parallel()
	grid, err := irt.NewGrid(-4, 4, 61)
	require.NoError(t, err)
	hermite, err := irt.GaussHermite(41)
	require.NoError(t, err)
	for _, g := range []*irt.Grid{grid, hermite, irt.DefaultGrid()} {
		for _, n := range []int{1, 15, 400, 3000} {
			items, correct := drawn(n, 0.4, uint64(n))
			items[0] = irt.FourPL(900, -1, 0, 0.9) // beyond what plain products can hold
			prior := irt.Normal{Mean: 0.3, SD: 0.8}
			if g == hermite {
				prior = irt.StandardNormal()
			}
			want := make([]float64, g.Len())
			base := irt.NewPosterior(g)
			require.NoError(t, base.Reset(prior))
			top, total, mean, variance := math.Inf(-1), 0.0, 0.0, 0.0
			for k, m := range base.Masses(nil) {
				want[k] = math.Log(m)
				for j, item := range items {
					want[k] += item.LogLikelihood(g.Node(k), correct[j])
				}
				top = math.Max(top, want[k])
			}
			for k := range want {
				w := math.Exp(want[k] - top)
				total += w
				mean += w * g.Node(k)
			}
			mean /= total
			for k := range want {
				variance += math.Exp(want[k]-top) / total * (g.Node(k) - mean) * (g.Node(k) - mean)
			}
			got, err := g.EAP(items, correct, prior)
			require.NoError(t, err)
			require.InDelta(t, mean, got.Theta, 1e-10)
			require.InDelta(t, math.Sqrt(variance), got.SE, 1e-10)
		}
	}
}

func TestEAPWithoutAnswersIsThePrior(t *testing.T) {
	t.Parallel()
	got, err := irt.EAP(nil, nil, irt.Normal{Mean: 0.5, SD: 0.6})
	require.NoError(t, err)
	require.Equal(t, irt.Estimate{Theta: 0.5, SE: 0.6}, got)
}

func TestEAPIsFiniteWhenAllAnswersAgree(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 20, 5000} {
		for _, all := range []bool{true, false} {
			items, correct := drawn(n, 0, 7)
			for j := range correct {
				correct[j] = all
			}
			got, err := irt.EAP(items, correct, irt.StandardNormal())
			require.NoError(t, err)
			require.Equal(t, all, got.Theta > 0)
			require.Less(t, math.Abs(got.Theta), 8.0)
			require.Greater(t, got.SE, 0.0)
		}
	}
}

func TestEAPRefinesNarrowPosteriors(t *testing.T) {
	t.Parallel()
	items, correct := drawn(4000, 0.7, 3)
	got, err := irt.EAP(items, correct, irt.StandardNormal())
	require.NoError(t, err)
	fine, err := irt.NewGrid(0, 1.5, 3001)
	require.NoError(t, err)
	want, err := fine.EAP(items, correct, irt.StandardNormal())
	require.NoError(t, err)
	require.InDelta(t, want.Theta, got.Theta, 1e-7)
	require.InDelta(t, want.SE, got.SE, 1e-7)
}

func TestEAPRefusesBadInput(t *testing.T) {
	t.Parallel()
	_, err := irt.EAP([]irt.Item{irt.OnePL(0)}, nil, irt.StandardNormal())
	require.ErrorIs(t, err, irt.ErrResponses)
	_, err = irt.EAP([]irt.Item{{A: math.NaN()}}, []bool{true}, irt.StandardNormal())
	require.ErrorIs(t, err, irt.ErrItem)
	_, err = irt.EAP(nil, nil, irt.Normal{SD: math.NaN()})
	require.ErrorIs(t, err, irt.ErrPrior)
	_, err = irt.NewGrid(1, 1, 5)
	require.ErrorIs(t, err, irt.ErrGrid)
}

func TestPriorFrom(t *testing.T) {
	t.Parallel()
	limits := irt.DefaultPriorLimits()
	tests := map[string]struct {
		earlier []irt.Estimate
		want    irt.Normal
	}{
		"none":           {nil, irt.StandardNormal()},
		"one":            {[]irt.Estimate{{Theta: 0.8, SE: 0.4}}, irt.Normal{Mean: 0.8, SD: 0.4}},
		"weighted":       {[]irt.Estimate{{Theta: 1, SE: 0.5}, {Theta: 0, SE: 1}}, irt.Normal{Mean: 0.8, SD: math.Sqrt(0.2)}},
		"clamped":        {[]irt.Estimate{{Theta: 5, SE: 0.01}}, irt.Normal{Mean: 3, SD: 0.1}},
		"wide":           {[]irt.Estimate{{Theta: -1, SE: 4}}, irt.Normal{Mean: -1, SD: 1}},
		"without weight": {[]irt.Estimate{{Theta: 1}, {Theta: math.NaN(), SE: 1}, {Theta: 1, SE: math.Inf(1)}}, irt.StandardNormal()},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := irt.PriorFrom(tc.earlier, limits)
			require.InDelta(t, tc.want.Mean, got.Mean, 1e-12)
			require.InDelta(t, tc.want.SD, got.SD, 1e-12)
		})
	}
}

func TestPosteriorUnderAnyPrior(t *testing.T) {
	t.Parallel()
	grid, err := irt.NewGrid(-4, 4, 61)
	require.NoError(t, err)
	items, correct := drawn(12, 0.5, 2)
	want, err := grid.EAP(items, correct, irt.Normal{Mean: 0.4, SD: 0.7})
	require.NoError(t, err)
	normal, masses := irt.NewPosterior(grid), irt.NewPosterior(grid)
	require.NoError(t, normal.Reset(irt.Normal{Mean: 0.4, SD: 0.7}))
	require.NoError(t, masses.ResetMasses(normal.Masses(nil)))
	require.InDelta(t, 0.4, masses.Estimate().Theta, 1e-4)
	for j, item := range items {
		require.NoError(t, masses.Update(item, correct[j]))
	}
	require.InDelta(t, want.Theta, masses.Estimate().Theta, 1e-12)
	require.InDelta(t, want.SE, masses.Estimate().SE, 1e-12)

	twoPoints := make([]float64, grid.Len())
	twoPoints[10], twoPoints[50] = 3, 1
	require.NoError(t, masses.ResetMasses(twoPoints))
	require.NoError(t, masses.Update(irt.TwoPL(900, 0), true))
	require.InDelta(t, grid.Node(50), masses.Estimate().Theta, 1e-12)

	for _, bad := range [][]float64{nil, make([]float64, grid.Len()), append(make([]float64, grid.Len()-1), math.NaN())} {
		require.ErrorIs(t, masses.ResetMasses(bad), irt.ErrPrior)
	}
}

func BenchmarkPosterior15Answers(b *testing.B) {
	grid, err := irt.NewGrid(-4, 4, 61)
	require.NoError(b, err)
	items, correct := drawn(15, 0, 1)
	posterior := irt.NewPosterior(grid)
	b.ReportAllocs()
	for b.Loop() {
		if err := posterior.Reset(irt.StandardNormal()); err != nil {
			b.Fatal(err)
		}
		for j, item := range items {
			if err := posterior.Update(item, correct[j]); err != nil {
				b.Fatal(err)
			}
		}
		_ = posterior.Estimate()
	}
}
