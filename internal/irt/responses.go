package irt

import (
	"fmt"
	"math"
	"slices"
)

// maxItems is what the 31 bits of an item index in a cell can count.
const maxItems = 1 << 30

// cell is one answer: the item's index times two, plus one if it was right.
type cell uint32

func (c cell) item() int     { return int(c >> 1) }
func (c cell) correct() bool { return c&1 == 1 }

// Responses holds many people's answers to a bank of items, storing only what
// was administered: four bytes an answer and eight a person. What is not there
// was missing by design, or is treated so. It is built by [Responses.Add] and
// then only read, by any number of goroutines.
type Responses struct {
	items  int
	start  []int // person i's answers are cells[start[i]:start[i+1]]
	cells  []cell
	weight []float64 // nil while every weight is 1
	total  float64   // sum of weights

	right, wrong []float64 // weighted answers by item
	lastSeen     []int32   // by item: one more than the person who last answered it
}

// NewResponses returns an empty table over a bank of the given number of items.
func NewResponses(items int) (*Responses, error) {
	if items < 1 || items > maxItems {
		return nil, fmt.Errorf("%w: a bank of %d items", ErrResponses, items)
	}
	return &Responses{
		items: items, start: []int{0},
		right: make([]float64, items), wrong: make([]float64, items), lastSeen: make([]int32, items),
	}, nil
}

// Add appends one person: the indices of the items administered, from 0, each
// at most once and in any order, and whether each was answered correctly. A
// person without answers is allowed and counts as a person. An error wraps
// [ErrResponses] and leaves the table as it was.
func (r *Responses) Add(items []int, correct []bool) error {
	return r.AddWeighted(items, correct, 1)
}

// AddWeighted is [Responses.Add] for a pattern that occurred weight times;
// weight is finite and not negative.
func (r *Responses) AddWeighted(items []int, correct []bool, weight float64) error {
	if len(items) != len(correct) {
		return fmt.Errorf("%w: %d items, %d answers", ErrResponses, len(items), len(correct))
	}
	if !(weight >= 0) || math.IsInf(weight, 0) {
		return fmt.Errorf("%w: weight %v", ErrResponses, weight)
	}
	person := int32(r.People()) + 1
	for k, j := range items {
		if j < 0 || j >= r.items {
			r.forget(items[:k])
			return fmt.Errorf("%w: item %d of %d", ErrResponses, j, r.items)
		}
		if r.lastSeen[j] == person {
			r.forget(items[:k])
			return fmt.Errorf("%w: item %d twice for one person", ErrResponses, j)
		}
		r.lastSeen[j] = person
	}
	for k, j := range items {
		c := cell(j) << 1
		if correct[k] {
			c |= 1
			r.right[j] += weight
		} else {
			r.wrong[j] += weight
		}
		r.cells = append(r.cells, c)
	}
	slices.Sort(r.cells[r.start[person-1]:])
	r.start = append(r.start, len(r.cells))
	if weight != 1 && r.weight == nil {
		r.weight = slices.Repeat([]float64{1}, int(person)-1)
	}
	if r.weight != nil {
		r.weight = append(r.weight, weight)
	}
	r.total += weight
	return nil
}

func (r *Responses) forget(items []int) {
	for _, j := range items {
		r.lastSeen[j] = 0
	}
}

// Grow reserves room for so many more people and answers.
func (r *Responses) Grow(people, answers int) {
	r.start = slices.Grow(r.start, max(people, 0))
	r.cells = slices.Grow(r.cells, max(answers, 0))
}

// Items returns the size of the bank.
func (r *Responses) Items() int { return r.items }

// People returns the number of people, or of patterns when weights were given.
func (r *Responses) People() int { return len(r.start) - 1 }

// Weight returns the sum of the people's weights: the number of people when
// none were given.
func (r *Responses) Weight() float64 { return r.total }

// Answers returns the number of answers stored.
func (r *Responses) Answers() int { return len(r.cells) }

// Answered returns how often an item was answered, by weight.
func (r *Responses) Answered(item int) float64 { return r.right[item] + r.wrong[item] }

// Correct returns how often an item was answered correctly, by weight.
func (r *Responses) Correct(item int) float64 { return r.right[item] }

// Person appends person i's items, in ascending order, and answers to the
// slices given and returns them.
func (r *Responses) Person(i int, items []int, correct []bool) ([]int, []bool) {
	for _, c := range r.person(i) {
		items = append(items, c.item())
		correct = append(correct, c.correct())
	}
	return items, correct
}

func (r *Responses) person(i int) []cell { return r.cells[r.start[i]:r.start[i+1]] }

func (r *Responses) weightOf(i int) float64 {
	if r.weight == nil {
		return 1
	}
	return r.weight[i]
}

// longest is the largest number of answers a person gave.
func (r *Responses) longest() int {
	var n int
	for i := range r.People() {
		n = max(n, r.start[i+1]-r.start[i])
	}
	return n
}

// shards splits the people into at most n runs of about equally many answers;
// the split depends on the data alone, so sums merged in its order do not
// depend on the number of processors.
func (r *Responses) shards(n int) []span {
	people := r.People()
	n = max(1, min(n, (people+255)/256))
	out := make([]span, 0, n)
	from := 0
	for s := 1; s <= n && from < people; s++ {
		to := people
		if s < n {
			// Weigh a person as an answer too, for those who have none.
			want := (len(r.cells) + people) / n * s
			for to = from; to < people && r.start[to]+to < want; to++ {
			}
		}
		if to > from {
			out = append(out, span{from, to})
		}
		from = to
	}
	return out
}

// span is a range of people, the end excluded.
type span struct{ from, to int }
