package score

import (
	"math"
	"time"

	"github.com/aiqhq/aiq/internal/vocab"
)

// reliableAt is the conventional bound of the reliable change index.
const reliableAt = 1.96

// Measured is a score with what is needed to compare it with another.
type Measured struct {
	Value float64
	// SEM is its standard error of measurement; nil if it is not known.
	SEM *float64
	At  time.Time
}

// Change is the difference between two scores of one person, judged against
// their errors of measurement.
type Change struct {
	// Difference is the later score less the earlier one.
	Difference float64
	// Index is the reliable change index and Verdict what it says at 1.96; both
	// nil where an error of measurement is not known.
	Index   *float64
	Verdict *vocab.Change
}

// Between is the change from one score to a later one. Its index is the
// difference over √(SEM₁² + SEM₂²) (Jacobson & Truax 1991, with an error of
// its own for each score).
func Between(earlier, later Measured) Change {
	difference := later.Value - earlier.Value
	if earlier.SEM == nil || later.SEM == nil {
		return Change{Difference: difference}
	}
	return judged(difference, difference, math.Hypot(*earlier.SEM, *later.SEM))
}

// judged is a change whose index is the contrast over its standard error.
func judged(difference, contrast, se float64) Change {
	c := Change{Difference: difference}
	if !(se > 0) {
		return c
	}
	index, verdict := contrast/se, vocab.Stable
	switch {
	case index > reliableAt:
		verdict = vocab.Improved
	case index < -reliableAt:
		verdict = vocab.Declined
	}
	c.Index, c.Verdict = &index, &verdict
	return c
}

// DomainChange is the change of one domain's score.
type DomainChange struct {
	Domain vocab.Domain
	Change
}

// DomainChanges compares the domain scores of two tests, in reporting order.
// Domains that one of them does not score are left out. Two scores by ability
// are compared like whole scores; two shares of right answers by Agresti &
// Caffo's (2000) standard error, which adds one right and one wrong answer to
// each; a score by ability and a share have no index.
func DomainChanges(earlier, later []vocab.DomainScore) []DomainChange {
	before := map[vocab.Domain]vocab.DomainScore{}
	for _, d := range earlier {
		before[d.Domain] = d
	}
	out := []DomainChange{}
	for _, now := range later {
		then, ok := before[now.Domain]
		if !ok || then.Score == nil || now.Score == nil {
			continue
		}
		out = append(out, DomainChange{now.Domain, domainChange(then, now)})
	}
	return out
}

func domainChange(then, now vocab.DomainScore) Change {
	if then.StandardErrorOfMeasurement != nil || now.StandardErrorOfMeasurement != nil {
		return Between(
			Measured{Value: *then.Score, SEM: then.StandardErrorOfMeasurement},
			Measured{Value: *now.Score, SEM: now.StandardErrorOfMeasurement})
	}
	p1, v1 := adjusted(then)
	p2, v2 := adjusted(now)
	return judged(*now.Score-*then.Score, p2-p1, math.Sqrt(v1+v2))
}

// adjusted is the share of right answers with one right and one wrong added,
// and its variance.
func adjusted(d vocab.DomainScore) (p, variance float64) {
	n := float64(d.Items + 2)
	p = float64(d.Correct+1) / n
	return p, p * (1 - p) / n
}

const (
	year = 365.25 * 24 * time.Hour
	// leastSpan is the time from which scores tell something of a year.
	leastSpan = 90 * 24 * time.Hour
)

// PerYear is the slope of the scores over time by least squares, in points a
// year; nil if they span less than 90 days.
func PerYear(scores []Measured) *float64 {
	if len(scores) < 2 {
		return nil
	}
	first, last := scores[0].At, scores[0].At
	var t, x float64
	years := func(m Measured) float64 { return float64(m.At.Sub(scores[0].At)) / float64(year) }
	for _, m := range scores {
		if m.At.Before(first) {
			first = m.At
		}
		if m.At.After(last) {
			last = m.At
		}
		t += years(m) / float64(len(scores))
		x += m.Value / float64(len(scores))
	}
	if last.Sub(first) < leastSpan {
		return nil
	}
	var stt, stx float64
	for _, m := range scores {
		dt := years(m) - t
		stt += dt * dt
		stx += dt * (m.Value - x)
	}
	slope := stx / stt
	return &slope
}
