package bankfile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Validate returns every rule of the format that the record breaks, none if it
// may be written. It cannot see other records: that references differ is
// checked by Read and Write.
func (r Record) Validate() []Problem {
	var ps problems
	checkName(&ps, "external_ref", r.ExternalRef)
	checkWord(&ps, "domain", r.Domain)
	checkWord(&ps, "difficulty", r.Difficulty)
	for _, f := range []struct{ name, value string }{{"sub_type", r.SubType}, {"source", r.Source}} {
		if len(f.value) > MaxName {
			ps.add(f.name, RuleLength, "longer than %d bytes", MaxName)
		}
	}
	for _, f := range []struct{ name, value string }{
		{"sub_type", r.SubType}, {"source", r.Source}, {"stimulus", r.Stimulus},
		{"text", r.Text}, {"explanation", r.Explanation},
	} {
		checkText(&ps, f.name, f.value)
	}
	r.checkOptions(&ps)
	if r.Parameters != nil {
		r.Parameters.check(&ps)
	}
	return ps
}

func (r Record) checkOptions(ps *problems) {
	if n := len(r.Options); n < 2 || n > MaxOptions {
		ps.add("options", RuleLength, "%d options; 2 to %d are allowed", n, MaxOptions)
	}
	ids := make(map[string]int, len(r.Options))
	labels := make(map[string]int, len(r.Options))
	for i, o := range r.Options {
		id, label := fmt.Sprintf("options[%d].id", i), fmt.Sprintf("options[%d].label", i)
		checkName(ps, id, o.ID)
		if first, seen := ids[o.ID]; seen {
			ps.add(id, RuleDistinct, "%q is also the id of options[%d]", o.ID, first)
		} else {
			ids[o.ID] = i
		}
		read := strings.TrimSpace(o.Label)
		if read == "" {
			ps.add(label, RuleNotBlank, "blank")
			continue
		}
		checkText(ps, label, o.Label)
		if first, seen := labels[read]; seen {
			ps.add(label, RuleDistinct, "reads the same as options[%d]", first)
		} else {
			labels[read] = i
		}
	}
	if _, ok := ids[r.Key]; !ok {
		ps.add("key", RuleKeyInOption, "%q is not the id of an option", r.Key)
	}
}

func (p Parameters) check(ps *problems) {
	checkWord(ps, "parameters.model", p.Model)
	if !(p.A > 0 && p.A <= 10) {
		ps.add("parameters.a", RuleRange, "%v is not in (0, 10]", p.A)
	}
	if !(math.Abs(p.B) <= 10) {
		ps.add("parameters.b", RuleRange, "%v is not in [-10, 10]", p.B)
	}
	switch {
	case !(p.C >= 0 && p.C < 0.5):
		ps.add("parameters.c", RuleRange, "%v is not in [0, 0.5)", p.C)
	case p.C != 0 && p.Model != vocab.ThreeParameter:
		ps.add("parameters.c", RuleRange, "%v: only %s has a lower asymptote", p.C, vocab.ThreeParameter)
	}
}

// word is a closed list of the vocabulary.
type word interface {
	~string
	Values() []string
}

func checkWord[W word](ps *problems, field string, w W) {
	if !slices.Contains(w.Values(), string(w)) {
		ps.add(field, RuleVocabulary, "%q is none of %s", string(w), strings.Join(w.Values(), ", "))
	}
}

// checkName holds what names something: not empty, short, without white space.
func checkName(ps *problems, field, name string) {
	switch {
	case name == "":
		ps.add(field, RuleNotBlank, "blank")
	case len(name) > MaxName:
		ps.add(field, RuleLength, "longer than %d bytes", MaxName)
	case strings.ContainsFunc(name, unicode.IsSpace):
		ps.add(field, RuleNoSpace, "%q holds white space", name)
	default:
		checkText(ps, field, name)
	}
}

// checkText holds what is read by people; empty means that it is left out.
func checkText(ps *problems, field, text string) {
	switch {
	case !utf8.ValidString(text):
		ps.add(field, RuleEncoding, "not UTF-8")
	case strings.ContainsRune(text, 0):
		ps.add(field, RuleEncoding, "holds the character U+0000")
	case text != "" && strings.TrimSpace(text) == "":
		ps.add(field, RuleNotBlank, "blank")
	}
}
