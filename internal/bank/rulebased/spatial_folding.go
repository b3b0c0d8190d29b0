package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// folding makes sheets of paper that are folded, punched and unfolded.
func folding() Generator {
	return generator{
		kind:  kind{"spatial.folding", 1, vocab.Spatial, "paper_folding", 1.6},
		draw:  drawFolding,
		solve: solveFolding,
	}
}

const (
	sheetSize       = 4
	foldingSetting  = "A square sheet of paper is divided into 4 × 4 cells. "
	foldingPunch    = " Then holes (●) are punched through all layers, as shown here on the folded sheet:\n\n"
	foldingQuestion = "\n\nHow does the sheet look when it is unfolded?"
)

// fold lays one half of the sheet on the other.
type fold struct {
	phrase string
	// sideways folds left or right halves, otherwise top or bottom ones.
	sideways bool
	// away says that the half with the smaller coordinates moves, so that the
	// other remains.
	away bool
}

func folds() []fold {
	return []fold{
		{"left half is folded over onto the right half", true, true},
		{"right half is folded over onto the left half", true, false},
		{"top half is folded down onto the bottom half", false, true},
		{"bottom half is folded up onto the top half", false, false},
	}
}

func drawFolding(rng *rand.Rand, level vocab.Difficulty) draft {
	var chosen []fold
	for {
		chosen = sample(rng, folds(), 2)
		if chosen[0].sideways != chosen[1].sideways {
			break
		}
	}
	holes := between(rng, 1, 2)
	switch level {
	case vocab.Easy:
		chosen, holes = chosen[:1], 1
	case vocab.Medium:
		chosen, holes = chosen[:1], between(rng, 2, 3)
	}
	var cells [][2]int // of the sheet that remain on top after folding
	for r := range sheetSize {
		for c := range sheetSize {
			if remains(chosen, r, c) {
				cells = append(cells, [2]int{r, c})
			}
		}
	}
	punched := sample(rng, cells, holes)
	answer := unfolded(chosen, punched)

	text := foldingSetting + "The " + chosen[0].phrase + "."
	if len(chosen) == 2 {
		text += " Then the " + chosen[1].phrase + "."
	}
	if holes == 1 {
		text += strings.Replace(foldingPunch, "holes (●) are", "a hole (●) is", 1)
	} else {
		text += foldingPunch
	}
	text += writeFolded(chosen, cells, punched) + foldingQuestion
	reason := "Every hole has a mirror image across the fold."
	if len(chosen) == 2 {
		reason = "Every hole went through four layers, so it appears mirrored across both folds."
	}
	return draft{
		text:        text,
		answer:      answer.write("●"),
		mistakes:    foldingMistakes(rng, chosen, punched),
		explanation: reason,
		load:        foldingLoad(level, chosen, holes, punched),
	}
}

func foldingLoad(level vocab.Difficulty, chosen []fold, holes int, punched [][2]int) float64 {
	central := 0
	for _, p := range punched {
		if (p[0] == 1 || p[0] == 2) && (p[1] == 1 || p[1] == 2) {
			central++
		}
	}
	inside := share(central, 0, holes)
	switch {
	case level == vocab.Hard:
		return share(holes, 1, 2)*0.6 + (1-inside)*0.4
	case chosen[0].sideways:
		return share(holes, 1, 3)*0.5 + (1-inside)*0.3
	default:
		return share(holes, 1, 3)*0.5 + (1-inside)*0.3 + 0.2
	}
}

// remains reports whether a cell belongs to the half that no fold moves.
func remains(chosen []fold, r, c int) bool {
	for _, f := range chosen {
		at := r
		if f.sideways {
			at = c
		}
		if (at < sheetSize/2) == f.away {
			return false
		}
	}
	return true
}

// unfolded mirrors the holes across each fold, the last fold first.
func unfolded(chosen []fold, punched [][2]int) bitmap {
	sheet := newBitmap(sheetSize)
	for _, p := range punched {
		sheet[p[0]][p[1]] = true
	}
	for _, f := range slices.Backward(chosen) {
		mirror := sheet.mirrored()
		if !f.sideways {
			mirror = sheet.turned().turned().mirrored()
		}
		sheet = union(sheet, mirror)
	}
	return sheet
}

func union(a, b bitmap) bitmap {
	out := newBitmap(len(a))
	for r := range a {
		for c := range a[r] {
			out[r][c] = a[r][c] || b[r][c]
		}
	}
	return out
}

// foldingMistakes forget a fold, fold the other way, or shift the holes
// instead of mirroring them.
func foldingMistakes(rng *rand.Rand, chosen []fold, punched [][2]int) []string {
	var wrong []string
	for _, f := range folds() {
		wrong = append(wrong, unfolded([]fold{f}, punched).write("●"))
	}
	wrong = append(wrong, unfolded(nil, punched).write("●"))
	holes := unfolded(nil, punched)
	shifted := holes.mapped(func(r, c int) (int, int) {
		if chosen[0].sideways {
			return r, (c + sheetSize/2) % sheetSize
		}
		return (r + sheetSize/2) % sheetSize, c
	})
	half := holes.turned().turned()
	wrong = append(wrong, union(holes, shifted).write("●"), union(holes, half).write("●"),
		union(unfolded(chosen[:1], punched), shifted).write("●"), unfolded(folds()[1:3], punched).write("●"))
	if len(chosen) == 2 {
		near := [][2]int{}
		for _, p := range punched {
			near = append(near, [2]int{p[0] ^ 1, p[1]})
		}
		wrong = append(wrong, unfolded(chosen, near).write("●"))
	}
	shuffle(rng, wrong)
	wrong = slices.Compact(wrong)
	return wrong[:min(len(wrong), 6)]
}

// writeFolded draws the part of the sheet that is left on top.
func writeFolded(chosen []fold, cells, punched [][2]int) string {
	var rows []string
	at := -1
	for _, cell := range cells {
		if cell[0] != at {
			rows, at = append(rows, ""), cell[0]
		}
		mark := "□"
		if slices.Contains(punched, cell) {
			mark = "●"
		}
		rows[len(rows)-1] += mark
	}
	return strings.Join(rows, "\n")
}

// solveFolding lays every cell of the sheet through the folds and looks whether
// a hole is punched where it comes to lie.
func solveFolding(v View) (verdict, error) {
	story, rest, found := strings.Cut(v.Text, "layers, as shown here on the folded sheet:\n\n")
	drawing, ok := strings.CutSuffix(rest, foldingQuestion)
	folded, rectangle := readCells(drawing)
	if !found || !ok || !rectangle {
		return nil, errors.New("not a folded sheet")
	}
	width, height := sheetSize, sheetSize
	type layer struct{ r, c int }
	where := map[layer]layer{}
	for r := range sheetSize {
		for c := range sheetSize {
			where[layer{r, c}] = layer{r, c}
		}
	}
	for _, sentence := range strings.Split(strings.ToLower(story), ".") {
		// The sheet that is left is measured anew after each fold.
		var lay func(l layer) layer
		w, h := width, height
		switch {
		case strings.Contains(sentence, "left half is folded"):
			width /= 2
			lay = func(l layer) layer { return layer{l.r, max(l.c, w-1-l.c) - w/2} }
		case strings.Contains(sentence, "right half is folded"):
			width /= 2
			lay = func(l layer) layer { return layer{l.r, min(l.c, w-1-l.c)} }
		case strings.Contains(sentence, "top half is folded"):
			height /= 2
			lay = func(l layer) layer { return layer{max(l.r, h-1-l.r) - h/2, l.c} }
		case strings.Contains(sentence, "bottom half is folded"):
			height /= 2
			lay = func(l layer) layer { return layer{min(l.r, h-1-l.r), l.c} }
		default:
			continue
		}
		for cell, l := range where {
			where[cell] = lay(l)
		}
	}
	if len(folded) != height || len(folded[0]) != width {
		return nil, fmt.Errorf("the folded sheet is not %d × %d cells", width, height)
	}
	return func(label string) bool {
		sheet, ok := readCells(label)
		if !ok || len(sheet) != sheetSize || len(sheet[0]) != sheetSize {
			return false
		}
		for cell, l := range where {
			if sheet[cell.r][cell.c] != folded[l.r][l.c] {
				return false
			}
		}
		return true
	}, nil
}
