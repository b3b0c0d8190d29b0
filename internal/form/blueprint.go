package form

import (
	"cmp"
	"math"
	"slices"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Blueprint says what a form should be like.
type Blueprint struct {
	// Total is the number of questions.
	Total int
	// Difficulties is the share of each label, easiest first, summing to 1.
	Difficulties [3]float64
	// Domains is each domain's share, in the order of vocab.Domains, summing to 1.
	Domains []float64
}

// DefaultDifficulties are 20 % easy, 50 % medium and 30 % hard questions.
func DefaultDifficulties() [3]float64 { return [3]float64{.2, .5, .3} }

func difficulties() []vocab.Difficulty {
	return []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard}
}

// Plan is the form as the blueprint asks for it: its cells by largest remainders,
// first over the difficulties and then over the domains of each, and an anchor of
// every domain that has a weight.
func (b Blueprint) Plan() vocab.Composition {
	out := vocab.Composition{Total: b.Total, Cells: listed(b.cells())}
	for _, weight := range b.Domains {
		if weight > 0 && out.Anchors < b.Total {
			out.Anchors++
		}
	}
	return out
}

// cells are the numbers of questions by difficulty and domain.
func (b Blueprint) cells() [][]int {
	out := make([][]int, len(difficulties()))
	for i, n := range Apportion(b.Total, b.Difficulties[:], names(difficulties())) {
		out[i] = Apportion(n, b.Domains, names(vocab.Domains()))
	}
	return out
}

func (b Blueprint) weight(d vocab.Domain) float64 {
	if i := d.Index(); i >= 0 && i < len(b.Domains) {
		return b.Domains[i]
	}
	return 0
}

// listed gives the cells that have questions.
func listed(cells [][]int) []vocab.CompositionCell {
	out := []vocab.CompositionCell{}
	for i, row := range cells {
		for j, n := range row {
			if n > 0 {
				out = append(out, vocab.CompositionCell{
					Difficulty: difficulties()[i], Domain: vocab.Domains()[j], Questions: n,
				})
			}
		}
	}
	return out
}

// Apportion divides n seats by weights with the method of largest remainders
// (Hamilton's): everyone gets the whole part of their share, and what is left goes
// to the largest remainders, ties to the first by name. Without a positive weight
// nobody gets any.
func Apportion(n int, weights []float64, names []string) []int {
	out := make([]int, len(weights))
	sum := 0.
	for _, w := range weights {
		sum += w
	}
	if n <= 0 || sum <= 0 {
		return out
	}
	remainders := make([]float64, len(weights))
	order := make([]int, 0, len(weights))
	left := n
	for i, w := range weights {
		// Shares such as 25 × .2 must not fall below the whole number that they are.
		share := math.Round(1e9*float64(n)*w/sum) / 1e9
		out[i] = int(share)
		remainders[i] = share - float64(out[i])
		left -= out[i]
		if w > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		if math.Abs(remainders[i]-remainders[j]) > 1e-9 {
			return cmp.Compare(remainders[j], remainders[i])
		}
		return cmp.Compare(names[i], names[j])
	})
	for k := range max(left, 0) {
		out[order[k%len(order)]]++
	}
	return out
}

func names[W ~string](words []W) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
