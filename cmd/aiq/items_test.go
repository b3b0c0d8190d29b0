package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/desk"
)

type scoring struct {
	People       int64   `json:"n_persons"`
	NMissing     int64   `json:"n_missing"`
	NComplete    int64   `json:"n_complete"`
	Alpha        float64 `json:"alpha_raw"`
	AlphaStd     float64 `json:"alpha_std"`
	MeanR        float64 `json:"mean_interitem_r"`
	Minres       float64 `json:"omega_total_minres"`
	ML           float64 `json:"omega_total_ml"`
	Mean         float64 `json:"total_mean"`
	SD           float64 `json:"total_sd"`
	SEM          *float64
	SplitOddEven *struct {
		R             float64
		SpearmanBrown float64 `json:"spearman_brown"`
		Rulon         float64 `json:"guttman_rulon"`
	} `json:"split_half_odd_even"`
	Items []struct {
		Item       string
		N          int64
		P, SD      float64
		TotalSum   float64 `json:"r_item_total_sum"`
		TotalMean  float64 `json:"r_item_total_mean"`
		RestSum    float64 `json:"r_item_rest_sum"`
		RestMean   float64 `json:"r_item_rest_mean"`
		RestCov    float64 `json:"r_item_rest_cov"`
		Dropped    float64 `json:"alpha_if_dropped"`
		StdDropped float64 `json:"std_alpha_if_dropped"`
		LoadMinres float64 `json:"loading_minres"`
		LoadML     float64 `json:"loading_ml"`
	}
}

// Everything is within 1e-9 of an independent computation, loadings and omega within 1e-5.
func TestItemsClassical(t *testing.T) {
	t.Parallel()
	scorings := expected[struct{ Scorings map[string]scoring }](t, cttData+"sapa_expected.json").Scorings
	for name, args := range map[string][]string{
		"complete":              {"--empty-omitted"},
		"omit_wrong":            nil,
		"omit_wrong_listwise":   {"--listwise"},
		"omit_missing":          {"--omitted-missing"},
		"omit_missing_listwise": {"--omitted-missing", "--listwise"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, ok := scorings[name]
			require.True(t, ok)
			args := append([]string{"items", cttData + "sapa_responses.csv", "--key", cttData + "sapa_key.csv", "--omitted", "0"}, args...)
			got := decoded[desk.Items](t, args...)
			ml := decoded[desk.Items](t, append(args, "--omega", "ml")...)
			r := got.Reliability
			require.Equal(t, want.People, got.People)
			require.Equal(t, want.NComplete, got.Missing.Complete)
			near(t, &want.Alpha, r.Alpha, 1e-9)
			near(t, &want.AlphaStd, r.StandardizedAlpha, 1e-9)
			near(t, &want.MeanR, r.MeanInterItemR, 1e-9)
			near(t, &want.Mean, r.TotalMean, 1e-9)
			near(t, &want.Minres, r.Omega.Omega, 1e-5)
			near(t, &want.ML, ml.Reliability.Omega.Omega, 1e-5)
			if want.NMissing == 0 {
				near(t, &want.SD, r.TotalSD, 1e-9)
				near(t, want.SEM, r.SEM, 1e-9)
				near(t, &want.SplitOddEven.R, r.SplitHalf.R, 1e-9)
				near(t, &want.SplitOddEven.SpearmanBrown, r.SplitHalf.SpearmanBrown, 1e-9)
				near(t, &want.SplitOddEven.Rulon, r.SplitHalf.Rulon, 1e-9)
				near(t, &want.Alpha, r.KR20, 1e-9, "KR-20 of complete people is their alpha")
			} else {
				require.Equal(t, want.NMissing, got.Missing.NotAdministered)
			}
			for j, w := range want.Items {
				g := got.Items[j]
				require.Equal(t, w.Item, g.Item)
				require.Equal(t, w.N, g.N)
				for what, pair := range map[string]struct {
					want float64
					got  *float64
				}{
					"p": {w.P, g.P}, "sd": {w.SD, g.SD}, "total": {w.TotalSum, g.ItemTotal}, "total by share": {w.TotalMean, g.ItemTotalShare},
					"rest": {w.RestSum, g.ItemRest}, "rest by share": {w.RestMean, g.ItemRestShare},
					"rest by covariance": {w.RestCov, g.ItemRestCovariance},
					"alpha without":      {w.Dropped, g.AlphaDropped}, "standardized": {w.StdDropped, g.StandardizedDropped},
				} {
					near(t, &pair.want, pair.got, 1e-9, w.Item, what)
				}
				near(t, &w.LoadMinres, g.Loading, 1e-5)
				near(t, &w.LoadML, ml.Items[j].Loading, 1e-5)
			}
		})
	}
}

// The options' table is within 1e-9 of an independent computation under both rules for ties.
func TestItemsOptions(t *testing.T) {
	t.Parallel()
	type option struct {
		Option          string
		IsKey           bool `json:"is_key"`
		Count           int64
		Share           *float64
		BottomInclusive *float64 `json:"share_bottom_inclusive"`
		TopInclusive    *float64 `json:"share_top_inclusive"`
		Inclusive       *float64 `json:"discrimination_inclusive"`
		BottomExact     *float64 `json:"share_bottom_exact"`
		TopExact        *float64 `json:"share_top_exact"`
		Exact           *float64 `json:"discrimination_exact"`
		Total           *float64 `json:"point_biserial_total"`
		Rest            *float64 `json:"point_biserial_rest"`
	}
	type item struct {
		Item         string
		Administered int64 `json:"n_administered"`
		Omitted      int64 `json:"n_omitted"`
		Options      []option
		Entropy      *float64 `json:"entropy_nats_chosen_options"`
		Effective    *float64 `json:"effective_options_exp_entropy"`
		Distractors  *float64 `json:"effective_distractors_exp_entropy"`
	}
	want := expected[struct{ Options struct{ Items []item } }](t, cttData+"sapa_expected.json").Options.Items
	args := []string{"items", cttData + "sapa_responses.csv", "--key", cttData + "sapa_key.csv", "--omitted", "0", "--omega", "none"}
	inclusive := decoded[desk.Items](t, args...)
	exact := decoded[desk.Items](t, append(args, "--ties", "exact")...)
	require.Nil(t, inclusive.Reliability.Omega)
	for j, w := range want {
		g := inclusive.Items[j]
		require.Equal(t, w.Item, g.Item)
		require.Equal(t, w.Administered, g.N)
		require.Equal(t, w.Omitted, g.Omitted)
		near(t, w.Entropy, g.Options.EntropyNats, 1e-9)
		near(t, w.Effective, g.Options.EffectiveOptions, 1e-9)
		near(t, w.Distractors, g.Options.EffectiveDistractors, 1e-9)
		for k, o := range w.Options {
			got, gotExact := g.Options.Omission, exact.Items[j].Options.Omission
			if k < len(g.Options.Options) {
				got, gotExact = g.Options.Options[k], exact.Items[j].Options.Options[k]
				require.Equal(t, o.Option, got.Option)
			}
			require.Equal(t, o.IsKey, got.IsKey)
			require.Equal(t, o.Count, got.Count)
			near(t, o.Share, got.Share, 1e-9)
			near(t, o.BottomInclusive, got.ShareBottom, 1e-9)
			near(t, o.TopInclusive, got.ShareTop, 1e-9)
			near(t, o.Inclusive, got.Discrimination, 1e-9)
			near(t, o.BottomExact, gotExact.ShareBottom, 1e-9)
			near(t, o.TopExact, gotExact.ShareTop, 1e-9)
			near(t, o.Exact, gotExact.Discrimination, 1e-9)
			near(t, o.Total, got.PointBiserialTotal, 1e-9)
			near(t, o.Rest, got.PointBiserialRest, 1e-9)
		}
	}
}

// Alpha of a sparse table is within 1e-9 of psych's.
func TestItemsSparse(t *testing.T) {
	t.Parallel()
	type reference struct {
		Alpha float64 `json:"alpha_pairwise_raw"`
		Thin  int64   `json:"pair_n_min"`
		Items []struct {
			N    int64
			P    float64
			Rest float64 `json:"r_item_rest_mean"`
		}
	}
	want := expected[reference](t, cttData+"sparse60_expected.json")
	got := decoded[desk.Items](t, "items", cttData+"sparse60_responses.csv")
	near(t, &want.Alpha, got.Reliability.Alpha, 1e-9)
	require.Equal(t, want.Thin, got.Reliability.MinPairN)
	require.Equal(t, ctt.Pairwise, got.Missing.Rule)
	require.Nil(t, got.Reliability.KR20, "nobody has every item")
	for j, w := range want.Items {
		require.Equal(t, w.N, got.Items[j].N)
		near(t, &w.P, got.Items[j].P, 1e-9)
		near(t, &w.Rest, got.Items[j].ItemRestShare, 1e-9)
	}
}

// Mantel-Haenszel and logistic DIF within 1e-8 of R.
func TestItemsDIF(t *testing.T) {
	t.Parallel()
	type mantel struct {
		Alpha   *float64
		DDIF    *float64 `json:"mh_d_dif"`
		SE      *float64 `json:"se_mh_d_dif"`
		Chi     *float64 `json:"chisq_no_cc"`
		P       *float64 `json:"p_no_cc"`
		Class   string   `json:"ets_class"`
		BySize  string   `json:"ets_class_size_only"`
		NStrata int      `json:"n_strata"`
	}
	type reference struct {
		Flagged []string `json:"flagged_stage1"`
		Items   []struct {
			Item     string
			PRef     *float64 `json:"p_reference"`
			PFocal   *float64 `json:"p_focal"`
			MH       mantel   `json:"mantel_haenszel"`
			Purified mantel   `json:"mantel_haenszel_purified"`
			Logistic struct {
				Null       *float64 `json:"null_deviance"`
				Uniform    *float64 `json:"chisq_uniform"`
				NonUniform *float64 `json:"chisq_nonuniform"`
				PBoth      *float64 `json:"p_both"`
				Gain       *float64 `json:"delta_r2_both"`
				JG         string   `json:"jodoin_gierl_both"`
			}
		}
	}
	want := expected[reference](t, cttData+"dif20_expected.json")
	got := decoded[desk.Items](t, "items", cttData+"dif20_responses.csv").DIF
	require.Equal(t, []any{"group", "reference", "focal", 700, 500}, []any{got.Column, got.Reference, got.Focal, got.ReferenceN, got.FocalN})
	require.Equal(t, want.Flagged, got.Flagged)
	for j, w := range want.Items {
		g := got.Items[j]
		require.Equal(t, w.Item, g.Item)
		near(t, w.PRef, g.PReference, 1e-8)
		near(t, w.PFocal, g.PFocal, 1e-8)
		for _, c := range []struct {
			want mantel
			got  desk.MantelHaenszel
		}{{w.MH, g.MantelHaenszel}, {w.Purified, g.Purified}} {
			near(t, c.want.Alpha, c.got.Alpha, 1e-8)
			near(t, c.want.DDIF, c.got.DDIF, 1e-8)
			near(t, c.want.SE, c.got.SEDDIF, 1e-8)
			near(t, c.want.Chi, c.got.ChiSquareUncorrected, 1e-8)
			near(t, c.want.P, c.got.PUncorrected, 1e-8)
			require.Equal(t, c.want.Class, string(*c.got.Class))
			require.Equal(t, c.want.BySize, string(*c.got.ClassBySize))
			require.Equal(t, c.want.NStrata, c.got.Strata)
		}
		near(t, w.Logistic.Null, g.Logistic.NullDeviance, 1e-8)
		near(t, w.Logistic.Uniform, g.Logistic.Uniform.ChiSquare, 1e-8)
		near(t, w.Logistic.NonUniform, g.Logistic.NonUniform.ChiSquare, 1e-8)
		near(t, w.Logistic.PBoth, g.Logistic.Both.P, 1e-8)
		near(t, w.Logistic.Gain, g.Logistic.Both.DeltaR2, 1e-8)
		require.Equal(t, w.Logistic.JG, string(*g.Logistic.JodoinGierl))
	}
	swapped := decoded[desk.Items](t, "items", cttData+"dif20_responses.csv", "--focal", "reference").DIF
	require.InDelta(t, -*got.Items[6].MantelHaenszel.DDIF, *swapped.Items[6].MantelHaenszel.DDIF, 1e-9)
}

// A row that stands for many people counts as many.
func TestItemsCounts(t *testing.T) {
	t.Parallel()
	got := decoded[desk.Items](t, "items", irtData+"calibration/lsat6_patterns.csv")
	require.EqualValues(t, 1000, got.People)
	require.InDelta(t, .924, *got.Items[0].P, 1e-12)
}
