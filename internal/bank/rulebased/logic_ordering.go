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

// ordering makes puzzles in which clues put people in order.
func ordering() Generator {
	return generator{
		kind:  kind{"logic.ordering", 1, vocab.Logic, "ordering", 1.3},
		draw:  drawOrdering,
		solve: solveOrdering,
	}
}

// occasion is something that people do one after another.
type occasion struct{ intro, past, base string }

func occasions() []occasion {
	return []occasion{
		{"%s ran a race, and no two finished together.", "finished", "finish"},
		{"%s came to a party one at a time.", "arrived", "arrive"},
		{"%s gave short talks, one after another.", "spoke", "speak"},
	}
}

func drawOrdering(rng *rand.Rand, level vocab.Difficulty) draft {
	size := map[vocab.Difficulty]int{vocab.Easy: 4, vocab.Medium: 5, vocab.Hard: 6}[level]
	o := pick(rng, occasions())
	people := sample(rng, firstNames(), size) // in the order that is to be found
	asked := rng.IntN(size)

	var clues []string
	for i := range size {
		for j := i + 1; j < size; j++ {
			clues = append(clues, fmt.Sprintf("%s %s before %s.", people[i], o.past, people[j]))
		}
	}
	if level != vocab.Easy {
		for i := range size - 1 {
			clues = append(clues, fmt.Sprintf("%s %s directly after %s.", people[i+1], o.past, people[i]))
		}
		for i, name := range people {
			if i > 0 {
				clues = append(clues, fmt.Sprintf("%s did not %s first.", name, o.base))
			}
			if i < size-1 {
				clues = append(clues, fmt.Sprintf("%s did not %s last.", name, o.base))
			}
		}
	}
	if level == vocab.Hard { // mostly clues that say what is not
		for i := range size - 3 {
			clues = append(clues, fmt.Sprintf("Exactly two people %s between %s and %s.", o.past, people[i], people[i+3]))
		}
		clues = slices.DeleteFunc(clues, func(c string) bool {
			return strings.Contains(c, " before ") && rng.IntN(3) > 0
		})
	}
	shuffle(rng, clues)
	question := fmt.Sprintf("Who %s %s?", o.past, position(asked, size))
	kept := neededClues(people, clues, question)
	limit := map[vocab.Difficulty]int{vocab.Easy: 3, vocab.Medium: 5, vocab.Hard: 6}[level]
	if kept == nil || len(kept) > limit || len(kept) < limit-2 {
		return draft{}
	}
	others := slices.Delete(slices.Clone(people), asked, asked+1)
	shuffle(rng, others)
	named := slices.Clone(people)
	slices.Sort(named)
	middle := size - 1 - abs(2*asked-(size-1))
	orders := ordersLeft(people, kept)
	explanation := "The clues leave only the order " + strings.Join(orders[0], ", ") + "."
	if len(orders) > 1 {
		explanation = fmt.Sprintf("The clues allow %d orders, such as %s; in all of them %s is %s.",
			len(orders), strings.Join(orders[0], ", "), people[asked], position(asked, size))
	}
	return draft{
		text:        fmt.Sprintf(o.intro, enumerate(named)) + "\n\n" + strings.Join(kept, "\n") + "\n\n" + question,
		answer:      people[asked],
		mistakes:    others,
		explanation: explanation,
		load:        share(len(kept), limit-2, limit)*0.4 + share(middle, 0, size-1)*0.3 + share(min(len(orders), 4), 1, 4)*0.3,
	}
}

// position words a place counted from 0 among size.
func position(i, size int) string {
	if i == size-1 {
		return "last"
	}
	return ordinal(i + 1)
}

// neededClues drops clues one by one while the question keeps one answer; nil
// if all of them leave more than one.
func neededClues(people, clues []string, question string) []string {
	if len(orderedAnswers(people, clues, question)) != 1 {
		return nil
	}
	kept := slices.Clone(clues)
	for _, c := range clues {
		without := slices.DeleteFunc(slices.Clone(kept), func(k string) bool { return k == c })
		if len(orderedAnswers(people, without, question)) == 1 {
			kept = without
		}
	}
	return kept
}

var (
	orderingQuestion = regexp.MustCompile(`^Who \w+ (\w+)\?$`)
	clueBefore       = regexp.MustCompile(`^(\w+) \w+ before (\w+)\.$`)
	clueDirectly     = regexp.MustCompile(`^(\w+) \w+ directly after (\w+)\.$`)
	clueNot          = regexp.MustCompile(`^(\w+) did not \w+ (first|last)\.$`)
	clueBetween      = regexp.MustCompile(`^Exactly two people \w+ between (\w+) and (\w+)\.$`)
)

// readClue turns a clue into a test of an order, given as places by name from 0.
// A sentence that is no clue fails every order.
func readClue(clue string) func(at map[string]int) bool {
	if m := clueBefore.FindStringSubmatch(clue); m != nil {
		return func(at map[string]int) bool { return at[m[1]] < at[m[2]] }
	}
	if m := clueDirectly.FindStringSubmatch(clue); m != nil {
		return func(at map[string]int) bool { return at[m[1]] == at[m[2]]+1 }
	}
	if m := clueNot.FindStringSubmatch(clue); m != nil {
		return func(at map[string]int) bool {
			return at[m[1]] != map[string]int{"first": 0, "last": len(at) - 1}[m[2]]
		}
	}
	if m := clueBetween.FindStringSubmatch(clue); m != nil {
		return func(at map[string]int) bool { return abs(at[m[1]]-at[m[2]]) == 3 }
	}
	return func(map[string]int) bool { return false }
}

// ordersLeft lists every order of the people that keeps all clues.
func ordersLeft(people, clues []string) [][]string {
	var left [][]string
	tests := make([]func(map[string]int) bool, len(clues))
	for i, c := range clues {
		tests[i] = readClue(c)
	}
	permutations(len(people), func(order []int) {
		at := make(map[string]int, len(order))
		for place, who := range order {
			at[people[who]] = place
		}
		for _, keeps := range tests {
			if !keeps(at) {
				return
			}
		}
		var names []string
		for _, who := range order {
			names = append(names, people[who])
		}
		left = append(left, names)
	})
	return left
}

// orderedAnswers lists who can stand in the place that the question asks for.
func orderedAnswers(people, clues []string, question string) []string {
	m := orderingQuestion.FindStringSubmatch(question)
	if m == nil {
		return nil
	}
	asked := place(m[1]) - 1
	if m[1] == "last" {
		asked = len(people) - 1
	}
	if asked < 0 || asked >= len(people) {
		return nil
	}
	var who []string
	for _, order := range ordersLeft(people, clues) {
		who = append(who, order[asked])
	}
	slices.Sort(who)
	return slices.Compact(who)
}

// solveOrdering goes through every order of the people who are named.
func solveOrdering(v View) (verdict, error) {
	parts := strings.Split(v.Text, "\n\n")
	if len(parts) != 3 || !orderingQuestion.MatchString(parts[2]) {
		return nil, errors.New("not an ordering puzzle")
	}
	var people []string
	for _, name := range firstNames() {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(parts[0]) {
			people = append(people, name)
		}
	}
	who := orderedAnswers(people, strings.Split(parts[1], "\n"), parts[2])
	return func(label string) bool { return len(who) == 1 && label == who[0] }, nil
}
