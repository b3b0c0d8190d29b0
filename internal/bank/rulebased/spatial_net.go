package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// net makes flat patterns that fold into a cube.
func net() Generator {
	return generator{
		kind:  kind{"spatial.net", 1, vocab.Spatial, "cube_net", 1.4},
		draw:  drawNet,
		solve: solveNet,
	}
}

const netQuestion = "This pattern is folded along its edges into a cube. Which face is opposite face %s?\n\n"

// cubeNets draws the eleven nets of the cube, with · where there is no face and
// the same letter for opposite faces.
func cubeNets() []string {
	return []string{
		"·a··\nbcbc\n·a··", "a···\nbcbc\na···", "a···\nbcbc\n·a··", "a···\nbcbc\n··a·", "a···\nbcbc\n···a", "·a··\nbcbc\n··a·",
		"cb··\n·aca\n··b·", "cb··\n·aca\n···b", "cb··\n·aca\n·b··", "cb··\n·ac·\n··ba", "aba··\n··cbc",
	}
}

// straightNets is how many of cubeNets have four faces in a row.
const straightNets = 6

func drawNet(rng *rand.Rand, level vocab.Difficulty) draft {
	first, last := 0, straightNets-1
	if level == vocab.Hard {
		first, last = straightNets, len(cubeNets())-1
	}
	which := between(rng, first, last)
	names := []string{"A", "B", "C", "D", "E", "F"}
	if level == vocab.Hard {
		shuffle(rng, names)
	}
	var rows []string
	kindOf := map[string]rune{} // which pair of opposite faces a face belongs to
	for _, row := range orient(rng, strings.Split(cubeNets()[which], "\n")) {
		var cells []string
		for _, face := range row {
			if face == '·' {
				cells = append(cells, "·")
				continue
			}
			name := names[len(kindOf)]
			kindOf[name] = face
			cells = append(cells, name)
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	drawing := strings.Join(rows, "\n")
	asked := pick(rng, names)
	var answer string
	var mistakes []string
	for _, n := range names {
		switch {
		case n == asked:
		case kindOf[n] == kindOf[asked]:
			answer = n
		default:
			mistakes = append(mistakes, n)
		}
	}
	inLine := gap(drawing, asked, answer)
	if inLine != (level == vocab.Easy) {
		return draft{}
	}
	reason := fmt.Sprintf("Folded up, %s and %s both share an edge with each of the other four faces but not with one another.", asked, answer)
	if inLine {
		reason = fmt.Sprintf("%s and %s lie in one line with a single face between them, so folding brings them face to face.", asked, answer)
	}
	return draft{
		text:        fmt.Sprintf(netQuestion, asked) + drawing,
		answer:      answer,
		mistakes:    mistakes,
		explanation: reason,
		theme:       fmt.Sprint("net ", which, inLine),
		load:        share(which, first, last),
	}
}

// orient turns and mirrors a pattern at random.
func orient(rng *rand.Rand, rows []string) []string {
	for range rng.IntN(4) {
		turned := make([]string, len([]rune(rows[0])))
		for i := range turned {
			for r := len(rows) - 1; r >= 0; r-- {
				turned[i] += string([]rune(rows[r])[i])
			}
		}
		rows = turned
	}
	if rng.IntN(2) == 0 {
		mirrored := make([]string, len(rows))
		for r, row := range rows {
			for _, cell := range row {
				mirrored[r] = string(cell) + mirrored[r]
			}
		}
		rows = mirrored
	}
	return rows
}

// gap reports whether two faces lie in one row or column with one between them.
func gap(drawing, a, b string) bool {
	at := facePlaces(drawing)
	dr, dc := abs(at[a][0]-at[b][0]), abs(at[a][1]-at[b][1])
	if dr+dc != 2 || dr == 1 {
		return false
	}
	middle := [2]int{(at[a][0] + at[b][0]) / 2, (at[a][1] + at[b][1]) / 2}
	for _, place := range at {
		if place == middle {
			return true
		}
	}
	return false
}

// facePlaces maps the name of each face to its row and column.
func facePlaces(drawing string) map[string][2]int {
	at := map[string][2]int{}
	for r, row := range strings.Split(drawing, "\n") {
		for c, cell := range strings.Fields(row) {
			if cell != "·" {
				at[cell] = [2]int{r, c}
			}
		}
	}
	return at
}

// vector is a direction in space.
type vector [3]int

func (v vector) negative() vector { return vector{-v[0], -v[1], -v[2]} }

// oppositeFaces rolls a cube over the drawing and notes which side touches each
// face; faces touched by opposite sides are opposite.
func oppositeFaces(drawing string) (map[string]string, error) {
	at := facePlaces(drawing)
	named := map[[2]int]string{}
	for name, place := range at {
		named[place] = name
	}
	if len(at) != 6 || len(named) != 6 {
		return nil, errors.New("a cube has six faces")
	}
	type pose struct {
		place              [2]int
		down, right, front vector // the sides that point down, right and to the reader
	}
	var start [2]int
	for place := range named {
		start = place
		break
	}
	side := map[string]vector{}
	todo := []pose{{start, vector{0, 0, -1}, vector{1, 0, 0}, vector{0, -1, 0}}}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		name, there := named[p.place]
		if _, seen := side[name]; !there || seen {
			continue
		}
		side[name] = p.down
		r, c := p.place[0], p.place[1]
		todo = append(todo,
			pose{[2]int{r, c + 1}, p.right, p.down.negative(), p.front},
			pose{[2]int{r, c - 1}, p.right.negative(), p.down, p.front},
			pose{[2]int{r + 1, c}, p.front, p.right, p.down.negative()},
			pose{[2]int{r - 1, c}, p.front.negative(), p.right, p.down},
		)
	}
	opposite := map[string]string{}
	for a, va := range side {
		for b, vb := range side {
			if va == vb.negative() {
				opposite[a] = b
			}
		}
	}
	if len(opposite) != 6 {
		return nil, errors.New("the pattern does not fold into a cube")
	}
	return opposite, nil
}

func solveNet(v View) (verdict, error) {
	question, drawing, _ := strings.Cut(v.Text, "\n\n")
	asked, ok := strings.CutPrefix(strings.TrimSuffix(question, "?"), strings.TrimSuffix(netQuestion, "%s?\n\n"))
	if !ok {
		return nil, errors.New("not a net")
	}
	opposite, err := oppositeFaces(drawing)
	if err != nil {
		return nil, err
	}
	return func(label string) bool { return label == opposite[asked] }, nil
}
