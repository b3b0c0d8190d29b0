package irt_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// Rasch CML against an independent computation converged to a gradient below
// 1e-8; its people against eRm, which stops earlier.
func TestRaschAgreesWithReference(t *testing.T) {
	t.Parallel()
	type statistics struct {
		Difficulty, SE float64
		Outfit         float64 `json:"outfit_msq"`
		Infit          float64 `json:"infit_msq"`
		OutfitT        float64 `json:"outfit_t"`
		InfitT         float64 `json:"infit_t"`
	}
	want := expected[struct {
		Items  []struct{ Own statistics }
		Scores []struct {
			Raw       int
			Theta, SE float64
		} `json:"own_theta_by_raw_score"`
		LogLikelihood float64 `json:"own_conditional_loglik"`
		Persons       []struct {
			Person int
			statistics
		}
		InFit int `json:"n_in_fit"`
	}](t, "fit/rasch12_expected.json")
	got, err := irt.CalibrateRasch(context.Background(), answers(t, "fit/rasch12_responses.csv"))
	require.NoError(t, err)
	require.True(t, got.Converged)
	require.InDelta(t, want.LogLikelihood, got.LogLikelihood, 1e-7)
	for j, w := range want.Items {
		g := got.Items[j]
		require.InDelta(t, w.Own.Difficulty, g.Difficulty, 1e-7)
		require.InDelta(t, w.Own.SE, g.SE, 1e-7)
		require.InDelta(t, w.Own.Outfit, g.Fit.Outfit, 1e-7)
		require.InDelta(t, w.Own.Infit, g.Fit.Infit, 1e-7)
		require.InDelta(t, w.Own.OutfitT, g.Fit.OutfitT, 1e-6)
		require.InDelta(t, w.Own.InfitT, g.Fit.InfitT, 1e-6)
		require.InDelta(t, float64(want.InFit), g.Fit.N, 0)
	}
	byScore := map[int]irt.Estimate{}
	for _, s := range want.Scores {
		byScore[s.Raw] = irt.Estimate{Theta: s.Theta, SE: s.SE}
	}
	for _, p := range got.People {
		if !p.Extreme {
			require.InDelta(t, byScore[p.Score].Theta, p.Ability.Theta, 1e-6)
			require.InDelta(t, byScore[p.Score].SE, p.Ability.SE, 1e-6)
		}
	}
	for _, w := range want.Persons {
		g := got.People[w.Person-1].Fit
		require.InDelta(t, w.Outfit, g.Outfit, 2e-4)
		require.InDelta(t, w.Infit, g.Infit, 2e-4)
		require.InDelta(t, w.OutfitT, g.OutfitT, 2e-4)
		require.InDelta(t, w.InfitT, g.InfitT, 2e-4)
	}
}

// With answers missing by design the difficulties are still those of the bank.
func TestRaschWithMissingAnswers(t *testing.T) {
	t.Parallel()
	p := simulated(t, 12, 3000, 6, 4)
	got, err := irt.CalibrateRasch(context.Background(), rasch(t, p, 6))
	require.NoError(t, err)
	require.True(t, got.Converged)
	var mean float64
	for _, item := range p.items {
		mean += item.B / float64(len(p.items))
	}
	for j, g := range got.Items {
		require.InDelta(t, p.items[j].B-mean, g.Difficulty, 4.5*g.SE)
	}
}

func TestRaschLeavesOutItemsWithoutVariance(t *testing.T) {
	t.Parallel()
	data, err := irt.NewResponses(4)
	require.NoError(t, err)
	for _, row := range [][]bool{{true, false, false, true}, {false, true, false, true}, {true, true, false, true}, {false, false, true, true}, {true, false, true, true}} {
		require.NoError(t, data.Add([]int{0, 1, 2, 3}, row))
	}
	got, err := irt.CalibrateRasch(context.Background(), data)
	require.NoError(t, err)
	require.Equal(t, irt.NoVariance, got.Items[3].Problem)
	require.InDelta(t, 0, got.Items[0].Difficulty+got.Items[1].Difficulty+got.Items[2].Difficulty, 1e-9)

	apart, err := irt.NewResponses(4)
	require.NoError(t, err)
	for range 5 {
		require.NoError(t, apart.Add([]int{0, 1}, []bool{true, false}))
		require.NoError(t, apart.Add([]int{0, 1}, []bool{false, true}))
		require.NoError(t, apart.Add([]int{2, 3}, []bool{true, false}))
		require.NoError(t, apart.Add([]int{2, 3}, []bool{false, true}))
	}
	_, err = irt.CalibrateRasch(context.Background(), apart)
	require.ErrorIs(t, err, irt.ErrTooFewData)
}

// S-X2 averages its degrees of freedom on data that fit, and finds the item that
// does not.
func TestSX2(t *testing.T) {
	t.Parallel()
	p := simulated(t, 15, 3000, 15, 21)
	calibration, err := irt.Calibrate(context.Background(), p.data, irt.Options{})
	require.NoError(t, err)
	items := make([]irt.Item, len(p.items))
	for j, e := range calibration.Items {
		items[j] = e.Item
	}
	fits, err := irt.SX2(p.data, items, irt.StandardNormal(), calibration.Quadrature, 2)
	require.NoError(t, err)
	var statistic, df float64
	for _, f := range fits {
		require.Greater(t, f.P, 1e-4)
		statistic += f.Statistic
		df += float64(f.DF)
	}
	require.InDelta(t, df, statistic, 4*math.Sqrt(2*df))

	items[3].A *= 2
	misfit, err := irt.SX2(p.data, items, irt.StandardNormal(), calibration.Quadrature, 2)
	require.NoError(t, err)
	require.Less(t, misfit[3].P, 1e-6)

	_, err = irt.SX2(simulated(t, 5, 50, 3, 1).data, items[:5], irt.StandardNormal(), calibration.Quadrature, 2)
	require.ErrorIs(t, err, irt.ErrTooFewData)
}

func TestResidualsAtKnownParametersAreNearOne(t *testing.T) {
	t.Parallel()
	p := simulated(t, 20, 2000, 20, 8)
	theta := make([]float64, p.data.People())
	var index []int
	var correct []bool
	for i := range theta {
		index, correct = p.data.Person(i, index[:0], correct[:0])
		items := make([]irt.Item, len(index))
		for k, j := range index {
			items[k] = p.items[j]
		}
		wle, err := irt.WLE(items, correct, irt.DefaultBounds())
		require.NoError(t, err)
		theta[i] = wle.Theta
	}
	theta[0] = math.NaN()
	fits, err := irt.ItemResiduals(p.data, p.items, theta)
	require.NoError(t, err)
	for _, f := range fits {
		require.InDelta(t, 1, f.Infit, 0.2)
		require.InDelta(t, 1999, f.N, 0)
	}
	_, err = irt.ItemResiduals(p.data, p.items[:3], theta)
	require.ErrorIs(t, err, irt.ErrResponses)
}
