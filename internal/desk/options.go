package desk

import (
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// Options is the table of one item's options.
type Options struct {
	// Ties says how people at the cut of a quarter were treated; Lower and Upper are
	// the cuts with ties inside.
	Ties  ctt.TieRule `json:"ties"`
	Lower *int        `json:"lower"`
	Upper *int        `json:"upper"`
	// Bottom and Top are the sizes of the quarters. Overlap means that they share people.
	Bottom   int64    `json:"bottom"`
	Top      int64    `json:"top"`
	Overlap  bool     `json:"overlap"`
	Options  []Option `json:"options"`
	Omission Option   `json:"omission"`
	// Effective is how many equally popular options would be as varied; Distractors
	// the same among the wrong ones.
	EntropyNats          *float64 `json:"entropyNats"`
	EffectiveOptions     *float64 `json:"effectiveOptions"`
	EffectiveDistractors *float64 `json:"effectiveDistractors"`
}

// Option is one option's row. Shares are of those given the item.
type Option struct {
	Option             string               `json:"option"`
	IsKey              bool                 `json:"isKey"`
	Count              int64                `json:"count"`
	Share              *float64             `json:"share"`
	CountBottom        int64                `json:"countBottom"`
	CountTop           int64                `json:"countTop"`
	ShareBottom        *float64             `json:"shareBottom"`
	ShareTop           *float64             `json:"shareTop"`
	Discrimination     *float64             `json:"discrimination"`
	PointBiserialTotal *float64             `json:"pointBiserialTotal"`
	PointBiserialRest  *float64             `json:"pointBiserialRest"`
	Status             ctt.DistractorStatus `json:"status"`
	Inverted           bool                 `json:"inverted"`
}

// addOptions analyses the options over everybody, whoever else was left out.
func (r *Items) addOptions(a *worksheet.Answers, plan ItemsPlan) error {
	var tables []ctt.OptionAnalysis
	var err error
	if plan.Ties == ctt.ExactTies {
		tables, err = exactOptions(a, plan.Rules)
	} else {
		tables, err = summedOptions(a, plan.Rules)
	}
	if err != nil {
		return err
	}
	for j, t := range tables {
		out := &Options{
			Ties: plan.Ties, Bottom: t.NBottom, Top: t.NTop, Overlap: t.Overlap, Omission: newOption("", t.Omission),
			EntropyNats: t.EntropyNats, EffectiveOptions: t.EffectiveOptions, EffectiveDistractors: t.EffectiveDistractors,
		}
		if t.Quarters != nil {
			out.Lower, out.Upper = &t.Quarters.Lower, &t.Quarters.Upper
		}
		for k, s := range t.Options {
			out.Options = append(out.Options, newOption(a.Options[j][k], s))
		}
		r.Items[j].Options = out
	}
	return nil
}

func newOption(name string, s ctt.OptionStats) Option {
	return Option{
		name, s.IsKey, s.Count, s.Share, s.CountBottom, s.CountTop, s.ShareBottom, s.ShareTop,
		s.Discrimination, s.PointBiserialTotal, s.PointBiserialRest, s.Status, s.Inverted,
	}
}

// summedOptions needs no table of choices in memory, which for sparse answers
// would be mostly empty.
func summedOptions(a *worksheet.Answers, rules ctt.DistractorRules) ([]ctt.OptionAnalysis, error) {
	sums := make([]ctt.ItemOptions, len(a.Items))
	for j := range sums {
		sums[j] = ctt.ItemOptions{ByScore: ctt.ScoreCounts{}, Options: make([]ctt.OptionSums, len(a.Options[j])), Key: a.Keys[j]}
	}
	everyone := ctt.ScoreCounts{}
	for i := range a.People() {
		row := a.Person(i)
		times, err := a.Repeats(i)
		if err != nil {
			return nil, err
		}
		if len(row) == 0 {
			continue
		}
		total := 0
		for _, c := range row {
			total += a.Response(c).Score()
		}
		for range times {
			everyone.Add(total, 1)
			for _, c := range row {
				rest := total - a.Response(c).Score()
				item := &sums[c.Item()]
				item.Item.Add(a.Response(c), rest, len(row)-1)
				item.ByScore.Add(total, 1)
				if k := a.Choice(c); k >= 0 {
					item.Options[k].Add(total, rest)
				}
			}
		}
	}
	out := make([]ctt.OptionAnalysis, len(sums))
	for j := range sums {
		out[j] = sums[j].Analyze(everyone, rules)
	}
	return out, nil
}

// exactOptions has quarters of equal size, for which the order of people counts.
func exactOptions(a *worksheet.Answers, rules ctt.DistractorRules) ([]ctt.OptionAnalysis, error) {
	choices := ctt.Choices{Options: make([]int, len(a.Items)), Keys: a.Keys}
	for j, options := range a.Options {
		choices.Options[j] = len(options)
	}
	for i := range a.People() {
		times, err := a.Repeats(i)
		if err != nil {
			return nil, err
		}
		row := make([]ctt.Choice, len(a.Items))
		for j := range row {
			row[j] = ctt.NotGiven
		}
		for _, c := range a.Person(i) {
			row[c.Item()] = a.Choice(c)
		}
		for range times {
			choices.Rows = append(choices.Rows, row)
		}
	}
	return choices.Distractors(ctt.ExactTies, rules)
}
