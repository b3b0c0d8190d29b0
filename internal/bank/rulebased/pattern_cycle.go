package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// cycle makes rows of figures in which shape, fill and number repeat, each with
// its own period.
func cycle() Generator {
	return generator{
		kind:  kind{"pattern.cycle", 1, vocab.Pattern, "symbol_series", 1.2},
		draw:  drawCycle,
		solve: solveCycle,
	}
}

const cycleQuestion = "The row follows a repeating pattern. What comes next?\n\n"

func drawCycle(rng *rand.Rand, level vocab.Difficulty) draft {
	var shapes, fills, counts []int
	one := []int{1}
	all := []int{0, 1, 2, 3, 4}
	switch level {
	case vocab.Easy:
		shapes, fills, counts = sample(rng, all, between(rng, 2, 4)), []int{rng.IntN(2)}, one
	case vocab.Medium:
		shapes, fills, counts = sample(rng, all, between(rng, 2, 4)), repeatingFills(rng, between(rng, 2, 3)), one
	default:
		shapes, fills = sample(rng, all, between(rng, 2, 4)), repeatingFills(rng, between(rng, 2, 3))
		counts = sample(rng, []int{1, 2, 3}, between(rng, 2, 3))
	}
	shown := 8 + rng.IntN(2)
	at := func(i int) figure {
		return figure{shapes[i%len(shapes)], fills[i%len(fills)] == 1, counts[i%len(counts)]}
	}
	var row []string
	for i := range shown {
		row = append(row, at(i).String())
	}
	answer := at(shown)
	reasons := []string{fmt.Sprintf("the shapes repeat after %d", len(shapes))}
	if len(fills) > 1 {
		reasons = append(reasons, fmt.Sprintf("the fill after %d", len(fills)))
	}
	if len(counts) > 1 {
		reasons = append(reasons, fmt.Sprintf("the number after %d", len(counts)))
	}
	explanation := enumerate(reasons)
	period := lcm(lcm(len(shapes), len(fills)), len(counts))
	load := share(period, 2, 4)
	switch {
	case level == vocab.Medium && len(shapes) == len(fills), level == vocab.Hard && period < 6:
		return draft{} // too plain for the label
	case level == vocab.Medium:
		load = share(period, 4, 12)
	case level == vocab.Hard:
		load = share(period, 6, 12)*0.7 + share(len(counts), 2, 3)*0.3
	}
	return draft{
		text:        cycleQuestion + strings.Join(append(row, "?"), "   "),
		answer:      answer.String(),
		mistakes:    cycleMistakes(rng, answer, shapes),
		explanation: strings.ToUpper(explanation[:1]) + explanation[1:] + ", so the next is " + answer.name() + ".",
		theme:       explanation,
		load:        load,
	}
}

// repeatingFills draws a period of n fills that are not all alike.
func repeatingFills(rng *rand.Rand, n int) []int {
	fills := make([]int, n)
	odd := rng.IntN(n)
	background := rng.IntN(2)
	for i := range fills {
		fills[i] = background
	}
	fills[odd] = 1 - background
	return fills
}

func cycleMistakes(rng *rand.Rand, answer figure, shapes []int) []string {
	var wrong []string
	for _, s := range sample(rng, append(sample(rng, shapes, len(shapes)), rng.IntN(5)), 4) {
		for _, solid := range []bool{true, false} {
			for _, count := range []int{answer.count, answer.count%3 + 1} {
				f := figure{s, solid, count}
				differs := 0
				for _, d := range []bool{f.shape != answer.shape, f.solid != answer.solid, f.count != answer.count} {
					if d {
						differs++
					}
				}
				if differs == 1 {
					wrong = append(wrong, f.String())
				}
			}
		}
	}
	for _, solid := range []bool{true, false} {
		f := figure{pick(rng, shapes), solid, answer.count}
		wrong = append(wrong, f.String())
	}
	shuffle(rng, wrong)
	return wrong
}

// solveCycle finds for each attribute every period that fits; all of them must
// go on alike.
func solveCycle(v View) (verdict, error) {
	shown, ok := strings.CutPrefix(v.Text, cycleQuestion)
	if !ok {
		return nil, errors.New("not a repeating row")
	}
	var shape, fill, count []int
	for _, cell := range strings.Fields(strings.TrimSuffix(shown, "?")) {
		f, ok := readFigure(cell)
		if !ok {
			return nil, fmt.Errorf("%q is not a figure", cell)
		}
		shape, count = append(shape, f.shape), append(count, f.count)
		if f.solid {
			fill = append(fill, 1)
		} else {
			fill = append(fill, 0)
		}
	}
	next := make([]int, 3)
	for i, attribute := range [][]int{shape, fill, count} {
		n, ok := repeats(attribute)
		if !ok {
			return nil, errors.New("more than one way to go on")
		}
		next[i] = n
	}
	want := figure{next[0], next[1] == 1, next[2]}
	return func(label string) bool { return label == want.String() }, nil
}

// repeats returns what follows if the values repeat with a period that is
// shown at least twice; false if none fits or two disagree.
func repeats(values []int) (next int, ok bool) {
	for period := 1; 2*period <= len(values); period++ {
		fits := true
		for i := period; i < len(values); i++ {
			fits = fits && values[i] == values[i-period]
		}
		if !fits {
			continue
		}
		follows := values[len(values)-period]
		if ok && follows != next {
			return 0, false
		}
		next, ok = follows, true
	}
	return next, ok
}
