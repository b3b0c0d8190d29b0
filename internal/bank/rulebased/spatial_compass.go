package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// compass makes walks with turns, and asks where they lead.
func compass() Generator {
	return generator{
		kind:  kind{"spatial.compass", 1, vocab.Spatial, "navigation", 1.1},
		draw:  drawCompass,
		solve: solveCompass,
	}
}

const (
	compassFacing   = "Which way are you facing now?"
	compassBearing  = "In which direction is your starting point from where you are now?"
	compassDistance = "How many steps is it in a straight line back to your starting point?"
)

// bearings are the directions clockwise from north.
func bearings() []string {
	return []string{"north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"}
}

// leg is a walk straight on after a turn.
type leg struct {
	turn  string // "turn left", "turn right", "turn around"; empty for the first
	steps int
}

func drawCompass(rng *rand.Rand, level vocab.Difficulty) draft {
	start := 2 * rng.IntN(4)
	n := map[vocab.Difficulty]int{vocab.Easy: 3, vocab.Medium: 4, vocab.Hard: between(rng, 4, 5)}[level]
	legs := []leg{{steps: between(rng, 2, 9)}}
	heading, east, north := start, 0, 0
	around := 0
	for i := range n {
		if i > 0 {
			turn := pick(rng, []string{"turn left", "turn right", "turn left", "turn right", "turn around"})
			if turn == "turn around" {
				if around++; around > 1 || level == vocab.Easy {
					return draft{}
				}
			}
			legs = append(legs, leg{turn, between(rng, 2, 12)})
			heading = (heading + map[string]int{"turn right": 2, "turn left": 6, "turn around": 4}[turn]) % 8
		}
		switch heading {
		case 0:
			north += legs[i].steps
		case 2:
			east += legs[i].steps
		case 4:
			north -= legs[i].steps
		case 6:
			east -= legs[i].steps
		}
	}
	walk := fmt.Sprintf("You face %s and walk %d steps", bearings()[start], legs[0].steps)
	for _, l := range legs[1:] {
		walk += fmt.Sprintf(", %s and walk %d steps", l.turn, l.steps)
	}
	d := draft{theme: headings(start, legs), load: share(n, 4, 5)*0.3 + share(around, 0, 1)*0.3}
	place := fmt.Sprintf("The walk ends %s of the start", displacement(east, north))
	switch level {
	case vocab.Easy:
		d.text = walk + ".\n\n" + compassFacing
		d.answer = bearings()[heading]
		d.mistakes = []string{bearings()[(heading+4)%8], bearings()[(heading+2)%8], bearings()[(heading+6)%8]}
		d.explanation = "Only the turns matter: " + d.theme + "."
		d.load = share(start, 0, 6)
	case vocab.Medium:
		home := homeward(east, north)
		if home < 0 {
			return draft{}
		}
		d.text = walk + ".\n\n" + compassBearing
		d.answer = bearings()[home]
		for _, off := range []int{4, 2, 6, 1, 7} {
			d.mistakes = append(d.mistakes, bearings()[(home+off)%8])
		}
		d.explanation = fmt.Sprintf("%s, so the start lies to the %s.", place, d.answer)
		d.load += share(home%2, 0, 1) * 0.4
	default:
		distance, whole := straight(east, north)
		if !whole || distance == 0 || abs(east)+abs(north) == distance {
			return draft{}
		}
		total := 0
		for _, l := range legs {
			total += l.steps
		}
		d.text = walk + ".\n\n" + compassDistance
		d.answer = strconv.Itoa(distance)
		d.mistakes = numberLabels(abs(east)+abs(north), distance+1, total, distance-1, max(abs(east), abs(north)), distance+3)
		d.explanation = fmt.Sprintf("%s, and the square root of %d² + %d² is %d.", place, abs(east), abs(north), distance)
		d.load += share(distance, 5, 15) * 0.4
	}
	return d
}

// displacement words a place relative to the start.
func displacement(east, north int) string {
	var parts []string
	if north != 0 {
		parts = append(parts, counted(abs(north), "step")+" "+map[bool]string{true: "north", false: "south"}[north > 0])
	}
	if east != 0 {
		parts = append(parts, counted(abs(east), "step")+" "+map[bool]string{true: "east", false: "west"}[east > 0])
	}
	return enumerate(parts)
}

// headings words how the direction changes.
func headings(start int, legs []leg) string {
	words := []string{bearings()[start]}
	at := start
	for _, l := range legs[1:] {
		at = (at + map[string]int{"turn right": 2, "turn left": 6, "turn around": 4}[l.turn]) % 8
		words = append(words, bearings()[at])
	}
	return strings.Join(words, " → ")
}

// homeward is the direction back to the start, if it is one of the eight; a
// taker needs no protractor. Otherwise -1.
func homeward(east, north int) int {
	switch {
	case east == 0 && north == 0, east != 0 && north != 0 && abs(east) != abs(north):
		return -1
	}
	for i, d := range [][2]int{{0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}} {
		if d == [2]int{sign(-east), sign(-north)} {
			return i
		}
	}
	return -1
}

// straight is the length of the straight way, if it is a whole number.
func straight(east, north int) (distance int, whole bool) {
	for distance*distance < east*east+north*north {
		distance++
	}
	return distance, distance*distance == east*east+north*north
}

var (
	walkStart = regexp.MustCompile(`^You face (\w+) and walk (\d+) steps`)
	walkLeg   = regexp.MustCompile(`, turn (left|right|around) and walk (\d+) steps`)
)

// solveCompass walks with a direction vector.
func solveCompass(v View) (verdict, error) {
	walk, question, _ := strings.Cut(v.Text, "\n\n")
	first := walkStart.FindStringSubmatch(walk)
	if first == nil {
		return nil, errors.New("not a walk")
	}
	facing, known := map[string][2]int{"north": {0, 1}, "east": {1, 0}, "south": {0, -1}, "west": {-1, 0}}[first[1]]
	if !known {
		return nil, fmt.Errorf("unknown direction %q", first[1])
	}
	x, y := facing[0]*numbers(first[2])[0], facing[1]*numbers(first[2])[0]
	for _, m := range walkLeg.FindAllStringSubmatch(walk, -1) {
		switch m[1] {
		case "left":
			facing = [2]int{-facing[1], facing[0]}
		case "right":
			facing = [2]int{facing[1], -facing[0]}
		default:
			facing = [2]int{-facing[0], -facing[1]}
		}
		steps := numbers(m[2])[0]
		x, y = x+steps*facing[0], y+steps*facing[1]
	}
	word := func(x, y int) string {
		ns := map[int]string{1: "north", -1: "south"}[y]
		return ns + map[int]string{1: "east", -1: "west"}[x]
	}
	switch question {
	case compassFacing:
		return func(label string) bool { return label == word(facing[0], facing[1]) }, nil
	case compassBearing:
		if x != 0 && y != 0 && abs(x) != abs(y) {
			return nil, errors.New("no compass point leads back")
		}
		return func(label string) bool { return label == word(sign(-x), sign(-y)) }, nil
	case compassDistance:
		return func(label string) bool {
			n := numbers(label)
			return len(n) == 1 && n[0] > 0 && n[0]*n[0] == x*x+y*y
		}, nil
	}
	return nil, errors.New("unknown question")
}
