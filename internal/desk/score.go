package desk

import (
	"context"
	"fmt"
	"math"

	"strings"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// Easiness says what Guttman errors are counted by.
type Easiness string

// The kinds of easiness.
const (
	// ByShare is the share of right answers in the same table.
	ByShare Easiness = "share"
	// ByLabel is the author's label in the bank: easy, medium or hard.
	ByLabel Easiness = "label"
	// ByDifficulty is the bank's difficulty b.
	ByDifficulty Easiness = "difficulty"
)

// ScorePlan says how to score.
type ScorePlan struct {
	Bank *worksheet.Bank
	// Prior is that of EAP and MAP.
	Prior irt.Normal
	// Grid holds the points of EAP; nil fits them to the answers.
	Grid *irt.Grid
	// Easiness orders the items for Guttman errors.
	Easiness Easiness
	Progress Progress
}

// Scores is the report of a table scored on a bank.
type Scores struct {
	People float64 `json:"people"`
	Items  int     `json:"items"`
	Prior  Prior   `json:"prior"`
	// Easiness is what Guttman errors are counted by.
	Easiness Easiness `json:"easiness"`
	// LeftOut are the columns that the bank does not know.
	LeftOut     []string    `json:"leftOut"`
	Reliability Reliability `json:"reliability"`
	Scores      []Score     `json:"scores"`
}

// Prior is a normal distribution.
type Prior struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

// Reliability is of the EAP abilities, over the people who answered something.
type Reliability struct {
	VarianceEAP  *float64 `json:"varianceEAP"`
	MeanSESquare *float64 `json:"meanSESquare"`
	// Empirical is Var(EAP)/(Var(EAP) + mean SE squared), FromError 1 - mean SE squared/prior variance.
	Empirical *float64 `json:"empirical"`
	FromError *float64 `json:"fromError"`
	// Test is what the information of all items together implies in N(0, 1).
	Test *float64 `json:"test"`
}

// Score is one row of the table.
type Score struct {
	Person   string  `json:"person"`
	Count    float64 `json:"count"`
	Answered int     `json:"answered"`
	Correct  int     `json:"correct"`
	EAP      Ability `json:"eap"`
	// The others come with person fit at the estimate.
	MAP     FitAbility `json:"map"`
	ML      FitAbility `json:"ml"`
	WLE     FitAbility `json:"wle"`
	Guttman Guttman    `json:"guttman"`
}

// Ability is an estimate and its standard error; null where there is none, as of ML
// when all answers are right.
type Ability struct {
	Theta *float64 `json:"theta"`
	SE    *float64 `json:"se"`
}

// FitAbility adds lz and lz* at the estimate.
type FitAbility struct {
	Ability
	Lz     *float64 `json:"lz"`
	LzStar *float64 `json:"lzStar"`
}

// Guttman counts pairs answered the wrong way round.
type Guttman struct {
	Errors      int `json:"errors"`
	UntiedPairs int `json:"untiedPairs"`
	MaxErrors   int `json:"maxErrors"`
	// Normalized is Errors/MaxErrors, ShareOfUntiedPairs Errors/UntiedPairs.
	Normalized         *float64     `json:"normalized"`
	ShareOfUntiedPairs *float64     `json:"shareOfUntiedPairs"`
	Level              ctt.FitLevel `json:"level"`
}

// ScorePeople scores every row of the table, whose items all are in the bank.
// Errors wrap [irt.ErrPrior] or name the item that is not in the bank.
func ScorePeople(ctx context.Context, a *worksheet.Answers, plan ScorePlan) (*Scores, error) {
	if err := plan.Prior.Validate(); err != nil {
		return nil, err
	}
	s := scorer{Answers: a, ScorePlan: plan, items: make([]irt.Item, len(a.Items))}
	labels := make([]string, len(a.Items))
	for j, name := range a.Items {
		entry, ok := plan.Bank.Item(name)
		if !ok {
			return nil, fmt.Errorf("the bank has no item %s", name)
		}
		s.items[j], labels[j] = entry.Params, entry.Label
	}
	var err error
	if s.easiness, err = s.order(labels); err != nil {
		return nil, err
	}
	out := &Scores{
		Items: len(s.items), Prior: Prior{plan.Prior.Mean, plan.Prior.SD}, Easiness: plan.Easiness,
		LeftOut: a.LeftOut, Scores: make([]Score, a.People()),
	}
	err = forPeople(ctx, a.People(), plan.Progress, func(from, to int) error {
		var w workspace
		for i := from; i < to; i++ {
			if err := s.score(i, &w, &out.Scores[i]); err != nil {
				return fmt.Errorf("score person %s: %w", a.Name(i), err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, out.addReliability(s.items, plan.Prior)
}

// scorer is what scoring one person needs to know.
type scorer struct {
	*worksheet.Answers
	ScorePlan
	items    []irt.Item
	easiness []float64 // by item; NaN if unknown
}

// workspace is memory used again for each person.
type workspace struct {
	index    []int
	correct  []bool
	items    []irt.Item
	easiness []float64
}

// order finds each item's easiness.
func (s *scorer) order(labels []string) ([]float64, error) {
	easiness := make([]float64, len(s.items))
	switch s.Easiness {
	case ByDifficulty:
		for j, item := range s.items {
			easiness[j] = -item.B
		}
	case ByLabel:
		for j, label := range labels {
			switch strings.ToLower(label) {
			case "easy":
				easiness[j] = ctt.EasyEasiness
			case "medium":
				easiness[j] = ctt.MediumEasiness
			case "hard":
				easiness[j] = ctt.HardEasiness
			default:
				return nil, fmt.Errorf("item %s has label %q; easy, medium or hard is needed", s.Answers.Items[j], label)
			}
		}
	default:
		given := make([]float64, len(s.items))
		for i := range s.People() {
			for _, c := range s.Person(i) {
				given[c.Item()] += s.Count(i)
				easiness[c.Item()] += s.Count(i) * float64(s.Response(c).Score())
			}
		}
		for j := range easiness {
			easiness[j] /= given[j] // NaN, unknown, if nobody was given the item
		}
	}
	return easiness, nil
}

func (s *scorer) score(i int, w *workspace, out *Score) (err error) {
	w.index, w.correct = s.Scored(i, w.index[:0], w.correct[:0])
	w.items, w.easiness = w.items[:0], w.easiness[:0]
	out.Person, out.Count, out.Answered = s.Name(i), s.Count(i), len(w.index)
	for k, j := range w.index {
		w.items = append(w.items, s.items[j])
		w.easiness = append(w.easiness, s.easiness[j])
		if w.correct[k] {
			out.Correct++
		}
	}
	if err := s.eap(w, out); err != nil {
		return err
	}
	if len(w.items) > 0 {
		err = s.likelihood(w, out)
	} else { // without answers the mode is the prior's
		out.MAP.Ability = Ability{defined(s.Prior.Mean), defined(s.Prior.SD)}
	}
	if err != nil {
		return err
	}
	g, err := ctt.NewGuttman(w.easiness, w.correct)
	out.Guttman = Guttman{g.Errors, g.UntiedPairs, g.MaxErrors, g.Normalized, g.ShareOfUntiedPairs, g.Level()}
	return err
}

// eap adds EAP, at any points or those given.
func (s *scorer) eap(w *workspace, out *Score) error {
	estimate := irt.EAP
	if s.Grid != nil {
		estimate = s.Grid.EAP
	}
	e, err := estimate(w.items, w.correct, s.Prior)
	out.EAP = Ability{defined(e.Theta), defined(e.SE)}
	return err
}

// likelihood adds ML, WLE and MAP with person fit, which finds the estimates too.
func (s *scorer) likelihood(w *workspace, out *Score) error {
	for _, e := range []struct {
		by ctt.Estimator
		// prior is the information that the prior adds to that of the test
		prior float64
		to    *FitAbility
	}{{ctt.ML, 0, &out.ML}, {ctt.WLE, 0, &out.WLE}, {ctt.MAP, 1 / (s.Prior.SD * s.Prior.SD), &out.MAP}} {
		fit, err := ctt.NewPersonFit(w.items, w.correct, e.by, s.Prior)
		if err != nil {
			return err
		}
		e.to.Theta, e.to.Lz, e.to.LzStar = fit.Theta, fit.Lz.Lz, fit.LzStar
		if fit.Theta != nil {
			e.to.SE = defined(1 / math.Sqrt(irt.TestInformation(w.items, *fit.Theta)+e.prior))
		}
	}
	return nil
}

// addReliability sums over people.
func (r *Scores) addReliability(items []irt.Item, prior irt.Normal) error {
	var sums ctt.MarginalSums
	for _, s := range r.Scores {
		r.People += s.Count
		if s.Answered == 0 || s.EAP.Theta == nil || s.EAP.SE == nil {
			continue
		}
		theta, se := *s.EAP.Theta, *s.EAP.SE
		sums.Merge(ctt.MarginalSums{
			N: s.Count, SumTheta: s.Count * theta, SumThetaSquare: s.Count * theta * theta, SumSESquare: s.Count * se * se,
		})
	}
	m := sums.Reliability(prior.SD)
	r.Reliability = Reliability{
		VarianceEAP: m.VarianceEAP, MeanSESquare: m.MeanSESquare, Empirical: m.Empirical, FromError: m.FromError,
	}
	test, err := ctt.TestReliability(items)
	if err != nil {
		return fmt.Errorf("reliability of the test: %w", err)
	}
	r.Reliability.Test = defined(test)
	return nil
}

// infinite tells the direction in which an ML estimate runs away: 1, -1, or 0 for none.
func (s Score) infinite() int {
	switch {
	case s.ML.Theta != nil || s.Answered == 0:
		return 0
	case s.Correct == s.Answered:
		return 1
	}
	return -1
}

// flagged is lz* below the 5 % point of the standard normal distribution.
func (a FitAbility) flagged() bool { return a.LzStar != nil && *a.LzStar < -1.645 }
