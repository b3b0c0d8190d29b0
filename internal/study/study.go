// Package study brings in answers that were collected elsewhere: a table of
// people by multiple-choice items with the key of each item. The items have no
// wording, so they are analysed and never served.
package study

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Study is a table of answers.
type Study struct {
	// Name is the source that its questions and tests are marked with.
	Name string
	// Collected is about when the answers were given.
	Collected time.Time
	Items     []Item
	// People holds one row a person, one answer an item: the option's id,
	// Omitted, or NotGiven.
	People [][]string
}

// Item is a question without wording.
type Item struct {
	Name string
	// Key is the id of the right option.
	Key     string
	Options []string
	Domain  vocab.Domain
}

// What an answer is when it is not an option.
const (
	// Omitted: the item was shown and no option was chosen; it counts as wrong.
	Omitted = "0"
	// NotGiven: the item was not administered; it does not count.
	NotGiven = ""
)

// DefaultDomain is the domain of items whose key does not name one.
const DefaultDomain = vocab.Logic

// maxOptions bounds the options of an item.
const maxOptions = 50

//go:embed testdata/sapa-iq
var sapa embed.FS

// SAPA is the answers of 1,525 people to 16 items of the International Cognitive
// Ability Resource (Condon & Revelle 2014); testdata/sapa-iq/README.md says more.
func SAPA() (*Study, error) {
	files, err := fs.Sub(sapa, "testdata/sapa-iq")
	if err != nil {
		return nil, err
	}
	s, err := Read(files, "sapa-iq")
	if err != nil {
		return nil, err
	}
	s.Collected = time.Date(2012, time.August, 1, 0, 0, 0, 0, time.UTC)
	return s, nil
}

// Read reads a study from a folder: responses.csv, a header of item names and a
// row a person; and the keys from key.csv (columns item and key, and optionally
// options, their number, and domain) or, without one, from the first table of
// README.md that has the columns item and key. Options are numbered from 1.
//
// The error names the file, row and column of the first mistake.
func Read(files fs.FS, name string) (*Study, error) {
	keys, err := readKeys(files)
	if err != nil {
		return nil, err
	}
	rows, err := readCSV(files, "responses.csv")
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 {
		return nil, errors.New("responses.csv: a header and at least one person are needed")
	}
	s := &Study{Name: name, People: rows[1:]}
	for column, item := range rows[0] {
		if !utf8.ValidString(item) || strings.ContainsRune(item, 0) {
			return nil, fmt.Errorf("responses.csv, column %d: item %q is not UTF-8, or holds the character U+0000", column+1, item)
		}
		key, ok := keys[item]
		if !ok {
			return nil, fmt.Errorf("responses.csv, column %d: item %q has no key", column+1, item)
		}
		if slices.ContainsFunc(s.Items, func(i Item) bool { return i.Name == item }) {
			return nil, fmt.Errorf("responses.csv, column %d: item %q is there twice", column+1, item)
		}
		limit := maxOptions
		if key.options != 0 {
			limit = key.options
		}
		most, err := s.largest(column, item, limit)
		if err != nil {
			return nil, err
		}
		options := max(key.options, most, key.option)
		made := Item{Name: item, Key: strconv.Itoa(key.option), Domain: key.domain}
		for o := 1; o <= options; o++ {
			made.Options = append(made.Options, strconv.Itoa(o))
		}
		s.Items = append(s.Items, made)
	}
	return s, nil
}

// largest is the highest option that anyone chose of the item in the column,
// which has no more than the limit.
func (s *Study) largest(column int, item string, limit int) (int, error) {
	most := 0
	for row, answers := range s.People {
		answer := answers[column]
		if answer == NotGiven {
			continue
		}
		n, err := strconv.Atoi(answer)
		if err != nil || n < 0 || n > limit || strconv.Itoa(n) != answer {
			return 0, fmt.Errorf("responses.csv, row %d, item %q: %q is not an option from 0 to %d", row+2, item, answer, limit)
		}
		most = max(most, n)
	}
	return most, nil
}

type key struct {
	option  int
	options int
	domain  vocab.Domain
}

func readKeys(files fs.FS) (map[string]key, error) {
	file := "key.csv"
	rows, err := readCSV(files, file)
	if errors.Is(err, fs.ErrNotExist) {
		file = "README.md"
		rows, err = readTable(files, file)
	}
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	item, hasItem := column["item"]
	option, hasKey := column["key"]
	if !hasItem || !hasKey {
		return nil, fmt.Errorf("%s: the columns item and key are needed", file)
	}
	keys := map[string]key{}
	for i, row := range rows[1:] {
		k := key{domain: DefaultDomain}
		if k.option, err = strconv.Atoi(row[option]); err != nil || k.option < 1 || k.option > maxOptions {
			return nil, fmt.Errorf("%s, row %d: key %q is not an option from 1 to %d", file, i+2, row[option], maxOptions)
		}
		if c, ok := column["options"]; ok {
			if k.options, err = strconv.Atoi(row[c]); err != nil || k.options < k.option || k.options > maxOptions {
				return nil, fmt.Errorf("%s, row %d: %q options do not hold key %d", file, i+2, row[c], k.option)
			}
		}
		if c, ok := column["domain"]; ok {
			if k.domain = vocab.Domain(row[c]); k.domain.Index() < 0 {
				return nil, fmt.Errorf("%s, row %d: there is no domain %q", file, i+2, row[c])
			}
		}
		if _, twice := keys[row[item]]; twice {
			return nil, fmt.Errorf("%s, row %d: item %q is there twice", file, i+2, row[item])
		}
		keys[row[item]] = k
	}
	return keys, nil
}

func readCSV(files fs.FS, name string) ([][]string, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	return rows, nil
}

// readTable reads the first Markdown table whose header begins with item.
func readTable(files fs.FS, name string) ([][]string, error) {
	f, err := files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("no keys: the folder has neither key.csv nor README.md")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var table [][]string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if table != nil {
				break
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case table == nil && cells[0] != "item", strings.Trim(cells[0], "-: ") == "":
			continue
		case table != nil && len(cells) != len(table[0]):
			return nil, fmt.Errorf("%s: the row of %q has %d cells, not %d", name, cells[0], len(cells), len(table[0]))
		}
		table = append(table, cells)
	}
	if table == nil {
		return nil, fmt.Errorf("%s: there is no table with the columns item and key", name)
	}
	return table, nil
}
