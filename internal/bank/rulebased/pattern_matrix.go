package rulebased

import (
	"errors"
	"math/rand/v2"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// matrix makes 3 × 3 matrices of figures in which shape, number and fill each
// follow a rule along the rows.
func matrix() Generator {
	return generator{
		kind:  kind{"pattern.matrix", 1, vocab.Pattern, "matrix", 1.6},
		draw:  drawMatrix,
		solve: solveMatrix,
	}
}

const matrixQuestion = "The same rules hold in every row of this grid. Which figure belongs in place of the question mark?\n\n"

// attributeRule fills one attribute of a matrix and says how.
type attributeRule struct {
	values [3][3]int
	// reason tells what happens along a row.
	reason string
	// load is the share the rule adds to the question's load.
	load float64
}

func drawMatrix(rng *rand.Rand, level vocab.Difficulty) draft {
	var shape, count, fill attributeRule
	shapes, counts := sample(rng, []int{0, 1, 2, 3, 4}, 3), []int{1, 2, 3}
	fill = sameEverywhere(rng.IntN(2))
	switch level {
	case vocab.Easy:
		shape, count = sameAlongRow(shapes, "shape"), sameDownColumn(counts, "number")
		if rng.IntN(2) == 0 {
			shape, count = sameDownColumn(shapes, "shape"), sameAlongRow(counts, "number")
		}
		if rng.IntN(2) == 0 {
			fill = sameAlongRow([]int{rng.IntN(2), rng.IntN(2), rng.IntN(2)}, "fill")
		}
	case vocab.Medium:
		shape, count = eachOnce(rng, shapes, "shape"), sameDownColumn(sample(rng, counts, 3), "number")
		switch rng.IntN(3) {
		case 0:
			shape, count = sameAlongRow(shapes, "shape"), eachOnce(rng, counts, "number")
		case 1:
			count = eachOnce(rng, counts, "number")
		}
		if rng.IntN(2) == 0 {
			fill = sameDownColumn([]int{rng.IntN(2), rng.IntN(2), rng.IntN(2)}, "fill")
		}
	default:
		shape = eachOnce(rng, shapes, "shape")
		count = total(rng)
		if rng.IntN(3) == 0 {
			count = eachOnce(rng, counts, "number")
		}
		fill = differing(rng)
	}
	var cells [3][3]figure
	for r := range 3 {
		for c := range 3 {
			cells[r][c] = figure{shape.values[r][c], fill.values[r][c] == 1, count.values[r][c]}
		}
	}
	answer := cells[2][2]
	var reasons []string
	for _, rule := range []attributeRule{shape, count, fill} {
		if rule.reason != "" {
			reasons = append(reasons, rule.reason)
		}
	}
	span := map[vocab.Difficulty][2]float64{vocab.Easy: {0.4, 0.6}, vocab.Medium: {0.6, 1.3}, vocab.Hard: {1.0, 1.4}}[level]
	return draft{
		text:        matrixQuestion + writeMatrix(cells),
		answer:      answer.String(),
		mistakes:    matrixMistakes(rng, answer, cells),
		explanation: "In every row " + enumerate(reasons) + ". That leaves " + answer.name() + ".",
		theme:       enumerate(reasons),
		load:        (shape.load + count.load + fill.load - span[0]) / (span[1] - span[0]),
	}
}

func sameEverywhere(v int) attributeRule {
	return attributeRule{values: [3][3]int{{v, v, v}, {v, v, v}, {v, v, v}}}
}

func sameAlongRow(v []int, what string) attributeRule {
	r := attributeRule{reason: "the " + what + " stays the same", load: 0.1}
	for i := range 9 {
		r.values[i/3][i%3] = v[i/3]
	}
	return r
}

func sameDownColumn(v []int, what string) attributeRule {
	r := attributeRule{reason: "the " + what + "s come in the same order", load: 0.3}
	for i := range 9 {
		r.values[i/3][i%3] = v[i%3]
	}
	return r
}

func eachOnce(rng *rand.Rand, v []int, what string) attributeRule {
	r := attributeRule{reason: "each " + what + " occurs once", load: 0.5}
	turn := pick(rng, []int{1, 2})
	for i := range 9 {
		r.values[i/3][i%3] = v[(turn*(i/3)+i%3)%3]
	}
	return r
}

// total makes the third number of a row the sum or difference of the others.
func total(rng *rand.Rand) attributeRule {
	r := attributeRule{reason: "the third number is the sum of the first two", load: 0.4}
	minus := rng.IntN(2) == 0
	if minus {
		r.reason, r.load = "the third number is the first less the second", 0.5
	}
	for i := range 3 {
		x, y := between(rng, 1, 3), between(rng, 1, 3)
		r.values[i] = [3]int{x, y, x + y}
		if minus {
			r.values[i] = [3]int{x + y, x, y}
		}
	}
	return r
}

// differing makes the third figure of a row solid if the others differ in fill,
// or if they agree.
func differing(rng *rand.Rand) attributeRule {
	r := attributeRule{reason: "the third figure is solid only if the first two differ in fill", load: 0.2}
	agree := rng.IntN(2)
	if agree == 1 {
		r.reason, r.load = "the third figure is solid only if the first two agree in fill", 0.3
	}
	for i := range 3 {
		x, y := rng.IntN(2), rng.IntN(2)
		r.values[i] = [3]int{x, y, x ^ y ^ agree}
	}
	return r
}

// matrixMistakes are figures that get one attribute wrong, and a neighbour.
func matrixMistakes(rng *rand.Rand, answer figure, cells [3][3]figure) []string {
	wrong := []figure{cells[2][1], cells[1][2]}
	fill, more, fewer, shape := answer, answer, answer, answer
	fill.solid = !fill.solid
	more.count++
	fewer.count--
	shape.shape = cells[2][0].shape
	other := shape
	other.solid = !other.solid
	mixed := more
	mixed.solid = !mixed.solid
	wrong = append(wrong, fill, more, fewer, shape, other, mixed)
	shuffle(rng, wrong)
	var out []string
	for _, f := range wrong {
		if f.valid() {
			out = append(out, f.String())
		}
	}
	return out
}

func writeMatrix(cells [3][3]figure) string {
	rows := make([]string, 3)
	for r := range 3 {
		row := make([]string, 3)
		for c := range 3 {
			row[c] = cells[r][c].String()
		}
		if r == 2 {
			row[2] = "?"
		}
		rows[r] = strings.Join(row, "  |  ")
	}
	return strings.Join(rows, "\n")
}

// solveMatrix tries every rule it knows on every attribute by itself. Rules
// that fit what is shown must agree on what is missing.
func solveMatrix(v View) (verdict, error) {
	grid, ok := strings.CutPrefix(v.Text, matrixQuestion)
	rows := strings.Split(grid, "\n")
	if !ok || len(rows) != 3 {
		return nil, errors.New("not a matrix")
	}
	var shape, count, fill [3][3]int
	for r, row := range rows {
		cells := strings.Split(row, "  |  ")
		if len(cells) != 3 {
			return nil, errors.New("a row without three cells")
		}
		for c, cell := range cells {
			f, ok := readFigure(cell)
			if !ok && (r != 2 || c != 2) {
				return nil, errors.New("an unreadable cell")
			}
			shape[r][c], count[r][c] = f.shape, f.count
			if f.solid {
				fill[r][c] = 1
			}
		}
	}
	return func(label string) bool {
		f, ok := readFigure(label)
		if !ok {
			return false
		}
		solid := 0
		if f.solid {
			solid = 1
		}
		return onlyCompletion(shape, f.shape, nominalRules()) &&
			onlyCompletion(count, f.count, append(nominalRules(), numberRules()...)) &&
			onlyCompletion(fill, solid, append(nominalRules(), fillRules()...))
	}, nil
}

// rowRule reports whether a row keeps a rule, given all rows for comparison.
type rowRule func(m [3][3]int, row int) bool

func nominalRules() []rowRule {
	return []rowRule{
		func(m [3][3]int, r int) bool { return m[r][0] == m[r][1] && m[r][1] == m[r][2] },
		func(m [3][3]int, r int) bool { return m[r] == m[0] },
		func(m [3][3]int, r int) bool { // the same three values in another order
			values := map[int]bool{m[0][0]: true, m[0][1]: true, m[0][2]: true}
			row := map[int]bool{m[r][0]: true, m[r][1]: true, m[r][2]: true}
			return len(values) == 3 && len(row) == 3 && values[m[r][0]] && values[m[r][1]] && values[m[r][2]]
		},
	}
}

func numberRules() []rowRule {
	return []rowRule{
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][0]+m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][0]-m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][1]-m[r][0] },
		func(m [3][3]int, r int) bool { // equal steps, the same in every row
			step := m[0][1] - m[0][0]
			return m[r][1]-m[r][0] == step && m[r][2]-m[r][1] == step
		},
	}
}

func fillRules() []rowRule {
	return []rowRule{
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][0]^m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == 1-m[r][0]^m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][0]&m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][0]|m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][0] },
		func(m [3][3]int, r int) bool { return m[r][2] == m[r][1] },
		func(m [3][3]int, r int) bool { return m[r][2] == 1-m[r][0] },
		func(m [3][3]int, r int) bool { return m[r][2] == 1-m[r][1] },
	}
}

// onlyCompletion reports whether v in the last cell keeps a rule that the first
// two rows keep, and no other value does.
func onlyCompletion(m [3][3]int, v int, rules []rowRule) bool {
	fits := false
	for _, rule := range rules {
		if !rule(m, 0) || !rule(m, 1) {
			continue
		}
		for value := range maxCount + 1 {
			m[2][2] = value
			if rule(m, 2) {
				if value != v {
					return false
				}
				fits = true
			}
		}
	}
	return fits
}
