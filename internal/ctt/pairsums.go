package ctt

import "fmt"

// PairSums are the running sums of two items over the people who were given both.
// X is the first item's score, Y the second's, each 0 or 1.
type PairSums struct {
	N     int64 // people given both items
	SumX  int64 // of them, right on the first
	SumY  int64 // of them, right on the second
	SumXY int64 // of them, right on both
}

// Add counts one person; it changes nothing unless both items were administered.
func (s *PairSums) Add(x, y Response) {
	if !x.Administered() || !y.Administered() {
		return
	}
	a, b := int64(x.Score()), int64(y.Score())
	s.N++
	s.SumX += a
	s.SumY += b
	s.SumXY += a * b
}

// Merge adds the sums of other people.
func (s *PairSums) Merge(o PairSums) {
	s.N += o.N
	s.SumX += o.SumX
	s.SumY += o.SumY
	s.SumXY += o.SumXY
}

// Remove takes out sums that were added or merged before.
func (s *PairSums) Remove(o PairSums) { s.Merge(PairSums{-o.N, -o.SumX, -o.SumY, -o.SumXY}) }

// Covariance of the two item scores, with the means of the pair's own people and
// denominator n−1. False below two people.
func (s PairSums) Covariance() (float64, bool) {
	n := float64(s.N)
	if n < 2 {
		return 0, false
	}
	return crossProduct(s.N, s.SumX, s.SumY, s.SumXY) / (n * (n - 1)), true
}

// Correlation of the two item scores (phi), with the standard deviations of the pair's own
// people. False if either item has no variance among them.
func (s PairSums) Correlation() (float64, bool) {
	return correlation(
		crossProduct(s.N, s.SumX, s.SumY, s.SumXY),
		crossProduct(s.N, s.SumX, s.SumX, s.SumX),
		crossProduct(s.N, s.SumY, s.SumY, s.SumY))
}

func (s PairSums) swapped() PairSums { return PairSums{s.N, s.SumY, s.SumX, s.SumXY} }

// Pairs holds the PairSums of every two of n items, n(n−1)/2 of them.
type Pairs struct {
	items int
	sums  []PairSums
}

// NewPairs makes empty sums for the pairs of the given number of items.
func NewPairs(items int) *Pairs {
	items = max(items, 0)
	return &Pairs{items: items, sums: make([]PairSums, items*(items-1)/2)}
}

// Items is the number of items whose pairs are held.
func (p *Pairs) Items() int { return p.items }

// At returns the sums of items i and j with i as X. The result is empty if i = j or one of
// them is out of range.
func (p *Pairs) At(i, j int) PairSums {
	switch {
	case i == j || min(i, j) < 0 || max(i, j) >= p.items:
		return PairSums{}
	case i > j:
		return p.sums[p.index(j, i)].swapped()
	}
	return p.sums[p.index(i, j)]
}

// MergeAt adds sums (i as X) to the pair of items i and j.
func (p *Pairs) MergeAt(i, j int, s PairSums) error {
	if i == j || min(i, j) < 0 || max(i, j) >= p.items {
		return fmt.Errorf("pair (%d, %d) of %d items: %w", i, j, p.items, ErrShape)
	}
	if i > j {
		i, j, s = j, i, s.swapped()
	}
	p.sums[p.index(i, j)].Merge(s)
	return nil
}

// Merge adds the sums of other people over the same items.
func (p *Pairs) Merge(o *Pairs) error {
	if p.items != o.items {
		return fmt.Errorf("merge pairs of %d items into %d: %w", o.items, p.items, ErrShape)
	}
	for k := range p.sums {
		p.sums[k].Merge(o.sums[k])
	}
	return nil
}

// Remove takes out sums that were merged before.
func (p *Pairs) Remove(o *Pairs) error {
	if p.items != o.items {
		return fmt.Errorf("remove pairs of %d items from %d: %w", o.items, p.items, ErrShape)
	}
	for k := range p.sums {
		p.sums[k].Remove(o.sums[k])
	}
	return nil
}

// index of the pair i < j in the packed upper triangle.
func (p *Pairs) index(i, j int) int { return i*(2*p.items-i-1)/2 + j - i - 1 }

// countRow counts the pairs of one answer with those of later items of the same person.
func (p *Pairs) countRow(a Answer, later []Answer, sign int64) {
	x := sign * int64(a.Response.Score())
	row := p.sums[p.index(a.Item, a.Item+1):]
	for _, b := range later {
		s := &row[b.Item-a.Item-1]
		y := int64(b.Response.Score())
		s.N += sign
		s.SumX += x
		s.SumY += sign * y
		s.SumXY += x * y
	}
}

// Select returns the pairs among the items given, in that order. It fails with ErrShape on
// an unknown item and ErrDuplicate on one named twice.
func (p *Pairs) Select(items []int) (*Pairs, error) {
	s := NewPairs(len(items))
	for a, i := range items {
		if i < 0 || i >= p.items {
			return nil, fmt.Errorf("select item %d of %d: %w", i, p.items, ErrShape)
		}
		for b := a + 1; b < len(items); b++ {
			if items[b] == i {
				return nil, fmt.Errorf("select item %d: %w", i, ErrDuplicate)
			}
			s.sums[s.index(a, b)] = p.At(i, items[b])
		}
	}
	return s, nil
}
