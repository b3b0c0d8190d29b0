package rulebased

import "strings"

// bitmap is a square picture of marked and empty cells, row by row. It is
// written as text, □ for an empty cell and another symbol for a marked one.
type bitmap [][]bool

func newBitmap(size int) bitmap {
	b := make(bitmap, size)
	for r := range b {
		b[r] = make([]bool, size)
	}
	return b
}

// write draws the picture with a symbol for marked cells.
func (b bitmap) write(mark string) string {
	rows := make([]string, len(b))
	for r, row := range b {
		for _, marked := range row {
			if marked {
				rows[r] += mark
			} else {
				rows[r] += "□"
			}
		}
	}
	return strings.Join(rows, "\n")
}

// readCells reads rows of symbols of equal length; marked cells are not □.
func readCells(text string) ([][]bool, bool) {
	var rows [][]bool
	for _, line := range strings.Split(text, "\n") {
		var row []bool
		for _, cell := range line {
			row = append(row, cell != '□')
		}
		if len(row) == 0 || len(rows) > 0 && len(row) != len(rows[0]) {
			return nil, false
		}
		rows = append(rows, row)
	}
	return rows, true
}

// mapped moves every cell of the picture; to says where a cell goes.
func (b bitmap) mapped(to func(r, c int) (int, int)) bitmap {
	out := newBitmap(len(b))
	for r := range b {
		for c := range b[r] {
			nr, nc := to(r, c)
			out[nr][nc] = b[r][c]
		}
	}
	return out
}

func (b bitmap) turned() bitmap {
	last := len(b) - 1
	return b.mapped(func(r, c int) (int, int) { return c, last - r })
}

func (b bitmap) mirrored() bitmap {
	last := len(b) - 1
	return b.mapped(func(r, c int) (int, int) { return r, last - c })
}

// symmetries lists the picture turned 0 to 3 times clockwise, then the same of
// its mirror image.
func (b bitmap) symmetries() []bitmap {
	var out []bitmap
	for _, start := range []bitmap{b, b.mirrored()} {
		for range 4 {
			out = append(out, start)
			start = start.turned()
		}
	}
	return out
}
