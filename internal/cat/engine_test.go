package cat_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

func TestNewBank(t *testing.T) {
	t.Parallel()
	good := cat.Item{ID: 1, Params: irt.TwoPL(1, 0)}
	for name, test := range map[string]struct {
		items   []cat.Item
		domains int
		want    error
	}{
		"empty":               {nil, 1, nil},
		"one":                 {[]cat.Item{good}, 1, nil},
		"no domains":          {nil, 0, cat.ErrItem},
		"twice":               {[]cat.Item{good, good}, 1, cat.ErrDuplicate},
		"no discrimination":   {[]cat.Item{{ID: 1}}, 1, cat.ErrItem},
		"NaN":                 {[]cat.Item{{ID: 1, Params: irt.TwoPL(1, math.NaN())}}, 1, cat.ErrItem},
		"infinite difficulty": {[]cat.Item{{ID: 1, Params: irt.TwoPL(1, math.Inf(1))}}, 1, cat.ErrItem},
		"no rise":             {[]cat.Item{{ID: 1, Params: irt.FourPL(1, 0, .5, .5000001)}}, 1, cat.ErrItem},
		"domain beyond":       {[]cat.Item{{ID: 1, Params: irt.TwoPL(1, 0), Domain: 1}}, 1, cat.ErrItem},
		"domain below":        {[]cat.Item{{ID: 1, Params: irt.TwoPL(1, 0), Domain: -1}}, 1, cat.ErrItem},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cat.NewBank(test.items, test.domains)
			require.ErrorIs(t, err, test.want)
		})
	}
}

func TestBankIsOrderedById(t *testing.T) {
	t.Parallel()
	items := drawItems(20, 3, 1)
	reversed := slices.Clone(items)
	slices.Reverse(reversed)
	bank := newBank(t, reversed, 3)
	require.Equal(t, items, bank.Items())
	require.Equal(t, 20, bank.Len())
	require.Equal(t, 3, bank.Domains())
	item, ok := bank.Item(1004)
	require.True(t, ok)
	require.Equal(t, items[4], item)
	_, ok = bank.Item(1)
	require.False(t, ok)
}

func TestRulesValidate(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	require.NoError(t, cat.DefaultRules(blueprint()).Validate())
	for name, spoil := range map[string]func(*cat.Rules){
		"no weights":          func(r *cat.Rules) { r.Weights = nil },
		"weights above 1":     func(r *cat.Rules) { r.Weights = []float64{.6, .6} },
		"negative weight":     func(r *cat.Rules) { r.Weights = []float64{1.5, -.5} },
		"NaN weight":          func(r *cat.Rules) { r.Weights = []float64{nan} },
		"negative minimum":    func(r *cat.Rules) { r.MinPerDomain = -1 },
		"NaN tolerance":       func(r *cat.Rules) { r.ShareTolerance = nan },
		"negative waiver":     func(r *cat.Rules) { r.WaiverItems = -1 },
		"no items":            func(r *cat.Rules) { r.MinItems = 0 },
		"max below min":       func(r *cat.Rules) { r.MaxItems = 7 },
		"NaN SE":              func(r *cat.Rules) { r.TargetSE = nan },
		"negative change":     func(r *cat.Rules) { r.StableTheta = -1 },
		"one point":           func(r *cat.Rules) { r.ThetaPoints = 1 },
		"too many points":     func(r *cat.Rules) { r.ThetaPoints = 1e6 },
		"points backwards":    func(r *cat.Rules) { r.ThetaMin = 5 },
		"unknown selection":   func(r *cat.Rules) { r.Selection = "BEST" },
		"no KL width":         func(r *cat.Rules) { r.Selection, r.KLWidth = cat.KullbackLeibler, 0 },
		"no strata":           func(r *cat.Rules) { r.Selection, r.Strata = cat.AStratified, 0 },
		"more strata":         func(r *cat.Rules) { r.Selection, r.Strata = cat.AStratified, 16 },
		"unknown exposure":    func(r *cat.Rules) { r.Exposure = "SOME" },
		"randomesque none":    func(r *cat.Rules) { r.Randomesque = 0 },
		"progressive KL":      func(r *cat.Rules) { r.Exposure, r.Selection = cat.ProgressiveRestricted, cat.KullbackLeibler },
		"progressive no rate": func(r *cat.Rules) { r.Exposure, r.MaxExposure = cat.ProgressiveRestricted, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := cat.DefaultRules(blueprint())
			spoil(&rules)
			require.ErrorIs(t, rules.Validate(), cat.ErrRules)
			_, err := cat.NewEngine(newBank(t, nil, 6), rules)
			require.ErrorIs(t, err, cat.ErrRules)
		})
	}
	_, err := cat.NewEngine(newBank(t, nil, 5), cat.DefaultRules(blueprint()))
	require.ErrorIs(t, err, cat.ErrRules)
}

func TestNextRefusesStatesThatCannotBe(t *testing.T) {
	t.Parallel()
	items := drawItems(30, 6, 1)
	e := newEngine(t, newBank(t, items, 6), cat.DefaultRules(blueprint()))
	standard := irt.StandardNormal()
	for name, test := range map[string]struct {
		state cat.State
		want  error
	}{
		"zero value":     {cat.State{}, cat.ErrState},
		"NaN mean":       {cat.State{Prior: irt.Normal{Mean: math.NaN(), SD: 1}}, cat.ErrState},
		"mean outside":   {cat.State{Prior: irt.Normal{Mean: 5, SD: 1}}, cat.ErrState},
		"infinite SD":    {cat.State{Prior: irt.Normal{SD: math.Inf(1)}}, cat.ErrState},
		"tiny SD":        {cat.State{Prior: irt.Normal{SD: 1e-300}}, cat.ErrState},
		"answered twice": {cat.State{Prior: standard, Answers: []cat.Answer{{Item: items[0]}, {Item: items[0]}}}, cat.ErrDuplicate},
		"stranger twice": {cat.State{Prior: standard, Answers: []cat.Answer{
			{Item: cat.Item{ID: 1, Params: irt.TwoPL(1, 0)}}, {Item: cat.Item{ID: 1, Params: irt.TwoPL(1, 1)}},
		}}, cat.ErrDuplicate},
		"invalid answer": {cat.State{Prior: standard, Answers: []cat.Answer{{Item: cat.Item{ID: 1}}}}, cat.ErrItem},
		"domain beyond":  {cat.State{Prior: standard, Answers: []cat.Answer{{Item: cat.Item{ID: 1, Params: irt.TwoPL(1, 0), Domain: 6}}}}, cat.ErrItem},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := e.Next(test.state)
			require.ErrorIs(t, err, test.want)
		})
	}
}

func TestNextGivesTheMostInformativeItem(t *testing.T) {
	t.Parallel()
	items := drawItems(500, 1, 7)
	e := newEngine(t, newBank(t, items, 1), oneDomain())
	for _, mean := range []float64{-4, -3.999, -1.25, 0, .3, 2.1, 4} {
		d, err := e.Next(cat.State{Prior: irt.Normal{Mean: mean, SD: .5}})
		require.NoError(t, err)
		best := slices.MaxFunc(items, func(x, y cat.Item) int {
			if x.Params.Information(mean) < y.Params.Information(mean) {
				return -1
			}
			return 1
		})
		require.Equal(t, best, d.Item)
		require.Equal(t, best.Params.Information(mean), d.Information)
		require.Equal(t, mean, d.Theta)
		require.Equal(t, .5, d.SE)
	}
}

func TestEstimateIsTheEAPOfTheAnswersAsAdministered(t *testing.T) {
	t.Parallel()
	e := newEngine(t, newBank(t, drawItems(100, 6, 3), 6), cat.DefaultRules(blueprint()))
	s, decisions := take(t, e, cat.State{Prior: irt.Normal{Mean: .4, SD: .8}, Seed: 5}, 1)

	// The bank is recalibrated and loses half its items while the test runs.
	later := drawItems(50, 6, 4)
	replaced := newEngine(t, newBank(t, later, 6), cat.DefaultRules(blueprint()))
	d, err := replaced.Next(s)
	require.NoError(t, err)

	var params []irt.Item
	var correct []bool
	for _, a := range s.Answers {
		params, correct = append(params, a.Item.Params), append(correct, a.Correct)
	}
	grid, err := irt.NewGrid(-4, 4, 61)
	require.NoError(t, err)
	want, err := grid.EAP(params, correct, s.Prior)
	require.NoError(t, err)
	last := decisions[len(decisions)-1]
	require.InDelta(t, want.Theta, d.Theta, 1e-12)
	require.InDelta(t, want.SE, d.SE, 1e-12)
	require.InDelta(t, want.Theta, last.Theta, 1e-12)
	require.InDelta(t, want.SE, last.SE, 1e-12)
}

func TestSeenItemsAreNotOffered(t *testing.T) {
	t.Parallel()
	items := drawItems(40, 6, 3)
	e := newEngine(t, newBank(t, items, 6), cat.DefaultRules(blueprint()))
	seen := []int64{-5, 99999}
	for _, item := range items[:20] {
		seen = append(seen, item.ID, item.ID)
	}
	for seed := range uint64(20) {
		s, _ := take(t, e, cat.State{Prior: irt.StandardNormal(), Seen: seen, Seed: seed}, 0)
		for _, a := range s.Answers {
			require.NotContains(t, seen, a.Item.ID)
		}
		// A caller may count this test's own items as seen.
		s.Seen = append(slices.Clone(seen), s.Answers[0].Item.ID)
		_, err := e.Next(s)
		require.NoError(t, err)
	}
}

func TestSameStateSameDecision(t *testing.T) {
	t.Parallel()
	items := drawItems(200, 6, 9)
	bank := newBank(t, items, 6)
	slices.Reverse(items)
	again := newBank(t, items, 6)
	for _, rules := range everyRule() {
		e, other := newEngine(t, bank, rules), newEngine(t, again, rules)
		for seed := range uint64(5) {
			s, decisions := take(t, e, cat.State{Prior: irt.StandardNormal(), Seed: seed}, float64(seed)-2)
			// One test replayed answer by answer, in one go, and on an equal engine.
			test := other.NewTest()
			require.NoError(t, test.Start(cat.State{Prior: s.Prior, Seed: seed}))
			for n, want := range decisions {
				require.Equal(t, want, test.Next())
				require.Equal(t, want, test.Next())
				prefix := s
				prefix.Answers = s.Answers[:n]
				got, err := other.Next(prefix)
				require.NoError(t, err)
				require.Equal(t, want, got)
				if n < len(s.Answers) {
					require.NoError(t, test.Record(s.Answers[n]))
				}
			}
		}
	}
}

// everyRule is the default rules under every valid pair of selection and
// exposure rule.
func everyRule() []cat.Rules {
	var all []cat.Rules
	for _, selection := range []cat.Selection{cat.Fisher, cat.KullbackLeibler, cat.AStratified, cat.Random} {
		for _, exposure := range []cat.Exposure{cat.Randomesque, cat.SympsonHetter, cat.ProgressiveRestricted} {
			rules := cat.DefaultRules(blueprint())
			rules.Selection, rules.Exposure = selection, exposure
			if rules.Validate() == nil {
				all = append(all, rules)
			}
		}
	}
	return all
}
