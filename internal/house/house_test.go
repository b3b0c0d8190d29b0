package house_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/study"
)

const root = "../.."

// generated are the folders that hold generated Go code and nothing else.
var generated = []string{"ent/db", "graph/gen"}

func isGenerated(folder string) bool {
	for _, g := range generated {
		if folder == g || strings.HasPrefix(folder, g+"/") {
			return true
		}
	}
	return false
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || name == "node_modules" || name == ".git") {
			return filepath.SkipDir
		}
		if d.IsDir() {
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || isGenerated(folder) {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(source), "DO NOT EDIT") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		documented[folder] = documented[folder] || file.Doc != nil
		return nil
	}))
	require.NotEmpty(t, documented)
	for folder, ok := range documented {
		require.True(t, ok, "package in %s has no comment", folder)
	}
}

func TestGeneratedCodeIsMarked(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"ent/db/client.go":                   "true",
		"graph/gen/root_.generated.go":       "true",
		"ent/migrations/sqlite/atlas.sum":    "true",
		"ent/migrations/sqlite/20000101.sql": "false",
		"graph/resolver.go":                  "unspecified",
	} {
		out, err := exec.CommandContext(t.Context(), "git", "-C", root, "check-attr", "linguist-generated", path).Output()
		require.NoError(t, err)
		require.Equal(t, path+": linguist-generated: "+want, strings.TrimSpace(string(out)))
	}
	for _, folder := range generated {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			source, err := os.ReadFile(path)
			require.Contains(t, string(source), "DO NOT EDIT", path)
			return err
		}))
	}
}

func TestReadmeShowsWhatTheServerAnswers(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	block := func(language string) string {
		found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(readme)
		require.NotNil(t, found, language)
		return string(found[1])
	}
	query, want := block("graphql"), block("json")
	var shown struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(want), &shown))
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		sapa, err := study.SAPA()
		require.NoError(t, err)
		_, err = study.Import(t.Context(), s.Store, clock.System, sapa)
		require.NoError(t, err)
		got := s.Admin().Get(t, nil, query, nil)
		require.JSONEq(t, string(shown.Data), string(got.Data))
	})
}
