package privacy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/group"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/sessionvalidity"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/idtoken/idtokentest"
	"github.com/aiqhq/aiq/internal/privacy"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

const (
	erasureFields = `{ mode done total requestedAt finishedAt }`
	deleteAccount = `mutation ($input: DeleteAccountInput!) { payload: deleteAccount(input: $input) { erasureToken erasure ` + erasureFields + ` } }`
	deleteUser    = `mutation ($input: DeleteUserInput!) { payload: deleteUser(input: $input) { erasureToken erasure ` + erasureFields + ` } }`
	readErasure   = `query ($token: String!) { erasure(token: $token) ` + erasureFields + ` }`
	whoAmI        = `{ viewer { user { id } } }`
)

type erasing struct {
	Mode        string
	Done, Total int
	FinishedAt  *time.Time
}

type ended struct {
	ErasureToken string
	Erasure      erasing
}

// ends sends a deletion that must be accepted.
func ends(t *testing.T, c servertest.Client, mutation string, of input) ended {
	t.Helper()
	var data struct{ Payload ended }
	c.Get(t, &data, mutation, in(of))
	return data.Payload
}

// refusedWith sends a deletion that must be refused.
func refusedWith(t *testing.T, c servertest.Client, mutation string, of input, code, rule string) {
	t.Helper()
	a := c.Ask(t, mutation, in(of))
	require.Equal(t, code, a.Code(), "%v", a.Errors)
	if rule != "" {
		require.Equal(t, rule, a.Errors[0].Extensions["rule"])
	}
}

func (w *world) erasure(t *testing.T, token string) *erasing {
	t.Helper()
	var data struct{ Erasure *erasing }
	w.Anonymous().Get(t, &data, readErasure, variables{"token": token})
	return data.Erasure
}

// traces are the places in the database where one of the texts stands: every
// column of every table, those of the job queue included.
func (w *world) traces(t *testing.T, texts ...string) []string {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if w.Store.Dialect() == "postgres" {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
	}
	var found []string
	for _, table := range w.rows(t, list) {
		for _, row := range w.rows(t, `SELECT * FROM "`+table+`"`) {
			for _, text := range texts {
				if strings.Contains(strings.ToLower(row), strings.ToLower(text)) {
					found = append(found, table+": "+text)
				}
			}
		}
	}
	return found
}

// rows are those of the query, each as one text.
func (w *world) rows(t *testing.T, query string) []string {
	t.Helper()
	rows, err := w.Store.Reader().QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var out []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		var line []string
		for _, v := range values {
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			line = append(line, fmt.Sprint(v))
		}
		out = append(out, strings.Join(line, "\t"))
	}
	require.NoError(t, rows.Err())
	return out
}

// everyTrace is what would tell of Ada.
func (w *world) everyTrace() []string {
	return append(w.nameTraces(), fmt.Sprint(w.ada.UserID))
}

// nameTraces is what would tell who it was that took her tests.
func (w *world) nameTraces() []string {
	return []string{"ada.lovelace", adaName, "Ockham Park", "apple's key of Ada", adaToken, adaZone}
}

func TestErasureLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		at := strings.Join(w.traces(t, w.nameTraces()...), "\n")
		for _, table := range []string{"users", "oauth_identities", "feedback", "client_events", "audit_entries", "session_validities", "devices", "notification_settings"} {
			require.Contains(t, at, table+": ")
		}
		pending := requested(t, w.ada)
		require.Equal(t, "PENDING", pending.State)
		before := w.rows(t, `SELECT * FROM item_statistics ORDER BY id`)
		require.NotEmpty(t, before)
		stream := w.ada.Subscribe(t, servertest.WebSocket,
			`subscription ($id: ID!) { sessionProgress(sessionId: $id) { version } }`, variables{"id": w.open.Session.ID})
		stream.Event(t, &struct{}{})
		token := w.signInWhole(t)

		got := ends(t, w.ada, deleteAccount, input{"password": servertest.Password})
		require.Equal(t, "ERASE", got.Erasure.Mode)
		require.Nil(t, got.Erasure.FinishedAt)

		// At once it is nobody's account, and the rest goes later.
		for _, old := range []string{w.ada.Token, token.AccessToken} {
			c := w.ada
			c.Token = old
			require.Equal(t, "UNAUTHENTICATED", c.Ask(t, whoAmI, nil).Code())
			refusedWith(t, c, deleteAccount, input{"password": servertest.Password}, "UNAUTHENTICATED", "")
		}
		require.Equal(t, "UNAUTHENTICATED", w.Anonymous().Ask(t, `mutation ($input: RefreshTokensInput!) { refreshTokens(input: $input) { tokens { accessToken } } }`,
			in(input{"refreshToken": token.RefreshToken})).Code())
		require.Equal(t, "UNAUTHENTICATED", w.Anonymous().Ask(t, signIn, in(input{"email": adaEmail, "password": servertest.Password})).Code())
		at = strings.Join(w.traces(t, w.nameTraces()...), "\n")
		require.NotContains(t, at, "users: ")
		require.NotContains(t, at, "oauth_identities: ")
		require.NotContains(t, "\n"+at, "\ndevices: ", "nothing is sent to them any more")
		require.NotEmpty(t, w.traces(t, fmt.Sprint(w.ada.UserID)))
		farewell := w.mail.Next(t)
		require.Equal(t, "Your account was deleted", farewell.Subject)
		require.Equal(t, adaEmail, farewell.To)

		w.Settle()
		require.Empty(t, w.traces(t, w.everyTrace()...))
		for more := true; more; {
			_, more, _ = stream.Read()
		}
		over := w.erasure(t, got.ErasureToken)
		require.NotNil(t, over.FinishedAt)
		require.Equal(t, over.Total, over.Done)
		require.Greater(t, over.Done, 20)
		require.Nil(t, w.erasure(t, got.ErasureToken+"x"))

		// What is not hers stays: the statistics, and the group for its member.
		require.Equal(t, before, w.rows(t, `SELECT * FROM item_statistics ORDER BY id`))
		id, err := ident.Parse(w.group)
		require.NoError(t, err)
		require.EqualValues(t, w.bob.UserID, w.Store.Reader().Group.Query().Where(group.ID(ident.Group(id.Key))).OnlyX(t.Context()).OwnerID)

		require.Equal(t, 3, w.Store.Reader().AuditEntry.Query().CountX(t.Context()), "what administrators did, of nobody")
		require.NotZero(t, w.Store.Reader().APIKey.Query().CountX(t.Context()))

		// She may come again.
		w.SignedIn(account.Registration{Email: adaEmail})
		w.clock.Advance(31 * 24 * time.Hour)
		require.NoError(t, w.Resolver.Privacy.PurgeErasures(t.Context()))
		require.Nil(t, w.erasure(t, got.ErasureToken))
	})
}

// An erasure whose job is not tried any more is gone on with.
func TestAnErasureIsNotLeftHalfDone(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		got := ends(t, w.ada, deleteAccount, input{"password": servertest.Password})
		w.clock.Advance(29 * 24 * time.Hour)
		require.NoError(t, w.Resolver.Privacy.ResumeErasures(t.Context()))
		require.Nil(t, w.erasure(t, got.ErasureToken).FinishedAt)
		w.clock.Advance(24 * time.Hour)
		require.NoError(t, w.Resolver.Privacy.ResumeErasures(t.Context()))
		require.NotNil(t, w.erasure(t, got.ErasureToken).FinishedAt)
		w.Settle()
		require.Empty(t, w.traces(t, w.everyTrace()...))
	})
}

func (w *world) signInWhole(t *testing.T) (tokens struct{ AccessToken, RefreshToken string }) {
	t.Helper()
	var data struct {
		SignIn struct {
			Tokens struct{ AccessToken, RefreshToken string }
		}
	}
	w.Anonymous().Get(t, &data, signIn, in(input{"email": adaEmail, "password": servertest.Password}))
	return data.SignIn.Tokens
}

func deidentify(c *config.Server) { c.Erasure = "deidentify" }

func TestDeidentificationKeepsTheAnswersOfNobody(t *testing.T) {
	t.Parallel()
	each(t, deidentify, func(t *testing.T, w *world) {
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.SessionValidity.Update().SetOverrideReason("She is Augusta Ada King.").Exec(ctx)
		})
		ada := ident.User(w.ada.UserID)
		count := func() (out [3]int) {
			out[0] = w.Store.Reader().TestSession.Query().Where(testsession.UserID(ada)).CountX(t.Context())
			out[1] = w.Store.Reader().Response.Query().Where(response.UserID(ada)).CountX(t.Context())
			out[2] = w.Store.Reader().TestResult.Query().CountX(t.Context())
			return out
		}
		before := count()
		got := ends(t, w.ada, deleteAccount, input{"password": servertest.Password})
		require.Equal(t, "DEIDENTIFY", got.Erasure.Mode)
		w.Settle()
		require.NotNil(t, w.erasure(t, got.ErasureToken).FinishedAt)
		require.Equal(t, before, count())
		require.Empty(t, w.traces(t, w.nameTraces()...))

		for _, h := range privacy.Holdings() {
			require.Equal(t, h.Kept, w.rowsOf(t, h, w.ada.UserID) > 0, h.Table)
		}
		u := w.Store.Reader().User.Query().Where(user.ID(ada)).OnlyX(t.Context())
		raw, err := json.Marshal(u)
		require.NoError(t, err)
		var left map[string]any
		require.NoError(t, json.Unmarshal(raw, &left))
		for _, plain := range []string{"id", "role", "created_at", "tokens_revoked_before", "edges"} {
			delete(left, plain)
		}
		require.Empty(t, left, "what an empty account still says")
		open := w.Store.Reader().TestSession.Query().Where(testsession.UserID(ada), testsession.StateEQ(vocab.InProgress)).CountX(t.Context())
		require.Zero(t, open, "the test in progress is given up")
		require.Zero(t, w.Store.Reader().SessionValidity.Query().Where(sessionvalidity.OverrideReasonNotNil()).CountX(t.Context()))
	})
}

// A removal of many rows whose process is killed goes on where it was, by one and
// by two at once.
func TestAnErasureSurvivesItsMakers(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"erase", "deidentify"} {
		each(t, func(c *config.Server) { c.Erasure = mode }, func(t *testing.T, w *world) {
			ada := ident.User(w.ada.UserID)
			w.AddTests(w.AddQuestions("many", 2000), []ident.User{ada}, servertest.Tests{Sessions: 100, Responses: 20})
			w.write(t, func(ctx context.Context, tx *store.Tx) error {
				return tx.Response.Update().Where(response.UserID(ada)).SetClientAnsweredAt(w.clock.Now()).Exec(ctx)
			})
			got := ends(t, w.ada, deleteAccount, input{"password": servertest.Password})
			row := w.Store.Reader().Erasure.Query().OnlyX(t.Context())
			job := privacy.Erase{Erasure: row.ID}
			for _, stop := range []int{1, 400, 1100} {
				err := w.Resolver.Privacy.RemoveUntil(t.Context(), job, func(done int) bool { return done >= stop })
				require.ErrorIs(t, err, context.Canceled)
				at := w.erasure(t, got.ErasureToken)
				require.Nil(t, at.FinishedAt)
				require.GreaterOrEqual(t, at.Done, stop)
				require.Greater(t, at.Total, at.Done)
			}
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() { _ = w.Resolver.Privacy.Remove(t.Context(), job) })
			}
			both.Wait()
			w.Settle()
			at := w.erasure(t, got.ErasureToken)
			require.NotNil(t, at.FinishedAt)
			require.Equal(t, at.Total, at.Done)
			if mode == "erase" {
				require.Empty(t, w.traces(t, w.everyTrace()...))
			} else {
				require.Empty(t, w.traces(t, w.nameTraces()...))
				require.Zero(t, w.Store.Reader().Response.Query().Where(response.UserID(ada), response.ClientAnsweredAtNotNil()).CountX(t.Context()))
			}
		})
	}
}

func TestDeletionAsksForAProof(t *testing.T) {
	t.Parallel()
	apple := idtokentest.New(t)
	each(t, func(c *config.Server) {
		c.AppleIssuer, c.AppleKeys, c.AppleAudiences = apple.URL, apple.Keys, []string{"app"}
	}, func(t *testing.T, w *world) {
		refusedWith(t, w.ada, deleteAccount, input{}, "VALIDATION_FAILED", "required")
		refusedWith(t, w.ada, deleteAccount, input{"password": "wrong-" + servertest.Password}, "VALIDATION_FAILED", "wrong")
		token := func(subject string) input {
			return input{"identity": input{"provider": "APPLE", "nonce": "n", "idToken": apple.Sign(map[string]any{
				"iss": apple.URL, "aud": "app", "sub": subject, "nonce": "n",
				"iat": w.clock.Now().Unix(), "exp": w.clock.Now().Add(time.Minute).Unix(),
			})}}
		}
		refusedWith(t, w.ada, deleteAccount, token("apple's key of Ada"), "VALIDATION_FAILED", "required")
		w.ada.Get(t, nil, whoAmI, nil)

		// Without a password an identity is the proof, if it is the person's.
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.Update().Where(user.ID(ident.User(w.ada.UserID))).ClearPasswordHash().Exec(ctx)
		})
		refusedWith(t, w.ada, deleteAccount, input{"password": servertest.Password}, "VALIDATION_FAILED", "required")
		refusedWith(t, w.ada, deleteAccount, token("somebody else"), "VALIDATION_FAILED", "wrong")
		forged := token("apple's key of Ada")
		forged["identity"].(input)["idToken"] = "x.y.z"
		refusedWith(t, w.ada, deleteAccount, forged, "UNAUTHENTICATED", "")
		google := token("apple's key of Ada")
		google["identity"].(input)["provider"] = "GOOGLE"
		refusedWith(t, w.ada, deleteAccount, google, "FORBIDDEN", "")
		w.ada.Get(t, nil, whoAmI, nil)
		ends(t, w.ada, deleteAccount, token("apple's key of Ada"))

		// A guest has no more to show than the token.
		guest := w.Anonymous()
		guest.Token = w.guestToken(t, "the device of a guest")
		got := ends(t, guest, deleteAccount, input{})
		require.Equal(t, "UNAUTHENTICATED", guest.Ask(t, whoAmI, nil).Code())
		w.Settle()
		require.NotNil(t, w.erasure(t, got.ErasureToken).FinishedAt)
		require.NotEmpty(t, w.guestToken(t, "the device of a guest"), "the device is as new")
	})
}

// Of many requests at once one ends the account.
func TestAnAccountEndsOnce(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		codes := make([]string, 4)
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() {
				a, err := w.ada.Do(t.Context(), deleteAccount, in(input{"password": servertest.Password}))
				codes[i] = a.Code()
				if err != nil {
					codes[i] = err.Error()
				}
			})
		}
		all.Wait()
		accepted := 0
		for _, code := range codes {
			if code == "" {
				accepted++
			} else {
				require.Contains(t, []string{"UNAUTHENTICATED", "RATE_LIMITED"}, code)
			}
		}
		require.Equal(t, 1, accepted, codes)
		require.Equal(t, 1, w.Store.Reader().Erasure.Query().CountX(t.Context()))
		w.Settle()
		require.Empty(t, w.traces(t, w.everyTrace()...))
	})
}

func TestAdministratorsDeletePeople(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		ada := input{"userId": global(ident.KindUser, w.ada.UserID)}
		refusedWith(t, w.bob, deleteUser, ada, "FORBIDDEN", "")
		refusedWith(t, w.admin, deleteUser, input{"userId": global(ident.KindUser, w.admin.UserID)}, "VALIDATION_FAILED", "not_own")
		refusedWith(t, w.admin, deleteUser, input{"userId": global(ident.KindUser, 1<<40)}, "NOT_FOUND", "")
		refusedWith(t, w.admin, deleteAccount, input{"password": servertest.Password}, "CONFLICT", "last_administrator")

		first := ends(t, w.admin, deleteUser, ada)
		again := ends(t, w.admin, deleteUser, ada)
		require.Nil(t, w.erasure(t, first.ErasureToken), "the newer token replaces it")
		var told struct {
			AuditEntries struct{ Nodes []struct{ TargetID *string } }
		}
		entries := func() {
			t.Helper()
			w.admin.Get(t, &told, `{ auditEntries(filter: {action: ACCOUNT_DELETED}) { nodes { targetId } } }`, nil)
			require.Len(t, told.AuditEntries.Nodes, 1)
		}
		entries()
		require.Equal(t, ada["userId"], *told.AuditEntries.Nodes[0].TargetID)
		require.Nil(t, w.erasure(t, again.ErasureToken).FinishedAt)
		require.Equal(t, "UNAUTHENTICATED", w.ada.Ask(t, whoAmI, nil).Code())
		w.Settle()
		require.NotNil(t, w.erasure(t, again.ErasureToken).FinishedAt)
		require.Empty(t, w.traces(t, w.everyTrace()...))
		refusedWith(t, w.admin, deleteUser, ada, "NOT_FOUND", "")
		entries()
		require.Nil(t, told.AuditEntries.Nodes[0].TargetID, "the entry forgets whom")

		// One who leaves another administrator behind may go.
		other := w.Admin()
		ends(t, w.admin, deleteAccount, input{"password": servertest.Password})
		refusedWith(t, other, deleteAccount, input{"password": servertest.Password}, "CONFLICT", "last_administrator")
	})
}
