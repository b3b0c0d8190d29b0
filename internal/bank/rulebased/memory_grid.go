package rulebased

import (
	"errors"
	"math/rand/v2"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// symbolGrid makes pictures on a grid to be remembered.
func symbolGrid() Generator {
	return generator{
		kind:  kind{"memory.grid", 1, vocab.Memory, "visual_pattern", 1.3},
		draw:  drawGrid,
		solve: solveGrid,
	}
}

const (
	gridPrompt    = "Remember this picture:\n\n"
	gridSame      = "Which picture was shown?"
	gridMirrored  = "Which is the picture that was shown, flipped left to right?"
	gridWorstCase = 9 // marks in the hardest picture
)

func drawGrid(rng *rand.Rand, level vocab.Difficulty) draft {
	size, marks := 3, between(rng, 3, 4)
	switch level {
	case vocab.Medium:
		size, marks = 4, between(rng, 5, 6)
	case vocab.Hard:
		size, marks = between(rng, 4, 5), between(rng, 6, gridWorstCase)
	}
	shown := drawBitmap(rng, size, marks)
	goal := shown
	d := draft{text: gridSame, explanation: "It is the only picture with every mark where it was."}
	if level == vocab.Hard && rng.IntN(2) == 0 {
		goal = shown.mirrored()
		d.text, d.explanation = gridMirrored, "It is the only picture with every mark where a mirror beside it would show it."
		d.load = 0.5
	}
	d.stimulus, d.answer = gridPrompt+shown.write("■"), goal.write("■")
	for range 5 {
		d.mistakes = append(d.mistakes, nudged(rng, goal).write("■"))
	}
	d.mistakes = d.mistakes[:4]
	d.theme = d.stimulus
	low := map[vocab.Difficulty]int{vocab.Easy: 3, vocab.Medium: 5, vocab.Hard: 6}[level]
	high := map[vocab.Difficulty]int{vocab.Easy: 4, vocab.Medium: 6, vocab.Hard: gridWorstCase}[level]
	d.load += share(marks, low, high) * 0.5
	return d
}

// nudged moves one mark to an empty cell, the way memory does.
func nudged(rng *rand.Rand, b bitmap) bitmap {
	out := b.mapped(func(r, c int) (int, int) { return r, c })
	var full, empty [][2]int
	for r := range b {
		for c := range b[r] {
			if b[r][c] {
				full = append(full, [2]int{r, c})
			} else {
				empty = append(empty, [2]int{r, c})
			}
		}
	}
	from, to := pick(rng, full), pick(rng, empty)
	out[from[0]][from[1]], out[to[0]][to[1]] = false, true
	return out
}

func solveGrid(v View) (verdict, error) {
	picture, ok := strings.CutPrefix(v.Stimulus, gridPrompt)
	if !ok {
		return nil, errors.New("no picture to remember")
	}
	switch v.Text {
	case gridSame:
		return func(label string) bool { return label == picture }, nil
	case gridMirrored:
		rows := strings.Split(picture, "\n")
		for i, row := range rows {
			backward := ""
			for _, cell := range row {
				backward = string(cell) + backward
			}
			rows[i] = backward
		}
		return func(label string) bool { return label == strings.Join(rows, "\n") }, nil
	}
	return nil, errors.New("unknown question about a picture")
}
