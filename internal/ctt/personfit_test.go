package ctt_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

// wantTheta is an expected ability: a number, or "+inf" or "-inf" where there is none.
type wantTheta struct{ value *float64 }

func (w *wantTheta) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return nil
	}
	return json.Unmarshal(raw, &w.value)
}

type wantFit struct {
	Theta    wantTheta `json:"theta"`
	L0       float64   `json:"l0"`
	Expected float64   `json:"expected_l0"`
	Variance float64   `json:"var_l0"`
	Lz       *float64  `json:"lz"`
	CN       float64   `json:"c_n"`
	Tau2     float64   `json:"tau2"`
	R0       float64   `json:"r_0"`
	LzStar   *float64  `json:"lz_star"`
}

type wantGuttman struct {
	Errors     int      `json:"errors"`
	Untied     int      `json:"untied_pairs"`
	Max        int      `json:"max_errors"`
	Normalized *float64 `json:"normalised"`
	Share      *float64 `json:"share_of_untied_pairs"`
}

type wantPerson struct {
	Answered int         `json:"n_answered"`
	Correct  int         `json:"n_correct"`
	ML       wantFit     `json:"ML"`
	WLE      wantFit     `json:"WLE"`
	MAP      wantFit     `json:"MAP"`
	Guttman  wantGuttman `json:"guttman"`
	ByLabel  wantGuttman `json:"guttman_by_label"`
}

func readBank(t testing.TB, name string) (items []irt.Item, labels []string) {
	t.Helper()
	_, rows := readCSV(t, name)
	for _, r := range rows {
		items = append(items, irt.Item{A: number(t, r[1]), B: number(t, r[2]), C: number(t, r[3]), D: 1})
		labels = append(labels, r[len(r)-1])
	}
	return items, labels
}

// given picks, for one person, what belongs to the answered items.
func given[T any](row []ctt.Answer, all []T) (picked []T, correct []bool) {
	for _, a := range row {
		picked = append(picked, all[a.Item])
		correct = append(correct, a.Response == ctt.Correct)
	}
	return picked, correct
}

// 300 people, 30 of them aberrant, on a known 2PL bank with some answers missing.
func TestPersonFit(t *testing.T) {
	t.Parallel()
	var want struct {
		PValues []float64    `json:"p_values"`
		Persons []wantPerson `json:"persons"`
	}
	readJSON(t, "pf25_expected.json", &want)
	items, labels := readBank(t, "pf25_bank.csv")
	m := readMatrix(t, "pf25_responses.csv", 1)

	p, byLabel := make([]float64, len(items)), make([]float64, len(items))
	for j, s := range m.Tally().Items {
		p[j], _ = s.P()
		require.InDelta(t, want.PValues[j], p[j], 1e-10)
		byLabel[j] = map[string]float64{"easy": ctt.EasyEasiness, "medium": ctt.MediumEasiness, "hard": ctt.HardEasiness}[labels[j]]
	}
	for i, w := range want.Persons {
		bank, correct := given(m.Person(i), items)
		for estimator, wf := range map[ctt.Estimator]wantFit{ctt.ML: w.ML, ctt.WLE: w.WLE, ctt.MAP: w.MAP} {
			got, err := ctt.NewPersonFit(bank, correct, estimator, irt.StandardNormal())
			require.NoError(t, err)
			require.Equal(t, []int{w.Answered, w.Correct}, []int{got.Answered, got.Correct})
			requireFit(t, wf, got)
			if got.Theta != nil {
				at, err := ctt.LzAt(bank, correct, *got.Theta)
				require.NoError(t, err)
				require.Equal(t, got.Lz, at)
			}
		}
		easiness, correct := given(m.Person(i), p)
		requireGuttman(t, w.Guttman, easiness, correct)
		easiness, _ = given(m.Person(i), byLabel)
		requireGuttman(t, w.ByLabel, easiness, correct)
	}
}

func requireFit(t *testing.T, want wantFit, got ctt.PersonFit) {
	t.Helper()
	const tol = 1e-6
	what := string(got.Estimator)
	near(t, want.Theta.value, got.Theta, tol, what)
	near(t, want.Lz, got.Lz.Lz, tol, what)
	near(t, want.LzStar, got.LzStar, tol, what)
	for _, pair := range [][2]float64{
		{want.L0, got.Lz.LogLikelihood},
		{want.Expected, got.Lz.Expected},
		{want.Variance, got.Lz.Variance},
		{want.CN, got.CN},
		{want.Tau2, got.Tau2},
		{want.R0, got.R0},
	} {
		require.InDelta(t, pair[0], pair[1], tol, what)
	}
}

func requireGuttman(t *testing.T, want wantGuttman, easiness []float64, correct []bool) {
	t.Helper()
	g, err := ctt.NewGuttman(easiness, correct)
	require.NoError(t, err)
	require.Equal(t, []int{want.Errors, want.Untied, want.Max}, []int{g.Errors, g.UntiedPairs, g.MaxErrors})
	near(t, want.Normalized, g.Normalized, 1e-12, "normalized")
	near(t, want.Share, g.ShareOfUntiedPairs, 1e-12, "share of untied pairs")
}

func TestGuttmanLeavesUnknownEasinessOut(t *testing.T) {
	t.Parallel()
	g, err := ctt.NewGuttman([]float64{.9, math.NaN(), .2}, []bool{false, true, true})
	require.NoError(t, err)
	require.Equal(t, 1, g.LeftOut)
	require.Equal(t, 1, g.Errors)
	require.Equal(t, ctt.AberrantFit, g.Level())
}

func TestU3(t *testing.T) {
	t.Parallel()
	p := []float64{.9, .7, .5, .3}
	logit := func(v float64) float64 { return math.Log(v / (1 - v)) }
	for _, test := range []struct {
		name    string
		p       []float64
		correct []bool
		want    *float64
	}{
		{"perfect pattern", p, []bool{true, true, false, false}, some(0, true)},
		{"reversed pattern", p, []bool{false, false, true, true}, some(1, true)},
		// (w1 + w2 − w1 − w4)/(w1 + w2 − w3 − w4), w = ln p/(1−p).
		{"one swap", p, []bool{true, false, false, true}, some((logit(.7)-logit(.3))/(logit(.9)+logit(.7)-logit(.5)-logit(.3)), true)},
		{"all right", p, []bool{true, true, true, true}, nil},
		{"nothing right", p, []bool{false, false, false, false}, nil},
		{"items alike", []float64{.5, .5}, []bool{true, false}, nil},
		{"items without weight left out", []float64{1, .7, .3, 0}, []bool{false, true, false, true}, some(0, true)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u3, ok, err := ctt.U3(test.p, test.correct)
			require.NoError(t, err)
			near(t, test.want, some(u3, ok), 1e-12, test.name)
		})
	}
}

func TestPersonFitRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	item := irt.TwoPL(1, 0)
	_, err := ctt.NewPersonFit(nil, nil, ctt.ML, irt.StandardNormal())
	require.ErrorIs(t, err, ctt.ErrShape)
	_, err = ctt.NewPersonFit([]irt.Item{item}, []bool{true}, "EAP", irt.StandardNormal())
	require.ErrorIs(t, err, ctt.ErrShape)
	_, err = ctt.NewPersonFit([]irt.Item{{A: math.NaN()}}, []bool{true}, ctt.WLE, irt.StandardNormal())
	require.ErrorIs(t, err, irt.ErrItem)
	_, err = ctt.LzAt([]irt.Item{item}, []bool{true}, math.Inf(1))
	require.ErrorIs(t, err, ctt.ErrAbility)
	fit, err := ctt.NewPersonFit([]irt.Item{item, item}, []bool{true, false}, ctt.WLE, irt.StandardNormal())
	require.NoError(t, err)
	require.Nil(t, fit.LzStar, "items all alike leave nothing after ability is estimated")
}
