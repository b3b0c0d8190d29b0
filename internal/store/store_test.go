package store_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// noon is a moment with more digits than a database keeps.
var noon = time.Date(2026, 5, 6, 12, 0, 0, 123456789, time.UTC)

// write runs fn in a transaction that must succeed.
func write(tb testing.TB, s *store.Store, fn func(ctx context.Context, tx *store.Tx) error) {
	tb.Helper()
	require.NoError(tb, s.Tx(tb.Context(), fn))
}

func addUser(tb testing.TB, s *store.Store) ident.User {
	tb.Helper()
	var id ident.User
	write(tb, s, func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.User.Create().SetCreatedAt(noon).Save(ctx)
		if err == nil {
			id = u.ID
		}
		return err
	})
	return id
}

func addQuestions(tb testing.TB, s *store.Store, n int) []ident.Question {
	tb.Helper()
	ids := make([]ident.Question, n)
	write(tb, s, func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.Question.MapCreateBulk(ids, func(c *db.QuestionCreate, i int) {
			c.SetSource("test").SetText(fmt.Sprint("Question ", i)).SetKey("a").
				SetOptions([]vocab.Option{{ID: "a", Label: "yes"}, {ID: "b", Label: "no"}}).
				SetDomain(vocab.Logic).SetDifficulty(vocab.Easy).SetCreatedAt(noon).SetChangedAt(noon)
		}).Save(ctx)
		for i, q := range list {
			ids[i] = q.ID
		}
		return err
	})
	return ids
}

// startSession is a session in progress, to be saved.
func startSession(tx *store.Tx, user ident.User) *db.TestSessionCreate {
	return tx.TestSession.Create().SetUserID(user).SetKind(vocab.Adaptive).SetSeed(1).SetMaximum(10).
		SetSteps([]vocab.Step{}).SetSeen([]ident.Question{}).SetStartedAt(noon).SetLastActivityAt(noon)
}

func addSession(tb testing.TB, s *store.Store, user ident.User) ident.Session {
	tb.Helper()
	var id ident.Session
	write(tb, s, func(ctx context.Context, tx *store.Tx) error {
		session, err := startSession(tx, user).Save(ctx)
		if err == nil {
			id = session.ID
		}
		return err
	})
	return id
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, tc := range map[string]struct {
		url     string
		options store.Options
		says    string
	}{
		"nothing":                 {url: "", says: "no scheme"},
		"a path without scheme":   {url: "/var/lib/secret.db", says: "want sqlite://PATH or postgres://"},
		"another database":        {url: "mysql://root@localhost/aiq", says: `unknown scheme "mysql"`},
		"no path":                 {url: "sqlite://", says: "needs the path of a file"},
		"a folder":                {url: "sqlite:///tmp/", says: "needs the path of a file"},
		"an existing folder":      {url: "sqlite://" + filepath.Dir(file), says: "is a directory"},
		"memory":                  {url: "sqlite://:memory:", says: "name a file"},
		"parameters":              {url: "sqlite://aiq.db?mode=ro", says: "without parameters"},
		"a folder that cannot be": {url: "sqlite://" + file + "/aiq.db", says: "create the folder of " + file + "/aiq.db"},
		"a broken URL":            {url: "postgres://user:secret@host:port/db", says: "cannot be parsed"},
		"a broken parameter":      {url: "postgres://user:secret@host/db?pool_max_conns=x", says: "pool_max_conns"},
		"nobody there":            {url: "postgres://user:secret@127.0.0.1:1/db", says: "not available"},
		"a negative size":         {url: "sqlite://aiq.db", options: store.Options{MaxConns: -1}, says: "MaxConns is -1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), tc.url, tc.options)
			require.ErrorContains(t, err, tc.says)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestOpenMakesTheFileForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	// Of these characters each means something else in a URI.
	path := filepath.Join(t.TempDir(), "new", "100% sure #1 & more.db")
	s := storetest.OpenURL(t, "sqlite://"+path)
	require.NoError(t, s.Migrate(t.Context()))
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
}

func TestOpenTakesARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	storetest.OpenURL(t, "sqlite://aiq.db")
	require.FileExists(t, "aiq.db")
}

func TestPoolSize(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(storetest.EmptyURL(t, dialect.Postgres))
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		inURL   string
		options store.Options
		want    int32
	}{
		"by default":   {"", store.Options{}, 10},
		"by the URL":   {"30", store.Options{}, 30},
		"by an option": {"30", store.Options{MaxConns: 3}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			query := u.Query()
			query.Del("pool_max_conns")
			if tc.inURL != "" {
				query.Set("pool_max_conns", tc.inURL)
			}
			u.RawQuery = query.Encode()
			s, err := store.Open(t.Context(), u.String(), tc.options)
			require.NoError(t, err)
			require.Equal(t, tc.want, s.Pool().Config().MaxConns)
			require.NoError(t, s.Close())
		})
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		s, err := store.Open(t.Context(), databaseURL, store.Options{})
		require.NoError(t, err)
		require.NoError(t, s.Ping(t.Context()))
		require.Equal(t, s.Dialect() == dialect.Postgres, s.Pool() != nil)
		require.NoError(t, s.Close())
		require.Error(t, s.Ping(t.Context()))
	})
}

func TestReaderOnlyReads(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		user := addUser(t, s)
		ctx := t.Context()
		n, err := s.Reader().User.Query().Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)

		require.ErrorContains(t, s.Reader().User.Create().SetCreatedAt(noon).Exec(ctx), "only reads")
		require.ErrorContains(t, s.Reader().User.UpdateOneID(user).SetCountry("DE").Exec(ctx), "only reads")
		_, err = s.Reader().User.Delete().Exec(ctx)
		require.ErrorContains(t, err, "only reads")
		_, err = s.Reader().Tx(ctx)
		require.ErrorContains(t, err, "only reads")
		_, err = s.Reader().QueryContext(ctx, "\n\tinsert\ninto users DEFAULT VALUES RETURNING id")
		require.ErrorContains(t, err, "only reads")
	})
}
