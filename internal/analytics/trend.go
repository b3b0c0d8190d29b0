package analytics

import (
	"slices"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/vocab"
)

// ScoreChange is a change of score since an earlier result.
type ScoreChange struct {
	PreviousID ident.Result
	Difference float64
	// Index and Verdict are nil where a score's error of measurement is not known.
	Index   *float64
	Verdict *vocab.Change
}

// ChangeOf is how a result differs from the person's result before it; nil for
// the first.
func ChangeOf(r *db.TestResult) *ScoreChange {
	if r.PreviousID == nil || r.Change == nil {
		return nil
	}
	return &ScoreChange{*r.PreviousID, *r.Change, r.ChangeIndex, r.ChangeVerdict}
}

// DomainChange is a change of a domain's score from the last result but one to
// the last.
type DomainChange struct {
	Domain     vocab.Domain
	Difference float64
	Index      *float64
	Verdict    *vocab.Change
}

// Trend is the course of a person's scores.
type Trend struct {
	// Points are oldest first.
	Points []*db.TestResult
	// PerYear is the slope by least squares in points a year; nil if the results
	// span less than 90 days.
	PerYear *float64
	// Change is from the first point to the last; nil with fewer than two.
	Change *ScoreChange
	// Domains are empty with fewer than two results.
	Domains []*DomainChange
}

// TrendOf is the course of the scores of one person's results, newest first;
// nil without any.
func TrendOf(results []*db.TestResult) *Trend {
	if len(results) == 0 {
		return nil
	}
	t := &Trend{Domains: []*DomainChange{}}
	var scores []score.Measured
	for _, r := range slices.Backward(results) {
		t.Points = append(t.Points, r)
		scores = append(scores, measured(r))
	}
	t.PerYear = score.PerYear(scores)
	if len(results) < 2 {
		return t
	}
	first, last := t.Points[0], results[0]
	change := score.Between(measured(first), measured(last))
	t.Change = &ScoreChange{first.ID, change.Difference, change.Index, change.Verdict}
	for _, c := range score.DomainChanges(results[1].DomainScores, last.DomainScores) {
		t.Domains = append(t.Domains, &DomainChange{c.Domain, c.Difference, c.Index, c.Verdict})
	}
	return t
}

func measured(r *db.TestResult) score.Measured {
	return score.Measured{Value: r.Score, SEM: r.StandardErrorOfMeasurement, At: r.ScoredAt}
}
