package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// lamps makes arguments from conditional statements about lamps that are on or
// off.
func lamps() Generator {
	return generator{
		kind:  kind{"logic.lamps", 1, vocab.Logic, "conditional", 1.3},
		draw:  drawLamps,
		solve: solveLamps,
	}
}

const (
	lampsSetting  = "A control panel has lamps, and each lamp is either on or off.\n\n"
	lampsQuestion = "\n\nWhich statement must be true?"
)

// state says that a lamp is on or off.
type state struct {
	lamp string
	on   bool
}

func (s state) opposite() state { return state{s.lamp, !s.on} }

func (s state) phrase() string {
	if s.on {
		return "the " + s.lamp + " lamp is on"
	}
	return "the " + s.lamp + " lamp is off"
}

func (s state) sentence() string { return "The" + s.phrase()[3:] + "." }

func drawLamps(rng *rand.Rand, level vocab.Difficulty) draft {
	colors := sample(rng, []string{"red", "blue", "green", "yellow", "white"}, 4)
	states := make([]state, 4)
	for i, c := range colors {
		states[i] = state{c, level == vocab.Easy || rng.IntN(2) == 0}
	}
	// The chain 0 → 1 → 2 leads from the fact to the key; 3 only distracts.
	var (
		lines []string
		fact  = states[0]
		turns = 0 // links that must be read backward
	)
	for i := range 2 {
		link, backward := conditional(rng, level, states[i], states[i+1])
		if backward {
			turns++
		}
		lines = append(lines, link)
	}
	aside, _ := conditional(rng, vocab.Easy, states[3], states[2])
	if rng.IntN(2) == 0 {
		aside, _ = conditional(rng, vocab.Easy, states[1].opposite(), states[3])
	}
	lines = append(lines, aside)
	wanted := map[vocab.Difficulty]int{vocab.Easy: 0, vocab.Medium: 1, vocab.Hard: 2}[level]
	if turns != wanted {
		return draft{}
	}
	first, second := lines[0], lines[1]
	shuffle(rng, lines)
	scrambled := 0.0
	if slices.Index(lines, first) > slices.Index(lines, second) {
		scrambled = 1
	}
	lines = append(lines, fact.sentence())
	key := states[2]
	mistakes := []string{key.opposite().sentence(), states[3].sentence(), states[3].opposite().sentence(), states[1].opposite().sentence()}
	negatives := 0
	for _, s := range states {
		if !s.on {
			negatives++
		}
	}
	return draft{
		text:     lampsSetting + strings.Join(lines, "\n") + lampsQuestion,
		answer:   key.sentence(),
		mistakes: mistakes,
		explanation: fmt.Sprintf("Since %s, %s; and therefore %s. Nothing settles the %s lamp.",
			fact.phrase(), states[1].phrase(), key.phrase(), states[3].lamp),
		load: share(negatives, 0, 4)*0.6 + scrambled*0.4,
	}
}

// conditional words "if p then q", backward if a taker who knows p must turn
// the sentence round to reach q.
func conditional(rng *rand.Rand, level vocab.Difficulty, p, q state) (text string, backward bool) {
	direct := fmt.Sprintf("If %s, then %s.", p.phrase(), q.phrase())
	turned := fmt.Sprintf("If %s, then %s.", q.opposite().phrase(), p.opposite().phrase())
	onlyIf := fmt.Sprintf("%s only if %s.", strings.TrimSuffix(p.sentence(), "."), q.phrase())
	either := fmt.Sprintf("%s or %s, or both.", strings.TrimSuffix(p.opposite().sentence(), "."), q.phrase())
	switch level {
	case vocab.Easy:
		return direct, false
	case vocab.Medium:
		if rng.IntN(2) == 0 {
			return direct, false
		}
		return turned, true
	default:
		return pick(rng, []string{turned, onlyIf, either}), true
	}
}

var (
	lampState  = regexp.MustCompile(`[Tt]he (\w+) lamp is (on|off)`)
	lampsIf    = regexp.MustCompile(`^If .+, then .+\.$`)
	lampsOnly  = regexp.MustCompile(`^The .+ only if .+\.$`)
	lampsOr    = regexp.MustCompile(`^The .+ or .+, or both\.$`)
	lampsPlain = regexp.MustCompile(`^The \w+ lamp is (?:on|off)\.$`)
)

// solveLamps goes through every way in which the lamps can burn.
func solveLamps(v View) (verdict, error) {
	text, setting := strings.CutPrefix(v.Text, lampsSetting)
	text, question := strings.CutSuffix(text, lampsQuestion)
	if !setting || !question {
		return nil, errors.New("not a puzzle about lamps")
	}
	lines := strings.Split(text, "\n")
	var colors []string
	for _, m := range lampState.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(colors, m[1]) {
			colors = append(colors, m[1])
		}
	}
	var panels []map[string]bool
	for bits := range 1 << len(colors) {
		panel := map[string]bool{}
		for i, c := range colors {
			panel[c] = bits>>i&1 == 1
		}
		fits := true
		for _, line := range lines {
			holds, err := lampsHold(panel, line)
			if err != nil {
				return nil, err
			}
			fits = fits && holds
		}
		if fits {
			panels = append(panels, panel)
		}
	}
	return func(label string) bool {
		for _, panel := range panels {
			if holds, err := lampsHold(panel, label); err != nil || !holds {
				return false
			}
		}
		return len(panels) > 0
	}, nil
}

// lampsHold reports whether a sentence is true of a panel.
func lampsHold(panel map[string]bool, line string) (bool, error) {
	var is []bool
	for _, m := range lampState.FindAllStringSubmatch(line, -1) {
		on, known := panel[m[1]]
		if !known {
			return false, fmt.Errorf("no %s lamp", m[1])
		}
		is = append(is, on == (m[2] == "on"))
	}
	switch {
	case len(is) == 1 && lampsPlain.MatchString(line):
		return is[0], nil
	case len(is) == 2 && lampsOr.MatchString(line):
		return is[0] || is[1], nil
	case len(is) == 2 && (lampsIf.MatchString(line) || lampsOnly.MatchString(line)):
		return !is[0] || is[1], nil
	}
	return false, fmt.Errorf("unreadable sentence %q", line)
}
