package privacy_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/mail/mailtest"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

type (
	input     = map[string]any
	variables = servertest.Variables
)

func in(of input) variables { return variables{"input": of} }

// world is a server with a person who has a row in every table that can hold one.
type world struct {
	*servertest.Server
	clock *servertest.Clock
	mail  *mailtest.Outbox
	admin servertest.Client
	// ada is the person, and bob another, who is in a group of hers.
	ada, bob servertest.Client
	// group is the one that she owns.
	group string
	// open is her test in progress.
	open servertest.Step
}

// What the tests look for, in an export or after an erasure.
const (
	adaEmail = "Ada.Lovelace@example.org"
	adaName  = "Augusta Ada King"
	adaZone  = "Europe/London"
)

// adaToken is the push token of her device.
var adaToken = servertest.PushToken("the phone of Ada Lovelace")

// each runs fn for each database with a server that people use.
func each(t *testing.T, configure func(*config.Server), fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL = databaseURL
		if configure != nil {
			configure(&settings)
		}
		w := &world{clock: servertest.NewClock(), mail: mailtest.New()}
		w.Server = servertest.Configured(t, settings, server.Options{Clock: w.clock.Now, Mail: w.mail})
		w.admin = w.Server.Admin()
		w.farIDs(t)
		w.live(t)
		fn(t, w)
	})
}

// farIDs has the keys of people begin at a number that nothing else has, so that
// a scan of the database tells them apart.
func (w *world) farIDs(t *testing.T) {
	t.Helper()
	require.NoError(t, w.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if w.Store.Dialect() == "postgres" {
			_, err := tx.SQL().ExecContext(ctx, `SELECT setval(pg_get_serial_sequence('users', 'id'), 774411000)`)
			return err
		}
		_, err := tx.SQL().ExecContext(ctx, `UPDATE sqlite_sequence SET seq = 774411000 WHERE name = 'users'`)
		return err
	}))
}

// live lets Ada do everything that leaves a row.
func (w *world) live(t *testing.T) {
	t.Helper()
	w.UseItems(240, 1.3)
	right := func(answered int) bool { return answered%3 != 0 }

	// She took a test as a guest, and registered.
	w.ada = w.Anonymous()
	w.ada.Token = w.guestToken(t, "the device of Ada Lovelace")
	w.ada.Finish(t, w.step(t, w.ada), right)
	var registered struct {
		Register struct {
			Viewer struct{ User struct{ ID string } }
			Tokens struct{ AccessToken string }
		}
	}
	w.Anonymous().Get(t, &registered, `mutation ($input: RegisterInput!) { register(input: $input) { viewer { user { id } } tokens { accessToken } } }`,
		in(input{
			"email": adaEmail, "password": servertest.Password, "displayName": adaName, "guestToken": w.ada.Token,
			"birthYear": 1990, "country": "GB", "region": "Ockham Park", "educationLevel": "DOCTORATE",
		}))
	w.ada.Token, w.ada.Email = registered.Register.Tokens.AccessToken, adaEmail
	id, err := ident.Parse(registered.Register.Viewer.User.ID)
	require.NoError(t, err)
	w.ada.UserID = id.Key

	// She gave a test up, and another is in progress.
	w.admin.Get(t, nil, `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }`,
		in(input{"userId": global(ident.KindUser, w.ada.UserID), "cooldownBypass": true}))
	at := w.ada.Answer(t, w.ada.StartTest(t), true)
	w.ada.Abandon(t, at.Session.ID)
	w.open = w.ada.Answer(t, w.ada.StartTest(t), true)

	// She has a group with Bob, and he one with her.
	w.bob = w.SignedIn(account.Registration{Email: "bob@example.org", DisplayName: ptr("Bob")})
	w.group = w.groupOf(t, w.ada, w.bob)
	w.groupOf(t, w.bob, w.ada)

	// She forgot her password, once and for all, and mistyped it.
	w.Anonymous().Get(t, nil, `mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { accepted } }`, in(input{"email": adaEmail}))
	w.mail.Next(t)
	require.Equal(t, "UNAUTHENTICATED", w.Anonymous().Ask(t, signIn, in(input{"email": adaEmail, "password": "mistyped-" + servertest.Password})).Code())

	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.OAuthIdentity.Create().SetUserID(ident.User(w.ada.UserID)).SetProvider(vocab.Apple).
			SetSubject("apple's key of Ada").SetEmail(adaEmail).SetCreatedAt(w.clock.Now()).SetLastUsedAt(w.clock.Now()).Exec(ctx)
	})
	// An administrator, who knows her name, set a verdict aside.
	done := w.Store.Reader().TestSession.Query().Where(testsession.UserID(ident.User(w.ada.UserID)), testsession.StateEQ(vocab.Completed)).OnlyIDX(t.Context())
	w.admin.Get(t, nil, `mutation ($input: OverrideValidityInput!) { overrideValidity(input: $input) { validity { id } } }`,
		in(input{"sessionId": global(ident.KindSession, int64(done)), "verdict": "VALID", "reason": "I have watched " + adaName + "."}))
	// She was an administrator once, and did something too.
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return audit.Record(auth.WithAddress(ctx, "192.0.2.7"), tx, auth.Viewer{User: &db.User{ID: ident.User(w.ada.UserID)}}, w.clock.Now(), audit.Entry{
			Action: vocab.AccountUpdated, Target: ident.Global{Kind: ident.KindUser, Key: w.bob.UserID}, Reason: "He asked.",
		})
	})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.APIKey.Create().SetName("reports").SetPrefix("aiq_ada").SetSecretHash("hash").SetScopes([]vocab.Scope{vocab.ReadItems}).
			SetCreatedByID(ident.User(w.ada.UserID)).SetCreatedAt(w.clock.Now()).Exec(ctx)
	})
	w.ada.Get(t, nil, `mutation ($input: SendFeedbackInput!) { sendFeedback(input: $input) { feedback { id } } }`,
		in(input{"category": "BUG", "text": "It is me, Ada: nothing happens.", "contact": adaEmail, "clientMutationId": "first"}))
	w.ada.Get(t, nil, `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { accepted } }`,
		in(input{"deviceId": "the device of Ada Lovelace", "events": []input{
			{"id": "1", "name": "launch", "time": "2026-01-01T00:00:00Z", "properties": input{"name": adaName}},
		}}))
	w.ada.Get(t, nil, `mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { device { id } } }`,
		in(input{"platform": "IOS", "token": adaToken}))
	w.ada.Get(t, nil, `mutation ($input: UpdateNotificationSettingsInput!) { updateNotificationSettings(input: $input) { notificationSettings { due } } }`,
		in(input{"quietHours": input{"fromMinute": 0, "toMinute": 60, "timeZone": adaZone}}))
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Notification.Create().SetUserID(ident.User(w.ada.UserID)).SetSessionID(done).SetKind(vocab.Due).SetCreatedAt(w.clock.Now()).Exec(ctx)
	})
	w.Settle()
}

const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken refreshToken } } }`

// guestToken starts a test on a device without an account.
func (w *world) guestToken(t *testing.T, device string) string {
	t.Helper()
	var data struct {
		StartGuestTest struct{ Token struct{ AccessToken string } }
	}
	w.Anonymous().Get(t, &data, `mutation ($input: StartGuestTestInput!) { startGuestTest(input: $input) { token { accessToken } } }`,
		in(input{"deviceId": device}))
	return data.StartGuestTest.Token.AccessToken
}

// step is where the client's test in progress stands.
func (w *world) step(t *testing.T, c servertest.Client) servertest.Step {
	t.Helper()
	var data struct {
		Viewer struct {
			ActiveSession struct {
				servertest.Session
				CurrentQuestion *servertest.Question
			}
		}
	}
	c.Get(t, &data, `{ viewer { activeSession { id currentQuestion { id options { id label } } } } }`, nil)
	return servertest.Step{Session: data.Viewer.ActiveSession.Session, Question: data.Viewer.ActiveSession.CurrentQuestion}
}

// groupOf makes a group of the owner's that the other joins.
func (w *world) groupOf(t *testing.T, owner, other servertest.Client) string {
	t.Helper()
	var made struct {
		CreateGroup struct{ Group struct{ ID string } }
	}
	owner.Get(t, &made, `mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }`, in(input{"name": "Tuesdays"}))
	var invited struct {
		InviteToGroup struct{ Invitation struct{ Code string } }
	}
	owner.Get(t, &invited, `mutation ($input: InviteToGroupInput!) { inviteToGroup(input: $input) { invitation { code } } }`,
		in(input{"groupId": made.CreateGroup.Group.ID, "maxUses": 5, "expiresInHours": 24}))
	other.Get(t, nil, `mutation ($input: JoinGroupInput!) { joinGroup(input: $input) { group { id } } }`,
		in(input{"code": invited.InviteToGroup.Invitation.Code}))
	return made.CreateGroup.Group.ID
}

func (w *world) write(t *testing.T, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	require.NoError(t, w.Store.Tx(t.Context(), fn))
}

func ptr[T any](v T) *T { return &v }

func global(kind ident.Kind, key int64) string { return ident.Global{Kind: kind, Key: key}.String() }

// get asks the server for a path beside GraphQL.
func (w *world) get(t *testing.T, c servertest.Client, path string) (status int, body string, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(w.URL, "/graphql")+path, nil)
	require.NoError(t, err)
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(text), res.Header
}

// code is that of an answer to get that refuses.
func code(t *testing.T, body string) string {
	t.Helper()
	var a servertest.Answer
	require.NoError(t, json.Unmarshal([]byte(body), &a), body)
	return a.Code()
}
