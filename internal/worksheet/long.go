package worksheet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// readLong reads a table with a row for each answer, in any order.
func readLong(ctx context.Context, t *rows, layout Layout) (*Answers, error) {
	if layout.Count != "" || layout.ByOrder {
		return nil, t.fault("", "a long table has no counts, and its items are not matched by order")
	}
	l := long{rows: t, Answers: &Answers{LeftOut: []string{}}, items: map[string]int{}, people: map[string]int{}, groups: interned{}}
	if err := l.find(layout); err != nil {
		return nil, err
	}
	grade, err := newGrader(layout, t, nil)
	if err != nil {
		return nil, err
	}
	l.grade = grade
	l.wanted, l.unwanted = set(layout.Items), set(layout.Ignore)
	if l.wanted == nil {
		l.wanted, l.report = set(layout.Known), true
	}
	if err := t.each(ctx, l.take); err != nil {
		return nil, err
	}
	switch {
	case len(l.names) == 0:
		return nil, t.fault("", "there are no answers below the header")
	case len(l.Items) == 0:
		return nil, t.fault("", fmt.Sprintf("none of its items is one of %s", several(layout.Known)))
	}
	place := l.order(layout.Known)
	l.gatherer.finish(l.Answers, place)
	l.grade.place(place)
	l.grade.finish(l.Answers)
	return l.Answers, l.twice()
}

// long is a long table as it is read.
type long struct {
	*Answers
	*rows
	gatherer
	grade        *grader
	common       common
	item, answer int // columns
	items        map[string]int
	people       map[string]int
	groups       interned
	wanted       map[string]bool // nil for all
	unwanted     map[string]bool
	report       bool // items not wanted are named
	previous     int  // person of the row before
}

func (l *long) find(layout Layout) (err error) {
	if l.common, err = layout.findCommon(l.rows, l.Answers); err != nil {
		return err
	}
	if l.item, err = layout.find(l.rows, layout.Item, itemNames()); err != nil {
		return err
	}
	if l.answer, err = layout.find(l.rows, layout.Answer, answerNames()); err != nil {
		return err
	}
	for _, c := range []struct {
		at   int
		what string
	}{{l.common.person, "person"}, {l.item, "item"}, {l.answer, "answer"}} {
		if c.at < 0 {
			return l.fault("", fmt.Sprintf("which column is the %s? There are %s", c.what, several(l.header)))
		}
	}
	return nil
}

// take reads one answer. A person without any that count is still a person.
func (l *long) take(record []string) error {
	person, err := l.personOf(record)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(record[l.item])
	item, known := l.items[name]
	if !known {
		if name == "" {
			return l.fault(l.header[l.item], "the item has no name")
		}
		name = strings.Clone(name)
		switch {
		case l.unwanted[name]:
			item = -1
		case l.wanted != nil && !l.wanted[name]:
			item = -1
			if l.report {
				l.LeftOut = append(l.LeftOut, name)
			}
		case len(l.Items) == maxItems:
			return l.fault(l.header[l.item], fmt.Sprintf("there are more than %d items", maxItems))
		default:
			item = len(l.Items)
			l.Items = append(l.Items, name)
			if problem := l.grade.item(name); problem != "" {
				return l.fault(l.header[l.item], problem)
			}
		}
		l.items[name] = item
	}
	if item < 0 {
		return nil
	}
	code, given, problem := l.grade.code(item, record[l.answer])
	if problem != "" {
		return l.fault(l.header[l.answer], problem)
	}
	if given {
		l.gatherer.add(person, newCell(item, code))
	}
	return nil
}

// personOf finds the row's person, who may be new, and checks the group.
func (l *long) personOf(record []string) (int, error) {
	name := strings.TrimSpace(record[l.common.person])
	person := l.previous
	if len(l.names) == 0 || l.names[person] != name {
		var known bool
		if person, known = l.people[name]; !known {
			if name == "" {
				return 0, l.fault(l.header[l.common.person], "the person has no name")
			}
			name = strings.Clone(name)
			person = l.gatherer.person()
			l.people[name] = person
			l.names = append(l.names, name)
			if l.common.group >= 0 {
				l.Groups = append(l.Groups, l.groups.text(record[l.common.group]))
			}
		}
		l.previous = person
	}
	if l.common.group >= 0 {
		if group := strings.TrimSpace(record[l.common.group]); group != l.Groups[person] {
			return 0, l.fault(l.header[l.common.group],
				fmt.Sprintf("person %s is in group %q, and was in %q before", name, group, l.Groups[person]))
		}
	}
	return person, nil
}

// order sorts the items, as known or else naturally, and returns each one's place.
func (l *long) order(known []string) []int {
	rank := make(map[string]int, len(known))
	for i, name := range known {
		rank[name] = i
	}
	sorted := slices.SortedFunc(slices.Values(l.Items), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), naturally(a, b))
	})
	at := make(map[string]int, len(sorted))
	for i, name := range sorted {
		at[name] = i
	}
	place := make([]int, len(l.Items))
	for i, name := range l.Items {
		place[i] = at[name]
	}
	l.Items = sorted
	slices.SortFunc(l.LeftOut, naturally)
	return place
}

// twice refuses a person who answers an item twice.
func (l *long) twice() error {
	for i := range l.People() {
		answers := l.Person(i)
		for k := 1; k < len(answers); k++ {
			if item := answers[k].Item(); item == answers[k-1].Item() {
				return &Error{File: l.file, Problem: fmt.Sprintf("person %s answers item %s twice", l.Name(i), l.Items[item])}
			}
		}
	}
	return nil
}
