package cat

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// The index against its definition, integrated by Simpson's rule on 2,000
// intervals.
func TestKullbackIndexIsTheIntegralOfKullbackLeiblerInformation(t *testing.T) {
	t.Parallel()
	for _, item := range []irt.Item{
		irt.TwoPL(1, 0), irt.TwoPL(2, .7), irt.TwoPL(.4, -3),
		irt.ThreePL(1.5, -.5, .2), irt.ThreePL(2.5, 1, .25),
		irt.FourPL(1.2, .3, .15, .95), {A: 1.3, B: .2},
	} {
		for _, theta := range []float64{-2, 0, .4, 3} {
			for delta, tolerance := range map[float64]float64{3: 1e-2, 1: 1e-3, .75: 5e-4} {
				want := simpson(func(x float64) float64 {
					p := item.P(theta)
					right := item.LogLikelihood(theta, true) - item.LogLikelihood(x, true)
					wrong := item.LogLikelihood(theta, false) - item.LogLikelihood(x, false)
					return p*right + (1-p)*wrong
				}, theta-delta, theta+delta)
				require.InEpsilon(t, want, kullbackIndex(item, theta, delta), tolerance,
					"%+v at %v, %v to each side", item, theta, delta)
			}
		}
	}
}

func TestKullbackIndexIsFiniteForExtremeItems(t *testing.T) {
	t.Parallel()
	for _, a := range []float64{1e-9, 1, irt.MaxDiscrimination} {
		for _, b := range []float64{-irt.MaxDifficulty, -4, 0, 4, irt.MaxDifficulty} {
			for _, c := range []float64{0, 1e-300, .3} {
				for _, d := range []float64{1, .9} {
					got := kullbackIndex(irt.FourPL(a, b, c, d), .5, 3)
					require.False(t, math.IsNaN(got) || math.IsInf(got, 0) || got < -1e-100, "%v %v %v %v: %v", a, b, c, d, got)
				}
			}
		}
	}
}

func simpson(f func(float64) float64, from, to float64) float64 {
	const n = 2_000
	h := (to - from) / n
	sum := f(from) + f(to)
	for i := 1; i < n; i++ {
		sum += float64(2+2*(i%2)) * f(from+float64(i)*h)
	}
	return sum * h / 3
}
