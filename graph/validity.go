package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/sessionvalidity"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/validity"
	"github.com/aiqhq/aiq/internal/vocab"
)

func validityFilter(f *model.SessionValidityFilter) []predicate.SessionValidity {
	if f == nil {
		return nil
	}
	var out []predicate.SessionValidity
	where(&out, f.Verdict, func(v vocab.Verdict) predicate.SessionValidity {
		return sessionvalidity.Or(
			sessionvalidity.OverrideVerdictEQ(v),
			sessionvalidity.And(sessionvalidity.OverrideVerdictIsNil(), sessionvalidity.VerdictEQ(v)),
		)
	})
	where(&out, f.Overridden, either(sessionvalidity.OverrideVerdictNotNil(), sessionvalidity.OverrideVerdictIsNil()))
	return out
}

// judgements loads the judgements on the tests that were completed.
func judgements(ctx context.Context, tests []*db.TestSession) ([]*db.SessionValidity, error) {
	return present(ctx, each(tests, func(t *db.TestSession) *ident.Session {
		return completed(t.ID, t.State)
	}), loader.For(ctx).ValidityOfSessions)
}

// verdictOn is the verdict that counts for a test with this judgement, if it has
// one; nil if there is none to give.
func verdictOn(t *db.TestSession, judged *db.SessionValidity) *vocab.Verdict {
	var verdict vocab.Verdict
	switch {
	case judged != nil:
		verdict = validity.Effective(judged)
	case t.State == vocab.Abandoned || t.State == vocab.Expired:
		verdict = vocab.Incomplete
	default:
		return nil
	}
	return &verdict
}
