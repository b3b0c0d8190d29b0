package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/document"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/operations"
)

func launch(t *testing.T) document.Document {
	t.Helper()
	var set document.Set
	require.NoError(t, set.Read(operations.Files()))
	for _, d := range set.All() {
		if d.Name == "mobile/launch.graphql" {
			return d
		}
	}
	require.Fail(t, "there is no launch document")
	return document.Document{}
}

func named(hash string) map[string]any {
	return map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}}
}

func send(t *testing.T, c servertest.Client, request map[string]any) servertest.Answer {
	t.Helper()
	a, err := c.Send(t.Context(), request)
	require.NoError(t, err)
	return a
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestDocumentsAreNamedByTheirHash(t *testing.T) {
	t.Parallel()
	d := launch(t)
	s := servertest.New(t, storetest.URL(t, dialect.SQLite), server.Options{})
	taker := s.Taker()
	a := send(t, taker, named(d.Hash))
	require.Empty(t, a.Errors)
	require.Contains(t, string(a.Data), `"viewer":{"user"`)

	res, err := http.Get(s.URL + "?extensions=" + url.QueryEscape(`{"persistedQuery":{"version":1,"sha256Hash":"`+d.Hash+`"}}`))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)

	require.Equal(t, "NOT_FOUND", send(t, taker, named(hashed("{viewer{user{id}}}"))).Code())
	require.Equal(t, "VALIDATION_FAILED", send(t, taker, named("abc")).Code())
	require.Equal(t, "VALIDATION_FAILED", send(t, taker, map[string]any{"extensions": map[string]any{"persistedQuery": 7}}).Code())
	lie := named(d.Hash)
	lie["query"] = "{ __typename }"
	require.Equal(t, "VALIDATION_FAILED", send(t, taker, lie).Code())
	lie["extensions"] = named(hashed("{ __typename }"))["extensions"]
	require.Empty(t, send(t, taker, lie).Errors, "a true hash of a document that is not trusted does no harm")
}

func TestAFolderOfDocumentsThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	settings := config.Defaults()
	settings.DocumentsDir = filepath.Join(t.TempDir(), "nowhere")
	_, err := server.Open(t.Context(), settings, slog.New(slog.DiscardHandler), server.Options{})
	require.ErrorContains(t, err, "documents-dir")
	require.ErrorContains(t, err, settings.DocumentsDir)
}

func TestOnlyTrustedDocumentsAreExecuted(t *testing.T) {
	t.Parallel()
	d := launch(t)
	settings := config.Defaults()
	settings.DatabaseURL = storetest.URL(t, dialect.SQLite)
	settings.Documents = config.TrustedDocuments
	settings.DocumentsDir = t.TempDir()
	const own = "query Mine { viewer { user { email } } }"
	require.NoError(t, os.WriteFile(filepath.Join(settings.DocumentsDir, "mine.graphql"), []byte(own), 0o600))
	s := servertest.Configured(t, settings, server.Options{})
	taker := s.Taker()
	for _, request := range []map[string]any{named(d.Hash), {"query": d.Text}, {"query": own}, named(hashed(own))} {
		require.Empty(t, send(t, taker, request).Errors)
	}
	for _, text := range []string{"{ viewer { user { email } } }", d.Text + " ", "{ __schema { types { name } } }", "not graphql"} {
		a := send(t, taker, map[string]any{"query": text})
		require.Equal(t, "FORBIDDEN", a.Code(), text)
		require.NotContains(t, string(a.Data), "{")
		with := named(hashed(text))
		with["query"] = text
		require.Equal(t, "FORBIDDEN", send(t, taker, with).Code())
	}
}
