package store_test

import (
	"context"
	"io/fs"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"ariga.io/atlas/sql/migrate"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/migrations"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// shipped are the real migrations of the store's dialect, to be added to.
func shipped(t *testing.T, s *store.Store) fstest.MapFS {
	t.Helper()
	files, err := migrations.Files(s.Dialect())
	require.NoError(t, err)
	names, err := fs.Glob(files, "*")
	require.NoError(t, err)
	out := fstest.MapFS{}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		out[name] = &fstest.MapFile{Data: content}
	}
	return out
}

// with adds one migration, and a checksum to match.
func with(t *testing.T, files fstest.MapFS, name, sql string) fstest.MapFS {
	t.Helper()
	files = maps.Clone(files)
	files[name] = &fstest.MapFile{Data: []byte(sql)}
	dir := &migrate.MemDir{}
	for name, file := range files {
		if name != migrate.HashFileName {
			require.NoError(t, dir.WriteFile(name, file.Data))
		}
	}
	sum, err := dir.Checksum()
	require.NoError(t, err)
	text, err := sum.MarshalText()
	require.NoError(t, err)
	files[migrate.HashFileName] = &fstest.MapFile{Data: text}
	return files
}

// eachEmpty is storetest.Each before the first migration.
func eachEmpty(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, d := range storetest.Dialects() {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			fn(t, storetest.OpenURL(t, storetest.EmptyURL(t, d)))
		})
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		before, err := s.MigrationStatus(ctx)
		require.NoError(t, err)
		require.Empty(t, before.Applied)
		require.NotEmpty(t, before.Pending)

		require.NoError(t, s.Migrate(ctx))
		require.NoError(t, s.Migrate(ctx), "again, with nothing to do")
		after, err := s.MigrationStatus(ctx)
		require.NoError(t, err)
		require.Equal(t, store.MigrationStatus{Applied: before.Pending}, after)
		addUser(t, s)
	})
}

func TestMigrateAddsToWhatIsThere(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		require.NoError(t, s.Migrate(ctx))
		addUser(t, s)
		next := with(t, shipped(t, s), "99990101000000_motto.sql", "ALTER TABLE users ADD COLUMN motto text NOT NULL DEFAULT 'know thyself';")
		require.NoError(t, s.MigrateFiles(ctx, next))
		rows, err := s.Reader().QueryContext(ctx, "SELECT motto FROM users WHERE motto = 'know thyself'")
		require.NoError(t, err)
		require.True(t, rows.Next())
		require.NoError(t, rows.Close())
		addUser(t, s) // the program before this migration still runs
	})
}

// Six connections, as of six processes that start together.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Dialects() {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			databaseURL := storetest.EmptyURL(t, d)
			var wg sync.WaitGroup
			var opened atomic.Int32
			for range 6 {
				wg.Go(func() {
					s, err := store.Open(t.Context(), databaseURL, store.Options{MaxConns: 2})
					if err != nil {
						t.Error(err)
						return
					}
					opened.Add(1)
					if err := s.Migrate(t.Context()); err != nil {
						t.Error(err)
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 6, opened.Load())
			s := storetest.OpenURL(t, databaseURL)
			status, err := s.MigrationStatus(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, status.Applied)
			require.Empty(t, status.Pending)
		})
	}
}

func TestMigrateRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, s *store.Store) {
		later := with(t, shipped(t, s), "99990101000000_later.sql", "CREATE TABLE later (id bigint);")
		require.NoError(t, s.MigrateFiles(t.Context(), later))
		require.ErrorIs(t, s.Migrate(t.Context()), store.ErrSchemaNewer)
		status, err := s.MigrationStatus(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"99990101000000"}, status.Unknown)
	})
}

func TestMigrateRefusesAnEditedFile(t *testing.T) {
	t.Parallel()
	edited := func(files fstest.MapFS) fstest.MapFS {
		files = maps.Clone(files)
		for name, file := range files {
			if name != migrate.HashFileName {
				files[name] = &fstest.MapFile{Data: append([]byte("-- harmless\n"), file.Data...)}
			}
		}
		return files
	}
	t.Run("since its checksum was written", func(t *testing.T) {
		t.Parallel()
		eachEmpty(t, func(t *testing.T, s *store.Store) {
			require.ErrorIs(t, s.MigrateFiles(t.Context(), edited(shipped(t, s))), store.ErrMigrationEdited)
			status, err := s.MigrationStatus(t.Context())
			require.NoError(t, err)
			require.Empty(t, status.Applied)
		})
	})
	t.Run("since it was applied", func(t *testing.T) {
		t.Parallel()
		eachEmpty(t, func(t *testing.T, s *store.Store) {
			require.NoError(t, s.Migrate(t.Context()))
			files := with(t, edited(shipped(t, s)), "99990101000000_next.sql", "CREATE TABLE next (id bigint);")
			require.ErrorIs(t, s.MigrateFiles(t.Context(), files), store.ErrMigrationEdited)
			_, err := s.Reader().QueryContext(t.Context(), "SELECT id FROM next")
			require.Error(t, err, "nothing was applied")
		})
	})
}

// A migration that fails half way leaves nothing, and neither do those before
// it in the same run.
func TestMigrateAllOrNothing(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, s *store.Store) {
		broken := with(t, shipped(t, s), "99990101000000_broken.sql", "CREATE TABLE half (id bigint);\nCREATE TABLE half (id bigint);")
		require.ErrorContains(t, s.MigrateFiles(t.Context(), broken), "half")
		status, err := s.MigrationStatus(t.Context())
		require.NoError(t, err)
		require.Empty(t, status.Applied)
		require.NoError(t, s.Migrate(t.Context()))

		// SQLite's one connection checks foreign keys again.
		err = s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.TestResult.DeleteOneID(1).Exec(ctx)
		})
		require.Error(t, err)
		err = s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return startSession(tx, 4711).Exec(ctx)
		})
		require.Error(t, err)
	})
}

// Foreign keys are off while SQLite migrates, and checked before it commits.
func TestMigrateKeepsForeignKeys(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, s *store.Store) {
		require.NoError(t, s.Migrate(t.Context()))
		addSession(t, s, addUser(t, s))
		orphans := with(t, shipped(t, s), "99990101000000_orphans.sql", "DELETE FROM users;")
		require.Error(t, s.MigrateFiles(t.Context(), orphans))
		n, err := s.Reader().User.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}
