package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// digitSpan makes rows of digits to be remembered forward, backward or sorted.
func digitSpan() Generator {
	return generator{
		kind:  kind{"memory.digits", 1, vocab.Memory, "digit_span", 1.4},
		draw:  drawDigits,
		solve: solveDigits,
	}
}

const (
	digitsPrompt   = "Remember these digits in order:\n\n"
	digitsForward  = "Which digits were shown, in the same order?"
	digitsBackward = "Which are the same digits in reverse order, from the last to the first?"
	digitsSorted   = "Which are the same digits sorted from smallest to largest?"
)

func drawDigits(rng *rand.Rand, level vocab.Difficulty) draft {
	backward := level != vocab.Easy && rng.IntN(2) == 0
	sorted := level == vocab.Hard && !backward
	low, high := 4, 6
	switch {
	case level == vocab.Medium && backward:
		low, high = 5, 6
	case level != vocab.Easy:
		low, high = 7, 8
	}
	size := between(rng, low, high)
	shown := sample(rng, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, size)
	answer := slices.Clone(shown)
	d := draft{text: digitsForward, explanation: "The digits were " + spaced(shown) + "."}
	switch {
	case backward:
		slices.Reverse(answer)
		d.text, d.explanation = digitsBackward, spaced(shown)+" read from the end is "+spaced(answer)+"."
	case sorted:
		slices.Sort(answer)
		d.text, d.explanation = digitsSorted, spaced(shown)+" in order of size is "+spaced(answer)+"."
	}
	// Memory swaps neighbours, mostly in the middle, or takes in a wrong digit.
	for range 8 {
		wrong := slices.Clone(answer)
		at := between(rng, 1, size-2)
		if sorted || rng.IntN(4) == 0 {
			wrong[at] = between(rng, 1, 9)
			if slices.Contains(answer, wrong[at]) {
				continue
			}
			if sorted {
				slices.Sort(wrong)
			}
		} else {
			wrong[at-1], wrong[at] = wrong[at], wrong[at-1]
			if rng.IntN(3) == 0 {
				wrong[0], wrong[size-1] = wrong[size-1], wrong[0]
			}
		}
		d.mistakes = append(d.mistakes, spaced(wrong))
	}
	d.mistakes = slices.Compact(d.mistakes)
	d.mistakes = d.mistakes[:min(len(d.mistakes), 5)]
	d.stimulus, d.answer = digitsPrompt+spaced(shown), spaced(answer)
	d.theme = fmt.Sprint(size, d.text)
	d.load = share(size, low, high) * 0.6
	if sorted {
		d.load += 0.3
	}
	return d
}

func spaced(digits []int) string { return strings.Join(numberLabels(digits...), " ") }

func solveDigits(v View) (verdict, error) {
	row, ok := strings.CutPrefix(v.Stimulus, digitsPrompt)
	if !ok {
		return nil, errors.New("no digits to remember")
	}
	digits := strings.Fields(row)
	switch v.Text {
	case digitsForward:
	case digitsBackward:
		slices.Reverse(digits)
	case digitsSorted:
		slices.Sort(digits)
	default:
		return nil, errors.New("unknown question about digits")
	}
	return func(label string) bool { return label == strings.Join(digits, " ") }, nil
}
