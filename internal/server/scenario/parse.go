package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/tools/txtar"
)

// script is a scenario: steps to be played in order.
type script struct {
	// flags are the settings of the server.
	flags []string
	steps []step
}

// step is one heading with what stands below it.
type step struct {
	// at is where it stands, for messages.
	at string
	verb
	// args are what the heading's pattern found.
	args []string
	body string
}

// verb is a kind of step.
type verb struct {
	pattern *regexp.Regexp
	do      func(w *world, s step)
	// needs is what of the outside world must be there.
	needs need
}

// need is a part of the outside world that costs time to make.
type need int

const (
	nothing need = iota
	pushes
	providers
)

func (s script) needs(n need) bool {
	for _, step := range s.steps {
		if step.needs == n {
			return true
		}
	}
	return false
}

// parse reads a scenario of the verbs that are known.
func parse(path string, text []byte, known []verb) (script, error) {
	archive := txtar.Parse(text)
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		return script{}, fmt.Errorf("%s: it does not say in words what it shows", path)
	}
	var (
		out  script
		line = 1 + bytes.Count(archive.Comment, []byte("\n"))
	)
	for i, f := range archive.Files {
		at := fmt.Sprintf("%s:%d", path, line)
		line += 1 + bytes.Count(f.Data, []byte("\n"))
		body := strings.TrimSpace(string(f.Data))
		if f.Name == "settings" {
			if i > 0 {
				return script{}, fmt.Errorf("%s: settings come first", at)
			}
			out.flags = strings.Fields(body)
			continue
		}
		verb, args, err := understand(f.Name, known)
		if err != nil {
			return script{}, fmt.Errorf("%s: %w", at, err)
		}
		out.steps = append(out.steps, step{at: at, verb: verb, args: args, body: body})
	}
	return out, nil
}

func understand(heading string, known []verb) (verb, []string, error) {
	for _, v := range known {
		if found := v.pattern.FindStringSubmatch(heading); found != nil {
			return v, found[1:], nil
		}
	}
	return verb{}, nil, errors.New("no step has the heading " + heading)
}

// line makes the pattern of a whole line, in which words stand for what differs:
// NAME, VALUE, NUMBER and UNIT.
func line(pattern string) *regexp.Regexp {
	for word, class := range map[string]string{
		"NAME": `([a-z]+)`, "VALUE": `<([^<>]+)>`, "NUMBER": `(\d+)`, "UNIT": `(second|minute|hour|day)s?`,
	} {
		pattern = strings.ReplaceAll(pattern, word, class)
	}
	return regexp.MustCompile("^" + pattern + "$")
}
