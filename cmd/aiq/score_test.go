package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/desk"
)

// theta is a number, or +inf or -inf for an estimate that runs away, which our
// reports leave undefined.
type theta struct{ value *float64 }

func (th *theta) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return nil
	}
	return json.Unmarshal(raw, &th.value)
}

type estimated struct {
	Theta theta
	SE    *float64 `json:"se_expected"`
}

// EAP and SEs are within 1e-6, the modes within 1e-8, of independent computations.
func TestScoreEstimates(t *testing.T) {
	t.Parallel()
	type score struct {
		Pattern      string
		NAnswered    int     `json:"n_answered"`
		NCorrect     int     `json:"n_correct"`
		Mean         float64 `json:"prior_mean"`
		SD           float64 `json:"prior_sd"`
		EAP          struct{ Theta, SE *float64 }
		MAP, ML, WLE estimated
	}
	for _, bank := range []string{"bankA_2pl20", "bankB_3pl30"} {
		want := expected[struct{ Scores []score }](t, irtData+"c_scoring/"+bank+"_expected.json").Scores
		runs := map[string]map[string]desk.Score{}
		for _, w := range want {
			prior := fmt.Sprintf("%g,%g", w.Mean, w.SD)
			if runs[prior] == nil {
				got := decoded[desk.Scores](t, "score", irtData+"c_scoring/"+bank+"_patterns.csv", "--by-order",
					"--bank", irtData+"c_scoring/"+bank+"_bank.csv",
					fmt.Sprintf("--prior-mean=%g", w.Mean), fmt.Sprintf("--prior-sd=%g", w.SD))
				runs[prior] = map[string]desk.Score{}
				for _, s := range got.Scores {
					runs[prior][s.Person] = s
				}
			}
			got, ok := runs[prior][w.Pattern]
			require.True(t, ok, w.Pattern)
			require.Equal(t, w.NAnswered, got.Answered)
			require.Equal(t, w.NCorrect, got.Correct)
			near(t, w.EAP.Theta, got.EAP.Theta, 1e-6, bank, w.Pattern)
			near(t, w.EAP.SE, got.EAP.SE, 1e-6, bank, w.Pattern)
			near(t, w.MAP.Theta.value, got.MAP.Theta, 1e-8, bank, w.Pattern)
			near(t, w.MAP.SE, got.MAP.SE, 1e-6, bank, w.Pattern)
			near(t, w.ML.Theta.value, got.ML.Theta, 1e-8, bank, w.Pattern)
			near(t, w.WLE.Theta.value, got.WLE.Theta, 1e-8, bank, w.Pattern)
			near(t, w.WLE.SE, got.WLE.SE, 1e-5, bank, w.Pattern)
		}
	}
}

// Person fit within 1e-6 of an independent computation, Guttman errors exact.
func TestScorePersonFit(t *testing.T) {
	t.Parallel()
	type fit struct {
		Theta  theta
		Lz     *float64
		LzStar *float64 `json:"lz_star"`
	}
	type guttman struct {
		Errors     int
		Untied     int `json:"untied_pairs"`
		Max        int `json:"max_errors"`
		Normalised *float64
		Share      *float64 `json:"share_of_untied_pairs"`
	}
	type person struct {
		Person       int
		ML, WLE, MAP fit
		Guttman      guttman
		ByLabel      guttman `json:"guttman_by_label"`
	}
	want := expected[struct{ Persons []person }](t, cttData+"pf25_expected.json").Persons
	args := []string{"score", cttData + "pf25_responses.csv", "--bank", cttData + "pf25_bank.csv"}
	byShare := decoded[desk.Scores](t, args...).Scores
	byLabel := decoded[desk.Scores](t, append(args, "--guttman", "label")...).Scores
	require.Len(t, byShare, len(want))
	for i, w := range want {
		got := byShare[i]
		require.Equal(t, strconv.Itoa(w.Person), got.Person)
		for _, c := range []struct {
			want fit
			got  desk.FitAbility
		}{{w.ML, got.ML}, {w.WLE, got.WLE}, {w.MAP, got.MAP}} {
			near(t, c.want.Theta.value, c.got.Theta, 1e-6, i)
			near(t, c.want.Lz, c.got.Lz, 1e-6, i)
			near(t, c.want.LzStar, c.got.LzStar, 1e-6, i)
		}
		for _, c := range []struct {
			want guttman
			got  desk.Guttman
		}{{w.Guttman, got.Guttman}, {w.ByLabel, byLabel[i].Guttman}} {
			require.Equal(t, c.want.Errors, c.got.Errors, i)
			require.Equal(t, c.want.Untied, c.got.UntiedPairs, i)
			require.Equal(t, c.want.Max, c.got.MaxErrors, i)
			near(t, c.want.Normalised, c.got.Normalized, 1e-12, i)
			near(t, c.want.Share, c.got.ShareOfUntiedPairs, 1e-12, i)
		}
	}
}

// Marginal reliability within 1e-6 of an independent computation on the same points.
func TestScoreReliability(t *testing.T) {
	t.Parallel()
	type quadrature struct {
		Variance  float64 `json:"var_eap"`
		MeanSE2   float64 `json:"mean_se2"`
		Empirical float64 `json:"marginal_reliability"`
		FromError float64 `json:"one_minus_mean_se2"`
		EAP, SE   []float64
	}
	want := expected[struct {
		Quadratures map[string]quadrature
		Test        float64 `json:"test_information_reliability"`
	}](t, cttData+"marginal20_expected.json")
	for name, args := range map[string][]string{
		"grid_-8_8_161": {"--nodes", "161"},
		"grid_-4_4_61":  {"--nodes", "61", "--range", "4"},
	} {
		w := want.Quadratures[name]
		got := decoded[desk.Scores](t, append([]string{
			"score", cttData + "marginal20_responses.csv", "--bank", cttData + "marginal20_bank.csv",
		}, args...)...)
		near(t, &w.Variance, got.Reliability.VarianceEAP, 1e-6)
		near(t, &w.MeanSE2, got.Reliability.MeanSESquare, 1e-6)
		near(t, &w.Empirical, got.Reliability.Empirical, 1e-6)
		near(t, &w.FromError, got.Reliability.FromError, 1e-6)
		near(t, &want.Test, got.Reliability.Test, 1e-6)
		for i := range w.EAP {
			near(t, &w.EAP[i], got.Scores[i].EAP.Theta, 1e-6)
			near(t, &w.SE[i], got.Scores[i].EAP.SE, 1e-6)
		}
	}
}

// A row that stands for many people weighs as many.
func TestScoreCounts(t *testing.T) {
	t.Parallel()
	bank := file(t, "bank.csv", "item,a,b\nx,1,0\ny,2,1\n")
	counted := decoded[desk.Scores](t, "score", file(t, "counted.csv", "x,y,count\n1,0,3\n1,1,2\n"), "--bank", bank)
	spread := decoded[desk.Scores](t, "score", file(t, "spread.csv", "x,y\n1,0\n1,0\n1,0\n1,1\n1,1\n"), "--bank", bank)
	require.InDelta(t, 5, counted.People, 0)
	near(t, spread.Reliability.Empirical, counted.Reliability.Empirical, 1e-12)
	require.Equal(t, spread.Scores[0].Guttman, counted.Scores[0].Guttman)
}

func TestScoreWritesCSV(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "scores.csv")
	scores := decoded[desk.Scores](t, "score", cttData+"pf25_responses.csv", "--bank", cttData+"pf25_bank.csv", "--out", out)
	f, err := os.Open(out)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 301)
	require.Equal(t, "eap", rows[0][4])
	eap, err := strconv.ParseFloat(rows[9][4], 64)
	require.NoError(t, err)
	require.InDelta(t, *scores.Scores[8].EAP.Theta, eap, 0)
	require.Equal(t, string(ctt.NormalFit), rows[1][len(rows[1])-1])
}
