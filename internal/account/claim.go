package account

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// Claim is what became of a guest's tests.
type Claim struct {
	// Sessions are those that became the viewer's, oldest first.
	Sessions []ident.Session
	// LeftBehind is how many stayed with the guest.
	LeftBehind int
}

// ClaimGuest makes a guest's tests the viewer's, with their answers and results.
// A test moves as a whole or not at all: one that asked a question which the
// viewer has met in a test of their own stays with the guest, for nobody meets a
// question twice, and a score that rests on one met before compares with none.
// The guest is at an end then, and the device's next test is that of a new one.
//
// It fails with TOKEN_EXPIRED or UNAUTHENTICATED if the token is not good, with
// CONFLICT if an account has the guest's tests already or if every test would
// stay behind, and with ACTIVE_SESSION_EXISTS while either has a test in
// progress: its questions were chosen without regard to the other's. A failure
// changes nothing.
func (s *Service) ClaimGuest(ctx context.Context, viewer auth.Viewer, guestToken string) (Claim, error) {
	var out Claim
	guest, err := s.guestOf(&guestToken)
	if err != nil {
		return Claim{}, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = s.claim(ctx, tx, viewer.ID(), *guest)
		return err
	})
	if err != nil {
		return Claim{}, err
	}
	return out, nil
}

func (s *Service) claim(ctx context.Context, tx *store.Tx, owner, guest ident.User) (Claim, error) {
	if _, err := unclaimed(ctx, tx, guest); err != nil {
		return Claim{}, err
	}
	if _, err := tx.User.Query().Where(user.ID(owner), store.ForUpdate).OnlyID(ctx); err != nil {
		return Claim{}, fmt.Errorf("lock the account: %w", err)
	}
	for _, person := range []ident.User{guest, owner} {
		t, err := inProgress(ctx, tx, person)
		if err != nil {
			return Claim{}, err
		}
		if t != nil {
			return Claim{}, fault.New(fault.ActiveSessionExists, "A test is in progress; finish it or give it up first.").
				With("activeSessionId", ident.Global{Kind: ident.KindSession, Key: int64(t.ID)}.String())
		}
	}
	all, err := tx.TestSession.Query().Where(testsession.UserID(guest)).Order(db.Asc(testsession.FieldID)).IDs(ctx)
	if err != nil {
		return Claim{}, fmt.Errorf("load the guest's tests: %w", err)
	}
	var repeating []ident.Session
	err = tx.Response.Query().Where(response.UserID(guest), metBy(owner)).
		Unique(true).Select(response.FieldSessionID).Scan(ctx, &repeating)
	if err != nil {
		return Claim{}, fmt.Errorf("load the tests with questions met before: %w", err)
	}
	moving := slices.DeleteFunc(slices.Clone(all), func(id ident.Session) bool { return slices.Contains(repeating, id) })
	if len(moving) == 0 {
		return Claim{}, fault.New(fault.Conflict, "The test asked questions that you had met before, so its result cannot be yours.").
			With("field", "guestToken").With("rule", "met_before")
	}
	if err := move(ctx, tx, moving, owner); err != nil {
		return Claim{}, fmt.Errorf("move the guest's tests: %w", err)
	}
	if err := tx.User.Update().Where(user.ID(guest)).SetTokensRevokedBefore(s.clock()).Exec(ctx); err != nil {
		return Claim{}, fmt.Errorf("end the guest: %w", err)
	}
	return Claim{Sessions: moving, LeftBehind: len(repeating)}, nil
}

// metBy holds for responses to questions that the person was served.
func metBy(person ident.User) func(*sql.Selector) {
	return func(s *sql.Selector) {
		own := sql.Dialect(s.Dialect()).Table(response.Table).As("own")
		s.Where(sql.In(s.C(response.FieldQuestionID),
			sql.Dialect(s.Dialect()).Select(own.C(response.FieldQuestionID)).From(own).
				Where(sql.EQ(own.C(response.FieldUserID), int64(person)))))
	}
}

// move gives the tests to their new owner, with their answers and results. The
// name that the guest's client had for starting one is dropped: the owner's may
// have used the same.
func move(ctx context.Context, tx *store.Tx, sessions []ident.Session, owner ident.User) error {
	err := tx.TestSession.Update().Where(store.In(testsession.FieldID, sessions)).
		Modify(func(u *sql.UpdateBuilder) {
			u.Set(testsession.FieldUserID, int64(owner)).SetNull(testsession.FieldStartKey)
		}).Exec(ctx)
	if err != nil {
		return err
	}
	err = tx.Response.Update().Where(store.In(response.FieldSessionID, sessions)).
		Modify(func(u *sql.UpdateBuilder) { u.Set(response.FieldUserID, int64(owner)) }).Exec(ctx)
	if err != nil {
		return err
	}
	return tx.TestResult.Update().Where(store.In(testresult.FieldSessionID, sessions)).
		Modify(func(u *sql.UpdateBuilder) { u.Set(testresult.FieldUserID, int64(owner)) }).Exec(ctx)
}

// promote makes an account of a guest.
func (s *Service) promote(ctx context.Context, tx *store.Tx, r Registration, hash string, guest ident.User) (*db.User, error) {
	if _, err := unclaimed(ctx, tx, guest); err != nil {
		return nil, err
	}
	err := tx.User.Update().Where(user.ID(guest)).SetGuest(false).
		SetEmail(r.Email).SetEmailKey(emailKey(r.Email)).SetPasswordHash(hash).
		SetNillableDisplayName(r.DisplayName).SetNillableBirthYear(r.BirthYear).SetNillableCountry(r.Country).
		SetNillableRegion(r.Region).SetNillableEducationLevel(r.EducationLevel).
		SetRole(r.Role).SetCooldownBypass(r.CooldownBypass).
		Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("make an account of the guest: %w", err)
	}
	v, err := viewer(ctx, tx, guest)
	return v.User, err
}

// guestOf is the guest that a token stands for, nil without a token.
func (s *Service) guestOf(token *string) (*ident.User, error) {
	if token == nil {
		return nil, nil
	}
	claims, err := s.keys.verify(*token, s.clock())
	if err != nil {
		return nil, err
	}
	if !claims.guest {
		return nil, invalidToken(nil)
	}
	return &claims.user, nil
}

// unclaimed is the guest, locked, if no account has their tests yet.
func unclaimed(ctx context.Context, tx *store.Tx, guest ident.User) (*db.User, error) {
	u, err := tx.User.Query().Where(user.ID(guest), store.ForUpdate).Only(ctx)
	switch {
	case db.IsNotFound(err):
		return nil, invalidToken(err)
	case err != nil:
		return nil, fmt.Errorf("load the guest: %w", err)
	case !u.Guest, claimed(u):
		return nil, fault.New(fault.Conflict, "An account has the guest's tests already.").
			With("field", "guestToken").With("rule", "claimed")
	default:
		return u, nil
	}
}

// claimed reports whether the tests of the guest went to an account.
func claimed(u *db.User) bool { return u.Guest && u.TokensRevokedBefore != nil }
