package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// letters makes series of letters that step through the alphabet.
func letters() Generator {
	return generator{
		kind:  kind{"pattern.letters", 1, vocab.Pattern, "letter_series", 1.2},
		draw:  drawLetters,
		solve: solveLetters,
	}
}

const lettersQuestion = "Which letter comes next in the series?\n\n"

func drawLetters(rng *rand.Rand, level vocab.Difficulty) draft {
	var (
		terms  []int
		reason string
		load   float64
	)
	start := rng.IntN(26)
	switch level {
	case vocab.Easy:
		step := pick(rng, []int{1, 2, 3, -1, -2})
		for i := range 6 {
			terms = append(terms, start+i*step)
		}
		reason = fmt.Sprintf("Each letter comes %s %s than the one before.", counted(abs(step), "place"), direction(step))
		load = share(abs(step), 1, 3)*0.6 + share(sign(-step), -1, 1)*0.4
	case vocab.Medium:
		way := pick(rng, []int{1, -1})
		first := between(rng, 1, 2)
		terms = append(terms, start)
		if rng.IntN(2) == 0 {
			for i := range 5 {
				terms = append(terms, last(terms)+way*(first+i))
			}
			reason = fmt.Sprintf("The steps %s grow by one each time: %d, %d, %d, %d and then %d.",
				heading(way), first, first+1, first+2, first+3, first+4)
			load = 0.5 + share(-way, -1, 1)*0.5
			break
		}
		there, back := between(rng, 3, 6), between(rng, 1, 2)
		for i := range 6 {
			terms = append(terms, last(terms)+way*[]int{there, -back}[i%2])
		}
		reason = fmt.Sprintf("The series goes %d places %s and %d %s by turns.",
			there, heading(way), back, heading(-way))
		load = share(there, 3, 6)*0.3 + share(-way, -1, 1)*0.3
	default:
		other := rng.IntN(26)
		a, b := pick(rng, []int{1, 2, 3, -1, -2, -3}), pick(rng, []int{1, 2, 3, -1, -2, -3})
		for i := range 4 {
			terms = append(terms, start+i*a, other+i*b)
		}
		reason = fmt.Sprintf("Two series take turns: one moves %s %s, the other %s %s.",
			counted(abs(a), "place"), heading(a), counted(abs(b), "place"), heading(b))
		load = share(abs(a)+abs(b), 2, 6)*0.6 + share(sign(-a*b), -1, 1)*0.4
		if a == b {
			return draft{}
		}
	}
	for _, n := range terms {
		if n < 0 || n > 25 {
			return draft{}
		}
	}
	shown, answer := terms[:len(terms)-1], last(terms)
	near := []int{answer + 1, answer - 1, answer + 2, answer - 2, last(shown) + 1, last(shown) - 1}
	if len(shown) > 6 {
		near = append([]int{2*shown[len(shown)-1] - shown[len(shown)-3], shown[len(shown)-3]}, near...)
	}
	var mistakes []string
	for _, n := range near {
		if n >= 0 && n <= 25 && n != last(shown) {
			mistakes = append(mistakes, letter(n))
		}
	}
	return draft{text: lettersQuestion + writeLetters(shown), answer: letter(answer), mistakes: mistakes, explanation: reason, theme: reason, load: load}
}

func letter(n int) string { return string(rune('A' + n)) }

// direction compares a letter with the one before it.
func direction(step int) string {
	if step < 0 {
		return "earlier in the alphabet"
	}
	return "later in the alphabet"
}

// heading words the way in which a step goes.
func heading(step int) string {
	if step < 0 {
		return "backward"
	}
	return "forward"
}

func writeLetters(terms []int) string {
	var words []string
	for _, n := range terms {
		words = append(words, letter(n))
	}
	return strings.Join(append(words, "?"), "  ")
}

// solveLetters reads the letters as numbers; all usual rules that fit must go
// on with the same letter.
func solveLetters(v View) (verdict, error) {
	shown, ok := strings.CutPrefix(v.Text, lettersQuestion)
	if !ok {
		return nil, errors.New("not a letter series")
	}
	var terms []int
	for _, word := range strings.Fields(strings.TrimSuffix(shown, "?")) {
		if len(word) != 1 || word[0] < 'A' || word[0] > 'Z' {
			return nil, fmt.Errorf("%q is not a letter", word)
		}
		terms = append(terms, int(word[0]-'A'))
	}
	next := continuations(terms)
	return func(label string) bool {
		return len(next) == 1 && label == letter(next[0])
	}, nil
}
