package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/migrations"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// A database that the committed files build is the one that ent/schema wants.
func TestMigrationsAreCurrent(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Dialects() {
		t.Run(folderOf(d), func(t *testing.T) {
			t.Parallel()
			storetest.Need(t, d)
			folder := t.TempDir()
			files, err := migrations.Files(d)
			require.NoError(t, err)
			require.NoError(t, os.CopyFS(folder, files))

			written, err := diff(t.Context(), d, folder, "99991231235959", "drift")
			require.NoError(t, err)
			if written != "" {
				sql, err := os.ReadFile(written)
				require.NoError(t, err)
				t.Fatalf("ent/schema has changed since the last migration: go generate ./ent writes\n%s", sql)
			}
		})
	}
}

func TestDiffWritesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Dialects() {
		t.Run(folderOf(d), func(t *testing.T) {
			t.Parallel()
			storetest.Need(t, d)
			folder := t.TempDir()

			first, err := diff(t.Context(), d, folder, "20260102030405", "initial")
			require.NoError(t, err)
			require.Equal(t, filepath.Join(folder, "20260102030405_initial.sql"), first)
			sql, err := os.ReadFile(first)
			require.NoError(t, err)
			require.Contains(t, string(sql), "testsession_one_in_progress")
			require.FileExists(t, filepath.Join(folder, "atlas.sum"))

			second, err := diff(t.Context(), d, folder, "20260102030406", "again")
			require.NoError(t, err)
			require.Empty(t, second, "the first file builds all of ent/schema")

			require.NoError(t, os.WriteFile(first, bytes.ReplaceAll(sql, []byte("birth_year"), []byte("year")), 0o600))
			_, err = diff(t.Context(), d, folder, "20260102030407", "edited")
			require.ErrorContains(t, err, "checksum mismatch")
		})
	}
}

func TestNextVersion(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	for name, tc := range map[string]struct {
		have []string
		want string
	}{
		"the time in UTC":              {nil, "20260304040607"},
		"later than all before":        {[]string{"sqlite/20250101000000_initial.sql"}, "20260304040607"},
		"after a clock that ran ahead": {[]string{"sqlite/20250101000000_a.sql", "postgres/20270101000000_b.sql"}, "20270101000001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for _, file := range tc.have {
				path := filepath.Join(root, file)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, nil, 0o600))
			}
			got, err := nextVersion(root, now)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"apply"}, {"diff", "Add Users"}, {"diff", "a", "b"}, {"diff", "../x"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}), args)
	}
}
