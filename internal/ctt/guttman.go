package ctt

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Easiness of an item of which only the label is known.
const (
	EasyEasiness   = .75
	MediumEasiness = .50
	HardEasiness   = .25
)

// FitLevel judges a person's answers.
type FitLevel string

const (
	NormalFit   FitLevel = "NORMAL"
	ElevatedFit FitLevel = "ELEVATED"
	AberrantFit FitLevel = "ABERRANT"
)

// Guttman counts a person's Guttman errors (Guttman 1944): pairs of items of which the easier is
// answered wrongly and the harder correctly. Pairs of equal easiness are not counted.
type Guttman struct {
	Answered int
	Correct  int
	LeftOut  int // items whose easiness is unknown

	Errors      int
	UntiedPairs int // pairs of different easiness
	MaxErrors   int // r(n − r): errors of the same number right at their worst, without ties
	// Normalized is Errors/MaxErrors (van der Flier 1977); nil if all or none are correct.
	Normalized *float64
	// ShareOfUntiedPairs is Errors/UntiedPairs; nil if there are none.
	ShareOfUntiedPairs *float64
}

// NewGuttman counts the errors. easiness is any number that grows with easiness, such as p,
// NaN where it is not known; correct[i] belongs to easiness[i]. It fails with ErrShape on
// different lengths.
func NewGuttman(easiness []float64, correct []bool) (Guttman, error) {
	answers, left, err := ranked(easiness, correct, func(e float64) bool { return !math.IsNaN(e) })
	if err != nil {
		return Guttman{}, fmt.Errorf("guttman errors: %w", err)
	}
	g := Guttman{Answered: len(answers), LeftOut: left}
	// Hardest last: count, group by group of equal easiness, the wrong among the easier.
	wrongBefore, before := 0, 0
	for from := 0; from < len(answers); {
		to, right := from, 0
		for ; to < len(answers) && answers[to].easiness == answers[from].easiness; to++ {
			if answers[to].correct {
				right++
			}
		}
		size := to - from
		g.Errors += right * wrongBefore
		g.UntiedPairs += size * before
		g.Correct += right
		wrongBefore += size - right
		before += size
		from = to
	}
	g.MaxErrors = g.Correct * (g.Answered - g.Correct)
	g.Normalized = share(int64(g.Errors), int64(g.MaxErrors))
	g.ShareOfUntiedPairs = share(int64(g.Errors), int64(g.UntiedPairs))
	return g, nil
}

// shortTest is the number of answers below which the limits for short tests hold.
const shortTest = 5

// Limits are the values of Normalized above which the errors are elevated and aberrant: .20 and
// .30, for fewer than 5 answers .30 and .45.
func (g Guttman) Limits() (elevated, aberrant float64) {
	if g.Answered < shortTest {
		return .30, .45
	}
	return .20, .30
}

// Level judges Normalized by the limits. It is normal where Normalized is not defined.
func (g Guttman) Level() FitLevel {
	elevated, aberrant := g.Limits()
	switch {
	case g.Normalized == nil || *g.Normalized <= elevated:
		return NormalFit
	case *g.Normalized <= aberrant:
		return ElevatedFit
	}
	return AberrantFit
}

// U3 is van der Flier's (1982, eq. 5) person-fit statistic, from 0 (a perfect Guttman pattern) to
// 1 (its reverse): Guttman errors weighted by ln p/(1−p). p are the items' shares correct; items
// that everybody or nobody gets right have no weight and are left out. False if the person
// answers all or none of the rest correctly, or the items do not differ. It fails with ErrShape
// on different lengths.
func U3(p []float64, correct []bool) (u3 float64, ok bool, err error) {
	answers, _, err := ranked(p, correct, func(e float64) bool { return e > 0 && e < 1 })
	if err != nil {
		return 0, false, fmt.Errorf("u3: %w", err)
	}
	r := 0
	for _, a := range answers {
		if a.correct {
			r++
		}
	}
	var best, worst, observed float64
	for i, a := range answers {
		weight := math.Log(a.easiness) - math.Log1p(-a.easiness)
		if i < r {
			best += weight
		}
		if i >= len(answers)-r {
			worst += weight
		}
		if a.correct {
			observed += weight
		}
	}
	if r == 0 || r == len(answers) || !(best > worst) {
		return 0, false, nil
	}
	return max(0, min(1, (best-observed)/(best-worst))), true, nil
}

type rankedAnswer struct {
	easiness float64
	correct  bool
}

// ranked lists the answers to items whose easiness is known, easiest first, and counts the others.
func ranked(easiness []float64, correct []bool, known func(float64) bool) (answers []rankedAnswer, left int, err error) {
	if len(easiness) != len(correct) {
		return nil, 0, fmt.Errorf("%d items, %d answers: %w", len(easiness), len(correct), ErrShape)
	}
	for i, e := range easiness {
		if !known(e) {
			left++
			continue
		}
		answers = append(answers, rankedAnswer{e, correct[i]})
	}
	slices.SortStableFunc(answers, func(a, b rankedAnswer) int { return cmp.Compare(b.easiness, a.easiness) })
	return answers, left, nil
}
