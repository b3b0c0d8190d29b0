package graph

import (
	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

func confidenceInterval(r *db.TestResult) *model.ConfidenceInterval {
	if r.IntervalLower == nil || r.IntervalUpper == nil || r.IntervalLevel == nil {
		return nil
	}
	return &model.ConfidenceInterval{Lower: *r.IntervalLower, Upper: *r.IntervalUpper, Level: *r.IntervalLevel}
}

// completed is the key of a test that has a result, nil for any other.
func completed(id ident.Session, state vocab.SessionState) *ident.Session {
	if state != vocab.Completed {
		return nil
	}
	return &id
}
