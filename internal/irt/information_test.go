package irt

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The observed information must be minus the derivative of the gradient, and the
// gradient that of the objective, both taken by central differences, for every
// model and kind of parameter. This is a test of internals because the matrix
// itself is never handed out.
func TestInformationIsMinusTheSecondDerivative(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	data, err := NewResponses(8)
	require.NoError(t, err)
	for range 700 {
		theta := 0.3 + 0.9*r.NormFloat64()
		var items []int
		var correct []bool
		for j := range 8 {
			if r.Float64() < 0.7 {
				items = append(items, j)
				correct = append(correct, r.Float64() < ThreePL(0.8+float64(j)/6, float64(j)/3-1, 0.15).P(theta))
			}
		}
		require.NoError(t, data.AddWeighted(items, correct, float64(1+r.IntN(3))))
	}
	anchored := map[int]Item{2: ThreePL(1.1, -0.3, 0.1), 5: TwoPL(1.6, 0.7)}
	tests := map[string]Options{
		"2PL":                   {Model: Model2PL},
		"1PL":                   {Model: Model1PL},
		"Rasch":                 {Model: ModelRasch, FreeSD: true},
		"3PL":                   {Model: Model3PL, Priors: ItemPriors{C: &Beta{5, 17}}},
		"2PL, all priors":       {Model: Model2PL, Priors: ItemPriors{B: &Normal{0.2, 1.5}, LogA: &Normal{0.1, 0.4}}},
		"1PL, all priors":       {Model: Model1PL, Priors: ItemPriors{B: &Normal{0.2, 1.5}, LogA: &Normal{0.1, 0.4}}},
		"fixed, free latent":    {Model: Model2PL, Fixed: anchored, FreeMean: true, FreeSD: true},
		"3PL, all of the above": {Model: Model3PL, Fixed: anchored, FreeMean: true, FreeSD: true, Priors: ItemPriors{B: &Normal{0, 1.5}, LogA: &Normal{0, 0.4}, C: &Beta{5, 17}}},
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := options.complete(data)
			require.NoError(t, err)
			o.ParameterTolerance = 1e-9
			roles, _, err := o.assign(data)
			require.NoError(t, err)
			f := newFit(context.Background(), data, &o, roles)
			require.NoError(t, f.run())
			require.True(t, f.converged)
			n := f.layout.n
			h, err := f.newObserved(f.x, data, f.table, 1).full(context.Background(), f.x, f.counts)
			require.NoError(t, err)
			at, h0 := slices.Clone(f.x), slices.Clone(h)
			const step = 1e-4
			for k := range n {
				var g [2][]float64
				var value [2]float64
				for side, sign := range []float64{1, -1} {
					copy(f.x, at)
					f.x[k] += sign * step
					require.NoError(t, f.evaluate(f.x))
					g[side], value[side] = f.gradient(f.x, f.counts), f.objective
				}
				require.InDelta(t, 0, (value[0]-value[1])/(2*step)/math.Sqrt(h0[k*n+k]), 1e-3)
				for l := k; l < n; l++ {
					want := -(g[0][l] - g[1][l]) / (2 * step)
					require.InDelta(t, want, h0[k*n+l], 1e-3*math.Sqrt(h0[k*n+k]*h0[l*n+l]), "%d %d", k, l)
				}
			}
		})
	}
}
