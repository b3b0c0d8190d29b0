// Package form composes fixed test forms: which questions, how many of each
// difficulty and domain, and in what order. It is pure: the same candidates,
// blueprint and seed give the same form.
package form

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Candidate is a question that a form may hold.
type Candidate struct {
	Question   ident.Question
	Domain     vocab.Domain
	Difficulty vocab.Difficulty
	// Anchor questions hold the scale from form to form.
	Anchor bool
	// Discrimination is the correlation of the answer with the rest of the test,
	// in [-1, 1]; nil if nothing is known of it.
	Discrimination *float64
}

// Form is a fixed test.
type Form struct {
	// Questions are in the order to ask them.
	Questions []Candidate
	// Achieved counts them as the blueprint's plan counts what was asked for.
	Achieved vocab.Composition
}

// Compose chooses a form.
//
// The best anchor of each domain comes first. The rest fills what the blueprint's
// plan then lacks, best discrimination first and unknown discriminations last;
// among equals the earlier candidate wins. A cell without enough candidates is
// filled from its difficulty, and what that cannot fill from anywhere. Questions
// of negative discrimination and of domains without weight are never taken. A
// form is shorter than asked only when there are no more candidates. The seed
// decides the order of the questions and nothing else.
func Compose(candidates []Candidate, b Blueprint, seed int64) Form {
	c := composer{blueprint: b}
	for _, candidate := range candidates {
		usable := candidate.Discrimination == nil || *candidate.Discrimination >= 0
		if usable && b.weight(candidate.Domain) > 0 {
			c.left = append(c.left, candidate)
		}
	}
	slices.SortStableFunc(c.left, func(x, y Candidate) int { return cmp.Compare(y.rank(), x.rank()) })

	for _, d := range vocab.Domains() {
		c.take(min(1, b.Total-len(c.taken)), func(q Candidate) bool { return q.Anchor && q.Domain == d })
	}
	c.fill()
	c.take(b.Total-len(c.taken), func(Candidate) bool { return true })

	random := rand.New(rand.NewPCG(uint64(seed), 0))
	random.Shuffle(len(c.taken), func(i, j int) { c.taken[i], c.taken[j] = c.taken[j], c.taken[i] })
	return Form{Questions: c.taken, Achieved: count(c.taken)}
}

// rank sorts candidates by discrimination, the unknown below all others.
func (q Candidate) rank() float64 {
	if q.Discrimination == nil {
		return -1
	}
	return *q.Discrimination
}

type composer struct {
	blueprint   Blueprint
	taken, left []Candidate
}

// take moves up to n of the best candidates that are wanted into the form, and
// gives how many there were.
func (c *composer) take(n int, wanted func(Candidate) bool) int {
	took := 0
	c.left = slices.DeleteFunc(c.left, func(q Candidate) bool {
		if took >= n || !wanted(q) {
			return false
		}
		c.taken = append(c.taken, q)
		took++
		return true
	})
	return took
}

// fill takes what the plan lacks beyond the anchors, difficulty by difficulty.
func (c *composer) fill() {
	lacking := make([][]int, len(difficulties()))
	ofDifficulty := make([]float64, len(lacking))
	for i, row := range c.blueprint.cells() {
		lacking[i] = make([]int, len(row))
		for j, asked := range row {
			there := 0
			for _, q := range c.taken {
				if q.Difficulty == difficulties()[i] && q.Domain == vocab.Domains()[j] {
					there++
				}
			}
			lacking[i][j] = max(0, asked-there)
			ofDifficulty[i] += float64(lacking[i][j])
		}
	}
	// Anchors outside the plan leave room for less than it lacks.
	room := Apportion(c.blueprint.Total-len(c.taken), ofDifficulty, names(difficulties()))
	for i, difficulty := range difficulties() {
		weights := make([]float64, len(lacking[i]))
		for j, n := range lacking[i] {
			weights[j] = float64(n)
		}
		for j, n := range Apportion(room[i], weights, names(vocab.Domains())) {
			room[i] -= c.take(n, func(q Candidate) bool {
				return q.Difficulty == difficulty && q.Domain == vocab.Domains()[j]
			})
		}
	}
	for i, difficulty := range difficulties() {
		c.take(room[i], func(q Candidate) bool { return q.Difficulty == difficulty })
	}
}

// count is the composition of the questions.
func count(questions []Candidate) vocab.Composition {
	out := vocab.Composition{Total: len(questions)}
	cells := make([][]int, len(difficulties()))
	for i := range cells {
		cells[i] = make([]int, len(vocab.Domains()))
	}
	for _, q := range questions {
		if q.Anchor {
			out.Anchors++
		}
		cells[slices.Index(difficulties(), q.Difficulty)][q.Domain.Index()]++
	}
	out.Cells = listed(cells)
	return out
}
