package ctt

import (
	"cmp"
	"fmt"
	"slices"
)

// Choice is the option one person chose on one item, by the option's index.
type Choice int

const (
	// NoOption: the item was administered and no option chosen.
	NoOption Choice = -1
	// NotGiven: the item was not administered.
	NotGiven Choice = -2
)

// Choices are the options that people (rows) chose on multiple-choice items (columns).
type Choices struct {
	Options []int // number of options of each item
	Keys    []int // index of each item's correct option
	Rows    [][]Choice
}

// TieRule says how quarters treat people who tie at a cut.
type TieRule string

const (
	// InclusiveTies take everybody tied at a cut into the quarter, so that the order of
	// the people does not matter.
	InclusiveTies TieRule = "INCLUSIVE"
	// ExactTies take the first and the last ⌊N/4⌋ people by total; ties stand in the order
	// of the rows.
	ExactTies TieRule = "EXACT"
)

// Score turns choices into responses. It fails with ErrShape if the sizes do not belong
// together, a key is no option of its item, or a choice is none of the item's.
func (c Choices) Score() (*Matrix, error) {
	if len(c.Keys) != len(c.Options) {
		return nil, fmt.Errorf("%d keys of %d items: %w", len(c.Keys), len(c.Options), ErrShape)
	}
	for j, key := range c.Keys {
		if key < 0 || key >= c.Options[j] {
			return nil, fmt.Errorf("item %d: key %d of %d options: %w", j, key, c.Options[j], ErrShape)
		}
	}
	m := NewMatrix(len(c.Keys))
	row := make([]Response, len(c.Keys))
	for i, chosen := range c.Rows {
		if len(chosen) != len(row) {
			return nil, fmt.Errorf("row %d: %d choices on %d items: %w", i, len(chosen), len(row), ErrShape)
		}
		for j, k := range chosen {
			switch {
			case k == NotGiven:
				row[j] = Missing
			case k == NoOption:
				row[j] = Omitted
			case k < 0 || int(k) >= c.Options[j]:
				return nil, fmt.Errorf("row %d, item %d: choice %d of %d options: %w", i, j, k, c.Options[j], ErrShape)
			case int(k) == c.Keys[j]:
				row[j] = Correct
			default:
				row[j] = Wrong
			}
		}
		if err := m.AddRow(row); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return m, nil
}

// Distractors computes the distractor table of every item. The total is the number right on
// everything the person was given; people who were given nothing are left out. It fails as
// Score does.
func (c Choices) Distractors(ties TieRule, rules DistractorRules) ([]OptionAnalysis, error) {
	m, err := c.Score()
	if err != nil {
		return nil, err
	}
	everyone := ScoreCounts{}
	items := make([]ItemOptions, m.items)
	for j := range items {
		items[j] = ItemOptions{ByScore: ScoreCounts{}, Options: make([]OptionSums, c.Options[j]), Key: c.Keys[j]}
	}
	var people []personTotal
	for i := range m.People() {
		row := m.Person(i)
		if len(row) == 0 {
			continue
		}
		total := numberRight(row)
		people = append(people, personTotal{i, total})
		everyone.Add(total, 1)
		for _, a := range row {
			rest := total - a.Response.Score()
			item := &items[a.Item]
			item.Item.Add(a.Response, rest, len(row)-1)
			item.ByScore.Add(total, 1)
			if k := c.Rows[i][a.Item]; k >= 0 {
				item.Options[k].Add(total, rest)
			}
		}
	}
	out := make([]OptionAnalysis, len(items))
	if ties == ExactTies && int64(len(people)) >= rules.MinPeople {
		slices.SortStableFunc(people, func(a, b personTotal) int { return cmp.Compare(a.total, b.total) })
		quarter := len(people) / 4
		for j := range items {
			e := c.exactExtremes(j, people[:quarter], people[len(people)-quarter:])
			out[j] = items[j].analyze(e, rules)
			out[j].NBottom, out[j].NTop = int64(quarter), int64(quarter)
		}
		return out, nil
	}
	for j := range items {
		out[j] = items[j].Analyze(everyone, rules)
	}
	return out, nil
}

type personTotal struct{ row, total int }

func (c Choices) exactExtremes(item int, bottom, top []personTotal) extremes {
	e := extremes{formed: true, chosen: make([]extremeCount, c.Options[item])}
	for _, p := range bottom {
		if k := c.Rows[p.row][item]; k != NotGiven {
			e.given.bottom++
			if k >= 0 {
				e.chosen[k].bottom++
			}
		}
	}
	for _, p := range top {
		if k := c.Rows[p.row][item]; k != NotGiven {
			e.given.top++
			if k >= 0 {
				e.chosen[k].top++
			}
		}
	}
	return e
}
