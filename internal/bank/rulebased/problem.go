package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// problem is a kind of arithmetic problem told in words.
type problem struct {
	level vocab.Difficulty
	// load is the kind's own share of the load; the size of the answer adds to it.
	load float64
	// wording holds %d for numbers, %% for a percent sign, and {A} and {B} for names.
	wording string
	// label words an answer, such as "%d km".
	label string
	// draw returns the numbers of the wording, the answer worked out forward,
	// and what typical mistakes lead to. A nil n is a draw to be thrown away.
	draw func(rng *rand.Rand) (n []int, answer int, mistakes []int)
	// fits reports whether x meets the conditions of the wording. It puts x into
	// the story instead of working the answer out.
	fits func(n []int, x int) bool
	// why explains the answer.
	why func(n []int, x int) string
}

// problemGenerator makes and solves problems of a list.
func problemGenerator(k kind, problems func() []problem) Generator {
	return generator{
		kind:  k,
		draw:  func(rng *rand.Rand, level vocab.Difficulty) draft { return drawProblem(rng, level, problems()) },
		solve: func(v View) (verdict, error) { return solveProblem(v, problems()) },
	}
}

func drawProblem(rng *rand.Rand, level vocab.Difficulty, all []problem) draft {
	var fitting []problem
	for _, p := range all {
		if p.level == level {
			fitting = append(fitting, p)
		}
	}
	p := pick(rng, fitting)
	n, answer, slips := p.draw(rng)
	if n == nil || answer < 2 { // labels are worded in the plural
		return draft{}
	}
	names := sample(rng, firstNames(), 2)
	args := make([]any, len(n))
	for i, v := range n {
		args[i] = v
	}
	var mistakes []string
	for _, m := range append(slips, answer+1, answer-1, answer+2, answer+10, answer-2) {
		if m > 1 {
			mistakes = append(mistakes, fmt.Sprintf(p.label, m))
		}
	}
	return draft{
		text:        strings.NewReplacer("{A}", names[0], "{B}", names[1]).Replace(fmt.Sprintf(p.wording, args...)),
		answer:      fmt.Sprintf(p.label, answer),
		mistakes:    mistakes[:min(len(mistakes), 4)],
		explanation: p.why(n, answer),
		theme:       p.wording,
		load:        p.load + share(min(answer, 100), 0, 100)*0.25,
	}
}

func solveProblem(v View, all []problem) (verdict, error) {
	for _, p := range all {
		if m := p.pattern().FindStringSubmatch(v.Text); m != nil {
			n := numbers(strings.Join(m[1:], " "))
			return func(label string) bool {
				x := numbers(label)
				return len(x) == 1 && p.fits(n, x[0])
			}, nil
		}
	}
	return nil, errors.New("no problem of this kind")
}

// pattern matches the wording with any numbers and names.
func (p problem) pattern() *regexp.Regexp {
	quoted := regexp.QuoteMeta(p.wording)
	return regexp.MustCompile("^" + strings.NewReplacer(
		"%%", "%", "%d", `(\d+)`, `\{A\}`, `[A-Z][a-z]+`, `\{B\}`, `[A-Z][a-z]+`,
	).Replace(quoted) + "$")
}
