package ctt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
)

type wantMH struct {
	Alpha       *float64     `json:"alpha"`
	LnAlpha     *float64     `json:"ln_alpha"`
	SELnAlpha   *float64     `json:"se_ln_alpha"`
	DDIF        *float64     `json:"mh_d_dif"`
	SEDDIF      *float64     `json:"se_mh_d_dif"`
	ChiSquare   *float64     `json:"chisq_cc"`
	P           *float64     `json:"p_cc"`
	ChiPlain    *float64     `json:"chisq_no_cc"`
	PPlain      *float64     `json:"p_no_cc"`
	Strata      int          `json:"n_strata"`
	StrataBoth  int          `json:"n_strata_with_both_groups"`
	Class       ctt.ETSClass `json:"ets_class"`
	ClassBySize ctt.ETSClass `json:"ets_class_size_only"`
}

func (w wantMH) require(t *testing.T, got ctt.MantelHaenszel, what string) {
	t.Helper()
	const tol = 1e-8
	near(t, w.Alpha, got.Alpha, tol, what)
	near(t, w.LnAlpha, got.LnAlpha, tol, what)
	near(t, w.SELnAlpha, got.SELnAlpha, tol, what)
	near(t, w.DDIF, got.DDIF, tol, what)
	near(t, w.SEDDIF, got.SEDDIF, tol, what)
	near(t, w.ChiSquare, got.ChiSquare, tol, what)
	near(t, w.P, got.P, tol, what)
	near(t, w.ChiPlain, got.ChiSquareUncorrected, tol, what)
	near(t, w.PPlain, got.PUncorrected, tol, what)
	require.Equal(t, w.Strata, got.Strata, what)
	require.Equal(t, w.StrataBoth, got.StrataBothGroups, what)
	require.Equal(t, w.Class, got.Class, what)
	require.Equal(t, w.ClassBySize, got.ClassBySize, what)
}

type wantDIF struct {
	Reference int      `json:"n_reference"`
	Focal     int      `json:"n_focal"`
	Flagged   []string `json:"flagged_stage1"`
	Items     []struct {
		Item     string   `json:"item"`
		PRef     *float64 `json:"p_reference"`
		PFocal   *float64 `json:"p_focal"`
		MH       wantMH   `json:"mantel_haenszel"`
		Purified wantMH   `json:"mantel_haenszel_purified"`
		Logistic struct {
			Null      *float64    `json:"null_deviance"`
			Deviance  [3]*float64 `json:"deviance"`
			ChiUni    *float64    `json:"chisq_uniform"`
			PUni      *float64    `json:"p_uniform"`
			ChiNon    *float64    `json:"chisq_nonuniform"`
			PNon      *float64    `json:"p_nonuniform"`
			ChiBoth   *float64    `json:"chisq_both"`
			PBoth     *float64    `json:"p_both"`
			R2        [3]*float64 `json:"nagelkerke_r2"`
			DeltaUni  *float64    `json:"delta_r2_uniform"`
			DeltaNon  *float64    `json:"delta_r2_nonuniform"`
			DeltaBoth *float64    `json:"delta_r2_both"`
			Zumbo     string      `json:"zumbo_thomas_both"`
			JGBoth    string      `json:"jodoin_gierl_both"`
			JGUniform string      `json:"jodoin_gierl_uniform"`
			CoefM1    []float64   `json:"coef_m1"`
			CoefM2    []float64   `json:"coef_m2"`
			CoefM3    []float64   `json:"coef_m3"`
			SEM2      []float64   `json:"se_m2"`
			SEM3      []float64   `json:"se_m3"`
		} `json:"logistic"`
	} `json:"items"`
}

func difData(t testing.TB) (*ctt.Matrix, []ctt.Group) {
	t.Helper()
	_, rows := readCSV(t, "dif20_responses.csv")
	var groups []ctt.Group
	for _, r := range rows {
		g := ctt.Reference
		if r[1] == "focal" {
			g = ctt.Focal
		}
		groups = append(groups, g)
	}
	return readMatrix(t, "dif20_responses.csv", 2), groups
}

func TestDIF(t *testing.T) {
	t.Parallel()
	var want wantDIF
	readJSON(t, "dif20_expected.json", &want)
	m, groups := difData(t)
	got, err := m.DIF(groups)
	require.NoError(t, err)
	require.Equal(t, ctt.Complete, got.Missing)
	require.Equal(t, []int{want.Reference, want.Focal, 0}, []int{got.Reference, got.Focal, got.LeftOut})
	var flagged []string
	for _, j := range got.Flagged {
		flagged = append(flagged, want.Items[j].Item)
	}
	require.Equal(t, want.Flagged, flagged)
	const tol = 1e-8
	for j, w := range want.Items {
		g := got.Items[j]
		near(t, w.PRef, g.PReference, tol, w.Item)
		near(t, w.PFocal, g.PFocal, tol, w.Item)
		w.MH.require(t, g.MantelHaenszel, w.Item)
		w.Purified.require(t, g.Purified, w.Item+" purified")
		l := w.Logistic
		near(t, l.Null, g.Logistic.NullDeviance, tol, w.Item)
		for k := range l.Deviance {
			near(t, l.Deviance[k], g.Logistic.Models[k].Deviance, tol, w.Item)
			near(t, l.R2[k], g.Logistic.Models[k].NagelkerkeR2, tol, w.Item)
		}
		near(t, l.ChiUni, g.Logistic.Uniform.ChiSquare, tol, w.Item)
		near(t, l.PUni, g.Logistic.Uniform.P, tol, w.Item)
		near(t, l.DeltaUni, g.Logistic.Uniform.DeltaR2, tol, w.Item)
		near(t, l.ChiNon, g.Logistic.NonUniform.ChiSquare, tol, w.Item)
		near(t, l.PNon, g.Logistic.NonUniform.P, tol, w.Item)
		near(t, l.DeltaNon, g.Logistic.NonUniform.DeltaR2, tol, w.Item)
		near(t, l.ChiBoth, g.Logistic.Both.ChiSquare, tol, w.Item)
		near(t, l.PBoth, g.Logistic.Both.P, tol, w.Item)
		near(t, l.DeltaBoth, g.Logistic.Both.DeltaR2, tol, w.Item)
		require.InDeltaSlice(t, l.CoefM1, g.Logistic.Models[0].Coefficients, tol, w.Item)
		require.InDeltaSlice(t, l.CoefM2, g.Logistic.Models[1].Coefficients, tol, w.Item)
		require.InDeltaSlice(t, l.CoefM3, g.Logistic.Models[2].Coefficients, tol, w.Item)
		require.InDeltaSlice(t, l.SEM2, g.Logistic.Models[1].StandardErrors, tol, w.Item)
		require.InDeltaSlice(t, l.SEM3, g.Logistic.Models[2].StandardErrors, tol, w.Item)
		require.Equal(t, strings.ToUpper(l.Zumbo), string(g.Logistic.ZumboThomas), w.Item)
		require.Equal(t, l.JGBoth, string(g.Logistic.JodoinGierl), w.Item)
		require.Equal(t, l.JGUniform, string(g.Logistic.JodoinGierlUniform), w.Item)
	}
}
