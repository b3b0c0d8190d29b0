package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/passwordresettoken"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

const (
	// resetLife is how long a reset token is good.
	resetLife = 30 * time.Minute
	// maxResets is how many of an account's tokens may be within their life: more
	// are not made, so that nobody's mailbox is flooded.
	maxResets = 10
)

// RequestPasswordReset has a message with a reset token sent to the address if
// it has an account. Whether it has is looked up afterwards, so that neither the
// answer nor its time tells. It fails with UNAVAILABLE, whatever the address, if
// too much is waiting to be sent.
func (s *Service) RequestPasswordReset(ctx context.Context, email string) error {
	email = strings.TrimSpace(email)
	return s.tasks.add(ctx, func(ctx context.Context) error {
		token, u, err := s.resetToken(ctx, email)
		if err != nil || u == nil {
			return err
		}
		return s.send(ctx, u, resetMessage(s.resetURL, token))
	})
}

// resetToken makes a token for the account of the address and closes those made
// before. The account is nil if there is none, or if it has had enough of them.
func (s *Service) resetToken(ctx context.Context, email string) (token string, u *db.User, err error) {
	if u, err = s.byEmail(ctx, email); u == nil || err != nil {
		return "", nil, err
	}
	id := u.ID
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.clock()
		u = nil
		// Locked, so that of two requests at once the later one counts.
		found, err := tx.User.Query().Where(user.ID(id), store.ForUpdate).Only(ctx)
		if err != nil {
			return fmt.Errorf("load the account: %w", err)
		}
		n, err := tx.PasswordResetToken.Query().
			Where(passwordresettoken.UserID(id), passwordresettoken.ExpiresAtGT(now)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the reset tokens: %w", err)
		}
		if n >= maxResets {
			return nil
		}
		if err := s.closeResets(ctx, tx, id); err != nil {
			return err
		}
		token = randomText(32)
		err = tx.PasswordResetToken.Create().SetUserID(id).SetTokenHash(tokenHash(token)).
			SetCreatedAt(now).SetExpiresAt(now.Add(resetLife)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("save the reset token: %w", err)
		}
		u = found
		return nil
	})
	return token, u, err
}

// closeResets makes the open reset tokens of a person worthless.
func (s *Service) closeResets(ctx context.Context, tx *store.Tx, id ident.User) error {
	err := tx.PasswordResetToken.Update().
		Where(passwordresettoken.UserID(id), passwordresettoken.ClosedAtIsNil()).
		SetClosedAt(s.clock()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("close the reset tokens: %w", err)
	}
	return nil
}

// ResetPassword sets a password by a token that was mailed, and ends every
// sign-in. It fails with VALIDATION_FAILED for a password that may not be one,
// which leaves the token good, and with UNAUTHENTICATED for a token that is
// unknown, used, replaced or too old.
func (s *Service) ResetPassword(ctx context.Context, token, next string) error {
	if err := validPassword("newPassword", next); err != nil {
		return err
	}
	// Hashed before the token is looked at, so that the transaction is short.
	hash, err := s.hashing.hash(ctx, next)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.clock()
		row, err := tx.PasswordResetToken.Query().
			Where(passwordresettoken.TokenHash(tokenHash(token)), store.ForUpdate).Only(ctx)
		switch {
		case db.IsNotFound(err):
			return invalidReset()
		case err != nil:
			return fmt.Errorf("load the reset token: %w", err)
		case row.ClosedAt != nil, !row.ExpiresAt.After(now):
			return invalidReset()
		}
		if err := s.closeResets(ctx, tx, row.UserID); err != nil {
			return err
		}
		u, err := tx.User.Query().Where(user.ID(row.UserID), store.ForUpdate).Only(ctx)
		if err != nil {
			return fmt.Errorf("load the account: %w", err)
		}
		if u.EmailConfirmedAt == nil {
			// Until now nobody had shown that the address is theirs; see welcome.link.
			if err := unlink(ctx, tx, u.ID); err != nil {
				return err
			}
		}
		u, err = tx.User.UpdateOneID(u.ID).SetPasswordHash(hash).SetEmailConfirmedAt(now).Save(ctx)
		if err != nil {
			return fmt.Errorf("set the password: %w", err)
		}
		if u.EmailKey != nil {
			if err := forget(ctx, tx, lockKey("account", *u.EmailKey)); err != nil {
				return err
			}
		}
		if err := s.revokeAll(ctx, tx, u.ID); err != nil {
			return err
		}
		return s.notify(ctx, tx, Notice{User: u.ID, About: passwordChanged})
	})
}

func invalidReset() error {
	return fault.New(fault.Unauthenticated, "The token is not valid, or no longer; ask for a new one.")
}
