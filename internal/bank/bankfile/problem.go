package bankfile

import (
	"fmt"
	"strings"
)

// Rule names what a line breaks.
type Rule string

// The rules of the format.
const (
	RuleEncoding    Rule = "encoding"      // the line is UTF-8, and no text holds U+0000
	RuleJSON        Rule = "json"          // the line is one JSON object
	RuleLineLength  Rule = "line_length"   // the line has at most MaxLine bytes
	RuleKnownField  Rule = "known_field"   // only the documented fields occur
	RuleOnce        Rule = "once"          // a field occurs once
	RuleRequired    Rule = "required"      // a required field is there
	RuleType        Rule = "type"          // a value has its field's type and is not null
	RuleNotBlank    Rule = "not_blank"     // text is not empty or only spaces
	RuleLength      Rule = "length"        // a name or a list is not too long or too short
	RuleNoSpace     Rule = "no_space"      // a reference or an id holds no white space
	RuleVocabulary  Rule = "vocabulary"    // a word is one of the closed list
	RuleDistinct    Rule = "distinct"      // references, option ids and labels differ
	RuleKeyInOption Rule = "key_in_option" // the key is the id of an option
	RuleRange       Rule = "range"         // a number is in its range
)

// Problem is one broken rule.
type Problem struct {
	// Field is the path of the field, such as "options[2].label"; empty when
	// the whole line is meant.
	Field string
	Rule  Rule
	// Detail says in English what is wrong.
	Detail string
}

func (p Problem) String() string {
	if p.Field == "" {
		return fmt.Sprintf("%s (%s)", p.Detail, p.Rule)
	}
	return fmt.Sprintf("%s: %s (%s)", p.Field, p.Detail, p.Rule)
}

// LineError says why one line was refused: every problem that was found in it.
type LineError struct {
	// Line counts from 1 and includes blank lines.
	Line     int
	Problems []Problem
}

func (e *LineError) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.String()
	}
	return fmt.Sprintf("line %d: %s", e.Line, strings.Join(parts, "; "))
}

// problems collects what is wrong with a line.
type problems []Problem

func (ps *problems) add(field string, rule Rule, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, Rule: rule, Detail: fmt.Sprintf(format, args...)})
}
