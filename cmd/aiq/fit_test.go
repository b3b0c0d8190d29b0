package main

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/desk"
)

type calibrated struct {
	LogLik float64 `json:"loglik"`
	AIC    float64
	BIC    float64
	Items  []struct {
		Item       string
		N, P       float64
		A, B, D    float64
		SEA        float64 `json:"se_a"`
		SEB        float64 `json:"se_b"`
		SED        float64 `json:"se_d"`
		Covariance float64 `json:"cov_a_d"`
	}
}

// The log-likelihood is within .005 of the maximum, parameters within .005 or
// .05 SE, standard errors within 1 %: the tolerances stated with the reference.
func TestFitReachesTheMaximum(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"lsat6", "sapa_omit_wrong", "sapa_omit_missing", "sim2pl40", "sparse60"} {
		for _, model := range []string{"2PL", "1PL"} {
			t.Run(set+" "+model, func(t *testing.T) {
				t.Parallel()
				data := map[string]string{"lsat6": "_patterns.csv", "sapa_omit_wrong": "_scored.csv", "sapa_omit_missing": "_scored.csv"}[set]
				if data == "" {
					data = "_responses.csv"
				}
				reference := expected[struct {
					Two calibrated `json:"fit_2PL"`
					One calibrated `json:"fit_1PL"`
				}](t, irtData+"calibration/"+set+"_expected.json")
				want := reference.Two
				if model == "1PL" {
					want = reference.One
				}
				got := decoded[desk.Fit](t, "fit", irtData+"calibration/"+set+data, "--model", model, "--nodes", "161", "--no-item-fit")
				require.True(t, got.Converged)
				require.InDelta(t, want.LogLik, got.LogLikelihood, .005)
				require.InDelta(t, want.AIC, *got.AIC, .01)
				require.InDelta(t, want.BIC, *got.BIC, .01)
				require.Len(t, got.Items, len(want.Items))
				for j, w := range want.Items {
					g := got.Items[j]
					require.Equal(t, w.Item, g.Item)
					require.InDelta(t, w.N, g.N, 0)
					require.InDelta(t, w.P, *g.P, 1e-12)
					require.InDelta(t, w.A, *g.A, math.Max(.005, .05*w.SEA))
					require.InDelta(t, w.B, *g.B, math.Max(.005, .05*w.SEB))
					require.InDelta(t, w.D, *g.Intercept, math.Max(.005, .05*w.SED))
					require.InEpsilon(t, w.SEA, *g.SE.A, .01)
					require.InEpsilon(t, w.SEB, *g.SE.B, .01)
					require.InEpsilon(t, w.SED, *g.SE.Intercept, .01)
				}
			})
		}
	}
}

// Published: LSAT section 6 (Bock & Lieberman 1970) as printed by mirt and ltm.
func TestFitPublished(t *testing.T) {
	t.Parallel()
	got := decoded[desk.Fit](t, "fit", irtData+"calibration/lsat6_patterns.csv", "--compare", "--bootstrap", "20")
	require.InDelta(t, -2466.653, got.LogLikelihood, .001)
	a, b := []float64{.825, .723, .890, .689, .658}, []float64{-3.360, -1.370, -.280, -1.866, -3.124}
	for j, item := range got.Items {
		require.InDelta(t, a[j], *item.A, .002)
		require.InDelta(t, b[j], *item.B, .005)
		require.InDelta(t, *item.SE.A, *item.Bootstrap.A, .8**item.SE.A)
		require.NotNil(t, item.SX2)
		require.NotNil(t, item.Residuals)
	}
	require.InDelta(t, -2466.9376, got.Comparison.LogLikelihood, .001)
	require.False(t, got.Comparison.Preferred)
	require.Equal(t, 4, got.Comparison.DF)
}

// A coarser rule gives another maximum, which is also known.
func TestFitQuadrature(t *testing.T) {
	t.Parallel()
	type reference struct {
		Grid struct {
			LogLik float64 `json:"loglik"`
			A, D   []float64
		} `json:"maximum_under_grid_-4_4_61"`
	}
	want := expected[reference](t, irtData+"calibration/lsat6_expected.json").Grid
	got := decoded[desk.Fit](t, "fit", irtData+"calibration/lsat6_patterns.csv", "--nodes", "61", "--range", "4")
	require.InDelta(t, want.LogLik, got.LogLikelihood, 1e-4)
	for j, item := range got.Items {
		require.InDelta(t, want.A[j], *item.A, 1e-3)
		require.InDelta(t, want.D[j], *item.Intercept, 1e-3)
	}
	hermite := decoded[desk.Fit](t, "fit", irtData+"calibration/lsat6_patterns.csv", "--nodes", "41", "--hermite")
	require.InDelta(t, -2466.653377398083, hermite.LogLikelihood, 1e-5)
}

// Conditional Rasch estimates within 1e-6 of an independent computation.
func TestFitConditional(t *testing.T) {
	t.Parallel()
	type fit struct {
		Difficulty, SE float64
		Outfit         float64 `json:"outfit_msq"`
		Infit          float64 `json:"infit_msq"`
		OutfitT        float64 `json:"outfit_t"`
		InfitT         float64 `json:"infit_t"`
	}
	type reference struct {
		LogLik float64 `json:"own_conditional_loglik"`
		Items  []struct {
			Item string
			Own  fit
		}
		Theta []struct {
			Raw       int
			Theta, SE float64
		} `json:"own_theta_by_raw_score"`
	}
	want := expected[reference](t, irtData+"fit/rasch12_expected.json")
	got := decoded[desk.Fit](t, "fit", irtData+"fit/rasch12_responses.csv", "--model", "RASCH", "--conditional")
	require.InDelta(t, want.LogLik, got.LogLikelihood, 1e-6)
	for j, w := range want.Items {
		g := got.Items[j]
		require.Equal(t, w.Item, g.Item)
		require.InDelta(t, w.Own.Difficulty, *g.B, 1e-6)
		require.InDelta(t, w.Own.SE, *g.SE.B, 1e-6)
		require.InDelta(t, w.Own.Infit, *g.Residuals.Infit, 1e-6)
		require.InDelta(t, w.Own.Outfit, *g.Residuals.Outfit, 1e-6)
		require.InDelta(t, w.Own.InfitT, *g.Residuals.InfitT, 1e-6)
		require.InDelta(t, w.Own.OutfitT, *g.Residuals.OutfitT, 1e-6)
	}
	for _, person := range got.PersonFit {
		if person.Theta == nil {
			require.Contains(t, []int{0, 12}, person.Score)
			continue
		}
		require.InDelta(t, want.Theta[person.Score-1].Theta, *person.Theta, 1e-6)
		require.InDelta(t, want.Theta[person.Score-1].SE, *person.SE, 1e-6)
	}
}

// The bank that fit writes can be scored with, fixed and linked to.
func TestFitBankTravels(t *testing.T) {
	t.Parallel()
	data := irtData + "calibration/sim2pl40_responses.csv"
	bank := filepath.Join(t.TempDir(), "bank.csv")
	first := decoded[desk.Fit](t, "fit", data, "--no-item-fit", "--out", bank)

	scores := decoded[desk.Scores](t, "score", data, "--bank", bank)
	require.Len(t, scores.Scores, 2000)
	require.Empty(t, scores.LeftOut)

	fixed := decoded[desk.Fit](t, "fit", data, "--no-item-fit", "--fixed", bank)
	require.InDelta(t, 0, fixed.Population.Mean, .01, "the sample that made the bank has its mean")
	require.InDelta(t, 1, fixed.Population.SD, .01)
	require.NotNil(t, fixed.Population.MeanSE)
	require.Equal(t, *first.Items[0].A, *fixed.Items[0].A)
	require.True(t, fixed.Items[0].Fixed)

	held := decoded[desk.Fit](t, "fit", data, "--no-item-fit", "--fixed", bank, "--latent-mean", "0", "--latent-sd", "1")
	require.Nil(t, held.Population.MeanSE)

	linked := decoded[desk.Fit](t, "fit", data, "--no-item-fit", "--link-to", bank)
	require.InDelta(t, 1, linked.Link.A, 1e-6, "linking a bank to itself changes nothing")
	require.InDelta(t, 0, linked.Link.B, 1e-6)
	require.InDelta(t, *linked.Items[3].B, linked.Items[3].Linked.B, 1e-6)
}

func TestFitThreeParameters(t *testing.T) {
	t.Parallel()
	got := decoded[desk.Fit](t, "fit", irtData+"calibration/sim2pl40_responses.csv", "--model", "3PL", "--prior-c", "5,17",
		"--prior-a=0,0.5", "--prior-b=0,2", "--no-item-fit")
	require.True(t, got.Converged)
	for _, item := range got.Items {
		require.Greater(t, *item.C, 0.)
		require.NotNil(t, item.SE.C)
	}
}

// Links within 1e-9 (moments) and 1e-5 (curves) of an independent computation.
func TestLink(t *testing.T) {
	t.Parallel()
	type reference struct {
		Methods map[string]struct{ A, B float64 }
		Drift   map[string][]struct {
			Item  string
			A     float64 `json:"a_linked"`
			B     float64 `json:"b_linked"`
			WRMSD float64
		}
	}
	for _, set := range []string{"link2pl10", "link3pl12"} {
		want := expected[reference](t, irtData+"linking/"+set+"_expected.json")
		for name, c := range map[string]struct {
			tol  float64
			args []string
		}{
			"mean_mean":                        {1e-9, []string{"--method", "mean-mean"}},
			"mean_sigma":                       {1e-9, []string{"--method", "mean-sigma"}},
			"mean_geometric_mean":              {1e-9, []string{"--method", "mean-geometric-mean"}},
			"haebara_normal61":                 {1e-5, []string{"--method", "haebara"}},
			"haebara_uniform41":                {1e-5, []string{"--method", "haebara", "--curve-uniform", "--curve-points", "41"}},
			"haebara_normal61_symmetric":       {1e-5, []string{"--method", "haebara", "--curve-both-ways"}},
			"stocking_lord_normal61":           {1e-5, nil},
			"stocking_lord_uniform41":          {1e-5, []string{"--curve-uniform", "--curve-points", "41"}},
			"stocking_lord_normal61_symmetric": {1e-5, []string{"--curve-both-ways"}},
		} {
			t.Run(set+" "+name, func(t *testing.T) {
				t.Parallel()
				got := decoded[desk.Link](t, append([]string{"link", irtData + "linking/" + set + "_anchors.csv"}, c.args...)...)
				require.InDelta(t, want.Methods[name].A, got.A, c.tol)
				require.InDelta(t, want.Methods[name].B, got.B, c.tol)
				for j, w := range want.Drift[name] {
					require.Equal(t, w.Item, got.Anchors[j].Item)
					require.InDelta(t, w.A, got.Anchors[j].Linked.A, 10*c.tol)
					require.InDelta(t, w.B, got.Anchors[j].Linked.B, 10*c.tol)
					require.InDelta(t, w.WRMSD, got.Anchors[j].WRMSD, c.tol)
				}
			})
		}
	}
}
