package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// values are those that names in angle brackets stand for.
type values map[string]any

var placeholder = regexp.MustCompile(`<([^<>\n]*)>`)

// fill puts the values where their names stand.
func (v values) fill(text string) (string, error) {
	var missing error
	filled := placeholder.ReplaceAllStringFunc(text, func(name string) string {
		value, known := v.value(name[1 : len(name)-1])
		if !known {
			missing = fmt.Errorf("%s stands for nothing yet", name)
		}
		return fmt.Sprint(value)
	})
	return filled, missing
}

var (
	long     = regexp.MustCompile(`^(\d+) (characters|bytes)$`)
	repeated = regexp.MustCompile(`^(\d+) times (.+)$`)
)

// value is what the name stands for: a value that was kept, or a text that is made
// as the name says.
func (v values) value(name string) (any, bool) {
	unit, count := "", ""
	if found := long.FindStringSubmatch(name); found != nil {
		unit, count = map[string]string{"characters": "é", "bytes": "e"}[found[2]], found[1]
	} else if found := repeated.FindStringSubmatch(name); found != nil {
		unit, count = found[2]+" ", found[1]
	} else if device, is := strings.CutPrefix(name, "push token of "); is {
		return servertest.PushToken(device), true
	}
	if n, err := strconv.Atoi(count); err == nil {
		return strings.Repeat(unit, n), true
	}
	value, kept := v[name]
	return value, kept
}

// with is the values and those that matching keeps, for when it succeeds.
func (v values) with(match func(values) error) (values, error) {
	more := maps.Clone(v)
	if err := match(more); err != nil {
		return nil, err
	}
	return more, nil
}

// answer compares the body of an answer: data exactly, and of errors what is wanted.
func (v values) answer(want, got string) error {
	var w, g map[string]any
	if err := decode(want, &w); err != nil {
		return fmt.Errorf("the answer wanted: %w", err)
	}
	if err := decode(got, &g); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	for key := range w {
		if key != "data" && key != "errors" {
			return fmt.Errorf("an answer has data and errors, not %s", key)
		}
	}
	if data, told := w["data"]; told {
		if err := v.same("data", data, g["data"]); err != nil {
			return err
		}
	}
	errs, _ := w["errors"].([]any)
	come, _ := g["errors"].([]any)
	if len(errs) != len(come) {
		return fmt.Errorf("errors: %d wanted, %d came", len(errs), len(come))
	}
	return v.elements("errors", errs, come, v.part)
}

// answerHas looks for what is wanted in the body of an answer that may hold more.
func (v values) answerHas(want, got string) error {
	var w, g any
	if err := decode(want, &w); err != nil {
		return fmt.Errorf("the answer wanted: %w", err)
	}
	if err := decode(got, &g); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	return v.part("answer", w, g)
}

// same reports where two values differ, and keeps what names come to stand for.
func (v values) same(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return differ(at, want, got)
		}
		for key := range object {
			if _, told := want[key]; !told {
				return fmt.Errorf("%s.%s came and is not wanted", at, key)
			}
		}
		return v.members(at, want, object, v.same)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return differ(at, want, got)
		}
		return v.elements(at, want, list, v.same)
	case string:
		return v.text(at, want, got)
	default:
		if want != got {
			return differ(at, want, got)
		}
		return nil
	}
}

// part is same for objects that may hold more.
func (v values) part(at string, want, got any) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return differ(at, want, got)
		}
		return v.members(at, want, object, v.part)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return differ(at, want, got)
		}
		return v.elements(at, want, list, v.part)
	default:
		return v.same(at, want, got)
	}
}

func (v values) members(at string, want, got map[string]any, compare func(string, any, any) error) error {
	for key, value := range want {
		if _, there := got[key]; !there {
			return fmt.Errorf("%s.%s is missing", at, key)
		}
		if err := compare(at+"."+key, value, got[key]); err != nil {
			return err
		}
	}
	return nil
}

func (v values) elements(at string, want, got []any, compare func(string, any, any) error) error {
	for i := range want {
		if err := compare(fmt.Sprintf("%s.%d", at, i), want[i], got[i]); err != nil {
			return err
		}
	}
	return nil
}

// text compares a value with a text that may be, or hold, names of values.
func (v values) text(at, want string, got any) error {
	if name, whole := strings.CutPrefix(want, "<"); whole && strings.HasSuffix(name, ">") && !strings.ContainsAny(name[:len(name)-1], "<>") {
		name = name[:len(name)-1]
		kept, known := v.value(name)
		switch {
		case got == nil:
			return differ(at, want, got)
		case name == "":
		case !known:
			v[name] = got
		case kept != got:
			return differ(at, kept, got)
		}
		return nil
	}
	filled, err := v.fill(want)
	if err != nil {
		return err
	}
	if filled != got {
		return differ(at, filled, got)
	}
	return nil
}

// lines looks for lines, in their order, in a text that may have others between
// them. A name that is new stands for what has no space in it.
func (v values) lines(want, text string) error {
	rest := strings.Split(text, "\n")
	for line := range strings.Lines(want) {
		line = strings.TrimSpace(line)
		pattern, names := v.pattern(line)
		found := false
		for len(rest) > 0 && !found {
			values := pattern.FindStringSubmatch(strings.TrimSpace(rest[0]))
			rest = rest[1:]
			if found = values != nil; found {
				for i, name := range names {
					v[name] = values[i+1]
				}
			}
		}
		if !found {
			return fmt.Errorf("no line %q in its place of\n%s", line, text)
		}
	}
	return nil
}

func (v values) pattern(line string) (pattern *regexp.Regexp, names []string) {
	var b strings.Builder
	at := 0
	for _, found := range placeholder.FindAllStringSubmatchIndex(line, -1) {
		b.WriteString(regexp.QuoteMeta(line[at:found[0]]))
		at = found[1]
		name := line[found[2]:found[3]]
		switch kept, known := v.value(name); {
		case known:
			b.WriteString(regexp.QuoteMeta(fmt.Sprint(kept)))
		case name == "":
			b.WriteString(`\S+`)
		default:
			b.WriteString(`([^\s"&]+)`)
			names = append(names, name)
		}
	}
	b.WriteString(regexp.QuoteMeta(line[at:]))
	return regexp.MustCompile("^" + b.String() + "$"), names
}

func differ(at string, want, got any) error {
	return fmt.Errorf("%s: wanted %s, came %s", at, shown(want), shown(got))
}

func shown(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// decode reads JSON with numbers as they are written.
func decode(text string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	return d.Decode(into)
}
