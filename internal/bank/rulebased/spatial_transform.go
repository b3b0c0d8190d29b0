package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// transform makes figures on a grid that are to be turned or mirrored.
func transform() Generator {
	return generator{
		kind:  kind{"spatial.transform", 1, vocab.Spatial, "rotation", 1.5},
		draw:  drawTransform,
		solve: solveTransform,
	}
}

const transformQuestion = "Which picture shows this figure after it is %s?\n\n"

// motion is a way to move a figure and its place in symmetries.
type motion struct {
	phrase   string
	symmetry int
}

func motions() []motion {
	return []motion{
		{"turned a quarter turn clockwise", 1},
		{"turned a half turn", 2},
		{"turned a quarter turn counterclockwise", 3},
		{"flipped left to right", 4},
		{"flipped top to bottom", 6},
	}
}

func drawTransform(rng *rand.Rand, level vocab.Difficulty) draft {
	size, marks := 3, between(rng, 3, 4)
	switch level {
	case vocab.Medium:
		size, marks = 4, between(rng, 5, 6)
	case vocab.Hard:
		size, marks = between(rng, 3, 4), between(rng, 4, 6)
	}
	figure := drawBitmap(rng, size, marks)
	m := pick(rng, motions())
	if level != vocab.Hard {
		load := map[int]float64{4: 0, 6: 0.2, 1: 0.5, 3: 0.6, 2: 0.7}[m.symmetry] + share(marks%2, 0, 1)*0.3
		return transformDraft(rng, figure, m.phrase, figure.symmetries()[m.symmetry], load)
	}
	turn, flip := motions()[rng.IntN(3)], motions()[between(rng, 3, 4)]
	first, second := turn, flip
	if rng.IntN(2) == 0 {
		first, second = flip, turn
	}
	goal := figure.symmetries()[first.symmetry].symmetries()[second.symmetry]
	load := share(size, 3, 4)*0.5 + share(marks, 4, 6)*0.3 + share(turn.symmetry, 1, 3)*0.2
	return transformDraft(rng, figure, first.phrase+" and then "+second.phrase, goal, load)
}

// transformDraft offers the other positions of the figure as mistakes, and
// gives up on a figure whose positions are not all different or whose top row,
// which the explanation follows, is empty.
func transformDraft(rng *rand.Rand, figure bitmap, phrase string, goal bitmap, load float64) draft {
	var mistakes []string
	seen := map[string]bool{}
	for _, s := range figure.symmetries() {
		drawn := s.write("■")
		seen[drawn] = true
		if drawn != goal.write("■") {
			mistakes = append(mistakes, drawn)
		}
	}
	if len(seen) != 8 || !slices.Contains(figure[0], true) {
		return draft{}
	}
	shuffle(rng, mistakes)
	return draft{
		text:        fmt.Sprintf(transformQuestion, phrase) + figure.write("■"),
		answer:      goal.write("■"),
		mistakes:    mistakes[:4],
		theme:       phrase,
		explanation: transformReason(phrase, figure, goal),
		load:        load,
	}
}

// transformReason follows the top row of the figure.
func transformReason(phrase string, figure, goal bitmap) string {
	top := strings.Split(figure.write("■"), "\n")[0]
	size := len(figure)
	corner := newBitmap(size)
	corner[0][0] = true
	side := newBitmap(size)
	side[0][size-1] = true
	from, to := [2]int{}, [2]int{}
	for i, s := range figure.symmetries() {
		if s.write("■") != goal.write("■") {
			continue
		}
		from, to = marked(corner.symmetries()[i]), marked(side.symmetries()[i])
	}
	var where string
	switch {
	case from[0] == 0 && to[0] == 0:
		where = "stays the top row, read from the right"
		if from[1] < to[1] {
			where = "stays the top row"
		}
	case from[0] == to[0]:
		where = "becomes the bottom row, read from the right"
		if from[1] < to[1] {
			where = "becomes the bottom row"
		}
	case from[1] == 0:
		where = "becomes the left column, read upward"
		if from[0] < to[0] {
			where = "becomes the left column, read downward"
		}
	default:
		where = "becomes the right column, read upward"
		if from[0] < to[0] {
			where = "becomes the right column, read downward"
		}
	}
	return fmt.Sprintf("The top row, %s, %s; the other rows follow it.", top, where)
}

// marked is the first marked cell.
func marked(b bitmap) [2]int {
	for r := range b {
		for c := range b[r] {
			if b[r][c] {
				return [2]int{r, c}
			}
		}
	}
	return [2]int{}
}

// drawBitmap marks cells at random.
func drawBitmap(rng *rand.Rand, size, marks int) bitmap {
	b := newBitmap(size)
	cells := make([]int, size*size)
	for i := range cells {
		cells[i] = i
	}
	for _, cell := range sample(rng, cells, marks) {
		b[cell/size][cell%size] = true
	}
	return b
}

// solveTransform carries each option back, cell by cell with coordinates about
// the center, and compares it with the figure.
func solveTransform(v View) (verdict, error) {
	question, picture, _ := strings.Cut(v.Text, "\n\n")
	asked, ok := strings.CutPrefix(question, "Which picture shows this figure after it is ")
	figure, square := readCells(picture)
	if !ok || !square || len(figure) != len(figure[0]) {
		return nil, errors.New("not a figure to be moved")
	}
	// x grows to the right and y upward; coordinates are doubled, so that the
	// center of an even grid is a whole number.
	type move func(x, y int) (int, int)
	var moves []move
	for _, phrase := range strings.Split(strings.TrimSuffix(asked, "?"), " and then ") {
		switch {
		case strings.HasSuffix(phrase, "quarter turn clockwise"):
			moves = append(moves, func(x, y int) (int, int) { return y, -x })
		case strings.HasSuffix(phrase, "quarter turn counterclockwise"):
			moves = append(moves, func(x, y int) (int, int) { return -y, x })
		case strings.HasSuffix(phrase, "half turn"):
			moves = append(moves, func(x, y int) (int, int) { return -x, -y })
		case strings.HasPrefix(phrase, "flipped left to right"):
			moves = append(moves, func(x, y int) (int, int) { return -x, y })
		case strings.HasPrefix(phrase, "flipped top to bottom"):
			moves = append(moves, func(x, y int) (int, int) { return x, -y })
		default:
			return nil, fmt.Errorf("unknown motion %q", phrase)
		}
	}
	edge := len(figure) - 1
	return func(label string) bool {
		option, ok := readCells(label)
		if !ok || len(option) != len(figure) || len(option[0]) != len(figure) {
			return false
		}
		for r := range figure {
			for c := range figure {
				x, y := 2*c-edge, edge-2*r
				for _, m := range moves {
					x, y = m(x, y)
				}
				if option[(edge-y)/2][(x+edge)/2] != figure[r][c] {
					return false
				}
			}
		}
		return true
	}, nil
}
