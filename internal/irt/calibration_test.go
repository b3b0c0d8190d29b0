package irt_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// answers reads a CSV of 0, 1 and empty cells; the first column is skipped
// unless the last is a count of the pattern.
func answers(t testing.TB, name string) *irt.Responses {
	t.Helper()
	header, rows := table(t, name)
	first, last := 1, len(header)
	counted := header[last-1] == "count"
	if counted {
		first, last = 0, last-1
	}
	data, err := irt.NewResponses(last - first)
	require.NoError(t, err)
	for _, row := range rows {
		var items []int
		var correct []bool
		for j, v := range row[first:last] {
			if v != "" {
				items = append(items, j)
				correct = append(correct, v == "1")
			}
		}
		weight := 1.0
		if counted {
			weight = number(t, row[last])
		}
		require.NoError(t, data.AddWeighted(items, correct, weight))
	}
	return data
}

type fitted struct {
	LogLikelihood float64 `json:"loglik"`
	Parameters    int     `json:"n_parameters"`
	People        float64 `json:"n_persons"`
	AIC, BIC      float64
	Items         []struct {
		N, P, A, D, B float64
		SEA           float64 `json:"se_a"`
		SED           float64 `json:"se_d"`
		SEB           float64 `json:"se_b"`
		CovAD         float64 `json:"cov_a_d"`
		Other         struct {
			ItemBlock struct {
				SEA float64 `json:"se_a"`
				SED float64 `json:"se_d"`
				SEB float64 `json:"se_b"`
			} `json:"item_block"`
		} `json:"se_other_routes"`
	}
}

type calibrated struct {
	Fit2PL fitted             `json:"fit_2PL"`
	Fit1PL fitted             `json:"fit_1PL"`
	Other  map[string]float64 `json:"loglik_at_the_maximum_under_other_quadratures"`
	Grid4  struct {
		LogLikelihood float64 `json:"loglik"`
		A, D          []float64
	} `json:"maximum_under_grid_-4_4_61"`
}

var calibrationSets = map[string]string{
	"lsat6": "lsat6_patterns.csv", "sapa_omit_wrong": "sapa_omit_wrong_scored.csv",
	"sapa_omit_missing": "sapa_omit_missing_scored.csv", "sim2pl40": "sim2pl40_responses.csv", "sparse60": "sparse60_responses.csv",
}

// Log-likelihoods, parameters and standard errors against direct
// maximisation on 161 points on [-8, 8].
func TestCalibrationAgreesWithReference(t *testing.T) {
	t.Parallel()
	wide, err := irt.NewGrid(-8, 8, 161)
	require.NoError(t, err)
	for name, file := range calibrationSets {
		want := expected[calibrated](t, "calibration/"+name+"_expected.json")
		data := answers(t, "calibration/"+file)
		for model, want := range map[irt.Model]fitted{irt.Model2PL: want.Fit2PL, irt.Model1PL: want.Fit1PL} {
			for grid, quadrature := range map[string]*irt.Grid{"wide": wide, "default": nil} {
				t.Run(name+"/"+model.String()+"/"+grid, func(t *testing.T) {
					t.Parallel()
					got, err := irt.Calibrate(context.Background(), data, irt.Options{Model: model, Quadrature: quadrature})
					require.NoError(t, err)
					t.Log(got.Iterations, got.LogLikelihood-want.LogLikelihood)
					require.True(t, got.Converged)
					require.Equal(t, irt.FullInformation, got.Errors)
					require.InDelta(t, want.LogLikelihood, got.LogLikelihood, 2e-5)
					require.Equal(t, want.Parameters, got.Parameters)
					require.InDelta(t, want.AIC, got.AIC, 1e-4)
					require.InDelta(t, want.BIC, got.BIC, 1e-4)
					for j, w := range want.Items {
						g := got.Items[j]
						require.InDelta(t, w.A, g.Item.A, 1e-4)
						require.InDelta(t, w.D, g.Intercept, 1e-4)
						require.InDelta(t, w.B, g.Item.B, math.Max(1e-4, 2e-3*w.SEB))
						require.InEpsilon(t, w.SEA, g.SE.A, 1e-3)
						require.InEpsilon(t, w.SED, g.SE.Intercept, 1e-3)
						require.InEpsilon(t, w.SEB, g.SE.B, 1e-3)
						require.InDelta(t, w.CovAD, g.CovarianceAIntercept, 2e-3*w.SEA*w.SED)
						require.InDelta(t, w.N, g.Responses, 0)
					}
				})
			}
		}
	}
}

// The log-likelihood at the same parameters under coarser rules, and the
// maximum under 61 points on [-4, 4].
func TestCalibrationUnderOtherQuadratures(t *testing.T) {
	t.Parallel()
	wide, err := irt.NewGrid(-8, 8, 161)
	require.NoError(t, err)
	narrow, err := irt.NewGrid(-4, 4, 61)
	require.NoError(t, err)
	grids := map[string]*irt.Grid{"grid_-4_4_61": narrow}
	for n, name := range map[int]string{21: "gauss_hermite_21", 41: "gauss_hermite_41", 61: "gauss_hermite_61", 101: "gauss_hermite_101"} {
		grids[name], err = irt.GaussHermite(n)
		require.NoError(t, err)
	}
	grids["grid_-4_4_41"], err = irt.NewGrid(-4, 4, 41)
	require.NoError(t, err)
	for n, name := range map[int]string{61: "grid_-6_6_61", 121: "grid_-6_6_121"} {
		grids[name], err = irt.NewGrid(-6, 6, n)
		require.NoError(t, err)
	}
	for name, file := range calibrationSets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := expected[calibrated](t, "calibration/"+name+"_expected.json")
			data := answers(t, "calibration/"+file)
			best, err := irt.Calibrate(context.Background(), data, irt.Options{Quadrature: wide, ParameterTolerance: 1e-8})
			require.NoError(t, err)
			items := make([]irt.Item, len(best.Items))
			for j, e := range best.Items {
				items[j] = e.Item
			}
			for rule, l := range want.Other {
				got, err := irt.MarginalLogLikelihood(data, items, irt.StandardNormal(), grids[rule])
				require.NoError(t, err)
				require.InDelta(t, l, got, 1e-5, rule)
			}
			got, err := irt.Calibrate(context.Background(), data, irt.Options{Quadrature: narrow})
			require.NoError(t, err)
			require.InDelta(t, want.Grid4.LogLikelihood, got.LogLikelihood, 1e-6)
			for j, e := range got.Items {
				require.InDelta(t, want.Grid4.A[j], e.Item.A, 1e-4)
				require.InDelta(t, want.Grid4.D[j], e.Intercept, 1e-4)
			}
		})
	}
}

// LSAT section 6 as Bock & Lieberman (1970) and after them the manuals of mirt
// and ltm print it.
func TestLSAT6AsPublished(t *testing.T) {
	t.Parallel()
	got, err := irt.Calibrate(context.Background(), answers(t, "calibration/lsat6_patterns.csv"), irt.Options{})
	require.NoError(t, err)
	a, b := []float64{.825, .723, .890, .689, .658}, []float64{-3.360, -1.370, -.280, -1.866, -3.124}
	for j, e := range got.Items {
		require.InDelta(t, a[j], e.Item.A, .002)
		require.InDelta(t, b[j], e.Item.B, .002)
	}
	require.InDelta(t, -2466.653, got.LogLikelihood, .001)
}

func TestCalibrationDoesNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	data := simulated(t, 60, 3000, 15, 5).data
	for _, errors := range []irt.ErrorMethod{irt.FullInformation, irt.ItemInformation} {
		var first *irt.Calibration
		for _, workers := range []int{1, 2, 7} {
			got, err := irt.Calibrate(context.Background(), data, irt.Options{Workers: workers, Errors: errors})
			require.NoError(t, err)
			if first == nil {
				first = got
			}
			require.Equal(t, first.Items, got.Items)
			require.Equal(t, first.LogLikelihood, got.LogLikelihood)
		}
	}
}

// The items' own information, the reference's route item_block.
func TestItemInformation(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sapa_omit_wrong", "sparse60"} {
		want := expected[calibrated](t, "calibration/"+name+"_expected.json").Fit2PL
		got, err := irt.Calibrate(context.Background(), answers(t, "calibration/"+calibrationSets[name]), irt.Options{Errors: irt.ItemInformation})
		require.NoError(t, err)
		require.True(t, got.Converged)
		require.InDelta(t, want.LogLikelihood, got.LogLikelihood, 1e-3)
		for j, e := range got.Items {
			require.InEpsilon(t, want.Items[j].Other.ItemBlock.SEA, e.SE.A, 2e-3)
			require.InEpsilon(t, want.Items[j].Other.ItemBlock.SED, e.SE.Intercept, 2e-3)
			require.InEpsilon(t, want.Items[j].Other.ItemBlock.SEB, e.SE.B, 2e-3)
		}
	}
}

// SQUAREM alone, without Newton's steps, must reach the same maximum.
func TestAcceleratedEMReachesTheMaximum(t *testing.T) {
	t.Parallel()
	for name, file := range calibrationSets {
		want := expected[calibrated](t, "calibration/"+name+"_expected.json")
		data := answers(t, "calibration/"+file)
		for model, want := range map[irt.Model]fitted{irt.Model2PL: want.Fit2PL, irt.Model1PL: want.Fit1PL} {
			got, err := irt.Calibrate(context.Background(), data, irt.Options{Model: model, Errors: irt.NoErrors})
			require.NoError(t, err)
			require.True(t, got.Converged)
			require.InDelta(t, want.LogLikelihood, got.LogLikelihood, 1e-3)
		}
	}
}

// The Rasch model with a free latent SD is the 1PL with theta divided by the slope.
func TestRaschWithFreeSDIsThe1PL(t *testing.T) {
	t.Parallel()
	data := answers(t, "calibration/lsat6_patterns.csv")
	one, err := irt.Calibrate(context.Background(), data, irt.Options{Model: irt.Model1PL})
	require.NoError(t, err)
	rasch, err := irt.Calibrate(context.Background(), data, irt.Options{Model: irt.ModelRasch, FreeSD: true})
	require.NoError(t, err)
	require.InDelta(t, one.LogLikelihood, rasch.LogLikelihood, 1e-5)
	require.InDelta(t, one.Items[0].Item.A, rasch.Population.SD, 1e-4)
	require.InEpsilon(t, one.Items[0].SE.A, rasch.PopulationSE.SD, 5e-3)
	for j := range one.Items {
		require.InDelta(t, one.Items[j].Intercept, rasch.Items[j].Intercept, 1e-4)
		require.InEpsilon(t, one.Items[j].SE.Intercept, rasch.Items[j].SE.Intercept, 1e-3)
	}
}

// New items on a stronger and narrower sample, linked through fixed ones: with
// mean and SD free both are recovered; the gradient of the likelihood is
// checked by its value at the truth.
func TestFixedItemsCarryTheScale(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 0))
	items := make([]irt.Item, 24)
	known := map[int]irt.Item{}
	for j := range items {
		items[j] = irt.TwoPL(0.8+r.Float64(), 3*r.Float64()-1)
		if j < 12 {
			known[j] = items[j]
		}
	}
	data, err := irt.NewResponses(len(items))
	require.NoError(t, err)
	index, correct := make([]int, len(items)), make([]bool, len(items))
	for range 6000 {
		theta := 0.8 + 0.7*r.NormFloat64()
		for j := range items {
			index[j], correct[j] = j, r.Float64() < items[j].P(theta)
		}
		require.NoError(t, data.Add(index, correct))
	}
	got, err := irt.Calibrate(context.Background(), data, irt.Options{Fixed: known, FreeMean: true, FreeSD: true})
	require.NoError(t, err)
	require.True(t, got.Converged)
	require.InDelta(t, 0.8, got.Population.Mean, 4*got.PopulationSE.Mean)
	require.InDelta(t, 0.7, got.Population.SD, 4*got.PopulationSE.SD)
	require.Less(t, got.PopulationSE.Mean, 0.02)
	for j, e := range got.Items {
		if e.Fixed {
			require.Equal(t, items[j], e.Item)
			continue
		}
		require.InDelta(t, items[j].A, e.Item.A, 4*e.SE.A)
		require.InDelta(t, items[j].B, e.Item.B, 4*e.SE.B)
	}
	biased, err := irt.Calibrate(context.Background(), data, irt.Options{Fixed: known})
	require.NoError(t, err)
	require.Greater(t, got.LogLikelihood, biased.LogLikelihood+100)
}

func TestThreePLWithPriors(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 0))
	items := make([]irt.Item, 20)
	for j := range items {
		items[j] = irt.ThreePL(1+r.Float64(), 3*r.Float64()-1.5, 0.2)
	}
	data, err := irt.NewResponses(len(items))
	require.NoError(t, err)
	index, correct := make([]int, len(items)), make([]bool, len(items))
	for range 5000 {
		theta := r.NormFloat64()
		for j := range items {
			index[j], correct[j] = j, r.Float64() < items[j].P(theta)
		}
		require.NoError(t, data.Add(index, correct))
	}
	options := irt.Options{Model: irt.Model3PL, Priors: irt.ItemPriors{
		B: &irt.Normal{SD: 2}, LogA: &irt.Normal{Mean: 0.2, SD: 0.5}, C: &irt.Beta{Alpha: 5, Beta: 17},
	}}
	got, err := irt.Calibrate(context.Background(), data, options)
	require.NoError(t, err)
	require.True(t, got.Converged)
	require.Equal(t, irt.FullInformation, got.Errors)
	truth, err := irt.MarginalLogLikelihood(data, items, irt.StandardNormal(), got.Quadrature)
	require.NoError(t, err)
	require.Greater(t, got.LogLikelihood, truth)
	for j, e := range got.Items {
		require.InDelta(t, items[j].A, e.Item.A, 4*e.SE.A)
		require.InDelta(t, items[j].B, e.Item.B, 4*e.SE.B)
		require.InDelta(t, items[j].C, e.Item.C, 4*e.SE.C)
	}
	plain, err := irt.Calibrate(context.Background(), data, irt.Options{Model: irt.Model3PL})
	require.NoError(t, err)
	require.True(t, plain.Converged)
	require.GreaterOrEqual(t, plain.LogLikelihood, got.LogLikelihood)
}

func TestBootstrapAgreesWithInformation(t *testing.T) {
	t.Parallel()
	data := simulated(t, 8, 900, 8, 2).data
	fit, err := irt.Calibrate(context.Background(), data, irt.Options{})
	require.NoError(t, err)
	one, err := irt.Bootstrap(context.Background(), data, irt.Options{Workers: 1, ParameterTolerance: 1e-3, LikelihoodTolerance: 1e-3}, 60, 9)
	require.NoError(t, err)
	two, err := irt.Bootstrap(context.Background(), data, irt.Options{Workers: 2, ParameterTolerance: 1e-3, LikelihoodTolerance: 1e-3}, 60, 9)
	require.NoError(t, err)
	require.Equal(t, one, two)
	for j, e := range fit.Items {
		require.InEpsilon(t, e.SE.Intercept, one.SE[j].Intercept, 0.4)
		require.InEpsilon(t, e.SE.A, one.SE[j].A, 0.4)
	}
}

func TestRulesLeaveItemsOut(t *testing.T) {
	t.Parallel()
	data, err := irt.NewResponses(4)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 200 {
		theta := r.NormFloat64()
		items, correct := []int{0, 1, 2}, []bool{r.Float64() < irt.OnePL(0).P(theta), r.Float64() < irt.OnePL(1).P(theta), true}
		if i < 20 {
			items, correct = append(items, 3), append(correct, r.Float64() < 0.5)
		}
		require.NoError(t, data.Add(items, correct))
	}
	got, err := irt.Calibrate(context.Background(), data, irt.Options{Model: irt.Model1PL, Rules: irt.DefaultRules()})
	require.NoError(t, err)
	require.Equal(t, irt.NoVariance, got.Items[2].Problem)
	require.Equal(t, irt.TooFewResponses, got.Items[3].Problem)
	require.True(t, got.Items[3].LeftOut())
	require.Equal(t, 3, got.Parameters)

	_, err = irt.Calibrate(context.Background(), data, irt.Options{Rules: irt.Rules{MinResponses: 500}})
	require.ErrorIs(t, err, irt.ErrTooFewData)
	_, err = irt.Calibrate(context.Background(), data, irt.Options{Rules: irt.Rules{MinPeople: 500}})
	require.ErrorIs(t, err, irt.ErrTooFewData)
	_, err = irt.Calibrate(context.Background(), data, irt.Options{FreeMean: true})
	require.ErrorIs(t, err, irt.ErrOptions)
	_, err = irt.Calibrate(context.Background(), data, irt.Options{Fixed: map[int]irt.Item{9: irt.OnePL(0)}})
	require.ErrorIs(t, err, irt.ErrOptions)
}

func TestCalibrationIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	var steps int
	_, err := irt.Calibrate(ctx, simulated(t, 40, 2000, 10, 1).data, irt.Options{Progress: func(p irt.Progress) {
		if steps++; p.Iteration == 2 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 2, steps)
}

func TestPlausibility(t *testing.T) {
	t.Parallel()
	fit, err := irt.Calibrate(context.Background(), answers(t, "calibration/sapa_omit_wrong_scored.csv"), irt.Options{})
	require.NoError(t, err)
	got, err := fit.Plausibility()
	require.NoError(t, err)
	require.Equal(t, 16, got.Items)
	require.Equal(t, irt.Good, got.Grade)
	require.Greater(t, got.Correlation, 0.95)
	one, err := irt.Calibrate(context.Background(), answers(t, "calibration/sapa_omit_wrong_scored.csv"), irt.Options{Model: irt.Model1PL})
	require.NoError(t, err)
	require.True(t, fit.PreferredTo(one))
	fit.Items = fit.Items[:2]
	_, err = fit.Plausibility()
	require.ErrorIs(t, err, irt.ErrTooFewData)
}

// A key gone wrong: the item's answers turned over turn its slope over, and
// nothing else.
func TestNegativeDiscriminationIsReported(t *testing.T) {
	t.Parallel()
	p := simulated(t, 12, 1500, 12, 31)
	turned, err := irt.NewResponses(12)
	require.NoError(t, err)
	for i := range p.data.People() {
		items, correct := p.data.Person(i, nil, nil)
		correct[4] = !correct[4]
		require.NoError(t, turned.Add(items, correct))
	}
	want, err := irt.Calibrate(context.Background(), p.data, irt.Options{})
	require.NoError(t, err)
	got, err := irt.Calibrate(context.Background(), turned, irt.Options{})
	require.NoError(t, err)
	require.True(t, got.Converged)
	require.InDelta(t, want.LogLikelihood, got.LogLikelihood, 1e-5)
	require.Equal(t, irt.NegativeSlope, got.Items[4].Problem)
	require.InDelta(t, -want.Items[4].Item.A, got.Items[4].Item.A, 1e-3)
	require.ErrorIs(t, got.Items[4].Item.Validate(), irt.ErrItem)
}
