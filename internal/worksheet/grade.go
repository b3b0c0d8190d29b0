package worksheet

import (
	"fmt"
	"slices"
	"strings"
)

// grader turns the text of cells into codes.
type grader struct {
	layout Layout
	items  []scale // by item; without a key all are the same
}

// scale is what may be answered to one item.
type scale struct {
	known   map[string]uint32
	options []string
	key     string
	closed  bool // other texts are errors
}

func newGrader(layout Layout, t *rows, items []string) (*grader, error) {
	g := &grader{layout: layout}
	for _, name := range items {
		if problem := g.item(name); problem != "" {
			return nil, t.fault(name, problem)
		}
	}
	return g, nil
}

// item makes ready for the next item.
func (g *grader) item(name string) (problem string) {
	if g.layout.Key == nil {
		return ""
	}
	entry, ok := g.layout.Key.entry(name)
	if !ok {
		return fmt.Sprintf("the key has no item %s", name)
	}
	s := scale{known: make(map[string]uint32), options: slices.Clone(entry.Options), key: entry.Right, closed: entry.Options != nil}
	if !s.closed {
		s.options = []string{entry.Right}
	}
	for k, text := range s.options {
		s.known[text] = option + uint32(k)
	}
	g.items = append(g.items, s)
	return ""
}

// code reads a cell: what was done with the item, if it was given at all.
func (g *grader) code(item int, text string) (code uint32, given bool, problem string) {
	text = strings.TrimSpace(text)
	l := g.layout
	switch {
	case text == "" && l.EmptyOmitted, slices.Contains(l.Omitted, text):
		return omitted, !l.OmittedMissing, ""
	case text == "", slices.Contains(l.Missing, text):
		return 0, false, ""
	case l.Key == nil:
		switch text {
		case "0", "0.0":
			return wrong, true, ""
		case "1", "1.0":
			return right, true, ""
		}
		return 0, false, fmt.Sprintf("%q is neither 0 nor 1, and there is no key", text)
	}
	s := &g.items[item]
	if code, ok := s.known[text]; ok {
		return code, true, ""
	}
	if s.closed {
		return 0, false, fmt.Sprintf("%q is none of the options %s", text, several(s.options))
	}
	if len(s.options) == maxOptions {
		return 0, false, fmt.Sprintf("%q is one option more than the %d an item may have", text, maxOptions)
	}
	text = strings.Clone(text)
	code = option + uint32(len(s.options))
	s.known[text] = code
	s.options = append(s.options, text)
	return code, true, ""
}

// place puts the items into another order.
func (g *grader) place(to []int) {
	moved := make([]scale, len(g.items))
	for j := range g.items {
		moved[to[j]] = g.items[j]
	}
	g.items = moved
}

// finish hands the options to a.
func (g *grader) finish(a *Answers) {
	if g.layout.Key == nil {
		return
	}
	keys := make([]string, len(g.items))
	a.Options = make([][]string, len(g.items))
	for j, s := range g.items {
		a.Options[j], keys[j] = s.options, s.key
	}
	a.sortOptions(keys)
}
