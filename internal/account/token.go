package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/refreshtoken"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// How long tokens last.
const (
	// AccessLife is that of an access token unless configured.
	AccessLife  = 30 * time.Minute
	refreshLife = 7 * 24 * time.Hour
	// retryGrace is how long an exchange may be repeated by the client that made
	// it, whom the name of the exchange tells from a thief.
	retryGrace = time.Minute
	// maxRetryName bounds that name, in bytes.
	maxRetryName = 100
)

// Tokens are what a client shows to be known.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}

// issue makes an access token and the next refresh token of a family.
func (s *Service) issue(ctx context.Context, tx *store.Tx, user ident.User, family string) (*Tokens, error) {
	now := s.clock()
	out := &Tokens{
		AccessTokenExpiresAt: now.Add(s.accessLife).Truncate(time.Second),
		RefreshToken:         randomText(32), RefreshTokenExpiresAt: now.Add(refreshLife),
	}
	var err error
	if out.AccessToken, err = s.keys.sign(user, family, false, now, out.AccessTokenExpiresAt); err != nil {
		return nil, err
	}
	err = tx.RefreshToken.Create().
		SetUserID(user).SetFamily(family).SetTokenHash(tokenHash(out.RefreshToken)).
		SetIssuedAt(now).SetExpiresAt(out.RefreshTokenExpiresAt).
		Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the refresh token: %w", err)
	}
	return out, nil
}

// Refresh exchanges a refresh token for new tokens. It fails with
// UNAUTHENTICATED for a token that is unknown or was revoked, TOKEN_EXPIRED for
// one whose time is over, and TOKEN_REUSED for one that was exchanged before:
// one of its two users is a thief, so the whole family is revoked.
//
// A client that may lose the answer gives the exchange a random name of up to
// 100 bytes, "" for none. For a minute, and as long as the new token has not
// been used, it may exchange the old one again under that name; what it was
// given before is then no longer good.
func (s *Service) Refresh(ctx context.Context, refreshToken, name string) (auth.Viewer, *Tokens, error) {
	if len(name) > maxRetryName {
		return auth.Viewer{}, nil, fault.Invalid("clientMutationId", "max_length", "The name may have at most %d bytes.", maxRetryName)
	}
	var (
		out     auth.Viewer
		tokens  *Tokens
		refusal error
	)
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, tokens, refusal = auth.Viewer{}, nil, nil
		row, err := tx.RefreshToken.Query().
			Where(refreshtoken.TokenHash(tokenHash(refreshToken)), store.ForUpdate).Only(ctx)
		if db.IsNotFound(err) {
			return invalidToken(nil)
		}
		if err != nil {
			return fmt.Errorf("load the refresh token: %w", err)
		}
		if refusal, err = s.exchange(ctx, tx, row, name); err != nil || refusal != nil {
			return err
		}
		if out, err = viewer(ctx, tx, row.UserID); err != nil {
			return err
		}
		tokens, err = s.issue(ctx, tx, row.UserID, row.Family)
		return err
	})
	if err = errors.Join(err, refusal); err != nil {
		return auth.Viewer{}, nil, err
	}
	return out, tokens, nil
}

// exchange takes a refresh token in payment for the next. A refusal is not an
// error of the transaction, for the revocation that comes with it is to stay.
func (s *Service) exchange(ctx context.Context, tx *store.Tx, row *db.RefreshToken, name string) (refusal, err error) {
	now := s.clock()
	if row.RotatedAt != nil {
		again, err := s.repeat(ctx, tx, row, name)
		if again || err != nil {
			return nil, err
		}
		ended, err := s.revoke(ctx, tx, refreshtoken.Family(row.Family))
		if err != nil || ended == 0 {
			return invalidToken(nil), err
		}
		return fault.New(fault.TokenReused, "The refresh token was used before; sign in again."), nil
	}
	switch {
	case row.RevokedAt != nil:
		return invalidToken(nil), nil
	case !row.ExpiresAt.After(now):
		return fault.New(fault.TokenExpired, "The refresh token has expired; sign in again."), nil
	}
	update := tx.RefreshToken.Update().Where(refreshtoken.ID(row.ID)).SetRotatedAt(now)
	if name != "" {
		update.SetRetryHash(tokenHash(name))
	}
	if err := update.Exec(ctx); err != nil {
		return nil, fmt.Errorf("rotate the refresh token: %w", err)
	}
	return nil, nil
}

// repeat reports whether this is the client that exchanged the token, asking
// again. The token that it was given is then marked as exchanged and revoked:
// whoever brings it is a thief, or was robbed.
func (s *Service) repeat(ctx context.Context, tx *store.Tx, row *db.RefreshToken, name string) (bool, error) {
	now := s.clock()
	if row.RevokedAt != nil || row.RetryHash == nil || name == "" ||
		!bytes.Equal(*row.RetryHash, tokenHash(name)) || now.Sub(*row.RotatedAt) > retryGrace {
		return false, nil
	}
	later := refreshtoken.And(refreshtoken.Family(row.Family), refreshtoken.IDGT(row.ID), refreshtoken.RevokedAtIsNil())
	used, err := tx.RefreshToken.Query().Where(later, refreshtoken.RotatedAtNotNil()).Exist(ctx)
	if used || err != nil {
		return false, err
	}
	n, err := tx.RefreshToken.Update().Where(later, refreshtoken.RotatedAtIsNil()).
		SetRotatedAt(now).SetRevokedAt(now).Save(ctx)
	if err != nil {
		return false, fmt.Errorf("replace the refresh token: %w", err)
	}
	return n == 1, nil
}

// SignOut revokes the family of a refresh token; an unknown token is no error. A
// device that is the person's, 0 for none, is not notified any more.
func (s *Service) SignOut(ctx context.Context, refreshToken string, which ident.Device) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.RefreshToken.Query().Where(refreshtoken.TokenHash(tokenHash(refreshToken))).Only(ctx)
		if db.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load the refresh token: %w", err)
		}
		if which != 0 {
			if err := unregister(ctx, tx, device.ID(which), device.UserID(row.UserID)); err != nil {
				return err
			}
		}
		_, err = s.revoke(ctx, tx, refreshtoken.Family(row.Family))
		return err
	})
}

// unregister removes devices, so that nothing is sent to them.
func unregister(ctx context.Context, tx *store.Tx, which ...predicate.Device) error {
	if _, err := tx.Device.Delete().Where(which...).Exec(ctx); err != nil {
		return fmt.Errorf("remove the devices: %w", err)
	}
	return nil
}

// SignOutEverywhere ends every sign-in of the viewer, has none of their devices
// notified any more, and tells them by mail.
func (s *Service) SignOutEverywhere(ctx context.Context, v auth.Viewer) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.revokeAll(ctx, tx, v.ID()); err != nil {
			return err
		}
		if err := unregister(ctx, tx, device.UserID(v.ID())); err != nil {
			return err
		}
		return s.notify(ctx, tx, Notice{User: v.ID(), About: signedOut})
	})
}

// revokeAll ends every token of a person. The person's row is locked by it, so
// that no one signs in meanwhile by what is revoked.
func (s *Service) revokeAll(ctx context.Context, tx *store.Tx, id ident.User) error {
	if err := tx.User.Update().Where(user.ID(id)).SetTokensRevokedBefore(s.clock()).Exec(ctx); err != nil {
		return fmt.Errorf("revoke the access tokens: %w", err)
	}
	_, err := s.revoke(ctx, tx, refreshtoken.UserID(id))
	return err
}

// revoke ends the tokens and says how many there were. A token that is being
// exchanged holds the update up until its successor is there, which the update
// has not seen: so it is done again until it finds none.
func (s *Service) revoke(ctx context.Context, tx *store.Tx, which predicate.RefreshToken) (ended int, err error) {
	for {
		n, err := tx.RefreshToken.Update().
			Where(which, refreshtoken.RevokedAtIsNil()).
			SetRevokedAt(s.clock()).Save(ctx)
		if err != nil {
			return 0, fmt.Errorf("revoke the sign-in: %w", err)
		}
		if n == 0 {
			return ended, nil
		}
		ended += n
	}
}

func newFamily() string { return randomText(16) }

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// randomText is n random bytes as text.
func randomText(n int) string {
	raw := make([]byte, n)
	// The system's source does not fail: since Go 1.24 it ends the program instead.
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
