package server_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// socket is a connection that speaks graphql-transport-ws message by message.
type socket struct {
	ctx  context.Context
	conn *websocket.Conn
}

type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func openSocket(t *testing.T, url, token string) socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1),
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	s := socket{ctx, conn}
	hello := frame{Type: "connection_init"}
	if token != "" {
		hello.Payload = json.RawMessage(`{"Authorization": "Bearer ` + token + `"}`)
	}
	s.write(t, hello)
	return s
}

func (s socket) write(t *testing.T, f frame) {
	t.Helper()
	require.NoError(t, wsjson.Write(s.ctx, s.conn, f))
}

// read is the next frame that is not a ping.
func (s socket) read(t *testing.T) frame {
	t.Helper()
	for {
		var f frame
		require.NoError(t, wsjson.Read(s.ctx, s.conn, &f))
		if f.Type != "ping" && f.Type != "pong" {
			return f
		}
	}
}

// ask sends a query and reads its answer.
func (s socket) ask(t *testing.T, id, query string) servertest.Answer {
	t.Helper()
	payload, err := json.Marshal(map[string]string{"query": query})
	require.NoError(t, err)
	s.write(t, frame{ID: id, Type: "subscribe", Payload: payload})
	f := s.read(t)
	require.Equal(t, id, f.ID)
	var a servertest.Answer
	if f.Type == "error" { // the last message
		require.NoError(t, json.Unmarshal(f.Payload, &a.Errors))
		return a
	}
	require.Equal(t, "next", f.Type)
	require.NoError(t, json.Unmarshal(f.Payload, &a))
	require.Equal(t, frame{ID: id, Type: "complete"}, s.read(t))
	return a
}

// TestSocketDoesNotOutliveItsToken asks over one socket before and after its
// token has expired.
func TestSocketDoesNotOutliveItsToken(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		taker := s.Taker()
		open := openSocket(t, s.URL, taker.Token)
		require.Equal(t, "connection_ack", open.read(t).Type)
		require.Equal(t, "", open.ask(t, "1", whoAmI).Code())
		clock.Advance(31 * time.Minute)
		for id, operation := range map[string]string{"2": whoAmI, "3": servertest.StartTest} {
			refused := open.ask(t, id, operation)
			require.Equal(t, "UNAUTHENTICATED", refused.Code())
			require.Equal(t, "TOKEN_EXPIRED", refused.Reason())
		}

		// A new one is refused from the start, in words that a client can act on.
		late := openSocket(t, s.URL, taker.Token)
		for {
			var f frame
			err := wsjson.Read(late.ctx, late.conn, &f)
			if err == nil {
				require.NotEqual(t, "connection_ack", f.Type)
				continue
			}
			var closed websocket.CloseError
			require.ErrorAs(t, err, &closed)
			require.EqualValues(t, 4403, closed.Code)
			require.Equal(t, "TOKEN_EXPIRED", closed.Reason)
			break
		}
	})
}

// eachShort starts servers whose access tokens last three seconds or four, by the
// machine's clock.
func eachShort(t *testing.T, fn func(t *testing.T, s *servertest.Server, lasting func(account.Registration) string)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.Secret, settings.AccessLife = databaseURL, "a secret of more than thirty-two bytes", 4*time.Second
		s := servertest.Configured(t, settings, server.Options{})
		keys, err := account.NewKeys(settings.Secret)
		require.NoError(t, err)
		patient, err := account.New(s.Store, clock.System, keys, account.Options{})
		require.NoError(t, err)
		fn(t, s, func(r account.Registration) string {
			_, tokens, err := patient.SignIn(t.Context(), r.Email, r.Password)
			require.NoError(t, err)
			return tokens.AccessToken
		})
	})
}

// closing reads to the end of the socket and gives back how it was closed.
func (s socket) closing(t *testing.T) websocket.CloseError {
	t.Helper()
	for {
		var f frame
		if err := wsjson.Read(s.ctx, s.conn, &f); err != nil {
			var closed websocket.CloseError
			require.ErrorAs(t, err, &closed)
			return closed
		}
	}
}

func (s socket) renew(t *testing.T, token string) {
	t.Helper()
	s.write(t, frame{Type: "ping", Payload: json.RawMessage(`{"Authorization": "Bearer ` + token + `"}`)})
}

func TestStreamsEndWithTheirToken(t *testing.T) {
	t.Parallel()
	eachShort(t, func(t *testing.T, s *servertest.Server, _ func(account.Registration) string) {
		s.UseItems(60, 1.3)
		person := account.Registration{Email: "ada@example.org", Password: servertest.Password, CooldownBypass: true}
		taker := s.SignedIn(person)
		at := taker.StartTest(t)
		again := func() string {
			_, tokens, err := s.Accounts.SignIn(t.Context(), person.Email, person.Password)
			require.NoError(t, err)
			return tokens.AccessToken
		}

		taker.Token = again()
		events := taker.Subscribe(t, servertest.EventStream, watch, servertest.Variables{"session": at.Session.ID})
		var first struct{ SessionProgress struct{ Version int } }
		events.Event(t, &first)
		last, more := events.Next(t)
		require.True(t, more)
		require.Equal(t, "UNAUTHENTICATED", last.Code())
		require.Equal(t, "TOKEN_EXPIRED", last.Reason())
		events.Completed(t)

		idle := openSocket(t, s.URL, again())
		require.Equal(t, "connection_ack", idle.read(t).Type)
		closed := idle.closing(t)
		require.EqualValues(t, 4403, closed.Code)
		require.Equal(t, "TOKEN_EXPIRED", closed.Reason)

		// Those who are not known have nothing that ends.
		anyone := openSocket(t, s.URL, "")
		require.Equal(t, "connection_ack", anyone.read(t).Type)
		require.Equal(t, "", anyone.ask(t, "1", whoAmI).Code())
	})
}

func TestASocketGoesOnWithANewToken(t *testing.T) {
	t.Parallel()
	eachShort(t, func(t *testing.T, s *servertest.Server, lasting func(account.Registration) string) {
		person := account.Registration{Email: "ada@example.org", Password: servertest.Password}
		s.SignedIn(person)
		open := func() socket {
			_, tokens, err := s.Accounts.SignIn(t.Context(), person.Email, person.Password)
			require.NoError(t, err)
			open := openSocket(t, s.URL, tokens.AccessToken)
			require.Equal(t, "connection_ack", open.read(t).Type)
			return open
		}
		renewed, left := open(), open()
		renewed.renew(t, lasting(person))
		require.Equal(t, "", renewed.ask(t, "1", whoAmI).Code())
		require.Equal(t, "TOKEN_EXPIRED", left.closing(t).Reason)
		require.Equal(t, "", renewed.ask(t, "2", whoAmI).Code(), "the first token has expired, too")

		// A bad token, and another person's, end the socket.
		other := account.Registration{Email: "grace@example.org", Password: servertest.Password}
		s.SignedIn(other)
		for _, token := range []string{"not a token", lasting(other)} {
			bad := open()
			bad.renew(t, token)
			closed := bad.closing(t)
			require.EqualValues(t, 4403, closed.Code)
			require.Equal(t, "UNAUTHENTICATED", closed.Reason)
		}
	})
}

// TestStreamsEndWithTheirSignIn signs out everywhere while a socket and streams
// are open: each is told.
func TestStreamsEndWithTheirSignIn(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.SignInCheck = databaseURL, 50*time.Millisecond
		s := servertest.Configured(t, settings, server.Options{})
		s.UseItems(60, 1.3)
		taker, other := s.Taker(), s.Taker()
		at := taker.StartTest(t)
		events := taker.Subscribe(t, servertest.EventStream, watch, servertest.Variables{"session": at.Session.ID})
		var first struct{ SessionProgress struct{ Version int } }
		events.Event(t, &first)
		mine, others := openSocket(t, s.URL, taker.Token), openSocket(t, s.URL, other.Token)
		require.Equal(t, "connection_ack", mine.read(t).Type)
		require.Equal(t, "connection_ack", others.read(t).Type)

		taker.Get(t, nil, `mutation { signOutEverywhere(input: {}) { signedOut } }`, nil)
		last, more := events.Next(t)
		require.True(t, more)
		require.Equal(t, "UNAUTHENTICATED", last.Code())
		events.Completed(t)
		closed := mine.closing(t)
		require.EqualValues(t, 4403, closed.Code)
		require.Equal(t, "UNAUTHENTICATED", closed.Reason)
		require.Equal(t, "", others.ask(t, "1", whoAmI).Code())
	})
}

// TestStreamsEndWithTheRole takes an administrator's role away while they watch.
func TestStreamsEndWithTheRole(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.SignInCheck = databaseURL, 50*time.Millisecond
		s := servertest.Configured(t, settings, server.Options{})
		admin, other := s.Admin(), s.Admin()
		var first struct{ LiveSessions struct{ Reset bool } }
		const all = `subscription { liveSessions { reset } }`
		events, others := other.Subscribe(t, servertest.EventStream, all, nil), admin.Subscribe(t, servertest.EventStream, all, nil)
		events.Event(t, &first)
		others.Event(t, &first)
		var own struct {
			Viewer struct{ User struct{ ID string } }
		}
		other.Get(t, &own, `{ viewer { user { id } } }`, nil)
		admin.Get(t, nil, `mutation ($id: ID!) { updateUser(input: {userId: $id, role: TAKER}) { user { role } } }`,
			servertest.Variables{"id": own.Viewer.User.ID})
		last, more := events.Next(t)
		require.True(t, more)
		require.Equal(t, "UNAUTHENTICATED", last.Code())
		events.Completed(t)

		// The other goes on.
		s.UseItems(60, 1.3)
		s.Taker().StartTest(t)
		others.Event(t, &first)
	})
}
