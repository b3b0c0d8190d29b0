package irt_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

var shapes = []irt.Item{
	irt.OnePL(0.3), irt.TwoPL(1.7, -1.2), irt.ThreePL(0.9, 0.5, 0.2), irt.FourPL(2.2, -0.4, 0.1, 0.95),
	irt.FourPL(1.1, 0.8, 0, 0.9), irt.TwoPL(10, 10), irt.FourPL(10, -10, 0.25, 0.97), irt.ThreePL(10, 0, 0.3),
}

func TestItemDerivativesMatchDifferences(t *testing.T) {
	t.Parallel()
	const h = 1e-4
	for _, item := range shapes {
		for theta := -10.0; theta <= 10; theta += 0.37 {
			p, dp, d2p := item.Slopes(theta)
			require.InDelta(t, (item.P(theta+h)-item.P(theta-h))/(2*h), dp, 1e-4)
			_, up, _ := item.Slopes(theta + h)
			_, down, _ := item.Slopes(theta - h)
			require.InDelta(t, (up-down)/(2*h), d2p, 1e-3)
			if q := 1 - p; p > 1e-6 && q > 1e-6 {
				require.InEpsilon(t, dp*dp/(p*q), item.Information(theta), 1e-6)
			}
			for _, correct := range []bool{true, false} {
				l := func(x float64) float64 { return item.LogLikelihood(x, correct) }
				first, second := item.Derivatives(theta, correct)
				require.InDelta(t, (l(theta+h)-l(theta-h))/(2*h), first, 1e-4)
				above, _ := item.Derivatives(theta+h, correct)
				below, _ := item.Derivatives(theta-h, correct)
				require.InDelta(t, (above-below)/(2*h), second, 1e-3)
			}
		}
	}
}

func TestItemIsFiniteFarOut(t *testing.T) {
	t.Parallel()
	for _, item := range shapes {
		for _, theta := range []float64{-1e6, -500, -10, 0, 10, 500, 1e6} {
			values := []float64{item.P(theta), item.Information(theta), item.LogLikelihood(theta, true), item.LogLikelihood(theta, false)}
			for _, correct := range []bool{true, false} {
				first, second := item.Derivatives(theta, correct)
				values = append(values, first, second)
			}
			for _, v := range values {
				require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%+v at %v: %v", item, theta, values)
			}
		}
	}
}

func TestMaxInformationIsTheMaximum(t *testing.T) {
	t.Parallel()
	for _, item := range shapes {
		theta, best := item.MaxInformation()
		for d := -2.0; d <= 2; d += 0.01 {
			require.LessOrEqual(t, item.Information(theta+d), best*(1+1e-12))
		}
	}
}

func TestZeroUpperAsymptoteReadsAsOne(t *testing.T) {
	t.Parallel()
	short, full := irt.Item{A: 1.3, B: 0.2, C: 0.1}, irt.FourPL(1.3, 0.2, 0.1, 1)
	require.NoError(t, short.Validate())
	require.Equal(t, full.P(0.7), short.P(0.7))
	require.Equal(t, full.Information(0.7), short.Information(0.7))
}

func TestValidateRefusesImpossibleItems(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, item := range []irt.Item{
		{}, {A: nan}, {A: inf}, {A: -1}, {A: 1, B: nan}, {A: 1, B: inf}, {A: 1, C: -0.1}, {A: 1, C: 1},
		{A: 1, C: nan}, {A: 1, D: nan}, {A: 1, D: 1.1}, {A: 1, C: 0.5, D: 0.4},
	} {
		require.ErrorIs(t, item.Validate(), irt.ErrItem, "%+v", item)
	}
}
