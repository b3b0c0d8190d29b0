package rulebased

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Compose draws a bank: count questions for every domain and difficulty, domain
// by domain and easiest first, by the domain's generators in turn. No theme
// occurs twice, and in every domain the key takes each place equally often, as
// nearly as the numbers of options allow. The same seed gives the same bank,
// and a new version of one generator changes the questions of the others only
// if it runs out of themes. It fails with ErrExhausted if count questions of a
// domain and difficulty cannot be had.
func Compose(seed uint64, count int) ([]Question, error) {
	var bank []Question
	for _, domain := range vocab.Domains() {
		places := placer{rng: stream(seed, string(domain)), left: map[int][]int{}}
		taken := map[string]bool{}
		for _, level := range []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard} {
			cell, err := composeCell(seed, count, domain, level, taken)
			if err != nil {
				return nil, err
			}
			for _, q := range cell {
				bank = append(bank, q.WithKeyAt(places.next(len(q.Options))))
			}
		}
	}
	return bank, nil
}

// composeCell draws the questions of one domain and difficulty.
func composeCell(seed uint64, count int, domain vocab.Domain, level vocab.Difficulty, taken map[string]bool) ([]Question, error) {
	type source struct {
		Generator
		rng *rand.Rand
	}
	var sources []source
	for _, g := range Generators() {
		if g.Domain() == domain {
			sources = append(sources, source{g, stream(seed, g.Name()+string(level))})
		}
	}
	var cell []Question
	for turn := 0; len(cell) < count; turn++ {
		if len(sources) == 0 {
			return nil, fmt.Errorf("%s, %s: %w: %d of %d", domain, level, ErrExhausted, len(cell), count)
		}
		at := turn % len(sources)
		q, found, err := fresh(sources[at].Generator, sources[at].rng, level, taken)
		if err != nil {
			return nil, err
		}
		if !found {
			sources = append(sources[:at], sources[at+1:]...)
			continue
		}
		cell = append(cell, q)
	}
	return cell, nil
}

// freshTries is how often a generator may repeat a theme before it counts as
// having no other.
const freshTries = 200

// fresh draws a question with a theme that is not taken, and takes it.
func fresh(g Generator, rng *rand.Rand, level vocab.Difficulty, taken map[string]bool) (Question, bool, error) {
	for range freshTries {
		q, err := g.Generate(rng, level)
		if err != nil {
			return Question{}, false, err
		}
		if !taken[q.Theme] {
			taken[q.Theme] = true
			return q, true, nil
		}
	}
	return Question{}, false, nil
}

// stream is a source of random numbers of its own for each name.
func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// placer hands out places for keys: every place among n before one comes again.
type placer struct {
	rng  *rand.Rand
	left map[int][]int
}

func (p placer) next(n int) int {
	if len(p.left[n]) == 0 {
		p.left[n] = p.rng.Perm(n)
	}
	place := p.left[n][0]
	p.left[n] = p.left[n][1:]
	return place
}
