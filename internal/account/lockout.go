package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/signinfailures"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/store"
)

// Lockout is when those who give wrong passwords must wait.
type Lockout struct {
	// PerAccount and PerAddress are how many failures in a row bring the first
	// wait, for an e-mail address (whether or not it has an account) and for the
	// network address that they come from.
	PerAccount, PerAddress int
	// First is the first wait; each further failure doubles it, up to Longest.
	First, Longest time.Duration
	// Forget is how long after the last failure, and the wait for it, the count
	// begins anew.
	Forget time.Duration
}

// DefaultLockout waits 30 seconds after five failures.
func DefaultLockout() Lockout {
	return Lockout{PerAccount: 5, PerAddress: 20, First: 30 * time.Second, Longest: time.Hour, Forget: time.Hour}
}

// wait is how long nobody may try after so many failures in a row.
func (l Lockout) wait(failures, most int) time.Duration {
	wait := time.Duration(0)
	for n := most; n <= failures && wait < l.Longest; n++ {
		wait = max(l.First, 2*wait)
	}
	return min(wait, l.Longest)
}

// attempt is one try to give a password. It counts as a failure from the start,
// so that tries at the same time are all counted, until it is forgiven.
type attempt struct {
	account, address []byte
	locked           bool // the address, by this attempt
}

// try begins an attempt. It fails with RATE_LIMITED and retryAfter, in seconds,
// if earlier failures say so, and then counts nothing.
func (s *Service) try(ctx context.Context, email string) (*attempt, error) {
	a := &attempt{account: lockKey("account", emailKey(email))}
	keys := [][]byte{a.account}
	if address := auth.Address(ctx); address != "" {
		a.address = lockKey("address", address)
		keys = append(keys, a.address)
	}
	var refusal error
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		refusal, a.locked = nil, false
		now := s.clock()
		rows, err := lockRows(ctx, tx, keys, now)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.LockedUntil != nil && row.LockedUntil.After(now) {
				refusal = fault.RetryAfter(row.LockedUntil.Sub(now), "There were too many failed attempts.")
				return nil
			}
		}
		for _, row := range rows {
			failures, most := row.Failures+1, s.lockout.PerAccount
			if !row.ForgottenAt.After(now) {
				failures = 1
			}
			if string(row.Key) == string(a.address) {
				most = s.lockout.PerAddress
				a.locked = failures >= most
			}
			wait := s.lockout.wait(failures, most)
			update := tx.SignInFailures.UpdateOneID(row.ID).SetFailures(failures).SetForgottenAt(now.Add(wait + s.lockout.Forget))
			if wait > 0 {
				update.SetLockedUntil(now.Add(wait))
			}
			if err := update.Exec(ctx); err != nil {
				return fmt.Errorf("count the attempt: %w", err)
			}
		}
		return nil
	})
	if err == nil {
		err = refusal
	}
	return a, err
}

// lockRows are the rows of the keys, made if they are not there, and locked.
func lockRows(ctx context.Context, tx *store.Tx, keys [][]byte, now time.Time) ([]*db.SignInFailures, error) {
	made := make([]*db.SignInFailuresCreate, len(keys))
	for i, key := range keys {
		made[i] = tx.SignInFailures.Create().SetKey(key).SetForgottenAt(now)
	}
	err := tx.SignInFailures.CreateBulk(made...).OnConflictColumns(signinfailures.FieldKey).Ignore().Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("note the attempt: %w", err)
	}
	rows, err := tx.SignInFailures.Query().
		Where(signinfailures.KeyIn(keys...), store.ForUpdate).Order(signinfailures.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the failures: %w", err)
	}
	return rows, nil
}

// forgive ends the attempt well: the account's failures are forgotten. Those of
// the network address are not, but for this one, or else an attacker would have
// them forgotten by signing in to an account of their own.
func (a *attempt) forgive(ctx context.Context, tx *store.Tx) error {
	if err := forget(ctx, tx, a.account); err != nil || a.address == nil {
		return err
	}
	update := tx.SignInFailures.Update().Where(signinfailures.Key(a.address), signinfailures.FailuresGT(0)).AddFailures(-1)
	if a.locked {
		update.ClearLockedUntil()
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("forget the attempt: %w", err)
	}
	return nil
}

func forget(ctx context.Context, tx *store.Tx, key []byte) error {
	if _, err := tx.SignInFailures.Delete().Where(signinfailures.Key(key)).Exec(ctx); err != nil {
		return fmt.Errorf("forget the failures: %w", err)
	}
	return nil
}

// FailureKey is that under which failed sign-ins to the account are counted; nil if
// it has no e-mail address.
func FailureKey(u *db.User) []byte {
	if u.EmailKey == nil {
		return nil
	}
	return lockKey("account", *u.EmailKey)
}

func lockKey(kind, of string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + of))
	return sum[:]
}
