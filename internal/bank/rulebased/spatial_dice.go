package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// dice makes dice that are rolled over a table.
func dice() Generator {
	return generator{
		kind:  kind{"spatial.dice", 1, vocab.Spatial, "dice_rolling", 1.3},
		draw:  drawDice,
		solve: solveDice,
	}
}

const (
	diceSetting  = "A die lies on a table; its opposite faces add up to 7. The %d is on top, the %d faces you and the %d faces right."
	diceQuestion = " Which number is on top now?"
)

// die names its sides as they lie.
type die struct{ top, bottom, front, back, right, left int }

func (d die) rolled(way string) die {
	switch way {
	case "to the right":
		return die{top: d.left, right: d.top, bottom: d.right, left: d.bottom, front: d.front, back: d.back}
	case "to the left":
		return die{top: d.right, left: d.top, bottom: d.left, right: d.bottom, front: d.front, back: d.back}
	case "toward you":
		return die{top: d.back, front: d.top, bottom: d.front, back: d.bottom, right: d.right, left: d.left}
	default:
		return die{top: d.front, back: d.top, bottom: d.back, front: d.bottom, right: d.right, left: d.left}
	}
}

func drawDice(rng *rand.Rand, level vocab.Difficulty) draft {
	faces := sample(rng, []int{1, 2, 3}, 3)
	for i := range faces {
		if rng.IntN(2) == 0 {
			faces[i] = 7 - faces[i]
		}
	}
	d := die{top: faces[0], bottom: 7 - faces[0], front: faces[1], back: 7 - faces[1], right: faces[2], left: 7 - faces[2]}
	ways := []string{"to the right", "to the left", "toward you", "away from you"}
	rolls := map[vocab.Difficulty]int{vocab.Easy: 1, vocab.Medium: 2, vocab.Hard: between(rng, 3, 4)}[level]
	var path []string
	tops := []string{numberLabels(d.top)[0]}
	changes := 0
	for range rolls {
		way := pick(rng, ways)
		if len(path) > 0 {
			before := path[len(path)-1]
			if before != way {
				changes++
			}
			if opposed(before, way) {
				return draft{}
			}
		}
		path = append(path, way)
		d = d.rolled(way)
		tops = append(tops, numberLabels(d.top)[0])
	}
	if level == vocab.Medium && changes == 0 || level == vocab.Hard && changes < 2 {
		return draft{}
	}
	text := fmt.Sprintf(diceSetting, faces[0], faces[1], faces[2]) + "\n\nIt is rolled over one edge " + path[0]
	for _, way := range path[1:] {
		text += ", then " + way
	}
	sideways := 0 // a die rolled to one side keeps the face that is seen best
	if strings.Contains(path[0], "to the") {
		sideways = 1
	}
	extra := float64(max(0, rolls-3)) * 0.3
	hidden := 0.0
	if d.top == 7-faces[0] || d.top == 7-faces[1] || d.top == 7-faces[2] {
		hidden = 1
	}
	return draft{
		text:        text + "." + diceQuestion,
		answer:      numberLabels(d.top)[0],
		mistakes:    numberLabels(d.left, d.right, d.front, d.back, d.bottom),
		theme:       fmt.Sprint(path),
		explanation: fmt.Sprintf("Roll by roll, the number on top goes %s.", strings.Join(tops, " → ")),
		load:        hidden*0.5 + 0.2*float64(1-sideways) + extra,
	}
}

func opposed(a, b string) bool {
	pair := a + b
	return strings.Contains(pair, "left") && strings.Contains(pair, "right") ||
		strings.Contains(pair, "toward") && strings.Contains(pair, "away")
}

var diceText = regexp.MustCompile(`^A die lies on a table; its opposite faces add up to 7\. The (\d) is on top, the (\d) faces you and the (\d) faces right\.` +
	`\n\nIt is rolled over one edge (.+)\. Which number is on top now\?$`)

// solveDice keeps track of three sides only and works the others out as 7 less.
func solveDice(v View) (verdict, error) {
	m := diceText.FindStringSubmatch(v.Text)
	if m == nil {
		return nil, errors.New("not a die on a table")
	}
	shown := numbers(strings.Join(m[1:4], " "))
	top, front, right := shown[0], shown[1], shown[2]
	for _, way := range strings.Split(m[4], ", then ") {
		switch way {
		case "to the right":
			top, right = 7-right, top
		case "to the left":
			top, right = right, 7-top
		case "toward you":
			top, front = 7-front, top
		case "away from you":
			top, front = front, 7-top
		default:
			return nil, fmt.Errorf("unknown roll %q", way)
		}
	}
	return func(label string) bool { return label == numberLabels(top)[0] }, nil
}
