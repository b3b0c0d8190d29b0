package account

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/ent/db/oauthidentity"
	"github.com/aiqhq/aiq/ent/db/passwordresettoken"
	"github.com/aiqhq/aiq/ent/db/refreshtoken"
	"github.com/aiqhq/aiq/ent/db/signinfailures"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Proof shows that it is the person who asks, and not somebody with their phone.
type Proof struct {
	Password *string
	// Identity is a fresh token of a provider.
	Identity *IdentityProof
}

// IdentityProof is a token of a provider.
type IdentityProof struct {
	Provider vocab.Provider
	IDToken  string
	// Nonce is what the token is bound to, "" for none.
	Nonce string
}

// Confirm checks the proof: the password if there is one, or else a token of an
// identity by which the viewer signs in. Guests have neither, and need none. What
// it returns belongs in the transaction that the proof is for: it fails if the
// password has changed meanwhile.
//
// It fails with VALIDATION_FAILED for a proof that is missing or wrong, with
// UNAUTHENTICATED for an identity token that is not good, and with RATE_LIMITED
// after too many wrong passwords.
func (s *Service) Confirm(ctx context.Context, v auth.Viewer, p Proof) (func(context.Context, *store.Tx) error, error) {
	switch {
	case v.User.Guest:
		return func(context.Context, *store.Tx) error { return nil }, nil
	case v.User.PasswordHash != nil && v.User.EmailKey != nil:
		return s.confirmPassword(ctx, v, p.Password)
	default:
		return s.confirmIdentity(ctx, v, p.Identity)
	}
}

func (s *Service) confirmPassword(ctx context.Context, v auth.Viewer, password *string) (func(context.Context, *store.Tx) error, error) {
	wrong := fault.Invalid("password", "wrong", "This is not the password.")
	switch {
	case password == nil:
		return nil, fault.Invalid("password", "required", "This needs the password.")
	case len(*password) > maxPassword:
		return nil, wrong
	}
	tried, err := s.try(ctx, *v.User.EmailKey)
	if err != nil {
		return nil, err
	}
	right, err := s.hasPassword(ctx, v.User, *password)
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, wrong
	}
	return func(ctx context.Context, tx *store.Tx) error {
		still, err := tx.User.Query().Where(user.ID(v.ID()), user.PasswordHash(*v.User.PasswordHash)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("load the account: %w", err)
		}
		if !still {
			return wrong
		}
		return tried.forgive(ctx, tx)
	}, nil
}

func (s *Service) confirmIdentity(ctx context.Context, v auth.Viewer, p *IdentityProof) (func(context.Context, *store.Tx) error, error) {
	if p == nil {
		return nil, fault.Invalid("identity", "required", "This needs a fresh identity token.")
	}
	verifier := s.providers[p.Provider]
	if verifier == nil {
		return nil, fault.New(fault.Forbidden, "This server is not set up for signing in with %s.", named(p.Provider))
	}
	identity, err := verifier.Verify(ctx, p.IDToken, p.Nonce)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *store.Tx) error {
		own, err := tx.OAuthIdentity.Query().Where(oauthidentity.UserID(v.ID()),
			oauthidentity.ProviderEQ(p.Provider), oauthidentity.Subject(identity.Subject)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("load the identity: %w", err)
		}
		if !own {
			return fault.Invalid("identity", "wrong", "This is not an identity by which you sign in.")
		}
		return nil
	}, nil
}

// LockToEnd reads and locks the viewer, who is about to end their account. It fails
// with CONFLICT for the only administrator.
func LockToEnd(ctx context.Context, tx *store.Tx, v auth.Viewer) (*db.User, error) {
	who := user.ID(v.ID())
	if v.IsAdmin() {
		// All of them, so that of two who leave at once the second sees the first gone.
		who = user.Or(who, user.RoleEQ(vocab.Admin))
	}
	rows, err := tx.User.Query().Where(who, store.ForUpdate).Order(user.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the account: %w", err)
	}
	var own *db.User
	others := 0
	for _, row := range rows {
		switch {
		case row.ID == v.ID():
			own = row
		case row.Role == vocab.Admin:
			others++
		}
	}
	switch {
	case own == nil:
		return nil, invalidToken(nil)
	case own.Role == vocab.Admin && others == 0:
		return nil, fault.New(fault.Conflict, "The only administrator cannot be deleted; make another one first.").
			With("rule", "last_administrator")
	}
	return own, nil
}

// LockToEndOther is LockToEnd for somebody else's account, which an administrator
// ends. It fails with NOT_FOUND if there is no such person, and with
// VALIDATION_FAILED for the administrator's own.
func LockToEndOther(ctx context.Context, tx *store.Tx, v auth.Viewer, id ident.User) (*db.User, error) {
	if id == v.ID() {
		return nil, fault.Invalid("userId", "not_own", "Delete your own account with deleteAccount.")
	}
	return lockForAdmin(ctx, tx, v, id)
}

// End takes from the account, which is locked, everything by which it is known:
// from then on nobody can sign in to it, no token is good, nothing is sent to its
// devices, and its e-mail address and identities are free for another. What else hangs on the row stays.
func (s *Service) End(ctx context.Context, tx *store.Tx, u *db.User) error {
	if err := s.revokeAll(ctx, tx, u.ID); err != nil {
		return err
	}
	if _, err := tx.RefreshToken.Delete().Where(refreshtoken.UserID(u.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the refresh tokens: %w", err)
	}
	if _, err := tx.PasswordResetToken.Delete().Where(passwordresettoken.UserID(u.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the reset tokens: %w", err)
	}
	if err := unregister(ctx, tx, device.UserID(u.ID)); err != nil {
		return err
	}
	if err := unlink(ctx, tx, u.ID); err != nil {
		return err
	}
	if key := FailureKey(u); key != nil {
		if _, err := tx.SignInFailures.Delete().Where(signinfailures.Key(key)).Exec(ctx); err != nil {
			return fmt.Errorf("forget the failures: %w", err)
		}
	}
	err := tx.User.Update().Where(user.ID(u.ID)).
		ClearEmail().ClearEmailKey().ClearEmailConfirmedAt().ClearPasswordHash().ClearDisplayName().
		ClearBirthYear().ClearEducationLevel().ClearCountry().ClearRegion().ClearLastLoginAt().
		SetRole(vocab.Taker).SetCooldownBypass(false).
		Modify(func(b *sql.UpdateBuilder) { b.SetNull(user.FieldExternalRef) }).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("empty the account: %w", err)
	}
	return nil
}

// SayFarewell tells the person by mail that the account has ended. Their address
// is kept nowhere any more: if the process dies before the message is sent, it is
// not.
func (s *Service) SayFarewell(ctx context.Context, u *db.User) {
	err := s.tasks.add(ctx, func(ctx context.Context) error { return s.send(ctx, u, farewell()) })
	if err != nil {
		s.log.WarnContext(ctx, "a farewell is not sent", "error", err)
	}
}
