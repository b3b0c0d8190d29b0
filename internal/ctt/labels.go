package ctt

import "math"

// LabelBand is the range of p that a difficulty label promises.
type LabelBand struct{ Low, High float64 }

// Bands of the labels easy, medium and hard; neighbours share a limit.
func EasyBand() LabelBand   { return LabelBand{.70, .90} }
func MediumBand() LabelBand { return LabelBand{.40, .70} }
func HardBand() LabelBand   { return LabelBand{.15, .40} }

// MissSeverity says how far p lies outside the band of an item's label.
type MissSeverity string

const (
	NoMiss     MissSeverity = "NONE"
	MinorMiss  MissSeverity = "MINOR"  // by at most .10
	MajorMiss  MissSeverity = "MAJOR"  // by at most .25
	SevereMiss MissSeverity = "SEVERE" // by more
)

// roundoff forgives the last digits of a difference of two shares.
const roundoff = 1e-12

// Miss is the distance of p from the band and its severity; 0 and NoMiss inside, limits included,
// and for NaN.
func (b LabelBand) Miss(p float64) (distance float64, severity MissSeverity) {
	distance = max(b.Low-p, p-b.High, 0)
	switch {
	case math.IsNaN(distance), distance == 0:
		return 0, NoMiss
	case distance <= .10+roundoff:
		return distance, MinorMiss
	case distance <= .25+roundoff:
		return distance, MajorMiss
	}
	return distance, SevereMiss
}

// LabelFit compares a person's share correct on easy, medium and hard items with what the total
// leads to expect. It needs no calibration and is a rule of thumb: prefer lz* where items are
// calibrated.
type LabelFit struct {
	Answered int
	// Unexpected are the answers that go the wrong way in a label whose share correct is more than
	// .30 off: the wrong ones where it is too low, the correct ones where it is too high.
	Unexpected int
	Ratio      *float64 // Unexpected/Answered; nil without answers
	Aberrant   bool     // Ratio of .25 or more; with fewer than 5 answers .40
}

// LabelCount is the number of answers, and of correct ones, to the items of one label.
type LabelCount struct{ Answered, Correct int }

// unexpectedBeyond is the deviation of a label's share correct that is not expected.
const unexpectedBeyond = .30

// expectedShares are those on easy, medium and hard items.
func expectedShares(total float64) [3]float64 {
	switch {
	case total > .70:
		return [3]float64{.95, .80, .55}
	case total >= .40:
		return [3]float64{.80, .55, .30}
	}
	return [3]float64{.60, .30, .15}
}

// NewLabelFit judges the counts of one person. Counts below 0, or with more correct than
// answered, are left out.
func NewLabelFit(easy, medium, hard LabelCount) LabelFit {
	labels := [3]LabelCount{easy, medium, hard}
	var all LabelCount
	for k, c := range labels {
		if c.Answered < 0 || c.Correct < 0 || c.Correct > c.Answered {
			labels[k] = LabelCount{}
			continue
		}
		all.Answered += c.Answered
		all.Correct += c.Correct
	}
	fit := LabelFit{Answered: all.Answered}
	if all.Answered == 0 {
		return fit
	}
	expected := expectedShares(float64(all.Correct) / float64(all.Answered))
	for k, c := range labels {
		if c.Answered == 0 {
			continue
		}
		switch deviation := float64(c.Correct)/float64(c.Answered) - expected[k]; {
		case deviation > unexpectedBeyond+roundoff:
			fit.Unexpected += c.Correct
		case deviation < -unexpectedBeyond-roundoff:
			fit.Unexpected += c.Answered - c.Correct
		}
	}
	ratio := float64(fit.Unexpected) / float64(fit.Answered)
	fit.Ratio = &ratio
	fit.Aberrant = ratio >= fit.Limit()
	return fit
}

// Limit is the ratio from which the pattern is aberrant.
func (f LabelFit) Limit() float64 {
	if f.Answered < shortTest {
		return .40
	}
	return .25
}
