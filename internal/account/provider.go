package account

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/oauthidentity"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/idtoken"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// ProviderSignIn is what an app brings from a provider.
type ProviderSignIn struct {
	IDToken string
	// Nonce is what the token is bound to, "" for none.
	Nonce string
	// DisplayName is for a new account.
	DisplayName *string
}

// SignInWith signs in by an identity token. A known identity signs in to its
// account. Another is linked to the account of its e-mail address, if the
// provider vouches for the address; who has the account is told by mail. If no
// account has the address, one is made.
//
// It fails with UNAUTHENTICATED for a token that is not good, VALIDATION_FAILED
// for one without an e-mail address, CONFLICT if an account has the address and
// the provider does not vouch for it, FORBIDDEN if the provider is not set up,
// and UNAVAILABLE if its keys cannot be had.
func (s *Service) SignInWith(ctx context.Context, provider vocab.Provider, in ProviderSignIn) (v auth.Viewer, t *Tokens, created bool, err error) {
	verifier := s.providers[provider]
	if verifier == nil {
		return v, nil, false, fault.New(fault.Forbidden, "This server is not set up for signing in with %s.", named(provider))
	}
	in.DisplayName = trimmed(in.DisplayName)
	if err := validName(in.DisplayName); err != nil {
		return v, nil, false, err
	}
	identity, err := verifier.Verify(ctx, in.IDToken, in.Nonce)
	if err != nil {
		return v, nil, false, err
	}
	if in.DisplayName == nil && identity.Name != "" && validName(&identity.Name) == nil {
		in.DisplayName = &identity.Name
	}
	w := welcome{Service: s, provider: provider, identity: identity, name: in.DisplayName}
	if err = s.store.Tx(ctx, w.in); fault.CodeOf(err) == fault.Conflict && w.racing {
		// Someone, most likely the same person on another device, was first to
		// make the account or the link: now it is there.
		err = s.store.Tx(ctx, w.in)
	}
	if err != nil {
		return v, nil, false, err
	}
	return auth.Viewer{User: w.user}, w.tokens, w.created, nil
}

func named(p vocab.Provider) string {
	return map[vocab.Provider]string{vocab.Apple: "Apple", vocab.Google: "Google"}[p]
}

// welcome is one sign-in by a good token.
type welcome struct {
	*Service
	provider vocab.Provider
	identity idtoken.Identity
	name     *string

	user                     *db.User
	tokens                   *Tokens
	created, linked, dropped bool
	// racing is whether a CONFLICT is another's being first.
	racing bool
}

func (w *welcome) in(ctx context.Context, tx *store.Tx) error {
	w.user, w.tokens, w.created, w.linked, w.dropped, w.racing = nil, nil, false, false, false, false
	now := w.clock()
	known, err := tx.OAuthIdentity.Query().
		Where(oauthidentity.ProviderEQ(w.provider), oauthidentity.Subject(w.identity.Subject)).Only(ctx)
	switch {
	case db.IsNotFound(err):
		if err := w.meet(ctx, tx); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("load the identity: %w", err)
	default:
		if err := tx.OAuthIdentity.UpdateOneID(known.ID).SetLastUsedAt(now).Exec(ctx); err != nil {
			return fmt.Errorf("note the identity: %w", err)
		}
		if w.user, err = tx.User.UpdateOneID(known.UserID).SetLastLoginAt(now).Save(ctx); err != nil {
			return fmt.Errorf("note the sign-in: %w", err)
		}
	}
	if w.linked {
		err := w.notify(ctx, tx, Notice{User: w.user.ID, About: linked, Provider: w.provider, PasswordRemoved: w.dropped})
		if err != nil {
			return err
		}
	}
	w.tokens, err = w.issue(ctx, tx, w.user.ID, newFamily())
	return err
}

// meet finds or makes the account of an identity that is not known, and links
// them.
func (w *welcome) meet(ctx context.Context, tx *store.Tx) error {
	email, now := w.identity.Email, w.clock()
	if !isAddress(email) {
		return fault.Invalid("idToken", "email", "The identity has no e-mail address; allow the app to know one.")
	}
	u, err := tx.User.Query().Where(user.EmailKey(emailKey(email)), store.ForUpdate).Only(ctx)
	switch {
	case db.IsNotFound(err):
		err = w.make(ctx, tx)
	case err != nil:
		return fmt.Errorf("load the account: %w", err)
	case !w.identity.EmailVerified:
		return fault.New(fault.Conflict, "This e-mail address has an account already; sign in to it with the password.").With("field", "email")
	default:
		err = w.link(ctx, tx, u)
	}
	if err != nil {
		return err
	}
	w.racing = true
	err = tx.OAuthIdentity.Create().SetUserID(w.user.ID).SetProvider(w.provider).SetSubject(w.identity.Subject).
		SetEmail(email).SetCreatedAt(now).SetLastUsedAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the identity: %w", err)
	}
	return nil
}

func (w *welcome) make(ctx context.Context, tx *store.Tx) (err error) {
	w.created, w.racing = true, true
	now := w.clock()
	create := tx.User.Create().SetEmail(w.identity.Email).SetEmailKey(emailKey(w.identity.Email)).
		SetNillableDisplayName(w.name).SetCreatedAt(now).SetLastLoginAt(now)
	if w.identity.EmailVerified {
		create.SetEmailConfirmedAt(now)
	}
	if w.user, err = create.Save(ctx); err != nil {
		return fmt.Errorf("save the account: %w", err)
	}
	return nil
}

// link gives the account to who proved to have its address. As long as nobody
// had, whoever made the account may be somebody else, lying in wait: then their
// password, their identities and their sign-ins end.
func (w *welcome) link(ctx context.Context, tx *store.Tx, u *db.User) (err error) {
	w.linked = true
	now := w.clock()
	update := tx.User.UpdateOneID(u.ID).SetLastLoginAt(now)
	if u.EmailConfirmedAt == nil {
		w.dropped = u.PasswordHash != nil
		update.SetEmailConfirmedAt(now).ClearPasswordHash()
		if err := unlink(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := w.revokeAll(ctx, tx, u.ID); err != nil {
			return err
		}
	}
	if w.user, err = update.Save(ctx); err != nil {
		return fmt.Errorf("note the sign-in: %w", err)
	}
	return nil
}

// unlink forgets by whom a person signs in.
func unlink(ctx context.Context, tx *store.Tx, id ident.User) error {
	if _, err := tx.OAuthIdentity.Delete().Where(oauthidentity.UserID(id)).Exec(ctx); err != nil {
		return fmt.Errorf("unlink the identities: %w", err)
	}
	return nil
}
