package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

func users(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.Reader().User.Query().Count(t.Context())
	require.NoError(t, err)
	return n
}

func TestHooksRunAfterTheCommitInOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var ran []string
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			for _, name := range []string{"first", "second", "third"} {
				tx.AfterCommit(func() {
					require.Equal(t, 1, users(t, s), "the others can see the change")
					ran = append(ran, name)
				})
			}
			require.NoError(t, tx.User.Create().SetCreatedAt(noon).Exec(ctx))
			require.Zero(t, users(t, s), "the others cannot see it yet")
			require.Empty(t, ran)
			return nil
		})
		require.Equal(t, []string{"first", "second", "third"}, ran)
	})
}

func TestHookMayBeginATransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			tx.AfterCommit(func() {
				require.NoError(t, s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
					return tx.User.Create().SetCreatedAt(noon).Exec(ctx)
				}))
			})
			return nil
		})
		require.Equal(t, 1, users(t, s))
	})
}

// However a transaction fails, nothing of it is left, no hook runs, and the
// next one finds the connection free.
func TestFailedTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	sorry := errors.New("sorry")
	failures := map[string]func(cancel context.CancelFunc) error{
		"an error":            func(context.CancelFunc) error { return sorry },
		"a panic":             func(context.CancelFunc) error { panic(sorry) },
		"the goroutine's end": func(context.CancelFunc) error { runtime.Goexit(); return nil },
		"a cancelled context": func(cancel context.CancelFunc) error { cancel(); return nil },
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, fail := range failures {
			before := users(t, s)
			var outcome error
			done := make(chan struct{})
			go func() { // for Goexit to end
				defer close(done)
				defer func() {
					if p := recover(); p != nil {
						outcome = p.(error)
					}
				}()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				outcome = s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
					tx.AfterCommit(func() { t.Error("a hook ran after", name) })
					if err := tx.User.Create().SetCreatedAt(noon).Exec(ctx); err != nil {
						return err
					}
					return fail(cancel)
				})
			}()
			<-done
			switch name {
			case "an error", "a panic":
				require.Equal(t, sorry, outcome)
			case "a cancelled context":
				require.ErrorIs(t, outcome, context.Canceled)
				require.Equal(t, fault.Internal, fault.CodeOf(outcome), "the end of a context is no fault")
			}
			require.Equal(t, before, users(t, s), name)
			addUser(t, s)
			require.Equal(t, before+1, users(t, s), name)
		}
	})
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			cancel()
			return tx.User.Create().SetCreatedAt(noon).Exec(ctx)
		})
		require.ErrorIs(t, err, context.Canceled, "during the transaction")

		err = s.Tx(ctx, func(context.Context, *store.Tx) error {
			t.Error("began although nobody waits for it")
			return nil
		})
		require.ErrorIs(t, err, context.Canceled, "before the transaction")

		_, err = s.Reader().User.Query().Count(ctx)
		require.ErrorIs(t, store.Fault(err), context.Canceled)
		require.Zero(t, users(t, s))
	})
}

func TestNestedTransactionIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(ctx context.Context, _ *store.Tx) error {
			return s.Tx(ctx, func(context.Context, *store.Tx) error { return nil })
		})
		require.ErrorContains(t, err, "Tx within Tx")
	})
}

// Everyone reads the same row and writes what follows from it.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id := addUser(t, s)
		const writers = 40
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					u, err := tx.User.Query().Where(user.ID(id), store.ForUpdate).Only(ctx)
					if err != nil {
						return err
					}
					year := 0
					if u.BirthYear != nil {
						year = *u.BirthYear
					}
					return tx.User.UpdateOneID(id).SetBirthYear(year + 1).Exec(ctx)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		u, err := s.Reader().User.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, writers, *u.BirthYear)
	})
}

// Two transactions take the same two rows in opposite order, and meet.
func TestDeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, dialect.Postgres)
	a, b := addUser(t, s), addUser(t, s)
	var both, wg sync.WaitGroup
	both.Add(2)
	var mu sync.Mutex
	tries, hooks := 0, 0
	for _, order := range [][]ident.User{{a, b}, {b, a}} {
		meet := sync.OnceFunc(func() { both.Done(); both.Wait() })
		wg.Go(func() {
			err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				mu.Lock()
				tries++
				mu.Unlock()
				tx.AfterCommit(func() { mu.Lock(); hooks++; mu.Unlock() })
				for _, id := range order {
					if err := tx.User.UpdateOneID(id).SetCountry("DE").Exec(ctx); err != nil {
						return err
					}
					meet()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// A repetition that takes its first row before the other one wakes meets it again.
	require.GreaterOrEqual(t, tries, 3, "one of two was chosen as the victim, and repeated")
	require.Equal(t, 2, hooks, "once for each transaction that took effect")
}

func TestSerializationFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, dialect.Postgres)
	id := addUser(t, s)
	tries := 0
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		tries++
		if _, err := tx.ExecContext(ctx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"); err != nil {
			return err
		}
		if _, err := tx.User.Get(ctx, id); err != nil {
			return err
		}
		if tries == 1 { // another connection gets in between
			_, err := s.Pool().Exec(ctx, "UPDATE users SET country = 'FR' WHERE id = $1", id)
			require.NoError(t, err)
		}
		return tx.User.UpdateOneID(id).SetCountry("DE").Exec(ctx)
	})
	require.Equal(t, 2, tries)
	u, err := s.Reader().User.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "DE", *u.Country)
}

func TestBusyIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, dialect.SQLite)
	busy := collision(t, dialect.SQLite)
	tries := 0
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.User.Create().SetCreatedAt(noon).Exec(ctx); err != nil {
			return err
		}
		if tries++; tries == 1 {
			return busy
		}
		return nil
	})
	require.Equal(t, 2, tries)
	require.Equal(t, 1, users(t, s))
}

func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		busy := collision(t, s.Dialect())
		tries := 0
		err := s.Tx(t.Context(), func(context.Context, *store.Tx) error {
			tries++
			return busy
		})
		require.Equal(t, fault.Unavailable, fault.CodeOf(err))
		require.Greater(t, tries, 3)
		require.Less(t, tries, 20)
	})
}

// collision is what the driver says when another transaction is in the way.
func collision(t *testing.T, d string) error {
	t.Helper()
	if d == dialect.Postgres {
		return &pgconn.PgError{Code: "40P01", Message: "deadlock detected"}
	}
	conn, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "busy.db")+"?_txlock=immediate")
	require.NoError(t, err)
	defer conn.Close()
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = conn.BeginTx(t.Context(), nil)
	require.ErrorContains(t, err, "SQLITE_BUSY")
	return err
}

// Writers on SQLite wait for each other, also across processes.
func TestTwoProcessesWriteToOneFile(t *testing.T) {
	t.Parallel()
	databaseURL := storetest.URL(t, dialect.SQLite)
	stores := []*store.Store{storetest.OpenURL(t, databaseURL), storetest.OpenURL(t, databaseURL)}
	var wg sync.WaitGroup
	for _, s := range slices.Repeat(stores, 20) {
		wg.Go(func() {
			if err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return tx.User.Create().SetCreatedAt(noon).Exec(ctx)
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 40, users(t, stores[0]))
}

// The server ends the connection of an open transaction.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, dialect.Postgres)
	err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() { t.Error("a hook ran") })
		if err := tx.User.Create().SetCreatedAt(noon).Exec(ctx); err != nil {
			return err
		}
		var pid int
		if err := tx.SQL().QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		_, err := s.Pool().Exec(ctx, "SELECT pg_terminate_backend($1, 5000)", pid)
		require.NoError(t, err)
		return tx.User.Create().SetCreatedAt(noon).Exec(ctx)
	})
	require.Equal(t, fault.Unavailable, fault.CodeOf(err), err)
	require.Zero(t, users(t, s))
	addUser(t, s)
	require.Equal(t, 1, users(t, s))
}

func TestStatementThatTakesTooLong(t *testing.T) {
	t.Parallel()
	databaseURL := storetest.URL(t, dialect.Postgres)
	s := storetest.OpenURL(t, databaseURL+"&statement_timeout=50ms")
	_, err := s.Reader().QueryContext(t.Context(), "SELECT pg_sleep(60)")
	require.Equal(t, fault.Unavailable, fault.CodeOf(store.Fault(err)), err)
}
