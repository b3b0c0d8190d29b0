package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// orbit makes series of 3 × 3 pictures in which markers travel around the
// border.
func orbit() Generator {
	return generator{
		kind:  kind{"pattern.orbit", 1, vocab.Pattern, "figure_series", 1.3},
		draw:  drawOrbit,
		solve: solveOrbit,
	}
}

const orbitQuestion = "The pictures change by a fixed rule from step to step. Which picture comes at step 5?"

// border lists the border cells of a 3 × 3 grid clockwise from the top left.
func border() []int { return []int{0, 1, 2, 5, 8, 7, 6, 3} }

// traveller moves around the border: first by step cells clockwise, then by
// gain cells more each time.
type traveller struct{ start, step, gain int }

func (t traveller) at(frame int) int {
	moved := frame*t.step + t.gain*frame*(frame-1)/2
	return ((t.start+moved)%8 + 8) % 8
}

func (t traveller) path(marker string) string {
	way, n := "clockwise", t.step
	if n < 0 {
		way, n = "counterclockwise", -n
	}
	if t.gain == 0 {
		return fmt.Sprintf("%s moves %s %s around the border each time", marker, counted(n, "cell"), way)
	}
	return fmt.Sprintf("%s moves %s around the border by %d, %d, %d and then %d cells",
		marker, way, n, n+1, n+2, n+3)
}

func drawOrbit(rng *rand.Rand, level vocab.Difficulty) draft {
	first := traveller{start: rng.IntN(8), step: pick(rng, []int{1, -1, 2, -2})}
	var second *traveller
	load := share(abs(first.step), 1, 2)*0.6 + share(sign(-first.step), -1, 1)*0.4
	switch level {
	case vocab.Medium:
		second = &traveller{start: rng.IntN(8), step: pick(rng, []int{1, -1, 2, -2})}
		load = share(abs(first.step)+abs(second.step), 2, 4)*0.5 + share(sign(-first.step*second.step), -1, 1)*0.5
	case vocab.Hard:
		way := pick(rng, []int{1, -1})
		first = traveller{start: rng.IntN(8), step: way * between(rng, 1, 2), gain: way}
		second = &traveller{start: rng.IntN(8), step: pick(rng, []int{1, -1, 2, -2, 3, -3})}
		load = share(abs(second.step), 1, 3)*0.5 + share(abs(first.step), 1, 2)*0.2 + share(sign(-first.step*second.step), -1, 1)*0.3
	}
	var text strings.Builder
	text.WriteString(orbitQuestion)
	for frame := range 4 {
		picture, ok := orbitPicture(first, second, frame, 0, 0)
		if !ok {
			return draft{}
		}
		fmt.Fprintf(&text, "\n\nStep %d\n%s", frame+1, picture)
	}
	answer, ok := orbitPicture(first, second, 4, 0, 0)
	if !ok {
		return draft{}
	}
	var mistakes []string
	for _, off := range [][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {2, 0}, {-2, 0}, {1, 1}, {-1, -1}, {3, 0}, {4, 0}} {
		if wrong, ok := orbitPicture(first, second, 4, off[0], off[1]); ok {
			mistakes = append(mistakes, wrong)
		}
	}
	explanation := first.path("The square ■") + "."
	if second != nil {
		explanation = first.path("The square ■") + "; " + second.path("the circle ●") + "."
	}
	return draft{text: text.String(), answer: answer, mistakes: mistakes, explanation: explanation, theme: explanation, load: load}
}

// orbitPicture draws a frame with the markers shifted off their paths; false
// if they meet.
func orbitPicture(first traveller, second *traveller, frame, offFirst, offSecond int) (string, bool) {
	cells := strings.Split(strings.Repeat("□", 9), "")
	at := (first.at(frame) + offFirst + 8) % 8
	cells[border()[at]] = "■"
	if second != nil {
		other := (second.at(frame) + offSecond + 8) % 8
		if other == at {
			return "", false
		}
		cells[border()[other]] = "●"
	}
	return strings.Join(cells[:3], "") + "\n" + strings.Join(cells[3:6], "") + "\n" + strings.Join(cells[6:], ""), true
}

// solveOrbit follows each marker through the frames: if its second differences
// are equal, modulo the length of the border, they carry it one frame further.
func solveOrbit(v View) (verdict, error) {
	parts := strings.Split(v.Text, "\n\n")
	if len(parts) != 5 || parts[0] != orbitQuestion {
		return nil, errors.New("not a series of pictures")
	}
	expected := map[rune]int{}
	for _, marker := range "■●" {
		var seen []int
		for _, part := range parts[1:] {
			_, picture, _ := strings.Cut(part, "\n")
			if p, ok := borderPlace(picture, marker); ok {
				seen = append(seen, p)
			}
		}
		if len(seen) == 0 {
			continue
		}
		if len(seen) != 4 {
			return nil, errors.New("a marker comes and goes")
		}
		d1, d2, d3 := seen[1]-seen[0], seen[2]-seen[1], seen[3]-seen[2]
		if (d3-d2-(d2-d1))%8 != 0 {
			return nil, errors.New("a marker moves without rule")
		}
		expected[marker] = ((seen[3]+d3+(d3-d2))%8 + 8) % 8
	}
	return func(label string) bool {
		for _, marker := range "■●" {
			want, moves := expected[marker]
			got, there := borderPlace(label, marker)
			if moves != there || moves && got != want {
				return false
			}
		}
		return true
	}, nil
}

// borderPlace finds the only place of a marker on the border of a picture.
func borderPlace(picture string, marker rune) (int, bool) {
	cells := []rune(strings.ReplaceAll(picture, "\n", ""))
	if len(cells) != 9 || strings.Count(picture, string(marker)) != 1 {
		return 0, false
	}
	for p, cell := range border() {
		if cells[cell] == marker {
			return p, true
		}
	}
	return 0, false
}
