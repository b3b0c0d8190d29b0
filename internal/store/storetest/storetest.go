// Package storetest gives tests a database of their own: fresh, migrated, on
// each dialect that AIQ runs on, and gone when the test ends.
//
//	func TestAnswers(t *testing.T) {
//		t.Parallel()
//		storetest.Each(t, func(t *testing.T, s *store.Store) { … })
//	}
//
// SQLite is always there. PostgreSQL comes from package pgtemp: where there is
// none, its half of each test is skipped and says so, and with CI set it fails.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/pgtemp"
)

// Dialects are the names of the databases, for tests and benchmarks that make
// their own subtests: both, or the one that TEST_DATABASE names. Under the race
// detector SQLite, which is C translated to Go, is ten times slower and has no
// goroutines to watch.
func Dialects() []string {
	if only := os.Getenv("TEST_DATABASE"); only != "" {
		return []string{only}
	}
	return []string{dialect.SQLite, dialect.Postgres}
}

// Each runs fn once for each dialect, as parallel subtests, each on a fresh and
// migrated database.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, d := range Dialects() {
		t.Run(name(d), func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, d))
		})
	}
}

// EachURL is Each for tests that open the database themselves.
func EachURL(t *testing.T, fn func(t *testing.T, databaseURL string)) {
	t.Helper()
	for _, d := range Dialects() {
		t.Run(name(d), func(t *testing.T) {
			t.Parallel()
			fn(t, URL(t, d))
		})
	}
}

// Open opens a fresh and migrated database and closes it when the test ends.
func Open(tb testing.TB, d string) *store.Store {
	tb.Helper()
	return OpenURL(tb, URL(tb, d))
}

// OpenURL opens the database of that URL, as it is, and closes it when the test
// ends.
func OpenURL(tb testing.TB, databaseURL string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), databaseURL, store.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

// URL names a fresh and migrated database that goes away when the test ends.
func URL(tb testing.TB, d string) string {
	tb.Helper()
	if d == dialect.SQLite {
		return sqliteCopy(tb)
	}
	return postgresDatabase(tb, true)
}

// EmptyURL names a fresh database without any table.
func EmptyURL(tb testing.TB, d string) string {
	tb.Helper()
	if d == dialect.SQLite {
		return sqliteURL(tb)
	}
	return postgresDatabase(tb, false)
}

// Need skips the test when the dialect is not to be had here, or fails it where
// nothing may be skipped.
func Need(tb testing.TB, d string) {
	tb.Helper()
	if d == dialect.Postgres {
		serverURL(tb)
	}
}

// name is how a dialect is called in the names of tests.
func name(d string) string {
	if d == dialect.SQLite {
		return "sqlite"
	}
	return d
}

// serverURL is the URL of the PostgreSQL server.
func serverURL(tb testing.TB) string {
	tb.Helper()
	url, err := pgtemp.URL(tb.Context())
	if errors.Is(err, pgtemp.ErrNone) && os.Getenv("CI") == "" {
		tb.Skipf("only SQLite is tested: %v", err)
	}
	require.NoError(tb, err)
	return url
}

// migrated opens the database, migrates it and the tables of jobs, and closes it.
func migrated(ctx context.Context, databaseURL string) error {
	s, err := store.Open(ctx, databaseURL, store.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	err = s.Migrate(ctx)
	if err == nil {
		err = job.Migrate(ctx, s)
	}
	return errors.Join(err, s.Close())
}
