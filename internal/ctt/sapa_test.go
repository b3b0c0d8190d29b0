package ctt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
)

// tol is the tolerance of everything that is a closed formula.
const tol = 1e-9

type sapaItem struct {
	Item              string   `json:"item"`
	N                 int64    `json:"n"`
	P                 *float64 `json:"p"`
	SD                *float64 `json:"sd"`
	ItemTotalSum      *float64 `json:"r_item_total_sum"`
	ItemRestSum       *float64 `json:"r_item_rest_sum"`
	ItemTotalMean     *float64 `json:"r_item_total_mean"`
	ItemRestMean      *float64 `json:"r_item_rest_mean"`
	ItemRestCov       *float64 `json:"r_item_rest_cov"`
	AlphaIfDropped    *float64 `json:"alpha_if_dropped"`
	StdAlphaIfDropped *float64 `json:"std_alpha_if_dropped"`
	LoadingMinres     *float64 `json:"loading_minres"`
	LoadingML         *float64 `json:"loading_ml"`
	Key               string   `json:"key"`
	Administered      int64    `json:"n_administered"`
	Omitted           int64    `json:"n_omitted"`
	Options           []sapaOption
	Entropy           *float64 `json:"entropy_nats_chosen_options"`
	EffectiveOptions  *float64 `json:"effective_options_exp_entropy"`
	EffectiveDistract *float64 `json:"effective_distractors_exp_entropy"`
}

type sapaOption struct {
	Option              string   `json:"option"`
	IsKey               bool     `json:"is_key"`
	Count               int64    `json:"count"`
	Share               *float64 `json:"share"`
	ShareBottom         *float64 `json:"share_bottom_inclusive"`
	ShareTop            *float64 `json:"share_top_inclusive"`
	Discrimination      *float64 `json:"discrimination_inclusive"`
	CountBottom         int64    `json:"count_bottom_inclusive"`
	CountTop            int64    `json:"count_top_inclusive"`
	ShareBottomExact    *float64 `json:"share_bottom_exact"`
	ShareTopExact       *float64 `json:"share_top_exact"`
	DiscriminationExact *float64 `json:"discrimination_exact"`
	CountBottomExact    int64    `json:"count_bottom_exact"`
	CountTopExact       int64    `json:"count_top_exact"`
	PointBiserialTotal  *float64 `json:"point_biserial_total"`
	PointBiserialRest   *float64 `json:"point_biserial_rest"`
}

type sapaScoring struct {
	People        int64      `json:"n_persons"`
	NItems        int        `json:"n_items"`
	Missing       int        `json:"n_missing"`
	CompleteCount int64      `json:"n_complete"`
	AlphaRaw      *float64   `json:"alpha_raw"`
	AlphaStd      *float64   `json:"alpha_std"`
	MeanR         *float64   `json:"mean_interitem_r"`
	OmegaMinres   *float64   `json:"omega_total_minres"`
	OmegaML       *float64   `json:"omega_total_ml"`
	TotalMean     *float64   `json:"total_mean"`
	TotalSD       *float64   `json:"total_sd"`
	SEM           *float64   `json:"sem"`
	Items         []sapaItem `json:"items"`
	SplitHalf     *struct {
		R             *float64 `json:"r"`
		SpearmanBrown *float64 `json:"spearman_brown"`
		Rulon         *float64 `json:"guttman_rulon"`
	} `json:"split_half_odd_even"`
}

type sapaExpected struct {
	Scorings map[string]sapaScoring `json:"scorings"`
	Options  struct {
		LowerCut     float64    `json:"lower_cut"`
		UpperCut     float64    `json:"upper_cut"`
		NBottom      int64      `json:"n_bottom_inclusive"`
		NTop         int64      `json:"n_top_inclusive"`
		NBottomExact int64      `json:"n_bottom_exact"`
		NTopExact    int64      `json:"n_top_exact"`
		Items        []sapaItem `json:"items"`
	} `json:"options"`
}

// sapaAnswers are the options chosen in the SAPA set ("0" omitted, "" not administered) and
// the keys.
func sapaAnswers(t testing.TB) (answers [][]string, keys []string) {
	t.Helper()
	_, rows := readCSV(t, "sapa_responses.csv")
	_, keyRows := readCSV(t, "sapa_key.csv")
	for _, r := range keyRows {
		keys = append(keys, r[1])
	}
	for _, r := range rows {
		answers = append(answers, r[1:])
	}
	return answers, keys
}

// sapaResponses scores the set by one of the rules of the expected numbers.
func sapaResponses(t testing.TB, rule string) [][]ctt.Response {
	t.Helper()
	omitted, empty := ctt.Omitted, ctt.Missing
	switch rule {
	case "complete":
		empty = ctt.Omitted
	case "omit_missing", "omit_missing_listwise":
		omitted = ctt.Missing
	}
	answers, keys := sapaAnswers(t)
	out := make([][]ctt.Response, len(answers))
	for i, row := range answers {
		out[i] = make([]ctt.Response, len(row))
		for j, a := range row {
			switch a {
			case "":
				out[i][j] = empty
			case "0":
				out[i][j] = omitted
			case keys[j]:
				out[i][j] = ctt.Correct
			default:
				out[i][j] = ctt.Wrong
			}
		}
	}
	return out
}

func right(person []ctt.Response) (n int) {
	for _, r := range person {
		n += r.Score()
	}
	return n
}

func administered(person []ctt.Response) (n int) {
	for _, r := range person {
		if r.Administered() {
			n++
		}
	}
	return n
}

// runningSums adds people one at a time.
func runningSums(people [][]ctt.Response) ([]ctt.ItemSums, *ctt.Pairs) {
	items := make([]ctt.ItemSums, len(people[0]))
	pairs := ctt.NewPairs(len(items))
	for _, person := range people {
		total, given := right(person), administered(person)
		for j, r := range person {
			items[j].Add(r, total-r.Score(), given-1)
			for k := j + 1; k < len(person); k++ {
				var d ctt.PairSums
				d.Add(r, person[k])
				_ = pairs.MergeAt(j, k, d)
			}
		}
	}
	return items, pairs
}

func TestRunningSumsSAPA(t *testing.T) {
	t.Parallel()
	var want sapaExpected
	readJSON(t, "sapa_expected.json", &want)
	for _, rule := range []string{"complete", "omit_wrong", "omit_missing"} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := want.Scorings[rule]
			items, pairs := runningSums(sapaResponses(t, rule))
			a, err := ctt.Alpha(w.People, items, pairs)
			require.NoError(t, err)
			near(t, w.AlphaRaw, a.Raw, tol, "alpha")
			near(t, w.AlphaRaw, a.ObservedPairs, tol, "alpha from observed pairs")
			near(t, w.AlphaStd, a.Standardized, tol, "standardized alpha")
			near(t, w.MeanR, a.MeanInterItemR, tol, "mean inter-item r")
			require.Equal(t, w.NItems, a.Items)
			require.Equal(t, w.People, a.People)
			if rule == "complete" {
				require.Equal(t, ctt.Complete, a.Missing)
				require.Equal(t, w.People, a.MinPairN)
				near(t, w.SEM, a.SEM, tol, "SEM")
				near(t, w.TotalSD, a.TotalSD, tol, "SD of the total")
			} else {
				require.Equal(t, ctt.Pairwise, a.Missing)
				require.Less(t, a.MinPairN, w.People)
			}
			for j, wi := range w.Items {
				near(t, wi.P, some(items[j].P()), tol, wi.Item)
				near(t, wi.SD, some(items[j].SD()), tol, wi.Item)
				near(t, wi.ItemRestSum, some(items[j].ItemRest()), tol, wi.Item)
				near(t, wi.ItemTotalSum, some(items[j].ItemTotal()), tol, wi.Item)
				require.Equal(t, wi.N, a.ByItem[j].N)
				near(t, wi.P, a.ByItem[j].P, tol, wi.Item)
				near(t, wi.ItemRestCov, a.ByItem[j].RestCovariance, tol, wi.Item)
				near(t, wi.AlphaIfDropped, a.ByItem[j].IfDropped, tol, wi.Item)
				near(t, wi.StdAlphaIfDropped, a.ByItem[j].StandardizedIfDropped, tol, wi.Item)
			}
		})
	}
}

func TestOptionSumsSAPA(t *testing.T) {
	t.Parallel()
	var want sapaExpected
	readJSON(t, "sapa_expected.json", &want)
	answers, keys := sapaAnswers(t)
	scored := sapaResponses(t, "omit_wrong")

	everyone := ctt.ScoreCounts{}
	for _, person := range scored {
		everyone.Add(right(person), 1)
	}
	for j, wi := range want.Options.Items {
		item := ctt.ItemOptions{ByScore: ctt.ScoreCounts{}, Options: make([]ctt.OptionSums, len(wi.Options)-1), Key: -1}
		index := map[string]int{}
		for k, wo := range wi.Options[:len(item.Options)] {
			index[wo.Option] = k
			if wo.IsKey {
				item.Key = k
			}
		}
		require.Equal(t, wi.Key, keys[j])
		for i, person := range scored {
			if !person[j].Administered() {
				continue
			}
			total := right(person)
			rest := total - person[j].Score()
			item.Item.Add(person[j], rest, administered(person)-1)
			item.ByScore.Add(total, 1)
			if k, ok := index[answers[i][j]]; ok {
				item.Options[k].Add(total, rest)
			}
		}
		a := item.Analyze(everyone, ctt.DefaultDistractorRules())
		require.Equal(t, &ctt.Quarters{Lower: int(want.Options.LowerCut), Upper: int(want.Options.UpperCut)}, a.Quarters)
		require.Equal(t, want.Options.NBottom, a.NBottom)
		require.Equal(t, want.Options.NTop, a.NTop)
		require.False(t, a.Overlap)
		require.Equal(t, wi.Administered, a.Administered)
		require.Equal(t, wi.Omitted, a.Omitted)
		near(t, wi.Entropy, a.EntropyNats, tol, wi.Item)
		near(t, wi.EffectiveOptions, a.EffectiveOptions, tol, wi.Item)
		near(t, wi.EffectiveDistract, a.EffectiveDistractors, tol, wi.Item)
		for k, wo := range wi.Options {
			got := a.Omission
			if wo.Option != "0" {
				got = a.Options[k]
			}
			requireOption(t, wo, got, wi.Item+" option "+wo.Option)
		}
	}
}

func requireOption(t *testing.T, want sapaOption, got ctt.OptionStats, what string) {
	t.Helper()
	require.Equal(t, want.IsKey, got.IsKey, what)
	require.Equal(t, want.Count, got.Count, what)
	require.Equal(t, want.CountBottom, got.CountBottom, what)
	require.Equal(t, want.CountTop, got.CountTop, what)
	near(t, want.Share, got.Share, tol, what)
	near(t, want.ShareBottom, got.ShareBottom, tol, what)
	near(t, want.ShareTop, got.ShareTop, tol, what)
	near(t, want.Discrimination, got.Discrimination, tol, what)
	near(t, want.PointBiserialTotal, got.PointBiserialTotal, tol, what)
	near(t, want.PointBiserialRest, got.PointBiserialRest, tol, what)
}

func TestMatrixSAPA(t *testing.T) {
	t.Parallel()
	var want sapaExpected
	readJSON(t, "sapa_expected.json", &want)
	for rule, w := range want.Scorings {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			m, err := ctt.FromRows(sapaResponses(t, rule))
			require.NoError(t, err)
			missing := ctt.Pairwise
			if strings.HasSuffix(rule, "_listwise") {
				missing = ctt.Listwise
			}
			a := m.Alpha(missing)
			near(t, w.AlphaRaw, a.Raw, tol, "alpha")
			near(t, w.AlphaStd, a.Standardized, tol, "standardized alpha")
			near(t, w.MeanR, a.MeanInterItemR, tol, "mean inter-item r")
			require.Equal(t, w.People, a.People)
			if rule != "complete" {
				require.Equal(t, missing, a.Missing)
			}
			for method, omega := range map[ctt.FactorMethod]*float64{ctt.Minres: w.OmegaMinres, ctt.MaximumLikelihood: w.OmegaML} {
				o := m.Omega(method, missing)
				require.True(t, o.Converged)
				near(t, omega, o.Omega, 1e-6, "omega "+string(method))
				for j, wi := range w.Items {
					loading := wi.LoadingMinres
					if method == ctt.MaximumLikelihood {
						loading = wi.LoadingML
					}
					near(t, loading, &o.Loadings[j], 1e-6, wi.Item)
				}
			}

			use := m
			if missing == ctt.Listwise {
				use = m.Complete()
			}
			require.Equal(t, int(w.People), use.People())
			require.Equal(t, w.Missing, use.People()*use.Items()-use.Answers())
			mean, sd, ok := use.Tally().Scores.MeanSD()
			near(t, w.TotalMean, some(mean, ok), tol, "mean total")
			near(t, w.TotalSD, some(sd, ok), tol, "SD of the total")
			stats := use.ItemStats()
			for j, wi := range w.Items {
				near(t, wi.P, stats[j].P, tol, wi.Item)
				near(t, wi.SD, stats[j].SD, tol, wi.Item)
				near(t, wi.ItemTotalSum, stats[j].ItemTotal, tol, wi.Item)
				near(t, wi.ItemRestSum, stats[j].ItemRest, tol, wi.Item)
				near(t, wi.ItemTotalMean, stats[j].ItemTotalShare, tol, wi.Item)
				near(t, wi.ItemRestMean, stats[j].ItemRestShare, tol, wi.Item)
				near(t, wi.ItemRestCov, a.ByItem[j].RestCovariance, tol, wi.Item)
				near(t, wi.AlphaIfDropped, a.ByItem[j].IfDropped, tol, wi.Item)
				near(t, wi.StdAlphaIfDropped, a.ByItem[j].StandardizedIfDropped, tol, wi.Item)
			}
			if w.SplitHalf != nil {
				h := m.SplitHalf()
				require.Equal(t, w.People, h.People)
				near(t, w.SplitHalf.R, h.R, tol, "half correlation")
				near(t, w.SplitHalf.SpearmanBrown, h.SpearmanBrown, tol, "Spearman-Brown")
				near(t, w.SplitHalf.Rulon, h.Rulon, tol, "Rulon")
				near(t, w.SEM, a.SEM, tol, "SEM")
				near(t, w.AlphaRaw, some(m.KR20()), tol, "KR-20")
			}
		})
	}
}

func TestDistractorsSAPA(t *testing.T) {
	t.Parallel()
	var want sapaExpected
	readJSON(t, "sapa_expected.json", &want)
	answers, _ := sapaAnswers(t)
	c := ctt.Choices{}
	for _, wi := range want.Options.Items {
		for k, wo := range wi.Options[:len(wi.Options)-1] {
			if wo.IsKey {
				c.Keys = append(c.Keys, k)
			}
		}
		c.Options = append(c.Options, len(wi.Options)-1)
	}
	for _, row := range answers {
		choices := make([]ctt.Choice, len(row))
		for j, a := range row {
			choices[j] = ctt.NotGiven
			if a == "0" {
				choices[j] = ctt.NoOption
			}
			for k, wo := range want.Options.Items[j].Options {
				if a != "0" && a == wo.Option {
					choices[j] = ctt.Choice(k)
				}
			}
		}
		c.Rows = append(c.Rows, choices)
	}
	for _, ties := range []ctt.TieRule{ctt.InclusiveTies, ctt.ExactTies} {
		got, err := c.Distractors(ties, ctt.DefaultDistractorRules())
		require.NoError(t, err)
		for j, wi := range want.Options.Items {
			near(t, wi.EffectiveDistract, got[j].EffectiveDistractors, tol, wi.Item)
			nBottom, nTop := want.Options.NBottom, want.Options.NTop
			if ties == ctt.ExactTies {
				nBottom, nTop = want.Options.NBottomExact, want.Options.NTopExact
			}
			require.Equal(t, nBottom, got[j].NBottom)
			require.Equal(t, nTop, got[j].NTop)
			for k, wo := range wi.Options {
				if ties == ctt.ExactTies {
					wo.CountBottom, wo.CountTop = wo.CountBottomExact, wo.CountTopExact
					wo.ShareBottom, wo.ShareTop = wo.ShareBottomExact, wo.ShareTopExact
					wo.Discrimination = wo.DiscriminationExact
				}
				option := got[j].Omission
				if wo.Option != "0" {
					option = got[j].Options[k]
				}
				requireOption(t, wo, option, wi.Item+" option "+wo.Option)
			}
		}
	}
}
