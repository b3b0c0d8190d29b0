package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"
)

// atlas.hcl says of each dialect what is true of the tree.
func TestAtlasFile(t *testing.T) {
	t.Parallel()
	type (
		migration struct {
			Dir             string `spec:"dir"`
			RevisionsSchema string `spec:"revisions_schema"`
		}
		env struct {
			Name      string     `spec:",name"`
			Src       string     `spec:"src"`
			Dev       string     `spec:"dev"`
			Migration *migration `spec:"migration"`
			schemahcl.DefaultExtension
		}
	)
	var file struct {
		Envs []*env `spec:"env"`
	}
	root := filepath.Join("..", "..")
	require.NoError(t, schemahcl.New().EvalFiles([]string{filepath.Join(root, "atlas.hcl")}, &file, nil))

	var names []string
	for _, e := range file.Envs {
		names = append(names, e.Name)

		schema, ok := strings.CutPrefix(e.Src, "ent://")
		require.True(t, ok, e.Src)
		require.DirExists(t, filepath.Join(root, schema))

		folder, ok := strings.CutPrefix(e.Migration.Dir, "file://")
		require.True(t, ok, e.Migration.Dir)
		require.Equal(t, "ent/migrations/"+e.Name, folder)
		dir, err := migrate.NewLocalDir(filepath.Join(root, folder))
		require.NoError(t, err)
		require.NoError(t, migrate.Validate(dir), "atlas.sum vouches for every file")

		// The scratch database is of the same kind.
		require.Regexp(t, "^(docker://postgres/|sqlite://)", e.Dev)
		require.Contains(t, e.Dev, e.Name)
	}
	var want []string
	for _, d := range []string{dialect.SQLite, dialect.Postgres} {
		want = append(want, folderOf(d))
	}
	require.ElementsMatch(t, want, names)

	folders, err := os.ReadDir(filepath.Join(root, "ent", "migrations"))
	require.NoError(t, err)
	for _, folder := range folders {
		if folder.IsDir() {
			require.Contains(t, names, folder.Name(), "a folder that atlas.hcl does not know")
		}
	}
}
