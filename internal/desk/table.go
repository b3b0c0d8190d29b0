package desk

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// undefined stands in tables for what the data do not define.
const undefined = "–"

// table is text in columns, the first to the left and the others to the right.
type table [][]string

func newTable(header ...string) *table { return &table{header} }

// row adds a row. Numbers with fractions show three digits after the point.
func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = show(cell)
	}
	*t = append(*t, row)
}

// show is how a value reads in a table.
func show(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return decimals(v)
	case *float64:
		if v == nil {
			return undefined
		}
		return decimals(*v)
	}
	return fmt.Sprint(v)
}

func decimals(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func (t *table) write(w io.Writer) error {
	var widths []int
	for _, row := range *t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range *t {
		var b strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i > 0:
				b.WriteString("  " + space + cell)
			case len(row) == 1:
				b.WriteString(cell)
			default:
				b.WriteString(cell + space)
			}
		}
		text.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// page writes lines and tables one after the other and keeps the first error.
type page struct {
	w   io.Writer
	err error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *page) table(t *table) {
	if p.err == nil {
		p.err = t.write(p.w)
	}
}
