package worksheet

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// readWide reads a table with a row for each person and a column for each item.
func readWide(ctx context.Context, t *rows, layout Layout) (*Answers, error) {
	a := &Answers{LeftOut: []string{}}
	c, err := layout.findCommon(t, a)
	if err != nil {
		return nil, err
	}
	count, err := layout.find(t, layout.Count, countNames())
	if err != nil {
		return nil, err
	}
	if count >= 0 {
		a.CountColumn = t.header[count]
		a.Counts = []float64{}
	}
	columns, err := layout.itemColumns(t, a, c.person, c.group, count)
	if err != nil {
		return nil, err
	}
	grade, err := newGrader(layout, t, a.Items)
	if err != nil {
		return nil, err
	}

	var g gatherer
	groups := interned{}
	err = t.each(ctx, func(record []string) error {
		person := g.person()
		if c.person >= 0 {
			a.names = append(a.names, strings.Clone(strings.TrimSpace(record[c.person])))
		}
		if c.group >= 0 {
			a.Groups = append(a.Groups, groups.text(record[c.group]))
		}
		if count >= 0 {
			n, err := strconv.ParseFloat(strings.TrimSpace(record[count]), 64)
			if err != nil || !(n >= 0) || math.IsInf(n, 0) {
				return t.fault(t.header[count], fmt.Sprintf("%q is not a count", record[count]))
			}
			a.Counts = append(a.Counts, n)
		}
		for item, at := range columns {
			code, given, problem := grade.code(item, record[at])
			if problem != "" {
				return t.fault(t.header[at], problem)
			}
			if given {
				g.add(person, newCell(item, code))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(g.answered) == 0 {
		return nil, t.fault("", "there are no people below the header")
	}
	place := make([]int, len(a.Items))
	for j := range place {
		place[j] = j
	}
	g.finish(a, place)
	grade.finish(a)
	return a, nil
}

// itemColumns finds the items' columns and names the items in a.
func (l Layout) itemColumns(t *rows, a *Answers, taken ...int) ([]int, error) {
	for _, name := range slices.Concat(l.Items, l.Ignore) {
		if !slices.Contains(t.header, name) {
			return nil, t.fault("", fmt.Sprintf("there is no column %s; there are %s", name, several(t.header)))
		}
	}
	known := set(l.Known)
	if l.ByOrder {
		known = nil
	}
	wanted, unwanted := set(l.Items), set(l.Ignore)
	var columns []int
	for at, name := range t.header {
		switch {
		case slices.Contains(taken, at) || unwanted[name]:
		case len(l.Items) > 0 && !wanted[name]:
		case len(l.Items) == 0 && known != nil && !known[name]:
			a.LeftOut = append(a.LeftOut, name)
		default:
			columns = append(columns, at)
			a.Items = append(a.Items, name)
		}
	}
	switch {
	case len(columns) == 0 && known != nil:
		return nil, t.fault("", fmt.Sprintf(
			"none of the columns %s is one of the items %s; match them by order if the names differ",
			several(t.header), several(l.Known)))
	case len(columns) == 0:
		return nil, t.fault("", "there are no columns of items")
	case len(columns) > maxItems:
		return nil, t.fault("", fmt.Sprintf("%d items are more than %d", len(columns), maxItems))
	case l.ByOrder && len(columns) != len(l.Known):
		return nil, t.fault("", fmt.Sprintf("%d columns of items can't be matched by order with %d items",
			len(columns), len(l.Known)))
	}
	if l.ByOrder {
		a.Items = slices.Clone(l.Known)
	}
	return columns, nil
}

// set is nil without names.
func set(names []string) map[string]bool {
	if names == nil {
		return nil
	}
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
