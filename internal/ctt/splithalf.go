package ctt

import "math"

// HalfSums are the running sums of a test split into two halves, over people.
type HalfSums struct {
	N             int64
	SumOdd        int64 // Σ number right on the first, third, fifth … item
	SumEven       int64 // Σ number right on the others
	SumOddSquare  int64
	SumEvenSquare int64
	SumOddEven    int64
}

// Add counts one person's number right on each half.
func (s *HalfSums) Add(odd, even int) {
	a, b := int64(odd), int64(even)
	s.N++
	s.SumOdd += a
	s.SumEven += b
	s.SumOddSquare += a * a
	s.SumEvenSquare += b * b
	s.SumOddEven += a * b
}

// Merge adds the sums of other people.
func (s *HalfSums) Merge(o HalfSums) {
	s.N += o.N
	s.SumOdd += o.SumOdd
	s.SumEven += o.SumEven
	s.SumOddSquare += o.SumOddSquare
	s.SumEvenSquare += o.SumEvenSquare
	s.SumOddEven += o.SumOddEven
}

// Remove takes out sums that were added or merged before.
func (s *HalfSums) Remove(o HalfSums) {
	s.Merge(HalfSums{-o.N, -o.SumOdd, -o.SumEven, -o.SumOddSquare, -o.SumEvenSquare, -o.SumOddEven})
}

// SplitHalfResult is the reliability from two halves of the test.
type SplitHalfResult struct {
	Missing MissingRule
	People  int64 // people whose halves were used
	LeftOut int64 // people who lacked an item

	R             *float64 // correlation of the halves: the reliability of half a test
	SpearmanBrown *float64 // 2r/(1+r): of the whole, if the halves are parallel
	Rulon         *float64 // 1 − Var(odd − even)/Var(total) (Rulon 1939; equals Guttman's λ4)
}

// SplitHalf computes the coefficients from the sums.
func (s HalfSums) SplitHalf() SplitHalfResult {
	odd := crossProduct(s.N, s.SumOdd, s.SumOdd, s.SumOddSquare)
	even := crossProduct(s.N, s.SumEven, s.SumEven, s.SumEvenSquare)
	both := crossProduct(s.N, s.SumOdd, s.SumEven, s.SumOddEven)
	res := SplitHalfResult{Missing: Complete, People: s.N}
	if r, ok := correlation(both, odd, even); ok {
		res.R = &r
		res.SpearmanBrown = optional(SpearmanBrown(r, 2))
	}
	if total := odd + even + 2*both; total > 0 {
		res.Rulon = optional(4*both/total, true)
	}
	return res
}

// SplitHalf splits the items by position, odd and even, and uses the people who were given
// all of them: halves of different items are not comparable.
func (m *Matrix) SplitHalf() SplitHalfResult {
	var s HalfSums
	for i := range m.People() {
		row := m.Person(i)
		if len(row) < m.items {
			continue
		}
		var half [2]int
		for _, a := range row {
			half[a.Item%2] += a.Response.Score()
		}
		s.Add(half[0], half[1])
	}
	res := s.SplitHalf()
	if res.LeftOut = int64(m.People()) - s.N; res.LeftOut > 0 {
		res.Missing = Listwise
	}
	return res
}

// SpearmanBrown is the reliability of a test made `times` as long with parallel items,
// k·r/(1 + (k−1)·r) (Spearman 1910; Brown 1910). False where that is not defined.
func SpearmanBrown(r, times float64) (float64, bool) {
	d := 1 + (times-1)*r
	if v := times * r / d; d > 0 && times > 0 && !math.IsInf(v, 0) {
		return v, true
	}
	return 0, false
}
