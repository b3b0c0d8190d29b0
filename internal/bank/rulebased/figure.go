package rulebased

import (
	"slices"
	"strings"
)

// figure is one to six equal shapes, solid or in outline. It is written as text,
// so that any client can show it: ●● is two solid circles.
type figure struct {
	shape int // index of shapeNames
	solid bool
	count int
}

const maxCount = 6

func shapeNames() []string { return []string{"circle", "triangle", "square", "diamond", "star"} }

func solidShapes() []string   { return []string{"●", "▲", "■", "◆", "★"} }
func outlineShapes() []string { return []string{"○", "△", "□", "◇", "☆"} }

func (f figure) String() string {
	symbols := outlineShapes()
	if f.solid {
		symbols = solidShapes()
	}
	return strings.Repeat(symbols[f.shape], f.count)
}

// name is the figure in words, such as "2 solid circles".
func (f figure) name() string {
	fill, plural := "outlined ", "s"
	if f.solid {
		fill = "solid "
	}
	if f.count == 1 {
		plural = ""
	}
	return numberLabels(f.count)[0] + " " + fill + shapeNames()[f.shape] + plural
}

// valid reports whether the figure can be written.
func (f figure) valid() bool {
	return f.shape >= 0 && f.shape < len(shapeNames()) && f.count >= 1 && f.count <= maxCount
}

// readFigure reads what String wrote.
func readFigure(text string) (figure, bool) {
	runes := []rune(text)
	if len(runes) == 0 || text != strings.Repeat(string(runes[0]), len(runes)) {
		return figure{}, false
	}
	f := figure{count: len(runes)}
	f.shape = slices.Index(outlineShapes(), string(runes[0]))
	if f.shape < 0 {
		f.shape, f.solid = slices.Index(solidShapes(), string(runes[0])), true
	}
	return f, f.valid()
}
