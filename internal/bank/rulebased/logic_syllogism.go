package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// syllogism makes two or three statements about groups, of which one conclusion
// follows.
func syllogism() Generator {
	return generator{
		kind:  kind{"logic.syllogism", 1, vocab.Logic, "syllogism", 1.4},
		draw:  drawSyllogism,
		solve: solveSyllogism,
	}
}

const (
	syllogismSetting  = "Each group of club members named here has at least one person in it.\n\n"
	syllogismQuestion = "\n\nWhich conclusion must be true?"
)

// mood is a valid form of argument. A, B, C and D stand for plural nouns, {a} to
// {d} for the same in the singular.
type mood struct {
	level    vocab.Difficulty
	premises []string
	follows  string
	why      string
	load     float64
}

func moods() []mood {
	return []mood{
		{vocab.Easy, []string{"All A are B", "All B are C"}, "All A are C",
			"Every {a} is a {b} and every {b} is a {c}, so every {a} is a {c}.", 0},
		{vocab.Easy, []string{"All A are B", "No B are C"}, "No A are C",
			"Every {a} is a {b}, and no {b} is a {c}, so no {a} can be a {c}.", 0.5},
		{vocab.Easy, []string{"All A are B", "All B are C", "All C are D"}, "All A are D",
			"The groups lie inside one another, so every {a} is a {d}.", 1},
		{vocab.Medium, []string{"Some A are B", "All B are C"}, "Some A are C",
			"Those A who are B must also be C, so some A are C.", 0},
		{vocab.Medium, []string{"Some A are B", "No B are C"}, "Some A are not C",
			"Those A who are B cannot be C, so some A are not C.", 0.3},
		{vocab.Medium, []string{"All A are B", "No C are B"}, "No A are C",
			"Every {a} is a {b}, but no {c} is a {b}, so nobody is both a {a} and a {c}.", 0.6},
		{vocab.Medium, []string{"No A are B", "All C are B"}, "No A are C",
			"Every {c} is a {b}, but no {a} is a {b}, so nobody is both a {a} and a {c}.", 0.8},
		{vocab.Medium, []string{"Some A are B", "All B are C", "All C are D"}, "Some A are D",
			"Those A who are B are also C and therefore D, so some A are D.", 1},
		{vocab.Hard, []string{"Some A are B", "All B are C", "No C are D"}, "Some A are not D",
			"Those A who are B are also C, and no C are D, so some A are not D.", 0.1},
		{vocab.Hard, []string{"Some A are B", "No C are B"}, "Some A are not C",
			"Those A who are B cannot be C, because no C are B; so some A are not C.", 0.3},
		{vocab.Hard, []string{"Some A are not B", "All C are B"}, "Some A are not C",
			"Those A who are not B cannot be C, because all C are B; so some A are not C.", 0.5},
		{vocab.Hard, []string{"All B are A", "Some B are not C"}, "Some A are not C",
			"The B who are not C are A as well, so some A are not C.", 0.6},
		{vocab.Hard, []string{"All B are A", "All B are C"}, "Some A are C",
			"There is at least one {b}, and each is both a {a} and a {c}; so some A are C.", 0.8},
		{vocab.Hard, []string{"All B are A", "No B are C"}, "Some A are not C",
			"There is at least one {b}; each is a {a} and none is a {c}, so some A are not C.", 0.9},
		{vocab.Hard, []string{"All B are A", "All B are C", "No C are D"}, "Some A are not D",
			"There is at least one {b}, who is both a {a} and a {c}; no C are D, so some A are not D.", 1},
	}
}

// clubGroups are plural nouns whose singular lacks the final s and begins with
// a consonant.
func clubGroups() []string {
	return []string{
		"painters", "cyclists", "dancers", "gardeners", "poets", "sailors", "bakers", "runners",
		"singers", "hikers", "drummers", "potters", "jugglers", "swimmers", "climbers", "printers",
	}
}

func drawSyllogism(rng *rand.Rand, level vocab.Difficulty) draft {
	var fitting []mood
	for _, m := range moods() {
		if m.level == level {
			fitting = append(fitting, m)
		}
	}
	m := pick(rng, fitting)
	nouns := sample(rng, clubGroups(), 4)
	word := func(form string) string { return instantiate(form, nouns) }

	premises := append([]string(nil), m.premises...)
	shuffle(rng, premises)
	lines := make([]string, len(premises))
	for i, p := range premises {
		lines[i] = word(p) + "."
	}
	end := "C"
	if len(m.premises) == 3 {
		end = "D"
	}
	ends := strings.NewReplacer("X", "A", "Y", end)
	wrong := []string{"Some X are not Y", "All Y are X", "No X are Y", "All X are Y", "Some Y are not X", "Some X are Y", "No B are Y"}
	shuffle(rng, wrong)
	var mistakes []string
	for _, w := range wrong {
		conclusion := word(ends.Replace(w)) + "."
		if ok, err := follows(lines, conclusion); err == nil && !ok {
			mistakes = append(mistakes, conclusion)
		}
	}
	return draft{
		text:        syllogismSetting + strings.Join(lines, "\n") + syllogismQuestion,
		answer:      word(m.follows) + ".",
		mistakes:    mistakes[:min(len(mistakes), 4)],
		explanation: word(m.why),
		theme:       strings.Join(m.premises, "; "),
		load:        m.load,
	}
}

// instantiate puts nouns in the place of the letters of a form.
func instantiate(form string, nouns []string) string {
	var places []string
	for i, noun := range nouns {
		places = append(places, "{"+string(rune('a'+i))+"}", strings.TrimSuffix(noun, "s"))
	}
	form = strings.NewReplacer(places...).Replace(form)
	return formLetter.ReplaceAllStringFunc(form, func(l string) string { return nouns[l[0]-'A'] })
}

// formLetter is a letter that stands for a noun.
var formLetter = regexp.MustCompile(`\b[A-D]\b`)

// statement is a categorical sentence about two groups.
type statement struct {
	quantifier string // All, No, Some
	subject    string
	negated    bool
	predicate  string
}

var statementText = regexp.MustCompile(`^(All|No|Some) (\w+) are (not )?(\w+)\.$`)

func readStatement(text string) (statement, error) {
	m := statementText.FindStringSubmatch(text)
	if m == nil {
		return statement{}, fmt.Errorf("%q is not a statement about groups", text)
	}
	return statement{quantifier: m[1], subject: m[2], negated: m[3] != "", predicate: m[4]}, nil
}

func solveSyllogism(v View) (verdict, error) {
	text, setting := strings.CutPrefix(v.Text, syllogismSetting)
	text, question := strings.CutSuffix(text, syllogismQuestion)
	if !setting || !question {
		return nil, errors.New("not a syllogism")
	}
	premises := strings.Split(text, "\n")
	for _, o := range v.Options {
		if _, err := follows(premises, o.Label); err != nil {
			return nil, err
		}
	}
	return func(label string) bool {
		ok, err := follows(premises, label)
		return ok && err == nil
	}, nil
}

// follows reports whether a conclusion is true in every world in which the
// premises are and no group is empty. A person is a set of groups, a world a
// set of kinds of person that exist.
func follows(premises []string, conclusion string) (bool, error) {
	bit := map[string]int{}
	var read []statement
	for _, line := range append(append([]string(nil), premises...), conclusion) {
		s, err := readStatement(line)
		if err != nil {
			return false, err
		}
		for _, group := range []string{s.subject, s.predicate} {
			if _, known := bit[group]; !known {
				bit[group] = len(bit)
			}
		}
		read = append(read, s)
	}
	if len(bit) > 4 {
		return false, errors.New("too many groups")
	}
	kinds := 1 << len(bit)
	// A world has bit k set when somebody belongs to exactly the groups in k.
	member := func(group string) uint32 {
		var kindsIn uint32
		for k := range kinds {
			if k>>bit[group]&1 == 1 {
				kindsIn |= 1 << k
			}
		}
		return kindsIn
	}
	type test struct {
		these uint32 // kinds that the sentence speaks of
		none  bool   // that there is nobody of them, else that there is somebody
	}
	var tests []test
	for group := range bit {
		tests = append(tests, test{these: member(group)})
	}
	for _, s := range read {
		subject, predicate := member(s.subject), member(s.predicate)
		t := test{these: subject & predicate, none: s.quantifier == "No"}
		if s.quantifier == "All" {
			t = test{these: subject &^ predicate, none: true}
		} else if s.negated {
			t.these = subject &^ predicate
		}
		tests = append(tests, t)
	}
	holds := func(t test, world uint32) bool { return (world&t.these == 0) == t.none }
	final := tests[len(tests)-1]
	for world := range uint32(1) << kinds {
		possible := true
		for _, t := range tests[:len(tests)-1] {
			if possible = holds(t, world); !possible {
				break
			}
		}
		if possible && !holds(final, world) {
			return false, nil
		}
	}
	return true, nil
}
