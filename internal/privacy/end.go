package privacy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/erasure"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Ended is an account that has ended, with the removal of what is left.
type Ended struct {
	Erasure *db.Erasure
	// Token tells who has it how far the removal is.
	Token string
}

// DeleteAccount ends the viewer's account, and has what is kept about them
// removed. When it returns, nobody can sign in to the account any more and what
// it said of the person is gone. It fails as account.Confirm and LockToEnd do.
func (s *Service) DeleteAccount(ctx context.Context, v auth.Viewer, proof account.Proof) (*Ended, error) {
	confirmed, err := s.accounts.Confirm(ctx, v, proof)
	if err != nil {
		return nil, err
	}
	return s.end(ctx, func(ctx context.Context, tx *store.Tx) (*db.User, error) {
		u, err := account.LockToEnd(ctx, tx, v)
		if err != nil {
			return nil, err
		}
		begun, err := tx.Erasure.Query().Where(erasure.UserID(u.ID)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for an erasure: %w", err)
		}
		if begun {
			return nil, fault.New(fault.Unauthenticated, "The account has ended.")
		}
		return u, confirmed(ctx, tx)
	}, func(context.Context, *store.Tx) error { return nil })
}

// DeleteUser does for an administrator what DeleteAccount does for a person. One
// whose data are being removed is given a new token. It fails as LockToEndOther
// does.
func (s *Service) DeleteUser(ctx context.Context, v auth.Viewer, id ident.User) (*Ended, error) {
	return s.end(ctx, func(ctx context.Context, tx *store.Tx) (*db.User, error) {
		return account.LockToEndOther(ctx, tx, v, id)
	}, func(ctx context.Context, tx *store.Tx) error {
		return audit.Record(ctx, tx, v, s.clock(), audit.Entry{
			Action: vocab.AccountDeleted, Target: ident.Global{Kind: ident.KindUser, Key: int64(id)},
		})
	})
}

// end ends the account that lock gives it, and calls note the first time.
func (s *Service) end(ctx context.Context, lock func(context.Context, *store.Tx) (*db.User, error), note func(context.Context, *store.Tx) error) (*Ended, error) {
	var (
		out  *Ended
		gone *db.User
	)
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := lock(ctx, tx)
		if err != nil {
			return err
		}
		gone = u
		out = &Ended{Token: newToken()}
		out.Erasure, err = tx.Erasure.Query().Where(erasure.UserID(u.ID)).Only(ctx)
		if err == nil {
			return tx.Erasure.Update().Where(erasure.ID(out.Erasure.ID)).SetTokenHash(hashOf(out.Token)).Exec(ctx)
		}
		if !db.IsNotFound(err) {
			return fmt.Errorf("look for an erasure: %w", err)
		}
		if err := s.accounts.End(ctx, tx, u); err != nil {
			return err
		}
		out.Erasure, err = tx.Erasure.Create().SetUserID(u.ID).SetMode(s.mode).
			SetTokenHash(hashOf(out.Token)).SetRequestedAt(s.clock()).Save(ctx)
		if err != nil {
			return fmt.Errorf("save the erasure: %w", err)
		}
		if err := note(ctx, tx); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, Erase{Erasure: out.Erasure.ID})
	})
	if err != nil {
		return nil, err
	}
	if gone.Email != nil {
		s.accounts.SayFarewell(ctx, gone)
	}
	return out, nil
}

// Erasure is the one that the token stands for, nil if there is none.
func (s *Service) Erasure(ctx context.Context, token string) (*db.Erasure, error) {
	row, err := s.store.Reader().Erasure.Query().Where(erasure.TokenHash(hashOf(token))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the erasure: %w", store.Fault(err))
	}
	return row, nil
}

// newToken is 256 random bits as text.
func newToken() string {
	var raw [32]byte
	// The system's source does not fail: since Go 1.24 it ends the program instead.
	_, _ = rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
