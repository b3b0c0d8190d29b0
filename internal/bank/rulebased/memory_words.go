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

// wordList makes lists of words to be remembered.
func wordList() Generator {
	return generator{
		kind:  kind{"memory.words", 1, vocab.Memory, "word_list", 1.1},
		draw:  drawWordList,
		solve: solveWordList,
	}
}

const (
	wordsPrompt = "Remember these words and their order:\n\n"
	wordsIn     = "Which of these words was in the list?"
	wordsOut    = "Which of these words was not in the list?"
)

func drawWordList(rng *rand.Rand, level vocab.Difficulty) draft {
	size := map[vocab.Difficulty]int{vocab.Easy: between(rng, 5, 6), vocab.Medium: between(rng, 7, 8), vocab.Hard: between(rng, 9, 10)}[level]
	twins := sample(rng, wordTwins(), size+4)
	var shown, lures []string
	for i, t := range twins {
		side := rng.IntN(2)
		if i < size {
			shown, lures = append(shown, t[side]), append(lures, t[1-side])
		} else {
			lures = append(lures, t[side])
		}
	}
	d := draft{stimulus: wordsPrompt + strings.Join(shown, ", ")}
	d.theme = d.stimulus
	at := between(rng, 1, size-2)
	form := map[vocab.Difficulty]int{vocab.Easy: rng.IntN(2), vocab.Medium: between(rng, 1, 2), vocab.Hard: between(rng, 2, 3)}[level]
	switch form {
	case 0:
		d.text, d.answer = wordsIn, shown[at]
		d.mistakes = slices.DeleteFunc(slices.Clone(lures[:size]), func(l string) bool { return l == lures[at] })
		shuffle(rng, d.mistakes)
		d.mistakes = append([]string{lures[at]}, d.mistakes...)[:4]
		d.explanation = fmt.Sprintf("“%s” was word %d of the list.", capital(d.answer), at+1)
	case 1:
		d.text, d.answer = wordsOut, lures[at]
		d.mistakes = append([]string{shown[at]}, sample(rng, slices.Delete(slices.Clone(shown), at, at+1), 4)...)
		d.explanation = fmt.Sprintf("The list had “%s”, but not “%s”.", shown[at], d.answer)
	default:
		d.text, d.answer = fmt.Sprintf("Which word came directly after “%s”?", shown[at]), shown[at+1]
		if form == 3 {
			d.text, d.answer = fmt.Sprintf("Which word came directly before “%s”?", shown[at]), shown[at-1]
		}
		d.mistakes = []string{shown[at-1], shown[at+1], shown[(at+2)%size], shown[(at+3)%size], lures[at]}
		d.explanation = fmt.Sprintf("The list ran … %s, %s, %s …", shown[at-1], shown[at], shown[at+1])
	}
	low := map[vocab.Difficulty]int{vocab.Easy: 5, vocab.Medium: 7, vocab.Hard: 9}[level]
	d.load = share(size, low, low+1)*0.4 + share(form%2, 0, 1)*0.4
	return d
}

var wordsBeside = regexp.MustCompile(`^Which word came directly (after|before) “(\w+)”\?$`)

func solveWordList(v View) (verdict, error) {
	listed, ok := strings.CutPrefix(v.Stimulus, wordsPrompt)
	if !ok {
		return nil, errors.New("no list of words")
	}
	words := strings.Split(listed, ", ")
	switch v.Text {
	case wordsIn:
		return func(label string) bool { return slices.Contains(words, label) }, nil
	case wordsOut:
		return func(label string) bool { return !slices.Contains(words, label) }, nil
	}
	m := wordsBeside.FindStringSubmatch(v.Text)
	if m == nil {
		return nil, errors.New("unknown question about a list")
	}
	off := map[string]int{"after": 1, "before": -1}[m[1]]
	return func(label string) bool {
		at := slices.Index(words, label)
		return at >= 0 && at-off >= 0 && at-off < len(words) && words[at-off] == m[2]
	}, nil
}

// wordTwins are pairs of plain nouns that are easily mistaken for one another
// in memory, and unlike those of every other pair.
func wordTwins() [][2]string {
	return [][2]string{
		{"river", "lake"}, {"candle", "lamp"}, {"jacket", "coat"}, {"train", "bus"}, {"doctor", "nurse"}, {"lemon", "orange"},
		{"window", "door"}, {"tiger", "lion"}, {"pencil", "pen"}, {"bread", "cake"}, {"island", "beach"}, {"hammer", "saw"},
		{"garden", "park"}, {"blanket", "pillow"}, {"violin", "piano"}, {"cloud", "rain"}, {"castle", "palace"}, {"ring", "necklace"},
		{"mirror", "glass"}, {"ladder", "stairs"}, {"pepper", "salt"}, {"letter", "postcard"}, {"eagle", "hawk"}, {"bottle", "jar"},
	}
}
