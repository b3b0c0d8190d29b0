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

// analogy makes analogies from curated relations between words.
func analogy() Generator {
	return generator{
		kind:  kind{"verbal.analogy", 1, vocab.Verbal, "analogy", 1.3},
		draw:  drawAnalogy,
		solve: solveAnalogy,
	}
}

const analogyQuestion = "Which word completes the analogy?\n\n%s is to %s as %s is to …"

// relation is a way in which the first word of each of its pairs goes with the
// second, and with no other word that a question offers.
type relation struct {
	level vocab.Difficulty
	// sentence states the relation of words 1 and 2; {a1} is the first with its article.
	sentence string
	pairs    []wordPair
}

// wordPair is a pair with words that come to mind with the first but do not
// stand in the relation.
type wordPair struct {
	first, second string
	near          [4]string
}

func drawAnalogy(rng *rand.Rand, level vocab.Difficulty) draft {
	var fitting []relation
	for _, r := range relations() {
		if r.level == level {
			fitting = append(fitting, r)
		}
	}
	which := rng.IntN(len(fitting))
	r := fitting[which]
	two := sample(rng, r.pairs, 2)
	model, asked := two[0], two[1]
	for _, w := range append(asked.near[:], asked.second) {
		if w == model.first || w == model.second {
			return draft{}
		}
	}
	explanation := r.state(asked.first, asked.second)
	return draft{
		text:        fmt.Sprintf(analogyQuestion, capital(model.first), model.second, asked.first),
		answer:      asked.second,
		mistakes:    asked.near[:],
		explanation: capital(explanation) + ", just as " + r.state(model.first, model.second) + ".",
		theme:       r.sentence,
		load:        share(which, 0, len(fitting)-1)*0.7 + share(len(asked.second), 3, 11)*0.3,
	}
}

// state words the relation of two words.
func (r relation) state(first, second string) string {
	return strings.NewReplacer(
		"{1}", first, "{2}", second, "{a1}", withArticle(first), "{a2}", withArticle(second),
	).Replace(r.sentence)
}

func withArticle(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// capital begins a text with a capital letter.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

var analogyText = regexp.MustCompile(`^Which word completes the analogy\?\n\n(\w+) is to (\w+) as (\w+) is to …$`)

// solveAnalogy looks in the curated relations for every one that holds between
// the first two words, and for what goes with the third in one of them.
func solveAnalogy(v View) (verdict, error) {
	m := analogyText.FindStringSubmatch(v.Text)
	if m == nil {
		return nil, errors.New("not an analogy")
	}
	first := strings.ToLower(m[1])
	var fits []string
	for _, r := range relations() {
		if !slices.ContainsFunc(r.pairs, func(p wordPair) bool { return p.first == first && p.second == m[2] }) {
			continue
		}
		for _, p := range r.pairs {
			if p.first == m[3] {
				fits = append(fits, p.second)
			}
		}
	}
	return func(label string) bool { return slices.Contains(fits, label) }, nil
}
