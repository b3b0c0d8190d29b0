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

// pairs makes lists of who brought what, to be remembered.
func pairs() Generator {
	return generator{
		kind:  kind{"memory.pairs", 1, vocab.Memory, "paired_associates", 1.2},
		draw:  drawPairs,
		solve: solvePairs,
	}
}

const pairsPrompt = "Remember who brought what to the garage sale:\n\n"

func drawPairs(rng *rand.Rand, level vocab.Difficulty) draft {
	low := map[vocab.Difficulty]int{vocab.Easy: 4, vocab.Medium: 6, vocab.Hard: 8}[level]
	size := between(rng, low, low+1)
	people := sample(rng, firstNames(), size)
	var things, lines []string
	for i, thing := range sample(rng, saleThings(), size) {
		things = append(things, thing)
		lines = append(lines, people[i]+": "+thing)
	}
	asked := rng.IntN(size)
	others := slices.Delete(slices.Clone(things), asked, asked+1)
	d := draft{
		stimulus:    pairsPrompt + strings.Join(lines, "\n"),
		text:        fmt.Sprintf("What did %s bring?", people[asked]),
		answer:      things[asked],
		explanation: fmt.Sprintf("The list had “%s”.", lines[asked]),
	}
	middle := size - 1 - abs(2*asked-(size-1)) // first and last are remembered best
	d.load = share(size, low, low+1)*0.3 + share(middle, 0, size-1)*0.3
	if rng.IntN(2) == 0 {
		others = slices.Delete(slices.Clone(people), asked, asked+1)
		d.text, d.answer = fmt.Sprintf("Who brought the %s?", things[asked]), people[asked]
		d.load += 0.3
	}
	shuffle(rng, others)
	d.mistakes = others[:min(len(others), 4)]
	d.theme = d.stimulus
	return d
}

var (
	pairsWhat = regexp.MustCompile(`^What did (\w+) bring\?$`)
	pairsWho  = regexp.MustCompile(`^Who brought the (\w+)\?$`)
)

func solvePairs(v View) (verdict, error) {
	listed, ok := strings.CutPrefix(v.Stimulus, pairsPrompt)
	if !ok {
		return nil, errors.New("nobody brought anything")
	}
	lines := strings.Split(listed, "\n")
	if m := pairsWhat.FindStringSubmatch(v.Text); m != nil {
		return func(label string) bool { return slices.Contains(lines, m[1]+": "+label) }, nil
	}
	if m := pairsWho.FindStringSubmatch(v.Text); m != nil {
		return func(label string) bool { return slices.Contains(lines, label+": "+m[1]) }, nil
	}
	return nil, errors.New("unknown question about pairs")
}

// saleThings are what people sell from their garage.
func saleThings() []string {
	return []string{
		"lamp", "guitar", "mirror", "blanket", "ladder", "camera", "clock", "kettle", "vase", "bicycle",
		"tent", "radio", "umbrella", "toaster", "basket", "drum", "suitcase", "hammer", "chessboard", "rug",
	}
}
