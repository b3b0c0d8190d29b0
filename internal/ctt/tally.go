package ctt

import "fmt"

// Tally holds every running sum of a set of items, one person added at a time. Two tallies
// over the same items merge, and a person or a shard can be taken out again; the sums are
// integers, so the order never matters and nothing drifts.
type Tally struct {
	People int64       // people added, also those who were given nothing
	Items  []ItemSums  // by item
	Scores ScoreCounts // people who were given something, by number right
	// Pairs grows with the square of the number of items. It may be set to nil before the first
	// person where alpha is not wanted.
	Pairs *Pairs
}

// NewTally makes an empty tally of the given number of items.
func NewTally(items int) *Tally {
	items = max(items, 0)
	return &Tally{Items: make([]ItemSums, items), Scores: ScoreCounts{}, Pairs: NewPairs(items)}
}

// Tally sums all people of the matrix.
func (m *Matrix) Tally() *Tally {
	t := NewTally(m.items)
	for i := range m.People() {
		t.count(m.Person(i), 1)
	}
	return t
}

// Add counts one person. It fails as Matrix.AddPerson does, and then counts nothing.
func (t *Tally) Add(answers []Answer) error { return t.addPerson(answers, 1) }

// RemovePerson takes out a person who was added with the same answers.
func (t *Tally) RemovePerson(answers []Answer) error { return t.addPerson(answers, -1) }

// Merge adds the people of another tally over the same items. It fails with ErrShape if the
// items, or the keeping of pairs, differ.
func (t *Tally) Merge(o *Tally) error {
	if err := t.matches(o); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	t.People += o.People
	for j := range t.Items {
		t.Items[j].Merge(o.Items[j])
	}
	t.Scores.Merge(o.Scores)
	if t.Pairs != nil {
		return t.Pairs.Merge(o.Pairs)
	}
	return nil
}

// Remove takes out a tally that was merged before. It fails as Merge does.
func (t *Tally) Remove(o *Tally) error {
	if err := t.matches(o); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	t.People -= o.People
	for j := range t.Items {
		t.Items[j].Remove(o.Items[j])
	}
	t.Scores.Remove(o.Scores)
	if t.Pairs != nil {
		return t.Pairs.Remove(o.Pairs)
	}
	return nil
}

// Alpha is Cronbach's alpha with pairwise handling of what is missing. It fails with
// ErrShape if no pairs were kept.
func (t *Tally) Alpha() (AlphaResult, error) { return Alpha(t.People, t.Items, t.Pairs) }

func (t *Tally) matches(o *Tally) error {
	if len(t.Items) != len(o.Items) || (t.Pairs == nil) != (o.Pairs == nil) {
		return fmt.Errorf("tallies of %d and %d items: %w", len(t.Items), len(o.Items), ErrShape)
	}
	return nil
}

func (t *Tally) addPerson(answers []Answer, sign int64) error {
	m := Matrix{items: len(t.Items)}
	if err := m.AddPerson(answers); err != nil {
		return err
	}
	t.count(m.answers, sign)
	return nil
}

// count adds (sign 1) or takes out (sign −1) administered answers sorted by item.
func (t *Tally) count(row []Answer, sign int64) {
	total, others := numberRight(row), len(row)-1
	t.People += sign
	if len(row) > 0 {
		t.Scores.Add(total, sign)
	}
	for k, a := range row {
		var d ItemSums
		d.Add(a.Response, total-a.Response.Score(), others)
		if sign > 0 {
			t.Items[a.Item].Merge(d)
		} else {
			t.Items[a.Item].Remove(d)
		}
		if t.Pairs != nil {
			t.Pairs.countRow(a, row[k+1:], sign)
		}
	}
}
