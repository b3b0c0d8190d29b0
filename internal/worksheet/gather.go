package worksheet

import (
	"slices"
)

// blockSize is the number of answers set aside at a time while a file is read, so
// that a growing table is never copied.
const blockSize = 1 << 16

// blocks is a list that grows without moving what it holds.
type blocks[T any] [][]T

func (b *blocks[T]) add(v T) {
	last := len(*b) - 1
	if last < 0 || len((*b)[last]) == blockSize {
		*b = append(*b, nil)
		last++
	}
	(*b)[last] = append((*b)[last], v)
}

// gatherer collects answers in the order of the file and puts them in order of
// people. As long as each person's answers stand together, that costs nothing
// beyond the answers; after that, four bytes more for each.
type gatherer struct {
	cells    blocks[Cell]
	answered []int // by person
	last     int   // the person of the last answer
	// owners is the person of each answer; nil while answers stand together.
	owners blocks[uint32]
}

// person makes room for one more person and returns the index.
func (g *gatherer) person() int {
	g.answered = append(g.answered, 0)
	return len(g.answered) - 1
}

// add takes one answer of a person known.
func (g *gatherer) add(person int, c Cell) {
	if g.owners == nil && person < g.last {
		for i, n := range g.answered {
			for range n {
				g.owners.add(uint32(i))
			}
		}
	}
	if g.owners != nil {
		g.owners.add(uint32(person))
	}
	g.last = person
	g.answered[person]++
	g.cells.add(c)
}

// finish moves the answers into a, giving each item its place, and lets go of
// what it held. Each person's answers are in order of items.
func (g *gatherer) finish(a *Answers, place []int) {
	a.start = make([]int, len(g.answered)+1)
	for i, n := range g.answered {
		a.start[i+1] = a.start[i] + n
	}
	a.cells = make([]Cell, a.start[len(g.answered)])
	next := slices.Clone(a.start)
	if g.owners == nil {
		next = nil
	}
	at := 0
	for b, block := range g.cells {
		for k, c := range block {
			to := at
			if next != nil {
				owner := g.owners[b][k]
				to = next[owner]
				next[owner]++
			}
			a.cells[to] = newCell(place[c.Item()], c.code())
			at++
		}
		g.cells[b] = nil
	}
	for i := range g.answered {
		slices.Sort(a.Person(i))
	}
}
