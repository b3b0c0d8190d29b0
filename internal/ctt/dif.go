package ctt

import (
	"fmt"
	"maps"
	"slices"
)

// Group is a person's side in a comparison of groups.
type Group int8

const (
	// NoGroup: the person takes no part in the comparison.
	NoGroup Group = iota
	Reference
	Focal
)

// DIFReport is the search for items that work differently in two groups of equal standing. The
// matching score is the number right on all matching items, the studied one included.
type DIFReport struct {
	Missing   MissingRule // Listwise if people had to be left out
	Reference int         // people used, given every item
	Focal     int
	LeftOut   int // people of either group who lacked an item
	Flagged   []int
	Items     []DIFItem
}

// DIFItem is the analysis of one item.
type DIFItem struct {
	PReference, PFocal *float64 // share right in each group
	MantelHaenszel     MantelHaenszel
	// Purified is the Mantel-Haenszel analysis with the flagged items (not class A at first) taken
	// out of the matching score, except the studied item itself.
	Purified MantelHaenszel
	Logistic LogisticDIF // matched on the score of all items
}

// DIF compares the groups on every item, by Mantel-Haenszel (in two stages: Holland & Thayer 1988)
// and by logistic regression. A number right is comparable only over the same items, so only
// people who were given every item are used; where forms differ, match on ability with
// NewMantelHaenszel and NewLogisticDIF. It fails with ErrShape unless there is one group per
// person.
func (m *Matrix) DIF(groups []Group) (DIFReport, error) {
	if len(groups) != m.People() {
		return DIFReport{}, fmt.Errorf("dif: %d groups of %d people: %w", len(groups), m.People(), ErrShape)
	}
	report := DIFReport{Missing: Complete, Items: make([]DIFItem, m.items)}
	var people []groupedPerson
	for i, g := range groups {
		if g != Reference && g != Focal {
			continue
		}
		row := m.Person(i)
		if len(row) < m.items || m.items == 0 {
			report.LeftOut++
			report.Missing = Listwise
			continue
		}
		if g == Reference {
			report.Reference++
		} else {
			report.Focal++
		}
		people = append(people, groupedPerson{row: row, focal: g == Focal, score: numberRight(row)})
	}
	for j := range report.Items {
		strata := stratify(people, j, nil)
		item := &report.Items[j]
		item.PReference, item.PFocal = groupShares(strata)
		item.MantelHaenszel = NewMantelHaenszel(strata)
		item.Logistic = NewLogisticDIF(strata)
		if c := item.MantelHaenszel.Class; c == ClassB || c == ClassC {
			report.Flagged = append(report.Flagged, j)
		}
	}
	for j := range report.Items {
		report.Items[j].Purified = report.Items[j].MantelHaenszel
		if len(report.Flagged) > 0 {
			report.Items[j].Purified = NewMantelHaenszel(stratify(people, j, report.Flagged))
		}
	}
	return report, nil
}

type groupedPerson struct {
	row   []Answer
	focal bool
	score int
}

// stratify counts the answers to an item by the number right on the items that are not dropped;
// the studied item always counts.
func stratify(people []groupedPerson, item int, dropped []int) []DIFStratum {
	strata := map[int]*DIFStratum{}
	for _, p := range people {
		score := p.score
		for _, j := range dropped {
			if j != item {
				score -= p.row[j].Response.Score()
			}
		}
		s := strata[score]
		if s == nil {
			s = &DIFStratum{Match: float64(score)}
			strata[score] = s
		}
		switch right := p.row[item].Response == Correct; {
		case right && p.focal:
			s.FocalRight++
		case right:
			s.ReferenceRight++
		case p.focal:
			s.FocalWrong++
		default:
			s.ReferenceWrong++
		}
	}
	// Sums of floating-point numbers depend on their order.
	out := make([]DIFStratum, 0, len(strata))
	for _, score := range slices.Sorted(maps.Keys(strata)) {
		out = append(out, *strata[score])
	}
	return out
}

func groupShares(strata []DIFStratum) (reference, focal *float64) {
	var t DIFStratum
	for _, s := range strata {
		t.ReferenceRight += s.ReferenceRight
		t.ReferenceWrong += s.ReferenceWrong
		t.FocalRight += s.FocalRight
		t.FocalWrong += s.FocalWrong
	}
	return share(t.ReferenceRight, t.ReferenceRight+t.ReferenceWrong), share(t.FocalRight, t.FocalRight+t.FocalWrong)
}
