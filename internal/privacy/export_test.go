package privacy_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/dataexport"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/privacy"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

const (
	exportFields = `{ id state done total size downloadPath requestedAt finishedAt expiresAt }`
	request      = `mutation ($input: RequestDataExportInput!) { requestDataExport(input: $input) { dataExport ` + exportFields + ` } }`
	exports      = `{ viewer { dataExports ` + exportFields + ` } }`
)

type export struct {
	ID, State         string
	Done, Total, Size int
	DownloadPath      string
	ExpiresAt         time.Time
}

func requested(t *testing.T, c servertest.Client) export {
	t.Helper()
	var data struct {
		RequestDataExport struct{ DataExport export }
	}
	c.Get(t, &data, request, in(input{}))
	return data.RequestDataExport.DataExport
}

func exportsOf(t *testing.T, c servertest.Client) []export {
	t.Helper()
	var data struct {
		Viewer struct{ DataExports []export }
	}
	c.Get(t, &data, exports, nil)
	return data.Viewer.DataExports
}

// document is an export as it is read by the person.
type document struct {
	Format, User string
	ExportedAt   time.Time
	Data         map[string]struct {
		Withheld map[string]string
		Rows     []map[string]any
	}
}

func (w *world) document(t *testing.T, c servertest.Client, e export) (document, string) {
	t.Helper()
	status, body, header := w.get(t, c, e.DownloadPath)
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "application/json", header.Get("Content-Type"))
	require.Len(t, body, e.Size)
	var d document
	require.NoError(t, json.Unmarshal([]byte(body), &d))
	return d, body
}

// The document has every row of the person in every table that can hold one, in
// the form of the API, and nothing of anybody else.
func TestTheExportHoldsEverythingOfThePerson(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		require.Empty(t, exportsOf(t, w.ada))
		first := requested(t, w.ada)
		require.Equal(t, "PENDING", first.State)
		require.Empty(t, first.DownloadPath)
		require.Equal(t, first, requested(t, w.ada), "one at a time")
		w.Settle()
		// The next one has the first, with its parts, among its rows.
		made := requested(t, w.ada)
		require.NotEqual(t, first.ID, made.ID)
		w.Settle()
		all := exportsOf(t, w.ada)
		require.Len(t, all, 2)
		require.Equal(t, made.ID, all[0].ID)
		require.Equal(t, "READY", all[0].State)
		require.Equal(t, all[0].Total, all[0].Done)
		d, text := w.document(t, w.ada, all[0])
		require.Equal(t, "aiq-data-export", d.Format)
		me := global(ident.KindUser, w.ada.UserID)
		require.Equal(t, me, d.User)

		for _, h := range privacy.Holdings() {
			rows := d.Data[h.As].Rows
			require.NotEmpty(t, rows, "Ada has no row in %s: let her do what makes one", h.Table)
			if h.Table != "data_export_parts" { // those of the document itself come while it is written
				require.Len(t, rows, w.rowsOf(t, h, w.ada.UserID), h.Table)
			}
			for column := range h.Withheld {
				require.NotEmpty(t, d.Data[h.As].Withheld[privacy.Camel(column)], "%s.%s", h.Table, column)
			}
			for _, row := range rows {
				for name, value := range row {
					if strings.HasSuffix(name, "At") && value != nil {
						_, err := time.Parse(time.RFC3339Nano, value.(string))
						require.NoError(t, err, "%s.%s", h.As, name)
						require.True(t, strings.HasSuffix(value.(string), "Z"), "%s.%s", h.As, name)
					}
				}
			}
		}
		require.Len(t, d.Data, len(privacy.Holdings()))
		account := d.Data["user"].Rows[0]
		for name, want := range map[string]any{
			"id": me, "email": adaEmail, "displayName": adaName, "birthYear": 1990.0, "country": "GB",
			"region": "Ockham Park", "educationLevel": "DOCTORATE", "role": "TAKER", "cooldownBypass": true, "guest": false,
		} {
			require.Equal(t, want, account[name], name)
		}
		require.Equal(t, me, d.Data["responses"].Rows[0]["userId"])

		w.requireNothingElse(t, d, text)
	})
}

// rowsOf counts the person's rows of a table.
func (w *world) rowsOf(t *testing.T, h privacy.Held, user int64) int {
	t.Helper()
	u, err := w.Store.Reader().User.Get(t.Context(), ident.User(user))
	require.NoError(t, err)
	query, args := privacy.Owned(w.Store.Dialect(), h.Table, u)
	rows, err := w.Store.Reader().QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	var n int
	require.NoError(t, rows.Scan(&n))
	require.NoError(t, rows.Err())
	return n
}

// requireNothingElse fails if the document tells of secrets, of other people, or
// of what the API would not tell either.
func (w *world) requireNothingElse(t *testing.T, d document, text string) {
	t.Helper()
	ctx := t.Context()
	u := w.Store.Reader().User.Query().Where(user.ID(ident.User(w.ada.UserID))).OnlyX(ctx)
	for _, secret := range []string{
		*u.PasswordHash, "argon2id", "Its label says so.", `"explanation"`, w.ada.Token,
		"bob@example.org", global(ident.KindUser, w.bob.UserID), global(ident.KindUser, w.admin.UserID),
	} {
		require.False(t, strings.Contains(text, secret), secret)
	}
	seen := 0
	for _, row := range d.Data["testSessions"].Rows {
		if row["state"] == string(vocab.InProgress) {
			require.Nil(t, row["theta"], "of a test in progress")
			seen++
		} else {
			require.NotNil(t, row["theta"])
		}
	}
	require.Equal(t, 1, seen)
	told := map[bool]int{}
	for _, row := range d.Data["responses"].Rows {
		if row["answeredAt"] != nil {
			told[row["isCorrect"] != nil]++
		}
		if row["sessionId"] == w.open.Session.ID {
			require.Nil(t, row["isCorrect"], "of a test in progress")
			require.Nil(t, row["theta"])
		}
	}
	require.Equal(t, 1, told[false], "the one answer of the test in progress")
	require.Greater(t, told[true], 5)
}

func TestExportsAreForThePersonAlone(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		pending := requested(t, w.ada)
		early := "/exports/" + pending.ID
		status, body, _ := w.get(t, w.ada, early)
		require.Equal(t, http.StatusNotFound, status, "it is not made yet")
		require.Equal(t, "NOT_FOUND", code(t, body))
		w.Settle()
		made := exportsOf(t, w.ada)[0]
		require.Equal(t, early, made.DownloadPath)

		for name, c := range map[string]servertest.Client{"another": w.bob, "administrator": w.admin} {
			status, body, _ = w.get(t, c, made.DownloadPath)
			require.Equal(t, http.StatusNotFound, status, name)
			require.Equal(t, "NOT_FOUND", code(t, body), name)
			require.Empty(t, exportsOf(t, c), name)
			var got struct{ Node *struct{ ID string } }
			c.Get(t, &got, `query ($id: ID!) { node(id: $id) { id } }`, variables{"id": made.ID})
			require.Nil(t, got.Node, name)
		}
		status, body, _ = w.get(t, w.Anonymous(), made.DownloadPath)
		require.Equal(t, http.StatusUnauthorized, status)
		require.Equal(t, "UNAUTHENTICATED", code(t, body))
		forged := w.ada
		forged.Token += "x"
		status, _, _ = w.get(t, forged, made.DownloadPath)
		require.Equal(t, http.StatusUnauthorized, status)
		for _, path := range []string{"/exports/x", "/exports/" + global(ident.KindUser, w.ada.UserID), "/exports/" + global(ident.KindDataExport, 1<<40)} {
			status, body, _ = w.get(t, w.ada, path)
			require.Equal(t, http.StatusNotFound, status, path)
			require.Equal(t, "NOT_FOUND", code(t, body), path)
		}

		// After a week it is not there, and then it is removed.
		w.clock.Advance(7 * 24 * time.Hour)
		w.ada.Token = w.signIn(t)
		status, body, _ = w.get(t, w.ada, made.DownloadPath)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, "NOT_FOUND", code(t, body))
		require.Empty(t, exportsOf(t, w.ada))
		require.NoError(t, w.Resolver.Privacy.PurgeExports(t.Context()))
		require.Zero(t, w.Store.Reader().DataExport.Query().CountX(t.Context()))
		require.Zero(t, w.Store.Reader().DataExportPart.Query().CountX(t.Context()))
	})
}

func (w *world) signIn(t *testing.T) string {
	t.Helper()
	var data struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	w.Anonymous().Get(t, &data, signIn, in(input{"email": adaEmail, "password": servertest.Password}))
	return data.SignIn.Tokens.AccessToken
}

// Clients that do not decompress by themselves are served too.
func TestTheDocumentIsCompressedForWhoAccepts(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		requested(t, w.ada)
		w.Settle()
		made := exportsOf(t, w.ada)[0]
		_, plain, _ := w.get(t, w.ada, made.DownloadPath)
		for accept, compressed := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "identity": false, "gzip;q=0": false} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(w.URL, "/graphql")+made.DownloadPath, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+w.ada.Token)
			req.Header.Set("Accept-Encoding", accept)
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			var body io.Reader = res.Body
			require.Equal(t, compressed, res.Header.Get("Content-Encoding") == "gzip", accept)
			if compressed {
				body, err = gzip.NewReader(res.Body)
				require.NoError(t, err)
			}
			text, err := io.ReadAll(body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, plain, string(text), accept)
		}
	})
}

func TestOneExportAtATime(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		ids := make([]string, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				a, err := w.ada.Do(t.Context(), request, in(input{}))
				if err == nil && len(a.Errors) == 0 {
					ids[i] = string(a.Data)
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			require.NotEmpty(t, id)
			require.Equal(t, ids[0], id)
		}
		require.Equal(t, 1, w.Store.Reader().DataExport.Query().CountX(t.Context()))
		require.Equal(t, "UNAUTHENTICATED", w.Anonymous().Ask(t, request, in(input{})).Code())
	})
}

// A document of many pages and parts, made by one who is killed on the way and by
// two at once after that, is whole.
func TestAnExportSurvivesItsMakers(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		person := []ident.User{ident.User(w.ada.UserID)}
		w.AddTests(w.AddQuestions("many", 2000), person, servertest.Tests{Sessions: 100, Responses: 20})
		pending := requested(t, w.ada)
		id, err := ident.Parse(pending.ID)
		require.NoError(t, err)
		job := privacy.Export{Export: ident.DataExport(id.Key)}

		// Killed after the first pages.
		err = w.Resolver.Privacy.MakeUntil(t.Context(), job, func(done int) bool { return done > 600 })
		require.ErrorIs(t, err, context.Canceled)
		half := exportsOf(t, w.ada)[0]
		require.Equal(t, "PENDING", half.State)
		require.Greater(t, half.Done, 0)
		require.Greater(t, half.Total, 2000)

		// Its job is tried again while another process does.
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { _ = w.Resolver.Privacy.Make(t.Context(), job) })
		}
		both.Wait()
		require.NoError(t, w.Resolver.Privacy.Make(t.Context(), job), "one that is done is left alone")
		made := exportsOf(t, w.ada)[0]
		require.Equal(t, "READY", made.State)
		d, _ := w.document(t, w.ada, made)
		served := w.Store.Reader().Response.Query().Where(response.UserID(ident.User(w.ada.UserID))).CountX(t.Context())
		require.Len(t, d.Data["responses"].Rows, served)
		ids := map[any]bool{}
		for _, row := range d.Data["responses"].Rows {
			ids[row["id"]] = true
		}
		require.Len(t, ids, served, "each once")

		row := w.Store.Reader().DataExport.Query().Where(dataexport.ID(job.Export)).WithParts().OnlyX(t.Context())
		require.Greater(t, row.Attempt, 1)
		for _, part := range row.Edges.Parts {
			require.Equal(t, row.Attempt, part.Attempt)
		}
	})
}
