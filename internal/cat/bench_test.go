package cat_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

// BenchmarkNext is one decision from a stored state with 14 answers, as a server
// makes it: the estimate from all answers, then the 15th item.
func BenchmarkNext(b *testing.B) {
	for _, n := range []int{300, 1_000, 10_000} {
		bank := newBank(b, drawItems(n, 6, 1), 6)
		for _, rules := range everyRule() {
			// Nothing but the length ends a test here.
			rules.TargetSE, rules.StableSE = 0, 0
			b.Run(fmt.Sprintf("%d/%s/%s", n, rules.Selection, rules.Exposure), func(b *testing.B) {
				benchmarkNext(b, bank, rules)
			})
		}
	}
}

func benchmarkNext(b *testing.B, bank *cat.Bank, rules cat.Rules) {
	// Half of the items are admitted every second time and over-exposed, the others
	// are admitted every tenth time and not.
	control := map[int64]float64{}
	for i, item := range bank.Items() {
		control[item.ID] = .1 + .4*float64(i%2)
	}
	e, err := newEngine(b, bank, rules).WithAdmission(control)
	require.NoError(b, err)
	e, err = e.WithRates(control)
	require.NoError(b, err)
	states := make([]cat.State, 16)
	for i := range states {
		s, _ := take(b, e, cat.State{Prior: irt.StandardNormal(), Seed: uint64(i)}, float64(i)/4-2)
		s.Answers = s.Answers[:14]
		// The items of some eight earlier tests.
		for k := range 100 {
			s.Seen = append(s.Seen, bank.Items()[(k*37+i)%bank.Len()].ID)
		}
		states[i] = s
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d, err := e.Next(states[i%len(states)])
		if err != nil || d.Stop {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkNewEngine(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		bank := newBank(b, drawItems(n, 6, 1), 6)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := cat.NewEngine(bank, cat.DefaultRules(blueprint()))
				require.NoError(b, err)
			}
		})
	}
}
