package irt_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// ability is an expected estimate; Theta is a number, "+inf", "-inf" or null.
type ability struct {
	Theta      any
	SE         float64 `json:"se"`
	SEExpected float64 `json:"se_expected"`
	SEObserved float64 `json:"se_observed"`
}

func TestAbilityAgreesWithReference(t *testing.T) {
	t.Parallel()
	type score struct {
		Pattern           string
		PriorMean         float64 `json:"prior_mean"`
		PriorSD           float64 `json:"prior_sd"`
		EAP, MAP, ML, WLE ability
	}
	for _, name := range []string{"bankA_2pl20", "bankB_3pl30"} {
		items := bank(t, "c_scoring/"+name+"_bank.csv")
		patterns := map[string][]string{}
		_, rows := table(t, "c_scoring/"+name+"_patterns.csv")
		for _, row := range rows {
			patterns[row[0]] = row[1:]
		}
		for _, want := range expected[struct{ Scores []score }](t, "c_scoring/"+name+"_expected.json").Scores {
			t.Run(fmt.Sprintf("%s/%s/%v", name, want.Pattern, want.PriorMean), func(t *testing.T) {
				t.Parallel()
				taken, correct := administered(items, patterns[want.Pattern])
				prior := irt.Normal{Mean: want.PriorMean, SD: want.PriorSD}

				got, err := irt.EAP(taken, correct, prior)
				require.NoError(t, err)
				require.InDelta(t, want.EAP.Theta, got.Theta, 1e-6)
				require.InDelta(t, want.EAP.SE, got.SE, 1e-6)

				got, err = irt.MAP(taken, correct, prior)
				require.NoError(t, err)
				requireEstimate(t, want.MAP, got, 1e-8)
				observed := irt.ObservedInformation(taken, correct, got.Theta) + 1/(prior.SD*prior.SD)
				require.InDelta(t, want.MAP.SEObserved, 1/math.Sqrt(observed), 1e-6)

				got, err = irt.ML(taken, correct, irt.DefaultBounds())
				if len(taken) == 0 {
					require.ErrorIs(t, err, irt.ErrResponses)
					return
				}
				require.NoError(t, err)
				requireEstimate(t, want.ML, got, 1e-8)

				got, err = irt.WLE(taken, correct, irt.DefaultBounds())
				require.NoError(t, err)
				requireEstimate(t, want.WLE, got, 1e-8)
			})
		}
	}
}

// requireEstimate compares with an expected estimate, infinity being the default bound.
func requireEstimate(t *testing.T, want ability, got irt.Estimate, tolerance float64) {
	t.Helper()
	switch want.Theta {
	case "+inf":
		require.Equal(t, irt.DefaultBounds().Hi, got.Theta)
	case "-inf":
		require.Equal(t, irt.DefaultBounds().Lo, got.Theta)
	default:
		require.InDelta(t, want.Theta, got.Theta, tolerance)
		if want.SEExpected > 0 {
			require.InEpsilon(t, want.SEExpected, got.SE, 1e-7)
		}
	}
}

// catR (Magis & Raiche 2012) prints the same estimates; it iterates to about
// 1e-5 and bounds ML at 8.
func TestAbilityAgreesWithCatR(t *testing.T) {
	t.Parallel()
	items := bank(t, "c_scoring/bankA_2pl20_bank.csv")
	patterns := map[string][]string{}
	_, rows := table(t, "c_scoring/bankA_2pl20_patterns.csv")
	for _, row := range rows {
		patterns[row[0]] = row[1:]
	}
	_, rows = table(t, "c_scoring/bankA_2pl20_catR.csv")
	for _, row := range rows {
		taken, correct := administered(items, patterns[row[0]])
		prior := irt.Normal{Mean: number(t, row[1]), SD: number(t, row[2])}
		eap, err := irt.EAP(taken, correct, prior)
		require.NoError(t, err)
		require.InDelta(t, number(t, row[3]), eap.Theta, 1e-6)
		require.InDelta(t, number(t, row[4]), eap.SE, 1e-6)
		mode, err := irt.MAP(taken, correct, prior)
		require.NoError(t, err)
		require.InDelta(t, number(t, row[5]), mode.Theta, 1e-4)
		require.InDelta(t, number(t, row[6]), mode.SE, 1e-4)
		ml, err := irt.ML(taken, correct, irt.Bounds{Lo: -8, Hi: 8})
		require.NoError(t, err)
		require.InDelta(t, number(t, row[7]), ml.Theta, 1e-4)
		wle, err := irt.WLE(taken, correct, irt.DefaultBounds())
		require.NoError(t, err)
		require.InDelta(t, number(t, row[8]), wle.Theta, 1e-4)
		require.InDelta(t, number(t, row[9]), wle.SE, 1e-4)
	}
}

func TestInformationAgreesWithReference(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bankA_2pl20", "bankB_3pl30"} {
		items := bank(t, "c_scoring/"+name+"_bank.csv")
		want := expected[struct {
			Info struct {
				Theta   []float64
				Item    [][]float64 `json:"item_information"`
				Test    []float64   `json:"test_information"`
				Peak    []float64   `json:"item_tmax"`
				Highest []float64   `json:"item_max_info"`
			}
		}](t, "c_scoring/"+name+"_expected.json").Info
		for k, theta := range want.Theta {
			require.InEpsilon(t, want.Test[k], irt.TestInformation(items, theta), 1e-10)
		}
		for j, item := range items {
			for k, theta := range want.Theta {
				require.InEpsilon(t, want.Item[j][k], item.Information(theta), 1e-10)
			}
			at, highest := item.MaxInformation()
			require.InDelta(t, want.Peak[j], at, 1e-9)
			require.InEpsilon(t, want.Highest[j], highest, 1e-10)
		}
	}
}

func TestPersonFitAbilities(t *testing.T) {
	t.Parallel()
	items := bank(t, "fit/pf25_bank.csv")
	_, rows := table(t, "fit/pf25_responses.csv")
	want := expected[struct {
		Persons []struct{ ML, WLE, MAP ability }
	}](t, "fit/pf25_expected.json").Persons
	for i, row := range rows {
		taken, correct := administered(items, row[1:])
		ml, err := irt.ML(taken, correct, irt.DefaultBounds())
		require.NoError(t, err)
		requireEstimate(t, want[i].ML, ml, 1e-8)
		wle, err := irt.WLE(taken, correct, irt.DefaultBounds())
		require.NoError(t, err)
		requireEstimate(t, want[i].WLE, wle, 1e-8)
		mode, err := irt.MAP(taken, correct, irt.StandardNormal())
		require.NoError(t, err)
		requireEstimate(t, want[i].MAP, mode, 1e-8)
	}
}

func TestEAPOnNamedGrids(t *testing.T) {
	t.Parallel()
	items := bank(t, "reliability/marginal20_bank.csv")
	_, rows := table(t, "reliability/marginal20_responses.csv")
	type quadrature struct{ EAP, SE []float64 }
	want := expected[struct{ Quadratures map[string]quadrature }](t, "reliability/marginal20_expected.json").Quadratures
	narrow, err := irt.NewGrid(-4, 4, 61)
	require.NoError(t, err)
	wide, err := irt.NewGrid(-8, 8, 161)
	require.NoError(t, err)
	for name, grid := range map[string]*irt.Grid{"grid_-4_4_61": narrow, "grid_-8_8_161": wide} {
		for i, row := range rows {
			taken, correct := administered(items, row[1:])
			got, err := grid.EAP(taken, correct, irt.StandardNormal())
			require.NoError(t, err)
			require.InDelta(t, want[name].EAP[i], got.Theta, 1e-10)
			require.InDelta(t, want[name].SE[i], got.SE, 1e-10)
		}
	}
}

// One hard and one easy guessable item, the hard one right: Samejima (1973)
// shows such likelihoods to have several maxima. The highest must be found
// whichever side it is on.
func TestHighestOfSeveralMaxima(t *testing.T) {
	t.Parallel()
	items := []irt.Item{
		irt.ThreePL(3, -2, 0.3), irt.ThreePL(3, -1.9, 0.3), irt.ThreePL(3, -1.8, 0.3), irt.ThreePL(3, 2, 0.05), irt.ThreePL(3, 2.1, 0.05),
	}
	for bits := range 1 << len(items) {
		correct := make([]bool, len(items))
		for j := range correct {
			correct[j] = bits>>j&1 == 1
		}
		ml, err := irt.ML(items, correct, irt.DefaultBounds())
		require.NoError(t, err)
		mode, err := irt.MAP(items, correct, irt.Normal{Mean: 0, SD: 2})
		require.NoError(t, err)
		best := irt.LogLikelihood(items, correct, ml.Theta)
		top := irt.LogLikelihood(items, correct, mode.Theta) - mode.Theta*mode.Theta/8
		for theta := -10.0; theta <= 10; theta += 0.01 {
			l := irt.LogLikelihood(items, correct, theta)
			require.LessOrEqual(t, l, best+1e-9)
			require.LessOrEqual(t, l-theta*theta/8, top+1e-9)
		}
	}
}

func TestAbilityIsFiniteAtExtremes(t *testing.T) {
	t.Parallel()
	for _, a := range []float64{0.01, 1, 10, 900} {
		for _, b := range []float64{-50, 0, 50} {
			for _, n := range []int{1, 200} {
				for _, all := range []bool{true, false} {
					items, correct := make([]irt.Item, n), make([]bool, n)
					for j := range items {
						items[j], correct[j] = irt.TwoPL(a, b), all
					}
					ml, err := irt.ML(items, correct, irt.DefaultBounds())
					require.NoError(t, err)
					wle, err := irt.WLE(items, correct, irt.DefaultBounds())
					require.NoError(t, err)
					mode, err := irt.MAP(items, correct, irt.StandardNormal())
					require.NoError(t, err)
					eap, err := irt.EAP(items, correct, irt.StandardNormal())
					require.NoError(t, err)
					for _, e := range []irt.Estimate{ml, wle, mode, eap} {
						require.False(t, math.IsNaN(e.Theta+e.SE) || math.IsInf(e.Theta+e.SE, 0), "%v %v %v: %v", a, b, n, e)
					}
				}
			}
		}
	}
}
