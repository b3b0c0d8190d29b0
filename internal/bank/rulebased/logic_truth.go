package rulebased

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// truth makes puzzles about people who either always tell the truth or always
// lie.
func truth() Generator {
	return generator{
		kind:  kind{"logic.truth", 1, vocab.Logic, "truth_tellers", 1.4},
		draw:  drawTruth,
		solve: solveTruth,
	}
}

const (
	truthSetting  = "On an island, everyone either always tells the truth or always lies. You meet %s.\n\n"
	truthQuestion = "\n\nWho tells the truth?"
)

// claim is what somebody says, and whether it is so in a world: bit i of a
// world is set when person i tells the truth.
type claim struct {
	text     string
	holds    func(world uint) bool
	compound bool // speaks of several people
}

func drawTruth(rng *rand.Rand, level vocab.Difficulty) draft {
	size, speakers := 3, 3
	if level == vocab.Easy {
		size, speakers = 2, between(rng, 1, 2)
	}
	people := sample(rng, firstNames(), size)
	slices.Sort(people)
	world := uint(rng.IntN(1 << size))
	var lines, reasons []string
	compound := 0
	for i := range speakers {
		honest := world>>i&1 == 1
		c := pick(rng, slices.DeleteFunc(claims(people, i), func(c claim) bool { return c.holds(world) != honest }))
		if c.compound {
			compound++
		}
		lines = append(lines, fmt.Sprintf("%s says: “%s”", people[i], c.text))
		reasons = append(reasons, fmt.Sprintf("%s's “%s” is %t", people[i], c.text, honest))
	}
	needed := map[vocab.Difficulty][2]int{vocab.Easy: {0, 2}, vocab.Medium: {1, 2}, vocab.Hard: {3, 3}}[level]
	if compound < needed[0] || compound > needed[1] || size == 3 && world == 0 {
		return draft{}
	}
	var mistakes []string
	for other := range uint(1) << size {
		if other != world {
			mistakes = append(mistakes, truthful(people, other))
		}
	}
	shuffle(rng, mistakes)
	return draft{
		text:        fmt.Sprintf(truthSetting, enumerate(people)) + strings.Join(lines, "\n") + truthQuestion,
		answer:      truthful(people, world),
		mistakes:    mistakes[:min(len(mistakes), 5)],
		explanation: "Only this fits: " + enumerate(reasons) + ".",
		load:        share(compound, needed[0], needed[1])*0.5 + share(size-bits.OnesCount(world), 0, size)*0.5,
	}
}

// claims lists what person i may say, be it so or not.
func claims(people []string, i int) []claim {
	is := func(j int) func(uint) bool { return func(w uint) bool { return w>>j&1 == 1 } }
	not := func(f func(uint) bool) func(uint) bool { return func(w uint) bool { return !f(w) } }
	count := func(n int) func(uint) bool { return func(w uint) bool { return bits.OnesCount(w) == n } }
	var others []int
	for j := range people {
		if j != i {
			others = append(others, j)
		}
	}
	var out []claim
	for _, j := range others {
		out = append(out, claim{people[j] + " lies.", not(is(j)), false}, claim{people[j] + " tells the truth.", is(j), false})
	}
	if len(others) == 1 {
		return append(out,
			claim{"We both lie.", count(0), true},
			claim{"At least one of us lies.", not(count(2)), true},
			claim{"Exactly one of us tells the truth.", count(1), true},
		)
	}
	a, b := others[0], others[1]
	names := people[a] + " and " + people[b]
	return append(out,
		claim{"At least one of us three lies.", not(count(3)), true},
		claim{"Exactly one of us three tells the truth.", count(1), true},
		claim{"Exactly two of us three tell the truth.", count(2), true},
		claim{names + " both lie.", func(w uint) bool { return !is(a)(w) && !is(b)(w) }, true},
		claim{names + " both tell the truth.", func(w uint) bool { return is(a)(w) && is(b)(w) }, true},
		claim{"Of " + names + ", exactly one lies.", func(w uint) bool { return is(a)(w) != is(b)(w) }, true},
	)
}

// truthful words who tells the truth; bit i of world stands for person i.
func truthful(people []string, world uint) string {
	var names []string
	for i, name := range people {
		if world>>i&1 == 1 {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0 && len(people) == 2:
		return "Neither of them"
	case len(names) == 0:
		return "None of them"
	case len(names) == 2 && len(people) == 2:
		return "Both of them"
	case len(names) == len(people):
		return "All three of them"
	default:
		return "Only " + enumerate(names)
	}
}

var (
	saying      = regexp.MustCompile(`^(\w+) says: “(.+)”$`)
	claimOne    = regexp.MustCompile(`^(\w+) (lies|tells the truth)\.$`)
	claimTwo    = regexp.MustCompile(`^(\w+) and (\w+) both (lie|tell the truth)\.$`)
	claimEither = regexp.MustCompile(`^Of (\w+) and (\w+), exactly one lies\.$`)
	claimCount  = regexp.MustCompile(`^(We both lie|(?:At least|Exactly) .+)\.$`)
)

// truthWorlds lists the assignments in which the truthful and only they say
// what is so.
func truthWorlds(people, lines []string) []uint {
	var fitting []uint
	for world := range uint(1) << len(people) {
		fits := true
		for _, line := range lines {
			m := saying.FindStringSubmatch(line)
			if m == nil {
				return nil
			}
			truthful := world>>slices.Index(people, m[1])&1 == 1
			isSo, err := claimHolds(people, world, m[2])
			if err != nil {
				return nil
			}
			fits = fits && truthful == isSo
		}
		if fits {
			fitting = append(fitting, world)
		}
	}
	return fitting
}

func claimHolds(people []string, world uint, claim string) (bool, error) {
	honest := func(name string) bool { return world>>max(0, slices.Index(people, name))&1 == 1 }
	if m := claimOne.FindStringSubmatch(claim); m != nil {
		return honest(m[1]) == (m[2] == "tells the truth"), nil
	}
	if m := claimTwo.FindStringSubmatch(claim); m != nil {
		want := m[3] == "tell the truth"
		return honest(m[1]) == want && honest(m[2]) == want, nil
	}
	if m := claimEither.FindStringSubmatch(claim); m != nil {
		return honest(m[1]) != honest(m[2]), nil
	}
	n := bits.OnesCount(world)
	if m := claimCount.FindStringSubmatch(claim); m != nil {
		switch {
		case m[1] == "We both lie":
			return n == 0, nil
		case strings.HasPrefix(m[1], "At least one of us"):
			return n < len(people), nil
		case strings.HasPrefix(m[1], "Exactly one of us"):
			return n == 1, nil
		case strings.HasPrefix(m[1], "Exactly two of us"):
			return n == 2, nil
		}
	}
	return false, fmt.Errorf("unreadable claim %q", claim)
}

// solveTruth goes through every assignment of truth-tellers and liars.
func solveTruth(v View) (verdict, error) {
	setting, rest, found := strings.Cut(v.Text, "\n\n")
	said, ok := strings.CutSuffix(rest, truthQuestion)
	if !found || !ok {
		return nil, errors.New("not a puzzle of truth and lies")
	}
	var people []string
	for _, name := range firstNames() { // alphabetical, as the names are shown
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(setting) {
			people = append(people, name)
		}
	}
	worlds := truthWorlds(people, strings.Split(said, "\n"))
	return func(label string) bool {
		return len(worlds) == 1 && label == truthful(people, worlds[0])
	}, nil
}
