package ctt

import (
	"maps"
	"slices"
)

// ScoreCounts says how many people had each total score (number right). As database rows
// it is (score, people); two ScoreCounts of different people merge by addition.
type ScoreCounts map[int]int64

// Add counts people with the given score; a negative number takes them out again.
func (c ScoreCounts) Add(score int, people int64) {
	if c[score] += people; c[score] == 0 {
		delete(c, score)
	}
}

// Merge adds the counts of other people.
func (c ScoreCounts) Merge(o ScoreCounts) {
	for score, n := range o {
		c.Add(score, n)
	}
}

// Remove takes out counts that were merged before.
func (c ScoreCounts) Remove(o ScoreCounts) {
	for score, n := range o {
		c.Add(score, -n)
	}
}

// N is the number of people counted.
func (c ScoreCounts) N() int64 {
	var n int64
	for _, k := range c {
		n += k
	}
	return n
}

// Sum is the sum of everybody's score.
func (c ScoreCounts) Sum() int64 {
	var sum int64
	for score, k := range c {
		sum += int64(score) * k
	}
	return sum
}

// MeanSD are the mean and the standard deviation (n−1) of the score. False below two people.
func (c ScoreCounts) MeanSD() (mean, sd float64, ok bool) {
	var sum, square int64
	for score, k := range c {
		sum += int64(score) * k
		square += int64(score) * int64(score) * k
	}
	n := c.N()
	if n < 2 {
		return 0, 0, false
	}
	return float64(sum) / float64(n), sampleSD(n, sum, square), true
}

// AtMost is the number of people whose score is at most s.
func (c ScoreCounts) AtMost(s int) int64 {
	var n int64
	for score, k := range c {
		if score <= s {
			n += k
		}
	}
	return n
}

// AtLeast is the number of people whose score is at least s.
func (c ScoreCounts) AtLeast(s int) int64 {
	var n int64
	for score, k := range c {
		if score >= s {
			n += k
		}
	}
	return n
}

// PercentileRank is the percentage of the people below a score, half of those who
// have it included (mid-rank), whether or not anybody has it. False if nobody is counted.
func (c ScoreCounts) PercentileRank(score int) (float64, bool) {
	n := c.N()
	if n <= 0 {
		return 0, false
	}
	return 100 * (float64(c.AtMost(score)) - float64(c[score])/2) / float64(n), true
}

// Quarters are the cuts of the bottom and the top quarter of the people by total score,
// with everybody tied at a cut inside it: the bottom quarter are those with a score of at
// most Lower, the smallest score at or below which a quarter of the people lie, the top quarter
// those with at least Upper, found likewise. Each holds a quarter of the people or more; with
// heavy ties they overlap (Upper ≤ Lower).
type Quarters struct{ Lower, Upper int }

// Quarters finds the cuts. False if nobody is counted.
func (c ScoreCounts) Quarters() (Quarters, bool) {
	n := c.N()
	if n <= 0 {
		return Quarters{}, false
	}
	scores := slices.Sorted(maps.Keys(c))
	var q Quarters
	var reached int64
	for _, s := range scores {
		if reached += c[s]; 4*reached >= n {
			q.Lower = s
			break
		}
	}
	reached = 0
	for _, s := range slices.Backward(scores) {
		if reached += c[s]; 4*reached >= n {
			q.Upper = s
			break
		}
	}
	return q, true
}
