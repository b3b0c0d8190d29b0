package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// series makes series of numbers.
func series() Generator {
	return generator{
		kind:  kind{"math.series", 1, vocab.Math, "number_series", 1.4},
		draw:  drawSeries,
		solve: solveSeries,
	}
}

const seriesQuestion = "Which number comes next in the series?\n\n"

// drawnSeries is a series whose last term is the answer.
type drawnSeries struct {
	terms  []int
	reason string
	load   float64
}

func drawSeries(rng *rand.Rand, level vocab.Difficulty) draft {
	makers := map[vocab.Difficulty][]func(*rand.Rand) drawnSeries{
		vocab.Easy:   {evenSeries, ratioSeries},
		vocab.Medium: {growingSeries, sumSeries, alternatingSeries, scaledSeries},
		vocab.Hard:   {interleavedSeries, scaleAndStepSeries, doublingSeries},
	}[level]
	s := pick(rng, makers)(rng)
	n := len(s.terms)
	shown, answer := s.terms[:n-1], s.terms[n-1]
	lastStep := shown[n-2] - shown[n-3]
	mistakes := []int{
		shown[n-2] + lastStep,  // the step before, once more
		answer + 1, answer - 1, // a slip
		answer + (lastStep+1)/2 + 2, // a step too long
		shown[n-3] + lastStep,
		answer - 2, answer + 10, answer + 2,
	}
	if n > 4 {
		mistakes = append([]int{shown[n-2] + shown[n-3] - shown[n-4]}, mistakes...)
	}
	var wrong []int
	for _, m := range mistakes {
		if m != shown[n-2] && (m > 0 || answer < 0) {
			wrong = append(wrong, m)
		}
	}
	return draft{
		text:        seriesQuestion + strings.Join(append(numberLabels(shown...), "?"), "   "),
		answer:      strconv.Itoa(answer),
		mistakes:    numberLabels(wrong...),
		explanation: s.reason,
		theme:       s.reason,
		load:        s.load,
	}
}

func evenSeries(rng *rand.Rand) drawnSeries {
	step := pick(rng, []int{3, 4, 6, 7, 8, 9, -3, -4, -6, -7})
	t := []int{between(rng, 2, 20)}
	if step < 0 {
		t[0] += 40
	}
	for range 5 {
		t = append(t, last(t)+step)
	}
	how := fmt.Sprintf("%d more", step)
	if step < 0 {
		how = fmt.Sprintf("%d less", -step)
	}
	return drawnSeries{t, "Each number is " + how + " than the one before.", share(abs(step), 3, 9)*0.3 + share(sign(-step), -1, 1)*0.3}
}

func ratioSeries(rng *rand.Rand) drawnSeries {
	ratio := between(rng, 2, 3)
	t := []int{between(rng, 2, 5)}
	for range 4 {
		t = append(t, last(t)*ratio)
	}
	return drawnSeries{t, fmt.Sprintf("Each number is %d times the one before.", ratio), 0.6 + share(ratio, 2, 3)*0.4}
}

func growingSeries(rng *rand.Rand) drawnSeries {
	step, growth := between(rng, 1, 6), between(rng, 1, 4)
	t := []int{between(rng, 1, 12)}
	for i := range 5 {
		t = append(t, last(t)+step+i*growth)
	}
	return drawnSeries{t, fmt.Sprintf("The step grows by %d each time; the next one is %d.", growth, step+4*growth), share(growth, 1, 4) * 0.4}
}

func sumSeries(rng *rand.Rand) drawnSeries {
	t := []int{between(rng, 1, 6), between(rng, 2, 9)}
	for range 5 {
		t = append(t, last(t)+t[len(t)-2])
	}
	return drawnSeries{t, "Each number is the sum of the two before it.", 0.5 + share(t[0]+t[1], 3, 15)*0.2}
}

func alternatingSeries(rng *rand.Rand) drawnSeries {
	up, down := between(rng, 5, 12), between(rng, 2, 4)
	t := []int{between(rng, 5, 20)}
	for i := range 7 {
		t = append(t, last(t)+[]int{up, -down}[i%2])
	}
	return drawnSeries{t, fmt.Sprintf("The series goes up by %d and down by %d in turn.", up, down), share(up, 5, 12) * 0.4}
}

func scaledSeries(rng *rand.Rand) drawnSeries {
	scale, shift := between(rng, 2, 3), pick(rng, []int{-2, -1, 1, 2, 3})
	t := []int{between(rng, 2, 5)}
	for range 5 {
		t = append(t, scale*last(t)+shift)
	}
	how := fmt.Sprintf("plus %d", shift)
	if shift < 0 {
		how = fmt.Sprintf("minus %d", -shift)
	}
	return drawnSeries{t, fmt.Sprintf("Each number is %d times the one before, %s.", scale, how), 0.7 + share(scale, 2, 3)*0.3}
}

func interleavedSeries(rng *rand.Rand) drawnSeries {
	a, b := between(rng, 2, 12), between(rng, 20, 40)
	up, down := between(rng, 2, 6), -between(rng, 2, 5)
	ratio := rng.IntN(2) == 0
	var t []int
	for range 4 {
		t = append(t, a, b)
		if ratio {
			a *= 2
		} else {
			a += up
		}
		b += down
	}
	t = append(t, a)
	first := fmt.Sprintf("one goes up by %d", up)
	load := 0.2
	if ratio {
		first, load = "one doubles", 0.5
	}
	return drawnSeries{t, fmt.Sprintf("Two series take turns: %s, the other goes down by %d.", first, -down), load}
}

func scaleAndStepSeries(rng *rand.Rand) drawnSeries {
	scale, step := between(rng, 2, 3), pick(rng, []int{-3, -2, -1, 1, 2, 3, 4, 5})
	t := []int{between(rng, 2, 5)}
	for i := range 6 + 2 - scale {
		if i%2 == 0 {
			t = append(t, last(t)*scale)
		} else {
			t = append(t, last(t)+step)
		}
	}
	how := fmt.Sprintf("adding %d", step)
	if step < 0 {
		how = fmt.Sprintf("taking away %d", -step)
	}
	return drawnSeries{t, fmt.Sprintf("The series alternates between multiplying by %d and %s.", scale, how), 0.6 + share(scale, 2, 3)*0.2 + share(sign(-step), -1, 1)*0.2}
}

func doublingSeries(rng *rand.Rand) drawnSeries {
	step, ratio := between(rng, 1, 4), between(rng, 2, 3)
	t := []int{between(rng, 3, 15)}
	for range 8 - ratio {
		t = append(t, last(t)+step)
		step *= ratio
	}
	return drawnSeries{t, fmt.Sprintf("Each step is %d times the one before; the next one is %d.", ratio, step/ratio), share(ratio, 2, 3) * 0.4}
}

// solveSeries accepts a number only if every usual rule that fits the terms
// goes on with it.
func solveSeries(v View) (verdict, error) {
	shown, ok := strings.CutPrefix(v.Text, seriesQuestion)
	if !ok {
		return nil, errors.New("not a number series")
	}
	next := continuations(numbers(shown))
	return func(label string) bool {
		return len(next) == 1 && label == strconv.Itoa(next[0])
	}, nil
}
