package cat_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

// blueprint is the product's: pattern, logic, spatial, math, verbal, memory.
func blueprint() []float64 { return []float64{.22, .20, .16, .13, .19, .10} }

// drawItems makes n items with log-normal discrimination and normal difficulty,
// dealt to the domains in turn; every third one may be guessed.
func drawItems(n, domains int, seed uint64) []cat.Item {
	rng := rand.New(rand.NewPCG(seed, 1))
	items := make([]cat.Item, n)
	for i := range items {
		a := math.Exp(.2 + .3*rng.NormFloat64())
		params := irt.TwoPL(a, rng.NormFloat64()*1.2)
		if i%3 == 0 {
			params = irt.ThreePL(a, params.B, .2)
		}
		items[i] = cat.Item{ID: int64(1000 + i), Params: params, Domain: i % domains}
	}
	return items
}

func newBank(tb testing.TB, items []cat.Item, domains int) *cat.Bank {
	tb.Helper()
	bank, err := cat.NewBank(items, domains)
	require.NoError(tb, err)
	return bank
}

func newEngine(tb testing.TB, bank *cat.Bank, rules cat.Rules) *cat.Engine {
	tb.Helper()
	engine, err := cat.NewEngine(bank, rules)
	require.NoError(tb, err)
	return engine
}

// oneDomain is a blueprint of one domain, always giving the best item.
func oneDomain() cat.Rules {
	rules := cat.DefaultRules([]float64{1})
	rules.Randomesque = 1
	return rules
}

// take runs a whole test for an examinee of ability theta through Engine.Next.
func take(tb testing.TB, e *cat.Engine, s cat.State, theta float64) (cat.State, []cat.Decision) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(s.Seed, 2))
	var decisions []cat.Decision
	for {
		d, err := e.Next(s)
		require.NoError(tb, err)
		decisions = append(decisions, d)
		if d.Stop {
			return s, decisions
		}
		correct := rng.Float64() < d.Item.Params.P(theta)
		s.Answers = append(s.Answers, cat.Answer{Item: d.Item, Correct: correct})
	}
}
