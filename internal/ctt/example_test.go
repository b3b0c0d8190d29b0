package ctt_test

import (
	"fmt"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

// A small test: 1 is right, 0 wrong.
var quiz = [][]ctt.Response{
	{ctt.Correct, ctt.Correct, ctt.Correct, ctt.Correct},
	{ctt.Correct, ctt.Correct, ctt.Correct, ctt.Wrong},
	{ctt.Correct, ctt.Correct, ctt.Wrong, ctt.Wrong},
	{ctt.Correct, ctt.Wrong, ctt.Correct, ctt.Wrong},
	{ctt.Wrong, ctt.Wrong, ctt.Omitted, ctt.Wrong},
	{ctt.Wrong, ctt.Correct, ctt.Wrong, ctt.Missing},
}

func ExampleMatrix_ItemStats() {
	m, err := ctt.FromRows(quiz)
	if err != nil {
		fmt.Println(err)
		return
	}
	for j, s := range m.ItemStats() {
		fmt.Printf("item %d: n = %d, p = %.2f, item-rest = %.2f (%s)\n", j, s.Administered, *s.P, *s.ItemRest, s.Tier)
	}
	// Output:
	// item 0: n = 6, p = 0.67, item-rest = 0.62 (EXCELLENT)
	// item 1: n = 6, p = 0.67, item-rest = 0.21 (ACCEPTABLE)
	// item 2: n = 6, p = 0.50, item-rest = 0.52 (EXCELLENT)
	// item 3: n = 5, p = 0.20, item-rest = 0.46 (EXCELLENT)
}

// A database keeps the sums; each session adds its own.
func ExampleItemSums() {
	var stored ctt.ItemSums
	for _, person := range quiz {
		var session ctt.ItemSums // the delta of one session, for n = n + delta
		session.Add(person[0], right(person)-person[0].Score(), administered(person)-1)
		stored.Merge(session)
	}
	p, _ := stored.P()
	r, _ := stored.ItemRest()
	fmt.Printf("p = %.2f, item-rest = %.2f\n", p, r)
	// Output: p = 0.67, item-rest = 0.62
}

func ExampleTally_Alpha() {
	t := ctt.NewTally(4)
	for _, person := range quiz {
		if err := t.Add(sparse(person)); err != nil {
			fmt.Println(err)
			return
		}
	}
	a, err := t.Alpha()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("alpha = %.3f, %s, %d people, at least %d a pair\n", *a.Raw, a.Missing, a.People, a.MinPairN)
	// Output: alpha = 0.667, PAIRWISE, 6 people, at least 5 a pair
}

func ExampleNewMantelHaenszel() {
	mh := ctt.NewMantelHaenszel([]ctt.DIFStratum{
		{Match: 1, ReferenceRight: 30, ReferenceWrong: 70, FocalRight: 15, FocalWrong: 85},
		{Match: 2, ReferenceRight: 60, ReferenceWrong: 40, FocalRight: 40, FocalWrong: 60},
		{Match: 3, ReferenceRight: 85, ReferenceWrong: 15, FocalRight: 70, FocalWrong: 30},
	})
	fmt.Printf("MH D-DIF = %.2f (SE %.2f), class %s\n", *mh.DDIF, *mh.SEDDIF, mh.Class)
	// Output: MH D-DIF = -2.01 (SE 0.45), class C
}

func ExampleNewPersonFit() {
	items := []irt.Item{irt.TwoPL(1.2, -1.5), irt.TwoPL(1, -.5), irt.TwoPL(1.5, 0), irt.TwoPL(.9, .8), irt.TwoPL(1.3, 1.6)}
	expected := []bool{true, true, true, false, false}
	reversed := []bool{false, false, true, true, true}
	for _, answers := range [][]bool{expected, reversed} {
		fit, err := ctt.NewPersonFit(items, answers, ctt.WLE, irt.StandardNormal())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("theta = %.2f, lz* = %.2f\n", *fit.Theta, *fit.LzStar)
	}
	// Output:
	// theta = 0.58, lz* = 1.05
	// theta = 0.58, lz* = -4.01
}
