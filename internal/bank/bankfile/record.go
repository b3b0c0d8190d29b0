// Package bankfile reads and writes item banks as JSON Lines: UTF-8 text, one
// question a line, each line one JSON object. Blank lines are passed over.
//
// A line looks like this (broken here for reading):
//
//	{"external_ref": "starter:logic:syllogism:0007",
//	 "domain": "LOGIC", "difficulty": "MEDIUM", "sub_type": "syllogism",
//	 "text": "All painters are cyclists. …",
//	 "options": [{"id": "a", "label": "All cyclists are painters."}, …],
//	 "key": "c", "explanation": "…", "source": "rulebased/logic.syllogism@1",
//	 "parameters": {"model": "TWO_PL", "a": 1.2, "b": 0.4, "provisional": true}}
//
// The fields:
//
//	external_ref  required  the question's lasting name, unique in the file, no spaces
//	domain        required  PATTERN, LOGIC, SPATIAL, MATH, VERBAL or MEMORY
//	difficulty    required  EASY, MEDIUM or HARD: the author's label
//	sub_type      optional  the kind of question within the domain
//	stimulus      optional  shown before the question and then hidden (memory)
//	text          optional  the question; without it the item is analysed, never served
//	options       required  2 to 10 answers in order of display; ids and labels distinct
//	key           required  the id of the right option
//	explanation   optional  why the key is right, for the taker once the test is over
//	source        optional  the author, or the generator and its version
//	parameters    optional  model (ONE_PL, TWO_PL, THREE_PL), a in (0, 10], b in [-10, 10],
//	                        c in [0, 0.5) and only for THREE_PL, provisional (default false)
//
// A field that is there is never null and, if text, never blank: leave out what
// there is not. None holds the character U+0000, which not every database stores.
// Text, stimulus and labels may hold line breaks and rows of
// symbols that form a grid; a client keeps the breaks and shows every cell of a
// grid equally wide.
//
// Parameters marked provisional come from an author's judgement or a
// generator's features instead of answers; a calibration replaces them.
package bankfile

import (
	"github.com/aiqhq/aiq/internal/vocab"
)

// Limits of a file.
const (
	// MaxLine is the length of the longest line that is read, in bytes.
	MaxLine = 256 << 10
	// MaxOptions is how many options a question may have.
	MaxOptions = 10
	// MaxName is the length of the longest external reference, option id,
	// sub-type or source, in bytes.
	MaxName = 200
)

// Record is one question of a bank file.
type Record struct {
	ExternalRef string           `json:"external_ref"`
	Domain      vocab.Domain     `json:"domain"`
	Difficulty  vocab.Difficulty `json:"difficulty"`
	SubType     string           `json:"sub_type,omitempty"`
	Stimulus    string           `json:"stimulus,omitempty"`
	Text        string           `json:"text,omitempty"`
	Options     []vocab.Option   `json:"options"`
	Key         string           `json:"key"`
	Explanation string           `json:"explanation,omitempty"`
	Source      string           `json:"source,omitempty"`
	Parameters  *Parameters      `json:"parameters,omitempty"`
}

// Servable reports whether the question has a wording and so can be put before
// a taker. A record without one carries answers for analysis only.
func (r Record) Servable() bool { return r.Text != "" }

// Parameters places an item on the ability scale (mean 0, standard deviation 1
// in the population).
type Parameters struct {
	Model vocab.ItemModel `json:"model"`
	// A is the discrimination, per unit of theta on the logistic scale.
	A float64 `json:"a"`
	// B is the difficulty, on the scale of theta.
	B float64 `json:"b"`
	// C is the lower asymptote; 0 but for THREE_PL.
	C float64 `json:"c,omitempty"`
	// Provisional marks parameters that were judged and not estimated.
	Provisional bool `json:"provisional,omitempty"`
}
