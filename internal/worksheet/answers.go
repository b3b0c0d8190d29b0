package worksheet

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

// Cell is one answer: an item's index and what was done with it.
type Cell uint32

// What was done with an item; from option on it is an option that was chosen.
const (
	wrong uint32 = iota
	right
	omitted
	option
)

const (
	codeBits   = 8
	maxItems   = 1 << (32 - codeBits)
	maxOptions = 1<<codeBits - int(option)
)

func newCell(item int, code uint32) Cell { return Cell(uint32(item)<<codeBits | code) }

// Item is the index of the item answered.
func (c Cell) Item() int { return int(c >> codeBits) }

func (c Cell) code() uint32 { return uint32(c) & (1<<codeBits - 1) }

// Answers is a table of answers as it was read. Items and people are known by
// their index.
type Answers struct {
	// Items are the items' names, in the order of the columns of a wide table. Those
	// of a long one are in the order of the key or the bank, else in natural order:
	// i2 before i10.
	Items []string
	// Options are each item's options, ordered naturally, and Keys the index of
	// the right one among them. Both are nil for answers that were 0 or 1.
	Options [][]string
	Keys    []int
	// Groups names each person's group; nil if no column does. It is empty for a
	// person of none.
	Groups []string
	// Counts says how many people each row stands for; nil if no column does.
	Counts []float64
	// IDColumn, GroupColumn and CountColumn are the columns these came from; empty for none.
	IDColumn, GroupColumn, CountColumn string
	// LeftOut are the columns, or the items of a long table, that were not read
	// because the bank or the key does not know them.
	LeftOut []string

	names []string // nil if no column names the people
	start []int    // person i's answers are cells[start[i]:start[i+1]]
	cells []Cell
}

// People is the number of rows of a wide table, of persons in a long one.
func (a *Answers) People() int { return len(a.start) - 1 }

// Answered is the number of answers.
func (a *Answers) Answered() int { return len(a.cells) }

// Name is person i's name; the number of the row, counting people from 1, if no column names them.
func (a *Answers) Name(i int) string {
	if a.names == nil {
		return strconv.Itoa(i + 1)
	}
	return a.names[i]
}

// Count is how many people row i stands for.
func (a *Answers) Count(i int) float64 {
	if a.Counts == nil {
		return 1
	}
	return a.Counts[i]
}

// Person is what person i answered, by ascending item. It must not be changed.
func (a *Answers) Person(i int) []Cell { return a.cells[a.start[i]:a.start[i+1]:a.start[i+1]] }

// Response scores an answer.
func (a *Answers) Response(c Cell) ctt.Response {
	switch code := c.code(); {
	case code == right, code >= option && int(code-option) == a.Keys[c.Item()]:
		return ctt.Correct
	case code == omitted:
		return ctt.Omitted
	default:
		return ctt.Wrong
	}
}

// Choice is the option chosen, by its index among the item's options.
func (a *Answers) Choice(c Cell) ctt.Choice {
	if code := c.code(); code >= option {
		return ctt.Choice(code - option)
	}
	return ctt.NoOption
}

// Scored appends person i's items and whether each was answered correctly; an
// omission is not.
func (a *Answers) Scored(i int, items []int, correct []bool) ([]int, []bool) {
	for _, c := range a.Person(i) {
		items = append(items, c.Item())
		correct = append(correct, a.Response(c) == ctt.Correct)
	}
	return items, correct
}

// Responses scores the answers for item response theory; counts become weights.
func (a *Answers) Responses() (*irt.Responses, error) {
	data, err := irt.NewResponses(len(a.Items))
	if err != nil {
		return nil, fmt.Errorf("score answers: %w", err)
	}
	data.Grow(a.People(), a.Answered())
	var items []int
	var correct []bool
	for i := range a.People() {
		items, correct = a.Scored(i, items[:0], correct[:0])
		if err := data.AddWeighted(items, correct, a.Count(i)); err != nil {
			return nil, fmt.Errorf("score person %s: %w", a.Name(i), err)
		}
	}
	return data, nil
}

// Matrix scores the answers for classical analysis. A row that stands for several
// people is repeated; the error for a count that is not whole wraps [ctt.ErrShape].
func (a *Answers) Matrix() (*ctt.Matrix, error) {
	m := ctt.NewMatrix(len(a.Items))
	var row []ctt.Answer
	for i := range a.People() {
		row = row[:0]
		for _, c := range a.Person(i) {
			row = append(row, ctt.Answer{Item: c.Item(), Response: a.Response(c)})
		}
		times, err := a.Repeats(i)
		if err != nil {
			return nil, err
		}
		for range times {
			if err := m.AddPerson(row); err != nil {
				return nil, fmt.Errorf("score person %s: %w", a.Name(i), err)
			}
		}
	}
	return m, nil
}

// Repeats is Count for what knows no fractions of people; the error wraps [ctt.ErrShape].
func (a *Answers) Repeats(i int) (int, error) {
	count := a.Count(i)
	if count != math.Trunc(count) || count > math.MaxInt32 {
		return 0, fmt.Errorf("person %s stands for %v people, classical analysis needs a whole number: %w",
			a.Name(i), count, ctt.ErrShape)
	}
	return int(count), nil
}

// sortOptions brings the options of every item into natural order and finds the keys.
func (a *Answers) sortOptions(keys []string) {
	a.Keys = make([]int, len(a.Items))
	place := make([][]uint32, len(a.Items))
	for j, options := range a.Options {
		sorted := slices.SortedFunc(slices.Values(options), naturally)
		place[j] = make([]uint32, len(options))
		for k, text := range options {
			place[j][k] = uint32(slices.Index(sorted, text))
		}
		a.Options[j] = sorted
		a.Keys[j] = slices.Index(sorted, keys[j])
	}
	for k, c := range a.cells {
		if code := c.code(); code >= option {
			a.cells[k] = newCell(c.Item(), option+place[c.Item()][code-option])
		}
	}
}
