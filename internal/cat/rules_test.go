package cat_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

// anySE is a standard error that every test is below.
const anySE = 10

func TestStoppingRulesInTheirOrder(t *testing.T) {
	t.Parallel()
	full, lacking := drawItems(120, 6, 1), drawItems(120, 6, 1)
	lacking = slices.DeleteFunc(lacking, func(i cat.Item) bool { return i.Domain == 5 })
	for name, test := range map[string]struct {
		items  []cat.Item
		change func(*cat.Rules)
		reason cat.StopReason
		length int
	}{
		"minimum length before precision": {full, func(r *cat.Rules) { r.TargetSE = anySE }, cat.SEThreshold, 8},
		"precision before stability": {full, func(r *cat.Rules) {
			r.TargetSE, r.StableTheta, r.StableSE = anySE, anySE, anySE
		}, cat.SEThreshold, 8},
		"stability": {full, func(r *cat.Rules) {
			r.TargetSE, r.StableTheta, r.StableSE = 0, anySE, anySE
		}, cat.ThetaStable, 8},
		"stability needs precision": {full, func(r *cat.Rules) {
			r.TargetSE, r.StableTheta, r.StableSE = 0, anySE, 0
		}, cat.MaxItems, 15},
		"stability needs a still theta": {full, func(r *cat.Rules) {
			r.TargetSE, r.StableTheta, r.StableSE = 0, 0, anySE
		}, cat.MaxItems, 15},
		"maximum length before precision": {full, func(r *cat.Rules) {
			r.TargetSE, r.MinItems, r.MaxItems = anySE, 9, 9
		}, cat.MaxItems, 9},
		"maximum length before content": {full, func(r *cat.Rules) {
			r.TargetSE, r.MinItems, r.MaxItems = anySE, 3, 3
		}, cat.MaxItems, 3},
		"content before precision": {full, func(r *cat.Rules) {
			r.TargetSE, r.MinItems = anySE, 2
		}, cat.SEThreshold, 6},
		"content twice": {full, func(r *cat.Rules) {
			r.TargetSE, r.MinPerDomain, r.WaiverItems = anySE, 2, 15
		}, cat.SEThreshold, 12},
		"waiver of content": {lacking, func(r *cat.Rules) { r.TargetSE = anySE }, cat.SEThreshold, 10},
		"waiver needs domains": {lacking, func(r *cat.Rules) {
			r.TargetSE, r.WaiverDomains = anySE, 6
		}, cat.MaxItems, 15},
		"bank exhausted":                     {full[:6], func(r *cat.Rules) { r.TargetSE = anySE }, cat.BankExhausted, 6},
		"precision before an exhausted bank": {full[:8], func(r *cat.Rules) { r.TargetSE = anySE }, cat.SEThreshold, 8},
		"empty bank":                         {nil, func(*cat.Rules) {}, cat.BankExhausted, 0},
		"domain without weight": {full[:12], func(r *cat.Rules) {
			r.Weights = []float64{.5, .5, 0, 0, 0, 0}
		}, cat.BankExhausted, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := cat.DefaultRules(blueprint())
			test.change(&rules)
			e := newEngine(t, newBank(t, test.items, 6), rules)
			s, decisions := take(t, e, cat.State{Prior: irt.StandardNormal(), Seed: 4}, .5)
			last := decisions[len(decisions)-1]
			require.Equal(t, test.reason, last.Reason)
			require.Len(t, s.Answers, test.length)
			require.Zero(t, last.Item)
		})
	}
}

// domainsOf runs a test on a bank whose second domain is far more informative.
func domainsOf(t *testing.T, rules cat.Rules, perDomain ...int) []int {
	t.Helper()
	var items []cat.Item
	for d, n := range perDomain {
		for range n {
			a := 1.
			if d == 1 {
				a = 2
			}
			b := float64(len(items)%7-3) / 10
			items = append(items, cat.Item{ID: int64(len(items)), Params: irt.TwoPL(a, b), Domain: d})
		}
	}
	rules.TargetSE, rules.StableSE = 0, 0
	e := newEngine(t, newBank(t, items, len(perDomain)), rules)
	s, _ := take(t, e, cat.State{Prior: irt.StandardNormal()}, 0)
	var domains []int
	for _, a := range s.Answers {
		domains = append(domains, a.Item.Domain)
	}
	return domains
}

func TestContentBalance(t *testing.T) {
	t.Parallel()
	rules := func(weights []float64, length, minimum int, tolerance float64) cat.Rules {
		r := cat.DefaultRules(weights)
		r.MinItems, r.MaxItems, r.MinPerDomain, r.ShareTolerance = 1, length, minimum, tolerance
		return r
	}
	thirds := []float64{.4, .3, .3}

	t.Run("deficits first, then information", func(t *testing.T) {
		t.Parallel()
		got := domainsOf(t, rules(thirds, 6, 1, 1), 20, 20, 20)
		require.ElementsMatch(t, []int{0, 1, 2}, got[:3])
		require.Equal(t, []int{1, 1, 1}, got[3:])
	})
	t.Run("a deficit that does not fit is given up", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []int{1, 1}, domainsOf(t, rules(thirds, 2, 1, 1), 20, 20, 20))
	})
	t.Run("stricter minimum", func(t *testing.T) {
		t.Parallel()
		got := domainsOf(t, rules(thirds, 7, 2, 1), 20, 20, 20)
		require.ElementsMatch(t, []int{0, 0, 1, 1, 2, 2}, got[:6])
	})
	// Shares of the first domain before each choice: 0, 0, 1/2, 2/3, 3/4, 3/5, 4/6,
	// 5/7. It is preferred while they are below .70.
	t.Run("shares follow the weights", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []int{1, 0, 0, 0, 1, 0, 0, 1}, domainsOf(t, rules([]float64{.8, .2}, 8, 0, .1), 20, 20))
	})
	t.Run("an empty preferred set falls back to all", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []int{1, 0, 1, 1}, domainsOf(t, rules([]float64{.8, .2}, 4, 0, .1), 1, 20))
	})
	t.Run("a domain without items falls back to all", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []int{1, 1, 1}, domainsOf(t, rules([]float64{.5, .5}, 3, 1, 1), 0, 20))
	})
}

// Whatever the rules, a test ends, never repeats an item, keeps to its length and
// honours the minimum of every domain that the bank can fill.
func TestEveryTestKeepsToTheRules(t *testing.T) {
	t.Parallel()
	for _, rules := range everyRule() {
		t.Run(string(rules.Selection)+"/"+string(rules.Exposure), func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, newBank(t, drawItems(90, 6, 2), 6), rules)
			for seed := range uint64(40) {
				s, decisions := take(t, e, cat.State{Prior: irt.StandardNormal(), Seed: seed}, float64(seed)/10-2)
				require.GreaterOrEqual(t, len(s.Answers), rules.MinItems)
				require.LessOrEqual(t, len(s.Answers), rules.MaxItems)
				ids, domains := map[int64]bool{}, map[int]int{}
				for _, a := range s.Answers {
					require.False(t, ids[a.Item.ID])
					ids[a.Item.ID] = true
					domains[a.Item.Domain]++
				}
				for d := range 6 {
					require.GreaterOrEqual(t, domains[d], 1)
				}
				for _, d := range decisions {
					require.InDelta(t, 0, d.Theta, 4)
					require.Positive(t, d.SE)
				}
			}
		})
	}
}
