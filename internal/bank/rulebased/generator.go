// Package rulebased makes questions by rule. Each generator draws a puzzle and
// words it; its solver then works the question as a taker meets it, from the
// wording and the options alone, and proves that the key and nothing else is
// right. A question that its solver cannot prove is never handed out.
//
// # Parameters
//
// The item parameters of a question are provisional: nobody has answered it
// yet. The discrimination a is the generator's, an author's judgement between
// 0.8 and 1.8 of how purely that kind of question measures its domain. The
// difficulty b is placed within the band of the label,
//
//	EASY [-2.5, -0.9]   MEDIUM [-0.8, 0.8]   HARD [0.9, 2.5],
//
// by the question's load: the share, from 0 to 1, of what can make a question
// of that kind and label harder (steps, terms to hold in mind, negations,
// rarer words). They let an adaptive test run on the first day and are to be
// replaced by a calibration.
package rulebased

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Generator makes questions of one kind.
type Generator interface {
	// Name is domain and kind, such as "logic.syllogism".
	Name() string
	// Version grows when the same draw would give another question.
	Version() int
	// Domain is what the questions measure.
	Domain() vocab.Domain
	// Generate draws a question that Prove accepts; the same state of rng gives
	// the same question. It fails with ErrDifficulty for an unknown label, and
	// with ErrExhausted when no draw could be proven.
	Generate(rng *rand.Rand, level vocab.Difficulty) (Question, error)
	// Solve returns the ids of the options that are right, in order of display.
	// It fails if it cannot read the question, for instance one of another kind.
	Solve(v View) ([]string, error)
}

// View is what a taker sees of a question.
type View struct {
	// Stimulus is shown first and hidden before the rest appears.
	Stimulus string
	Text     string
	Options  []vocab.Option
}

// Question is a question with its key proven.
type Question struct {
	View
	// Key is the id of the right option.
	Key string
	// Explanation says why the key is right.
	Explanation string
	Domain      vocab.Domain
	Difficulty  vocab.Difficulty
	// SubType is the kind of question within the domain, such as "syllogism".
	SubType string
	// Source is the generator and its version, such as "rulebased/logic.syllogism@1".
	Source string
	// Theme is what makes two questions of a domain feel like the same one, such
	// as the word that is asked for. Compose takes each theme once.
	Theme string
	// A and B are the provisional discrimination and difficulty.
	A, B float64
}

// Errors of Generate and Prove.
var (
	ErrDifficulty = errors.New("unknown difficulty")
	ErrExhausted  = errors.New("no provable question found")
	ErrUnproven   = errors.New("question not proven")
)

// Generators lists every generator, by domain in reporting order.
func Generators() []Generator {
	return []Generator{
		matrix(), orbit(), letters(), cycle(),
		syllogism(), ordering(), truth(), lamps(),
		transform(), folding(), net(), dice(), compass(),
		series(), story(), proportion(), symbols(),
		analogy(), oddOneOut(), synonym(), antonym(),
		wordList(), digitSpan(), pairs(), symbolGrid(),
	}
}

// Prove reports whether the generator's solver finds the key of q and nothing
// else right, and whether the options can be told apart. Otherwise the error
// is, or wraps, ErrUnproven.
func Prove(g Generator, q Question) error {
	ids, labels := map[string]bool{}, map[string]bool{}
	for _, o := range q.Options {
		ids[o.ID], labels[o.Label] = true, true
	}
	if len(ids) != len(q.Options) || len(labels) != len(q.Options) {
		return fmt.Errorf("%w: options are repeated", ErrUnproven)
	}
	right, err := g.Solve(q.View)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproven, err)
	}
	if len(right) != 1 || right[0] != q.Key {
		return fmt.Errorf("%w: the key is %q, the solver finds %q", ErrUnproven, q.Key, right)
	}
	return nil
}

// Options of a question: at least minOptions, at most maxOptions.
const (
	minOptions = 4
	maxOptions = 6
)

// kind is what all questions of a generator share.
type kind struct {
	name           string
	version        int
	domain         vocab.Domain
	subType        string
	discrimination float64
}

func (k kind) Name() string         { return k.name }
func (k kind) Version() int         { return k.version }
func (k kind) Domain() vocab.Domain { return k.domain }

// draft is a puzzle as drawn, before its options are shuffled and proven.
type draft struct {
	stimulus, text string
	// answer is the label of the key.
	answer string
	// mistakes are labels that typical errors lead to, likeliest first. Repeats
	// and the answer itself are dropped, and all beyond the maximum.
	mistakes    []string
	explanation string
	// theme is the text if left empty.
	theme string
	// load is how hard the question is among those of its label, 0 to 1.
	load float64
}

// verdict says whether the option with this label is right.
type verdict func(label string) bool

// generator implements Generator from a draw and an independent solver.
type generator struct {
	kind
	draw func(rng *rand.Rand, level vocab.Difficulty) draft
	// solve reads a question as the taker does. It shares nothing with draw but
	// the wording and curated lists, and works another way where there is one.
	solve func(v View) (verdict, error)
}

// draws bounds the search for a provable question. The stingiest generator
// proves about one draw in thirty.
const draws = 2000

func (g generator) Generate(rng *rand.Rand, level vocab.Difficulty) (Question, error) {
	if !slices.Contains(level.Values(), string(level)) {
		return Question{}, fmt.Errorf("%s: %w %q", g.name, ErrDifficulty, level)
	}
	for range draws {
		q, ok := g.assemble(rng, level, g.draw(rng, level))
		if ok && Prove(g, q) == nil {
			return q, nil
		}
	}
	return Question{}, fmt.Errorf("%s, %s: %w", g.name, level, ErrExhausted)
}

func (g generator) Solve(v View) ([]string, error) {
	right, err := g.solve(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.name, err)
	}
	var ids []string
	for _, o := range v.Options {
		if right(o.Label) {
			ids = append(ids, o.ID)
		}
	}
	return ids, nil
}

// assemble shuffles the options of a draft; false if it has too few.
func (g generator) assemble(rng *rand.Rand, level vocab.Difficulty, d draft) (Question, bool) {
	labels := []string{d.answer}
	for _, m := range d.mistakes {
		if len(labels) < maxOptions && m != "" && !slices.Contains(labels, m) {
			labels = append(labels, m)
		}
	}
	if len(labels) < minOptions {
		return Question{}, false
	}
	shuffle(rng, labels)
	q := Question{
		View:        View{Stimulus: d.stimulus, Text: d.text},
		Explanation: d.explanation,
		Domain:      g.domain,
		Difficulty:  level,
		SubType:     g.subType,
		Source:      fmt.Sprintf("rulebased/%s@%d", g.name, g.version),
		Theme:       d.theme,
		A:           g.discrimination,
		B:           provisionalDifficulty(level, d.load),
	}
	if q.Theme == "" {
		q.Theme = d.text
	}
	for i, label := range labels {
		q.Options = append(q.Options, vocab.Option{ID: optionID(i), Label: label})
		if label == d.answer {
			q.Key = optionID(i)
		}
	}
	return q, true
}

// WithKeyAt returns the question with the key at a place counted from 0, its
// option having changed places with the one there. A place beyond the last
// option wraps around.
func (q Question) WithKeyAt(place int) Question {
	n := len(q.Options)
	if n == 0 {
		return q
	}
	to := ((place % n) + n) % n
	from := slices.IndexFunc(q.Options, func(o vocab.Option) bool { return o.ID == q.Key })
	if from < 0 {
		return q
	}
	q.Options = slices.Clone(q.Options)
	q.Options[from].Label, q.Options[to].Label = q.Options[to].Label, q.Options[from].Label
	q.Key = q.Options[to].ID
	return q
}

// optionID is "a" for the first option, "b" for the second and so on.
func optionID(i int) string { return string(rune('a' + i)) }

// provisionalDifficulty places b within the band of the label, to two decimals.
func provisionalDifficulty(level vocab.Difficulty, load float64) float64 {
	low := map[vocab.Difficulty]float64{vocab.Easy: -2.5, vocab.Medium: -0.8, vocab.Hard: 0.9}[level]
	b := low + 1.6*min(max(load, 0), 1)
	return math.Round(100*b) / 100
}
