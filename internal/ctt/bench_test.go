package ctt_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

// 3,000 people with 15 of 60 items each: 45,000 answers, 315,000 pairs of answers.
func BenchmarkTallySparse60(b *testing.B) {
	m := readMatrix(b, "sparse60_responses.csv", 1)
	for b.Loop() {
		m.Tally()
	}
}

// One session of 25 items added to the sums of a bank of 300, pairs included.
func BenchmarkTallyAddSession(b *testing.B) {
	t := ctt.NewTally(300)
	answers := make([]ctt.Answer, 25)
	for k := range answers {
		answers[k] = ctt.Answer{Item: k * 12, Response: ctt.Wrong + ctt.Response(k%2)}
	}
	for b.Loop() {
		if err := t.Add(answers); err != nil {
			b.Fatal(err)
		}
	}
}

// Alpha with item-drop of 300 items, 44,850 pairs, from sums alone.
func BenchmarkAlpha300Items(b *testing.B) {
	m, err := ctt.FromRows(randomPeople(rand.New(rand.NewPCG(1, 1)), 500, 300, .3))
	require.NoError(b, err)
	t := m.Tally()
	for b.Loop() {
		if _, err := t.Alpha(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkItemStatsSAPA(b *testing.B) {
	m, err := ctt.FromRows(sapaResponses(b, "omit_wrong"))
	require.NoError(b, err)
	for b.Loop() {
		m.ItemStats()
	}
}

func BenchmarkOmegaSAPA(b *testing.B) {
	m, err := ctt.FromRows(sapaResponses(b, "omit_wrong"))
	require.NoError(b, err)
	t := m.Tally()
	for _, method := range []ctt.FactorMethod{ctt.Minres, ctt.MaximumLikelihood} {
		b.Run(string(method), func(b *testing.B) {
			for b.Loop() {
				if _, err := t.Omega(method); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// 20 items, 1,200 people, Mantel-Haenszel twice and three logistic models each.
func BenchmarkDIF20(b *testing.B) {
	m, groups := difData(b)
	for b.Loop() {
		if _, err := m.DIF(groups); err != nil {
			b.Fatal(err)
		}
	}
}

// lz and lz* of 25 answers, ability estimation included.
func BenchmarkPersonFit(b *testing.B) {
	items, _ := readBank(b, "pf25_bank.csv")
	bank, correct := given(readMatrix(b, "pf25_responses.csv", 1).Person(2), items)
	for b.Loop() {
		if _, err := ctt.NewPersonFit(bank, correct, ctt.WLE, irt.StandardNormal()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGuttman25(b *testing.B) {
	r := rand.New(rand.NewPCG(2, 2))
	p, correct := make([]float64, 25), make([]bool, 25)
	for k := range p {
		p[k], correct[k] = r.Float64(), r.IntN(2) == 1
	}
	for b.Loop() {
		if _, err := ctt.NewGuttman(p, correct); err != nil {
			b.Fatal(err)
		}
	}
}
