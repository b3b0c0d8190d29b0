package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"

	"github.com/aiqhq/aiq/internal/vocab"
)

// synonym asks for the word of the same meaning.
func synonym() Generator {
	return generator{
		kind:  kind{"verbal.synonym", 1, vocab.Verbal, "synonym", 1.4},
		draw:  func(rng *rand.Rand, level vocab.Difficulty) draft { return drawMeaning(rng, level, true) },
		solve: solveSynonym,
	}
}

// antonym asks for the word of the opposite meaning.
func antonym() Generator {
	return generator{
		kind:  kind{"verbal.antonym", 1, vocab.Verbal, "antonym", 1.3},
		draw:  func(rng *rand.Rand, level vocab.Difficulty) draft { return drawMeaning(rng, level, false) },
		solve: solveAntonym,
	}
}

// meaning is a word with one of the same and one of the opposite meaning, and
// words that look or sound alike or come to mind with it but mean neither.
type meaning struct {
	level      vocab.Difficulty
	word       string
	gloss      string
	same       string
	opposite   string
	unrelated  [3]string
	rareWeight float64 // how rare the words are within the level, 0 to 1
}

func drawMeaning(rng *rand.Rand, level vocab.Difficulty, same bool) draft {
	var fitting []meaning
	for _, m := range meanings() {
		if m.level == level {
			fitting = append(fitting, m)
		}
	}
	m := pick(rng, fitting)
	d := draft{
		text:        fmt.Sprintf("Which word is closest in meaning to “%s”?", m.word),
		answer:      m.same,
		mistakes:    append([]string{m.opposite}, m.unrelated[:]...),
		explanation: fmt.Sprintf("“%s” means %s, and so does “%s”.", capital(m.word), m.gloss, m.same),
		theme:       m.word,
		load:        m.rareWeight * 0.8,
	}
	if !same {
		d.text = fmt.Sprintf("Which word is most nearly the opposite of “%s”?", m.word)
		d.answer, d.mistakes[0] = m.opposite, m.same
		d.explanation = fmt.Sprintf("“%s” means %s; “%s” means the opposite.", capital(m.word), m.gloss, m.opposite)
		d.load += 0.2
	}
	return d
}

var (
	synonymText = regexp.MustCompile(`^Which word is closest in meaning to “(\w+)”\?$`)
	antonymText = regexp.MustCompile(`^Which word is most nearly the opposite of “(\w+)”\?$`)
)

func solveSynonym(v View) (verdict, error) {
	m := synonymText.FindStringSubmatch(v.Text)
	if m == nil {
		return nil, errors.New("no synonym is asked for")
	}
	same, _ := senses(m[1])
	return func(label string) bool { return same[label] }, nil
}

func solveAntonym(v View) (verdict, error) {
	m := antonymText.FindStringSubmatch(v.Text)
	if m == nil {
		return nil, errors.New("no antonym is asked for")
	}
	_, opposite := senses(m[1])
	return func(label string) bool { return opposite[label] }, nil
}

// senses collects from the whole thesaurus what means the same as a word and
// what means the opposite, over any number of links, so that a distractor that
// another entry connects to the word is found.
func senses(word string) (same, opposite map[string]bool) {
	same, opposite = map[string]bool{word: true}, map[string]bool{}
	for grown := true; grown; {
		before := len(same) + len(opposite)
		for _, m := range meanings() {
			alike := []string{m.word, m.same}
			switch {
			case same[m.word] || same[m.same] || opposite[m.opposite]:
				same[alike[0]], same[alike[1]], opposite[m.opposite] = true, true, true
			case opposite[m.word] || opposite[m.same] || same[m.opposite]:
				opposite[alike[0]], opposite[alike[1]], same[m.opposite] = true, true, true
			}
		}
		grown = len(same)+len(opposite) > before
	}
	return same, opposite
}

// meanings is the curated thesaurus.
func meanings() []meaning {
	e, m, h := vocab.Easy, vocab.Medium, vocab.Hard
	return []meaning{
		{e, "quick", "moving at high speed", "fast", "slow", [3]string{"strong", "loud", "early"}, 0},
		{e, "begin", "to do the first part of something", "start", "end", [3]string{"try", "wait", "learn"}, 0},
		{e, "large", "of great size", "big", "small", [3]string{"long", "heavy", "round"}, 0},
		{e, "glad", "feeling pleasure", "happy", "sad", [3]string{"proud", "kind", "brave"}, 0.2},
		{e, "silent", "making no sound", "quiet", "noisy", [3]string{"sleepy", "alone", "dark"}, 0.4},
		{e, "repair", "to make something work again", "fix", "break", [3]string{"borrow", "paint", "clean"}, 0.4},
		{e, "simple", "not hard to do or understand", "easy", "difficult", [3]string{"small", "boring", "cheap"}, 0.4},
		{e, "correct", "free of mistakes", "right", "wrong", [3]string{"polite", "strict", "clever"}, 0.5},
		{e, "wealthy", "having a lot of money", "rich", "poor", [3]string{"famous", "healthy", "generous"}, 0.7},
		{e, "ancient", "from a time long ago", "old", "modern", [3]string{"distant", "broken", "holy"}, 0.9},
		{e, "permit", "to let somebody do something", "allow", "forbid", [3]string{"submit", "promise", "travel"}, 1},

		{m, "timid", "easily frightened", "shy", "bold", [3]string{"lazy", "gentle", "clumsy"}, 0.1},
		{m, "conceal", "to keep out of sight", "hide", "reveal", [3]string{"cancel", "steal", "borrow"}, 0.1},
		{m, "assist", "to make somebody's task easier", "help", "hinder", [3]string{"attend", "insist", "follow"}, 0.2},
		{m, "vanish", "to go out of sight", "disappear", "emerge", [3]string{"polish", "wander", "admire"}, 0.3},
		{m, "fragile", "easily broken", "delicate", "sturdy", [3]string{"precious", "tiny", "agile"}, 0.3},
		{m, "genuine", "being what it seems to be", "real", "fake", [3]string{"clever", "generous", "gentle"}, 0.4},
		{m, "scarce", "hard to find because there is little of it", "rare", "plentiful", [3]string{"afraid", "costly", "secret"}, 0.5},
		{m, "rigid", "impossible to bend", "stiff", "flexible", [3]string{"heavy", "rough", "broken"}, 0.5},
		{m, "expand", "to become larger", "grow", "contract", [3]string{"explain", "expect", "extract"}, 0.6},
		{m, "hasty", "done in too little time", "rushed", "unhurried", [3]string{"nasty", "narrow", "heavy"}, 0.6},
		{m, "tedious", "long and dull", "boring", "exciting", [3]string{"tidy", "costly", "tense"}, 0.9},
		{m, "frugal", "careful not to spend much", "thrifty", "wasteful", [3]string{"fruitful", "fragile", "hungry"}, 1},

		{h, "obsolete", "no longer in use", "outdated", "current", [3]string{"stubborn", "complete", "forbidden"}, 0},
		{h, "candid", "open and honest", "frank", "evasive", [3]string{"sugary", "bright", "careless"}, 0.2},
		{h, "lucid", "easy to understand", "clear", "confusing", [3]string{"lucky", "shallow", "playful"}, 0.3},
		{h, "impede", "to slow somebody's progress", "obstruct", "facilitate", [3]string{"imply", "inspect", "pedal"}, 0.4},
		{h, "verbose", "using more words than needed", "wordy", "laconic", [3]string{"spoken", "loud", "eager"}, 0.6},
		{h, "lethargic", "lacking energy", "sluggish", "vigorous", [3]string{"allergic", "deadly", "forgetful"}, 0.5},
		{h, "augment", "to make greater", "increase", "reduce", [3]string{"argue", "predict", "decorate"}, 0.4},
		{h, "placid", "not easily upset", "calm", "agitated", [3]string{"flat", "acidic", "pleased"}, 0.5},
		{h, "mitigate", "to make less severe", "alleviate", "aggravate", [3]string{"imitate", "negotiate", "investigate"}, 0.7},
		{h, "scrutinize", "to look at closely", "examine", "overlook", [3]string{"summarize", "sanitize", "scatter"}, 0.3},
		{h, "ephemeral", "lasting a very short time", "fleeting", "enduring", [3]string{"imaginary", "feverish", "spiritual"}, 0.9},
		{h, "taciturn", "saying little", "reticent", "talkative", [3]string{"tactful", "tasteless", "cunning"}, 1},
	}
}
