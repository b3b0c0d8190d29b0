package ctt

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Errors that say which input to mend; tell them apart with errors.Is.
var (
	// ErrShape is the error for inputs whose sizes or indices do not belong together.
	ErrShape = errors.New("sizes do not match")
	// ErrResponse is the error for a value that is none of the Response constants.
	ErrResponse = errors.New("not a response")
	// ErrDuplicate is the error for one thing named twice.
	ErrDuplicate = errors.New("named twice")
	// ErrAbility is the error for an ability that is not a finite number.
	ErrAbility = errors.New("ability is not finite")
)

// Answer is one person's response to one item, by the item's index.
type Answer struct {
	Item     int
	Response Response
}

// Matrix holds the responses of people (rows) to a fixed number of items (columns). Only
// administered responses take space, so a sparse design costs what its answers cost.
// The zero value has no items; make one with NewMatrix.
type Matrix struct {
	items   int
	start   []int // row i is answers[start[i]:start[i+1]]
	answers []Answer
}

// NewMatrix makes an empty matrix for the given number of items.
func NewMatrix(items int) *Matrix {
	return &Matrix{items: max(items, 0), start: []int{0}}
}

// FromRows builds a matrix of dense rows, one response per item. It fails with ErrShape if
// the rows differ in length and with ErrResponse on a value that is no Response.
func FromRows(rows [][]Response) (*Matrix, error) {
	if len(rows) == 0 {
		return NewMatrix(0), nil
	}
	m := NewMatrix(len(rows[0]))
	for i, row := range rows {
		if err := m.AddRow(row); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return m, nil
}

// Items is the number of columns.
func (m *Matrix) Items() int { return m.items }

// People is the number of rows.
func (m *Matrix) People() int { return max(len(m.start)-1, 0) }

// Answers is the number of administered responses.
func (m *Matrix) Answers() int { return len(m.answers) }

// AddRow appends a person with one response per item.
func (m *Matrix) AddRow(row []Response) error {
	if len(row) != m.items {
		return fmt.Errorf("%d responses to %d items: %w", len(row), m.items, ErrShape)
	}
	for j, r := range row {
		if r != Missing && !r.Administered() {
			return fmt.Errorf("item %d: response %d: %w", j, r, ErrResponse)
		}
	}
	for j, r := range row {
		if r != Missing {
			m.answers = append(m.answers, Answer{j, r})
		}
	}
	m.endRow()
	return nil
}

// AddPerson appends a person with the answers given, in any order; Missing ones are
// skipped. It fails with ErrShape on an unknown item, ErrDuplicate on one answered twice
// and ErrResponse on a value that is no Response, and then adds nothing.
func (m *Matrix) AddPerson(answers []Answer) error {
	if err := checkAnswers(answers, m.items); err != nil {
		return err
	}
	from := len(m.answers)
	for _, a := range answers {
		if a.Response != Missing {
			m.answers = append(m.answers, a)
		}
	}
	row := m.answers[from:]
	slices.SortFunc(row, byItem)
	for k := 1; k < len(row); k++ {
		if row[k].Item == row[k-1].Item {
			m.answers = m.answers[:from]
			return fmt.Errorf("item %d: %w", row[k].Item, ErrDuplicate)
		}
	}
	m.endRow()
	return nil
}

// Person returns the administered responses of person i by ascending item. It is nil if
// there is no such person; the slice belongs to the matrix and must not be changed.
func (m *Matrix) Person(i int) []Answer {
	if i < 0 || i >= m.People() {
		return nil
	}
	return m.answers[m.start[i]:m.start[i+1]:m.start[i+1]]
}

// Complete returns the people who were given every item.
func (m *Matrix) Complete() *Matrix {
	c := NewMatrix(m.items)
	for i := range m.People() {
		if row := m.Person(i); len(row) == m.items {
			c.answers = append(c.answers, row...)
			c.endRow()
		}
	}
	return c
}

// Select returns the same people on the items given, in that order. It fails with ErrShape
// on an unknown item and ErrDuplicate on one named twice.
func (m *Matrix) Select(items []int) (*Matrix, error) {
	place := make([]int, m.items)
	for k, j := range items {
		if j < 0 || j >= m.items {
			return nil, fmt.Errorf("select item %d of %d: %w", j, m.items, ErrShape)
		}
		if place[j] != 0 {
			return nil, fmt.Errorf("select item %d: %w", j, ErrDuplicate)
		}
		place[j] = k + 1
	}
	s := NewMatrix(len(items))
	for i := range m.People() {
		from := len(s.answers)
		for _, a := range m.Person(i) {
			if k := place[a.Item]; k > 0 {
				s.answers = append(s.answers, Answer{k - 1, a.Response})
			}
		}
		slices.SortFunc(s.answers[from:], byItem)
		s.endRow()
	}
	return s, nil
}

func (m *Matrix) endRow() {
	if len(m.start) == 0 {
		m.start = []int{0}
	}
	m.start = append(m.start, len(m.answers))
}

// checkAnswers refuses unknown items and values that are no Response.
func checkAnswers(answers []Answer, items int) error {
	for _, a := range answers {
		if a.Item < 0 || a.Item >= items {
			return fmt.Errorf("item %d of %d: %w", a.Item, items, ErrShape)
		}
		if a.Response != Missing && !a.Response.Administered() {
			return fmt.Errorf("item %d: response %d: %w", a.Item, a.Response, ErrResponse)
		}
	}
	return nil
}

func byItem(a, b Answer) int { return cmp.Compare(a.Item, b.Item) }

// numberRight counts the correct among answers.
func numberRight(answers []Answer) (n int) {
	for _, a := range answers {
		n += a.Response.Score()
	}
	return n
}
