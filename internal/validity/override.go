package validity

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/sessionvalidity"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Override is an administrator's verdict in place of the computed one.
type Override struct {
	Session ident.Session
	// Verdict is any but INCOMPLETE: that a test was not completed is no opinion.
	Verdict vocab.Verdict
	// Reason has 10 to 1,000 characters.
	Reason string
}

// The bounds of a reason, in characters.
const (
	minReason = 10
	maxReason = 1000
)

func (o Override) check() error {
	switch n := utf8.RuneCountInString(o.Reason); {
	case o.Verdict == vocab.Incomplete:
		return fault.Invalid("verdict", "one_of", "A verdict is VALID, SUSPECT or INVALID.")
	case n < minReason:
		return fault.Invalid("reason", "min_length", "A reason has at least %d characters.", minReason)
	case n > maxReason:
		return fault.Invalid("reason", "max_length", "A reason has at most %d characters.", maxReason)
	}
	return nil
}

// Effective is the verdict that counts: the administrator's if there is one.
func Effective(v *db.SessionValidity) vocab.Verdict {
	if v.OverrideVerdict != nil {
		return *v.OverrideVerdict
	}
	return v.Verdict
}

// Set puts the viewer's verdict beside the computed one, in place of an earlier
// override. Repeating it changes nothing, the time included. It fails with
// VALIDATION_FAILED, with NOT_FOUND if there is no such session, and with
// CONFLICT if the session has no verdict: it was not completed, or imported.
func Set(ctx context.Context, st *store.Store, now clock.Clock, viewer auth.Viewer, o Override) (*db.SessionValidity, error) {
	o.Reason = strings.TrimSpace(o.Reason)
	if err := o.check(); err != nil {
		return nil, err
	}
	var out *db.SessionValidity
	err := st.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = set(ctx, tx, now, viewer, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func set(ctx context.Context, tx *store.Tx, now clock.Clock, viewer auth.Viewer, o Override) (*db.SessionValidity, error) {
	v, err := tx.SessionValidity.Query().
		Where(sessionvalidity.SessionID(o.Session), store.ForUpdate).Only(ctx)
	if db.IsNotFound(err) {
		return nil, unjudged(ctx, tx, o.Session)
	}
	if err != nil {
		return nil, fmt.Errorf("load the verdict: %w", err)
	}
	by := viewer.ID()
	if v.OverrideVerdict != nil && *v.OverrideVerdict == o.Verdict && *v.OverrideReason == o.Reason && *v.OverriddenByID == by {
		return v, nil
	}
	at, before := now(), Effective(v)
	v.OverrideVerdict, v.OverrideReason, v.OverriddenByID, v.OverriddenAt = &o.Verdict, &o.Reason, &by, &at
	err = tx.SessionValidity.Update().Where(sessionvalidity.ID(v.ID)).
		SetOverrideVerdict(o.Verdict).SetOverrideReason(o.Reason).SetOverriddenByID(by).SetOverriddenAt(at).
		Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the override: %w", err)
	}
	err = audit.Record(ctx, tx, viewer, at, audit.Entry{
		Action:  vocab.ValidityOverridden,
		Target:  ident.Global{Kind: ident.KindSession, Key: int64(o.Session)},
		Changes: []audit.Change{{Field: "verdict", Before: before, After: o.Verdict}},
		Reason:  o.Reason,
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// unjudged says why a session has no verdict.
func unjudged(ctx context.Context, tx *store.Tx, id ident.Session) error {
	switch there, err := tx.TestSession.Query().Where(testsession.ID(id)).Exist(ctx); {
	case err != nil:
		return fmt.Errorf("look for the test: %w", err)
	case !there:
		return fault.Missing("Test")
	default:
		return fault.New(fault.Conflict, "The test has no verdict: only tests completed here are judged.")
	}
}
