package worksheet

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Layout says how a table of answers is to be read. The zero value reads a wide
// table of 0 and 1 and finds the columns that are no items by their names.
type Layout struct {
	// Long tables have a row for each answer. A table whose columns are those of a
	// person, an item and an answer, and at most a group's, is long without it.
	Long bool
	// Person, Group and Count name columns. Without a name, a person column is one
	// called person, id, examinee, subject, respondent or pattern, or a first one
	// without a name; a group column is called group; a column of counts is called
	// count, freq, frequency or weight.
	Person, Group, Count string
	// Item and Answer name columns of a long table, else called item or question,
	// and answer, response, option, correct or score.
	Item, Answer string
	// Items are the columns that are items, whatever their names. Without them they
	// are those of Known, and without those all that are nothing else.
	Items []string
	// Ignore names columns to be left out.
	Ignore []string
	// Known are the items that a bank or key knows; others are left out.
	Known []string
	// ByOrder takes the item columns of a wide table for those of Known in that
	// order, whatever their names.
	ByOrder bool
	// Key turns chosen options into right and wrong answers. Without it cells are 0 or 1.
	Key *Key
	// Missing are cells that mean not administered, as empty ones do.
	Missing []string
	// Omitted are cells that mean administered and left without an answer, which is wrong.
	Omitted []string
	// EmptyOmitted reads empty cells as omitted, OmittedMissing omitted ones as not administered.
	EmptyOmitted, OmittedMissing bool
	// Separator of the columns; 0 takes the likeliest of comma, semicolon and tab.
	Separator rune
}

// ReadAnswers reads a table of answers from r; file is its name in errors, which
// are [*Error] for faults in the file. It stops with the context's error when the context ends.
func ReadAnswers(ctx context.Context, r io.Reader, file string, layout Layout) (*Answers, error) {
	t, err := openRows(r, file, layout.Separator)
	if err != nil {
		return nil, err
	}
	if layout.Long || layout.looksLong(t) {
		return readLong(ctx, t, layout)
	}
	return readWide(ctx, t, layout)
}

// looksLong tells whether every column of the header has a part in a long table,
// with an item and an answer among them. Nothing of it may be known as an item.
func (l Layout) looksLong(t *rows) bool {
	parts := [][]string{given(l.Person, personNames()), given(l.Item, itemNames()), given(l.Answer, answerNames()), given(l.Group, groupNames())}
	found := make([]bool, len(parts))
	for _, column := range t.header {
		named := func(names []string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, column) })
		}
		at := slices.IndexFunc(parts, named)
		if at < 0 || found[at] || slices.Contains(l.Items, column) || slices.Contains(l.Known, column) {
			return false
		}
		found[at] = true
	}
	return found[0] && found[1] && found[2]
}

// given is the name if there is one, else the usual ones.
func given(name string, usual []string) []string {
	if name != "" {
		return []string{name}
	}
	return usual
}

// The names by which columns are known.
func personNames() []string {
	return []string{"person", "id", "examinee", "subject", "respondent", "pattern", ""}
}
func groupNames() []string  { return []string{"group"} }
func countNames() []string  { return []string{"count", "freq", "frequency", "weight"} }
func itemNames() []string   { return []string{"item", "question"} }
func answerNames() []string { return []string{"answer", "response", "option", "correct", "score"} }

// find returns the column named, or without a name one of those that are usual; -1
// is none of these. An item is never taken for something else unless it is named.
func (l Layout) find(t *rows, name string, usual []string) (int, error) {
	if name != "" {
		at := t.column(name)
		if at < 0 {
			return -1, t.fault("", fmt.Sprintf("there is no column %s; there are %s", name, several(t.header)))
		}
		return at, nil
	}
	at := t.column(usual...)
	if at >= 0 && (slices.Contains(l.Items, t.header[at]) || slices.Contains(l.Known, t.header[at])) {
		return -1, nil
	}
	return at, nil
}

// several lists names, the first few if there are many.
func several(names []string) string {
	const few = 8
	if len(names) > few {
		return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
	}
	return strings.Join(names, ", ")
}

// common are the columns that wide and long tables share; -1 is none.
type common struct{ person, group int }

func (l Layout) findCommon(t *rows, a *Answers) (c common, err error) {
	if c.person, err = l.find(t, l.Person, personNames()); err != nil {
		return c, err
	}
	if c.group, err = l.find(t, l.Group, groupNames()); err != nil {
		return c, err
	}
	if c.person >= 0 {
		a.IDColumn = t.header[c.person]
		a.names = []string{}
	}
	if c.group >= 0 {
		a.GroupColumn = t.header[c.group]
		a.Groups = []string{}
	}
	return c, nil
}

// interned keeps one copy of each text.
type interned map[string]string

func (n interned) text(s string) string {
	s = strings.TrimSpace(s)
	if known, ok := n[s]; ok {
		return known
	}
	s = strings.Clone(s)
	n[s] = s
	return s
}
