package ctt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

func TestMarginalReliability(t *testing.T) {
	t.Parallel()
	var want struct {
		N           int64 `json:"n"`
		Quadratures map[string]struct {
			VarEAP     *float64  `json:"var_eap"`
			MeanSE2    *float64  `json:"mean_se2"`
			Marginal   *float64  `json:"marginal_reliability"`
			OneMinus   *float64  `json:"one_minus_mean_se2"`
			EAP        []float64 `json:"eap"`
			StandardEr []float64 `json:"se"`
		} `json:"quadratures"`
		Test *float64 `json:"test_information_reliability"`
	}
	readJSON(t, "marginal20_expected.json", &want)
	items, _ := readBank(t, "marginal20_bank.csv")
	m := readMatrix(t, "marginal20_responses.csv", 1)
	const tol = 1e-6
	near(t, want.Test, some(must(ctt.TestReliability(items))), tol, "from test information")

	wide, err := irt.NewGrid(-8, 8, 161)
	require.NoError(t, err)
	narrow, err := irt.NewGrid(-4, 4, 61)
	require.NoError(t, err)
	for name, grid := range map[string]*irt.Grid{"grid_-8_8_161": wide, "grid_-4_4_61": narrow} {
		w := want.Quadratures[name]
		var sums ctt.MarginalSums
		for i := range m.People() {
			bank, correct := given(m.Person(i), items)
			e, err := grid.EAP(bank, correct, irt.StandardNormal())
			require.NoError(t, err)
			require.InDelta(t, w.EAP[i], e.Theta, tol)
			require.InDelta(t, w.StandardEr[i], e.SE, tol)
			sums.Add(e)
		}
		r := sums.Reliability(1)
		require.Equal(t, want.N, r.People)
		near(t, w.VarEAP, r.VarianceEAP, tol, name)
		near(t, w.MeanSE2, r.MeanSESquare, tol, name)
		near(t, w.Marginal, r.Empirical, tol, name)
		near(t, w.OneMinus, r.FromError, tol, name)
	}
}

func must(v float64, err error) (float64, bool) { return v, err == nil }
