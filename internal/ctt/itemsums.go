package ctt

import "math"

// Response is what one person did with one item. The zero value is Missing.
type Response int8

const (
	// Missing: the item was not administered; the response enters no statistic.
	Missing Response = iota
	// Wrong: answered, not with the key.
	Wrong
	// Correct: answered with the key.
	Correct
	// Omitted: administered and left without an answer. It is scored as wrong; to score
	// omissions as missing, record them as Missing.
	Omitted
)

// Score is 1 for Correct and 0 for everything else.
func (r Response) Score() int {
	if r == Correct {
		return 1
	}
	return 0
}

// Administered reports whether the person was given the item.
func (r Response) Administered() bool { return r == Wrong || r == Correct || r == Omitted }

// ItemSums are the running sums of one item over the people who were given it.
//
// Rest is the person's number right on the other items given to the same person. All
// fields are plain counts: two ItemSums of different people merge by adding the fields, and
// the sums of one response are a delta for the columns of a database row.
type ItemSums struct {
	Administered   int64 // people who were given the item
	Correct        int64 // of them, those who answered with the key
	Omitted        int64 // of them, those who left it without an answer (scored wrong)
	Alone          int64 // of them, those given no other item: they have no rest
	CorrectAlone   int64 // of these, those who answered correctly
	SumRest        int64 // Σ rest
	SumRestSquared int64 // Σ rest²
	SumCorrectRest int64 // Σ rest over the people who answered correctly
}

// Add counts the response of one person who was given that many other items and answered
// rest of them correctly. A Missing response changes nothing.
func (s *ItemSums) Add(r Response, rest, others int) {
	if !r.Administered() {
		return
	}
	score, other := int64(r.Score()), int64(rest)
	if others <= 0 {
		s.Alone++
		s.CorrectAlone += score
		other = 0
	}
	s.Administered++
	s.Correct += score
	if r == Omitted {
		s.Omitted++
	}
	s.SumRest += other
	s.SumRestSquared += other * other
	s.SumCorrectRest += score * other
}

// Merge adds the sums of other people.
func (s *ItemSums) Merge(o ItemSums) {
	s.Administered += o.Administered
	s.Correct += o.Correct
	s.Omitted += o.Omitted
	s.Alone += o.Alone
	s.CorrectAlone += o.CorrectAlone
	s.SumRest += o.SumRest
	s.SumRestSquared += o.SumRestSquared
	s.SumCorrectRest += o.SumCorrectRest
}

// Remove takes out sums that were added or merged before.
func (s *ItemSums) Remove(o ItemSums) {
	s.Merge(ItemSums{
		-o.Administered, -o.Correct, -o.Omitted, -o.Alone, -o.CorrectAlone,
		-o.SumRest, -o.SumRestSquared, -o.SumCorrectRest,
	})
}

// P is the empirical difficulty: the share of those given the item who answered it
// correctly. False if nobody was given it.
func (s ItemSums) P() (float64, bool) {
	if s.Administered <= 0 {
		return 0, false
	}
	return float64(s.Correct) / float64(s.Administered), true
}

// Variance of the item score (denominator n−1). False below two people.
func (s ItemSums) Variance() (float64, bool) {
	n := float64(s.Administered)
	if n < 2 {
		return 0, false
	}
	return s.scoreProduct() / (n * (n - 1)), true
}

// SD is the standard deviation of the item score (denominator n−1).
func (s ItemSums) SD() (float64, bool) {
	v, ok := s.Variance()
	if !ok || v < 0 {
		return 0, false
	}
	return math.Sqrt(v), true
}

// ItemRest is the corrected item-total correlation: the Pearson correlation of the item
// score with the number right on the person's other items, over the people who had others
// (Henrysson 1963). False if either has no variance.
func (s ItemSums) ItemRest() (float64, bool) {
	n, correct := s.Administered-s.Alone, s.Correct-s.CorrectAlone
	return correlation(
		crossProduct(n, correct, s.SumRest, s.SumCorrectRest),
		crossProduct(n, correct, correct, correct),
		crossProduct(n, s.SumRest, s.SumRest, s.SumRestSquared))
}

// ItemTotal is the point-biserial correlation of the item score with the person's number
// right including this item; it is inflated by the item's own part in the total.
func (s ItemSums) ItemTotal() (float64, bool) {
	return correlation(
		crossProduct(s.Administered, s.Correct, s.sumTotal(), s.SumCorrectRest+s.Correct),
		s.scoreProduct(),
		s.totalProduct())
}

// sumTotal is Σ(rest + score).
func (s ItemSums) sumTotal() int64 { return s.SumRest + s.Correct }

// sumTotalSquared is Σ(rest + score)²; score² = score.
func (s ItemSums) sumTotalSquared() int64 { return s.SumRestSquared + 2*s.SumCorrectRest + s.Correct }

func (s ItemSums) scoreProduct() float64 {
	return crossProduct(s.Administered, s.Correct, s.Correct, s.Correct)
}

func (s ItemSums) totalProduct() float64 {
	return crossProduct(s.Administered, s.sumTotal(), s.sumTotal(), s.sumTotalSquared())
}

func (s ItemSums) restProduct() float64 {
	return crossProduct(s.Administered, s.SumRest, s.SumRest, s.SumRestSquared)
}
