package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/store"
)

// SignIn checks a password and issues tokens. An unknown address, an account
// without a password and a wrong password are one answer, UNAUTHENTICATED, and
// take the same time. After too many of them it is RATE_LIMITED, for known and
// unknown addresses alike.
func (s *Service) SignIn(ctx context.Context, email, password string) (auth.Viewer, *Tokens, error) {
	refused := fault.New(fault.Unauthenticated, "The e-mail address or the password is wrong.")
	if len(password) > maxPassword {
		return auth.Viewer{}, nil, refused
	}
	email = strings.TrimSpace(email)
	tried, err := s.try(ctx, email)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	u, err := s.byEmail(ctx, email)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	right, err := s.hasPassword(ctx, u, password)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	if !right {
		return auth.Viewer{}, nil, refused
	}
	hash := *u.PasswordHash
	if outdated(hash) {
		if hash, err = s.hashing.hash(ctx, password); err != nil {
			return auth.Viewer{}, nil, err
		}
	}
	var tokens *Tokens
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.clock()
		// The password may have been changed since it was looked at.
		n, err := tx.User.Update().Where(user.ID(u.ID), user.PasswordHash(*u.PasswordHash)).
			SetLastLoginAt(now).SetPasswordHash(hash).Save(ctx)
		if err != nil {
			return fmt.Errorf("note the sign-in: %w", err)
		}
		if n == 0 {
			return refused
		}
		if err := tried.forgive(ctx, tx); err != nil {
			return err
		}
		tokens, err = s.issue(ctx, tx, u.ID, newFamily())
		if err == nil {
			u.LastLoginAt = &now
		}
		return err
	})
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	return auth.Viewer{User: u}, tokens, nil
}

// hasPassword reports whether this is the person's password. It takes as long if
// there is no such person (nil), or if they have no password.
func (s *Service) hasPassword(ctx context.Context, u *db.User, password string) (bool, error) {
	if u == nil || u.PasswordHash == nil {
		_, err := s.hashing.check(ctx, s.decoy, password)
		return false, err
	}
	return s.hashing.check(ctx, *u.PasswordHash, password)
}

// byEmail is the account of the address, nil if there is none.
func (s *Service) byEmail(ctx context.Context, email string) (*db.User, error) {
	if !isAddress(email) { // and so of no account; it may hold what a database cannot
		return nil, nil
	}
	u, err := s.store.Reader().User.Query().Where(user.EmailKey(emailKey(email))).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("load the account: %w", store.Fault(err))
	}
	return u, nil
}

// ChangePassword replaces the viewer's password, ends every sign-in, and begins
// a new one. It fails with VALIDATION_FAILED for a new password that may not be
// one and for a wrong current one, and with RATE_LIMITED after too many of those.
func (s *Service) ChangePassword(ctx context.Context, v auth.Viewer, current, next string) (auth.Viewer, *Tokens, error) {
	if err := validPassword("newPassword", next); err != nil {
		return auth.Viewer{}, nil, err
	}
	wrong := fault.Invalid("currentPassword", "wrong", "This is not the current password.")
	if len(current) > maxPassword || v.User.EmailKey == nil {
		return auth.Viewer{}, nil, wrong
	}
	tried, err := s.try(ctx, *v.User.EmailKey)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	right, err := s.hasPassword(ctx, v.User, current)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	if !right {
		return auth.Viewer{}, nil, wrong
	}
	hash, err := s.hashing.hash(ctx, next)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	var (
		out    auth.Viewer
		tokens *Tokens
	)
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.User.Update().Where(user.ID(v.ID()), user.PasswordHash(*v.User.PasswordHash)).SetPasswordHash(hash).Save(ctx)
		if err != nil {
			return fmt.Errorf("change the password: %w", err)
		}
		if n == 0 {
			return wrong
		}
		if err := tried.forgive(ctx, tx); err != nil {
			return err
		}
		if err := s.closeResets(ctx, tx, v.ID()); err != nil {
			return err
		}
		if err := s.revokeAll(ctx, tx, v.ID()); err != nil {
			return err
		}
		if out, err = viewer(ctx, tx, v.ID()); err != nil {
			return err
		}
		if tokens, err = s.issue(ctx, tx, v.ID(), newFamily()); err != nil {
			return err
		}
		return s.notify(ctx, tx, Notice{User: v.ID(), About: passwordChanged})
	})
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	return out, tokens, nil
}
