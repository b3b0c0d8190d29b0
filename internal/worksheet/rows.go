package worksheet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// headerPeek is how much of a file may be looked at to find its separator.
const headerPeek = 64 << 10

// rows reads a file row by row. It keeps the header and knows where it is.
type rows struct {
	file   string
	csv    *csv.Reader
	header []string
	row    int // the line last read, the header being 1
}

// openRows reads the header. Names are trimmed and distinct; only the
// first may be empty, as of row names written by R. A separator of 0 is found
// out from the header.
func openRows(r io.Reader, file string, separator rune) (*rows, error) {
	buffered := bufio.NewReaderSize(r, headerPeek)
	if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		if _, err := buffered.Discard(3); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if separator == 0 {
		separator = findSeparator(buffered)
	}
	t := &rows{file: file, csv: csv.NewReader(buffered)}
	t.csv.Comma = separator
	t.csv.ReuseRecord = true
	header, err := t.next()
	if errors.Is(err, io.EOF) {
		return nil, t.fault("", "the file is empty; a header row is needed")
	}
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(header))
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name == "" && i > 0 {
			return nil, t.fault(fmt.Sprint(i+1), "the column has no name")
		}
		if known[name] {
			return nil, t.fault(name, "the column occurs twice")
		}
		known[name] = true
		t.header = append(t.header, name)
	}
	return t, nil
}

// findSeparator takes the likeliest of comma, semicolon and tab from the first line.
func findSeparator(r *bufio.Reader) rune {
	start, _ := r.Peek(headerPeek) // a short file is no error here
	line, _, _ := bytes.Cut(start, []byte{'\n'})
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// next returns the next row, valid until the one after; io.EOF at the end.
func (t *rows) next() ([]string, error) {
	record, err := t.csv.Read()
	if err == nil {
		t.row, _ = t.csv.FieldPos(0)
		return record, nil
	}
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	var malformed *csv.ParseError
	if errors.As(err, &malformed) {
		t.row = malformed.Line
	}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return nil, t.fault("", fmt.Sprintf("%d cells where the header has %d", len(record), len(t.header)))
	case malformed != nil:
		return nil, t.fault("", malformed.Err.Error())
	}
	return nil, fmt.Errorf("read %s: %w", t.file, err)
}

// each calls do for every row after the header until the end, an error or the
// end of the context.
func (t *rows) each(ctx context.Context, do func(record []string) error) error {
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", t.file, ctx.Err())
		}
		record, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(record); err != nil {
			return err
		}
	}
}

// fault is an error in the row last read.
func (t *rows) fault(column, problem string) error {
	return &Error{File: t.file, Row: t.row, Column: column, Problem: problem}
}

// column finds a column by name, whatever its case if the exact name is not
// there; -1 if it is missing.
func (t *rows) column(names ...string) int {
	for _, name := range names {
		if at := slices.Index(t.header, name); at >= 0 {
			return at
		}
	}
	for _, name := range names {
		if at := slices.IndexFunc(t.header, func(h string) bool { return strings.EqualFold(h, name) }); at >= 0 {
			return at
		}
	}
	return -1
}
