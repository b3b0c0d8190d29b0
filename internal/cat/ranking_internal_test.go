package cat

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// randomTest is a test on a bank of all models, ties and extreme items included,
// with a third of the items gone, a random estimate and random allowed domains.
func randomTest(t *testing.T, rng *rand.Rand, rules Rules) *Test {
	t.Helper()
	const domains = 4
	rules.Weights = []float64{.25, .25, .25, .25}
	items := make([]Item, rng.IntN(300))
	for i := range items {
		a, b := math.Exp(rng.NormFloat64()), 2*rng.NormFloat64()
		params := []irt.Item{irt.TwoPL(a, b), irt.ThreePL(a, b, .2), irt.FourPL(a, b, .1, .95), irt.TwoPL(1, 0), irt.TwoPL(900, b)}
		items[i] = Item{ID: int64(i), Params: params[rng.IntN(len(params))], Domain: rng.IntN(domains)}
	}
	bank, err := NewBank(items, domains)
	require.NoError(t, err)
	e, err := NewEngine(bank, rules)
	require.NoError(t, err)
	test := e.NewTest()
	test.seed, test.answered = rng.Uint64(), rng.IntN(rules.MaxItems)
	test.estimate.Theta = max(-4, min(4, 2*rng.NormFloat64()))
	for i := range test.marks {
		if rng.IntN(3) == 0 {
			test.marks[i] = test.generation
		}
	}
	for d := range test.allowed {
		test.allowed[d] = rng.IntN(4) > 0
	}
	return test
}

// naive ranks by looking at every item.
func naive(t *Test, score func(i int32) float64) []int32 {
	var items []int32
	for i := range int32(t.engine.bank.Len()) {
		if t.allowed[t.engine.bank.domain[i]] && t.available(i) {
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(x, y int32) int { return cmp.Compare(score(y), score(x)) })
	return items
}

func first(items []int32, k int) []int32 { return items[:min(k, len(items))] }

func TestFisherRanksAsAFullSearchDoes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		test := randomTest(t, rng, DefaultRules(nil))
		params, theta := test.engine.bank.params, test.estimate.Theta
		want := naive(test, func(i int32) float64 { return params[i].Information(theta) })
		for _, k := range []int{1, 5, 400} {
			test.engine.ranker.rank(test, k)
			require.Equal(t, first(want, k), append([]int32(nil), test.best.items...))
		}
	}
}

func TestKullbackRanksAsAFullSearchDoes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 1))
	rules := DefaultRules(nil)
	rules.Selection = KullbackLeibler
	for range 300 {
		test := randomTest(t, rng, rules)
		delta := rules.KLWidth / math.Sqrt(float64(max(1, test.answered)))
		want := naive(test, func(i int32) float64 {
			return kullbackIndex(test.engine.bank.params[i], test.estimate.Theta, delta)
		})
		for _, k := range []int{1, 5, 400} {
			test.engine.ranker.rank(test, k)
			require.Equal(t, first(want, k), append([]int32(nil), test.best.items...))
		}
	}
}

func TestProgressiveChoosesAsAFullSearchDoes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 1))
	rules := DefaultRules(nil)
	rules.Exposure = ProgressiveRestricted
	for range 300 {
		test := randomTest(t, rng, rules)
		params, theta := test.engine.bank.params, test.estimate.Theta
		information := func(i int32) float64 { return params[i].Information(theta) }
		highest := 0.
		if best := naive(test, information); len(best) > 0 {
			highest = information(best[0])
		}
		s, draw := float64(test.answered)/14, test.drawHere(purposeProgressive)
		want := naive(test, func(i int32) float64 {
			return (1-s)*highest*draw.uniform(test.engine.bank.ids[i]) + s*information(i)
		})
		test.engine.ranker.(*fisher).progressive(test)
		require.Equal(t, first(want, 1), append([]int32(nil), test.best.items...))
	}
}

func TestStratifiedTakesTheNearestOfItsStratum(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 1))
	rules := DefaultRules(nil)
	rules.Selection = AStratified
	for range 300 {
		test := randomTest(t, rng, rules)
		bank, theta := test.engine.bank, test.estimate.Theta
		// Stage by stage from the current one up, then down.
		stage := test.answered * 4 / 15
		stratum := make([]int, bank.Len())
		for _, items := range newBlocks(bank) {
			slices.SortStableFunc(items, func(x, y int32) int { return cmp.Compare(bank.params[x].A, bank.params[y].A) })
			for s := range 4 {
				for _, i := range items[s*len(items)/4 : (s+1)*len(items)/4] {
					stratum[i] = s
				}
			}
		}
		var want []int32
		for _, s := range slices.Concat([]int{0, 1, 2, 3}[stage:], []int{3, 2, 1, 0}[4-stage:]) {
			want = slices.DeleteFunc(naive(test, func(i int32) float64 {
				return -math.Abs(bank.params[i].B - theta)
			}), func(i int32) bool { return stratum[i] != s })
			if len(want) > 0 {
				break
			}
		}
		test.engine.ranker.rank(test, 5)
		require.Equal(t, first(append([]int32(nil), want...), 5), append([]int32(nil), test.best.items...))
	}
}

func TestMarksSurviveTheEndOfTheirRange(t *testing.T) {
	t.Parallel()
	bank, err := NewBank([]Item{{ID: 1, Params: irt.TwoPL(1, 0)}, {ID: 2, Params: irt.TwoPL(1, 0)}}, 1)
	require.NoError(t, err)
	e, err := NewEngine(bank, DefaultRules([]float64{1}))
	require.NoError(t, err)
	test := e.NewTest()
	test.generation = math.MaxUint32 - 5
	for range 4 {
		require.NoError(t, test.Start(State{Prior: irt.StandardNormal(), Seen: []int64{1}}))
		require.Equal(t, int64(2), test.Next().Item.ID)
	}
}

// Draws of neighbouring seeds, positions and items behave as independent uniform
// numbers: mean 1/2, variance 1/12, no correlation. 10,000 draws each; limits are
// above four standard errors.
func TestDrawsAreUniformAndUncorrelated(t *testing.T) {
	t.Parallel()
	bank, err := NewBank(nil, 1)
	require.NoError(t, err)
	e, err := NewEngine(bank, DefaultRules([]float64{1}))
	require.NoError(t, err)
	test := e.NewTest()
	for name, at := range map[string]func(i int) float64{
		"seed": func(i int) float64 {
			test.seed, test.answered = uint64(i), 0
			return test.drawHere(purposePick).uniform(0)
		},
		"position": func(i int) float64 { test.seed, test.answered = 7, i; return test.drawHere(purposePick).uniform(0) },
		"item": func(i int) float64 {
			test.seed, test.answered = 7, 3
			return test.drawHere(purposeOrder).uniform(int64(i))
		},
	} {
		const n = 10_000
		var mean, variance, lagged float64
		previous := at(n)
		for i := range n {
			u := at(i)
			mean += u / n
			variance += (u - .5) * (u - .5) / n
			lagged += (u - .5) * (previous - .5) / n
			previous = u
		}
		require.InDelta(t, .5, mean, .012, name)
		require.InDelta(t, 1./12, variance, .003, name)
		require.InDelta(t, 0, lagged*12, .04, name)
	}
}
