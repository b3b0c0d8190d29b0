package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/server/wire"
	"github.com/aiqhq/aiq/internal/server/wire/wiretest"
)

// limit is how long a test waits for what must come.
const limit = 30 * time.Second

// served is a server of the small schema.
type served struct {
	*httptest.Server
	streams *wire.Streams
	schema  *wiretest.Schema
	// entered has the context of each connection.
	entered chan context.Context
}

func settings() wire.Settings {
	return wire.Settings{
		InitTimeout: limit, KeepAlive: limit, WriteTimeout: limit,
		MaxMessage: 10_000, MaxOperations: 3,
	}
}

// serve starts a server; the gate may be left open.
func serve(t *testing.T, s wire.Settings, start func(*httptest.Server)) *served {
	t.Helper()
	out := &served{streams: &wire.Streams{}, schema: wiretest.New(), entered: make(chan context.Context, 100)}
	out.schema.Begun, out.schema.Go = make(chan string, 100), make(chan string)
	gate := wire.Gate{
		Enter: func(ctx context.Context, r *http.Request) (context.Context, *fault.Error) {
			if r.URL.Query().Has("full") {
				return nil, fault.New(fault.LimitExceeded, "No more.")
			}
			out.entered <- ctx
			return ctx, nil
		},
		Hello: func(ctx context.Context, p wire.Payload) (context.Context, *fault.Error) {
			authorization, malformed := p.Authorization()
			if authorization == "bad" {
				return nil, fault.New(fault.Unauthenticated, "Bad.")
			}
			if malformed != nil {
				return nil, malformed
			}
			return ctx, nil
		},
		Ping: func(ctx context.Context, p wire.Payload) {
			authorization, malformed := p.Authorization()
			if authorization == "bad" {
				wire.Dismiss(ctx, fault.New(fault.TokenExpired, "Over."))
			}
			if malformed != nil {
				wire.Dismiss(ctx, malformed)
			}
		},
		Recover: func(context.Context, any) error { return fault.New(fault.Internal, "Panicked.") },
	}
	srv := handler.New(out.schema)
	srv.AddTransport(&wire.Sockets{Streams: out.streams, Settings: s, Gate: gate})
	srv.AddTransport(&wire.Events{Streams: out.streams, Settings: s, Gate: gate, Refuse: func(w http.ResponseWriter, status int, f *fault.Error) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(f.Code))
	}})
	srv.SetErrorPresenter(func(_ context.Context, err error) *gqlerror.Error {
		var f *fault.Error
		if errors.As(err, &f) {
			return &gqlerror.Error{Message: f.Message, Extensions: map[string]any{"code": f.Code}}
		}
		return gqlerror.Wrap(err)
	})
	out.Server = httptest.NewUnstartedServer(srv)
	start(out.Server)
	t.Cleanup(func() {
		out.Close()
		out.streams.Stop()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		out.streams.Wait(ctx)
	})
	return out
}

// ended waits for the end of the next connection that has entered.
func (s *served) ended(t *testing.T) {
	t.Helper()
	wait(t, (<-s.entered).Done())
}

func wait[T any](t *testing.T, c <-chan T) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(limit):
		t.Fatal("it did not happen")
	}
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

type client struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

func (s *served) dial(t *testing.T, protocols ...string) client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1), &websocket.DialOptions{Subprotocols: protocols})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return client{t, ctx, conn}
}

// socket is one that is let in.
func (s *served) socket(t *testing.T) client {
	t.Helper()
	c := s.dial(t, "graphql-transport-ws")
	c.say(`{"type":"connection_init"}`)
	require.Equal(t, "connection_ack", c.hear().Type)
	return c
}

func (c client) say(text string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.Write(c.ctx, websocket.MessageText, []byte(text)))
}

func (c client) subscribe(id, query string) {
	c.t.Helper()
	payload, err := json.Marshal(map[string]string{"query": query})
	require.NoError(c.t, err)
	require.NoError(c.t, wsjson.Write(c.ctx, c.conn, message{ID: id, Type: "subscribe", Payload: payload}))
}

func (c client) hear() (m message) {
	c.t.Helper()
	require.NoError(c.t, wsjson.Read(c.ctx, c.conn, &m))
	return m
}

// closed reads to the end.
func (c client) closed() (code websocket.StatusCode, reason string) {
	c.t.Helper()
	for {
		var m message
		if err := wsjson.Read(c.ctx, c.conn, &m); err != nil {
			require.NoError(c.t, c.ctx.Err())
			var closed websocket.CloseError
			if !errors.As(err, &closed) {
				return 0, ""
			}
			return closed.Code, closed.Reason
		}
	}
}

func TestMistakesCloseASocket(t *testing.T) {
	t.Parallel()
	s := serve(t, settings(), (*httptest.Server).Start)
	hello := `{"type":"connection_init"}`
	still := `{"id":"1","type":"subscribe","payload":{"query":"subscription{still}"}}`
	for name, c := range map[string]struct {
		said []string
		code websocket.StatusCode
	}{
		"no JSON":               {[]string{`nonsense`}, 4400},
		"no object":             {[]string{`[]`}, 4400},
		"no type":               {[]string{`{}`}, 4400},
		"the server's message":  {[]string{hello, `{"type":"connection_ack"}`}, 4400},
		"a payload of no shape": {[]string{`{"type":"connection_init","payload":1}`}, 4400},
		"a ping of no shape":    {[]string{`{"type":"ping","payload":"x"}`}, 4400},
		"no id":                 {[]string{hello, `{"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400},
		"a number for an id":    {[]string{hello, `{"id":1,"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400},
		"nothing completed":     {[]string{hello, `{"type":"complete"}`}, 4400},
		"no payload":            {[]string{hello, `{"id":"1","type":"subscribe"}`}, 4400},
		"no query":              {[]string{hello, `{"id":"1","type":"subscribe","payload":{}}`}, 4400},
		"variables of no shape": {[]string{hello, `{"id":"1","type":"subscribe","payload":{"query":"{hello}","variables":1}}`}, 4400},
		"no hello":              {[]string{still}, 4401},
		"a bad token":           {[]string{`{"type":"connection_init","payload":{"authorization":"bad"}}`}, 4403},
		"a bad token later":     {[]string{hello, `{"type":"ping","payload":{"Authorization":"bad"}}`}, 4403},
		"no text as token":      {[]string{`{"type":"connection_init","payload":{"Authorization":5}}`}, 4400},
		"no text as token, too": {[]string{`{"type":"connection_init","payload":{"authorization":["Bearer x"]}}`}, 4400},
		"no text later":         {[]string{hello, `{"type":"ping","payload":{"Authorization":{}}}`}, 4400},
		"one name for two":      {[]string{hello, still, still}, 4409},
		"a second hello":        {[]string{hello, hello}, 4429},
		"a long message":        {[]string{hello, strings.Repeat(" ", 10_001)}, websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := s.dial(t, "graphql-transport-ws")
			for _, text := range c.said {
				conn.say(text)
			}
			code, reason := conn.closed()
			require.Equal(t, c.code, code)
			require.NotEmpty(t, reason)
		})
	}
	binary := s.dial(t, "graphql-transport-ws")
	require.NoError(t, binary.conn.Write(binary.ctx, websocket.MessageBinary, []byte(hello)))
	code, _ := binary.closed()
	require.EqualValues(t, 4400, code)
	for _, protocols := range [][]string{{"graphql-ws"}, {"other", "another"}, nil} {
		code, _ := s.dial(t, protocols...).closed()
		require.EqualValues(t, 4406, code)
	}
	require.Equal(t, "graphql-transport-ws", s.dial(t, "graphql-ws", "graphql-transport-ws").conn.Subprotocol())
	full := &served{Server: &httptest.Server{URL: s.URL + "?full"}}
	code, reason := full.dial(t, "graphql-transport-ws").closed()
	require.Equal(t, websocket.StatusTryAgainLater, code)
	require.Equal(t, "LIMIT_EXCEEDED", reason)
}

func TestASocketMustIntroduceItself(t *testing.T) {
	t.Parallel()
	short := settings()
	short.InitTimeout = 20 * time.Millisecond
	code, _ := serve(t, short, (*httptest.Server).Start).dial(t, "graphql-transport-ws").closed()
	require.EqualValues(t, 4408, code)
}

func TestASilentSocketIsCut(t *testing.T) {
	t.Parallel()
	short := settings()
	short.KeepAlive = 50 * time.Millisecond
	s := serve(t, short, (*httptest.Server).Start)
	silent := s.socket(t)
	require.Equal(t, "ping", silent.hear().Type)
	code, _ := silent.closed()
	require.Zero(t, code)
	s.ended(t)

	short.KeepAlive = 500 * time.Millisecond
	patient := serve(t, short, (*httptest.Server).Start).socket(t)
	for range 3 {
		require.Equal(t, "ping", patient.hear().Type)
		patient.say(`{"type":"pong"}`)
	}
}

func TestOperationsOfASocket(t *testing.T) {
	t.Parallel()
	s := serve(t, settings(), (*httptest.Server).Start)
	c := s.socket(t)
	c.subscribe(`a"b`, `{ hello }`)
	require.Equal(t, message{ID: `a"b`, Type: "next", Payload: json.RawMessage(`{"data":{"hello":"xxxxx"}}`)}, c.hear())
	require.Equal(t, message{ID: `a"b`, Type: "complete"}, c.hear())
	c.subscribe("1", `subscription { count(to: 2) }`)
	for i := range 2 {
		require.JSONEq(t, fmt.Sprintf(`{"data":{"count":%d}}`, i+1), string(c.hear().Payload))
	}
	require.Equal(t, message{ID: "1", Type: "complete"}, c.hear())
	for _, query := range []string{`{ panics }`, `{ nothing }`, `subscription { failing }`, `subscription`} {
		c.subscribe("1", query)
		m := c.hear()
		require.Equal(t, "error", m.Type, query)
		var errs []map[string]any
		require.NoError(t, json.Unmarshal(m.Payload, &errs))
		require.Len(t, errs, 1)
	}

	// One too many is refused, and has its place when another ends.
	for _, id := range []string{"1", "2", "3"} {
		c.subscribe(id, `subscription { still }`)
		require.Equal(t, "next", c.hear().Type)
	}
	c.subscribe("4", `{ hello }`)
	m := c.hear()
	require.Equal(t, "error", m.Type)
	require.Contains(t, string(m.Payload), "LIMIT_EXCEEDED")
	c.say(`{"id":"2","type":"complete"}`)
	c.say(`{"id":"none","type":"complete"}`)
	c.subscribe("2", `{ hello }`)
	require.Equal(t, "next", c.hear().Type)
	require.Equal(t, message{ID: "2", Type: "complete"}, c.hear())
}

// TestStoppingASocket stops a server while a query is under way: the query is
// answered, subscriptions are not completed, and the client is told to come again.
func TestStoppingASocket(t *testing.T) {
	t.Parallel()
	s := serve(t, settings(), (*httptest.Server).Start)
	busy, idle := s.socket(t), s.socket(t)
	busy.subscribe("1", `subscription { still }`)
	require.Equal(t, "next", busy.hear().Type)
	busy.subscribe("2", `{ slow }`)
	for range 2 {
		wait(t, s.schema.Begun)
	}
	s.streams.Stop()
	code, reason := idle.closed()
	require.Equal(t, websocket.StatusGoingAway, code)
	require.Equal(t, "UNAVAILABLE", reason)
	busy.subscribe("3", `{ hello }`)
	s.schema.Go <- "done"
	require.Equal(t, message{ID: "2", Type: "next", Payload: json.RawMessage(`{"data":{"slow":"done"}}`)}, busy.hear())
	require.Equal(t, message{ID: "2", Type: "complete"}, busy.hear())
	code, _ = busy.closed()
	require.Equal(t, websocket.StatusGoingAway, code)
	s.streams.Wait(t.Context())
	code, _ = s.dial(t, "graphql-transport-ws").closed()
	require.Equal(t, websocket.StatusGoingAway, code, "one that comes late")
}

// TestFramesThatComeEarly are sent in one piece with the handshake.
func TestFramesThatComeEarly(t *testing.T) {
	t.Parallel()
	s := serve(t, settings(), (*httptest.Server).Start)
	conn := raw(t, s)
	hello := `{"type":"connection_init"}`
	_, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n%s%s", []byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello)
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	text, err := in.ReadString('}')
	require.NoError(t, err)
	require.Contains(t, text, "connection_ack")
}

func raw(t *testing.T, s *served) net.Conn {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(limit)))
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4096))
	return conn
}

// TestThoseWhoNeverReadAreCut while another goes on.
func TestThoseWhoNeverReadAreCut(t *testing.T) {
	t.Parallel()
	short := settings()
	short.WriteTimeout = 100 * time.Millisecond
	s := serve(t, short, (*httptest.Server).Start)
	endless := `subscription { endless(length: 1000000) }`
	stuck := s.socket(t)
	stuck.subscribe("1", endless)
	s.ended(t)

	conn := raw(t, s)
	_, err := fmt.Fprintf(conn, "GET /?query=%s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n", url.QueryEscape(endless))
	require.NoError(t, err)
	s.ended(t)

	reading := s.socket(t)
	reading.subscribe("1", `subscription { count(to: 1) }`)
	require.Equal(t, "next", reading.hear().Type)
}

// stream is a request for events.
func (s *served) stream(t *testing.T, method, query string, body string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, s.URL+query, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Content-Type", "application/json")
	res, err := s.Client().Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// asked is a query string with a query.
func asked(query string) string { return "?query=" + url.QueryEscape(query) }

func TestEvents(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){
		"HTTP/1.1": (*httptest.Server).Start,
		"HTTP/2": func(s *httptest.Server) {
			s.EnableHTTP2 = true
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
			s.StartTLS()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, settings(), start)
			counted := ":\n\nevent: next\ndata: {\"data\":{\"count\":1}}\n\nevent: next\ndata: {\"data\":{\"count\":2}}\n\nevent: complete\ndata:\n\n"
			for range 2 { // the connection may be another
				res := s.stream(t, http.MethodPost, "", `{"query":"subscription($n: Int!) { count(to: $n) }","variables":{"n":2}}`)
				require.Equal(t, name, strings.TrimSuffix(res.Proto, ".0"))
				require.Equal(t, http.StatusOK, res.StatusCode)
				require.Equal(t, "text/event-stream; charset=utf-8", res.Header.Get("Content-Type"))
				require.Equal(t, counted, text(t, res))
			}
			res := s.stream(t, http.MethodGet, asked(`subscription($n: Int!) { count(to: $n) }`)+"&variables="+url.QueryEscape(`{"n":2}`), "")
			require.Equal(t, counted, text(t, res))
			for _, query := range []string{`{ panics }`, `{ nothing }`, `subscription { failing }`} {
				got := text(t, s.stream(t, http.MethodGet, asked(query), ""))
				require.Regexp(t, `^:\n\nevent: next\ndata: {"errors":\[{[^\n]*}\]}\n\nevent: complete\ndata:\n\n$`, got)
			}

			// These do not become streams.
			for request, status := range map[[3]string]int{
				{http.MethodPost, "", "{"}:                              http.StatusBadRequest,
				{http.MethodPost, "", "{} {}"}:                          http.StatusBadRequest,
				{http.MethodPost, "", "{}"}:                             http.StatusBadRequest,
				{http.MethodGet, "", ""}:                                http.StatusBadRequest,
				{http.MethodGet, asked("{hello}") + "&variables=", ""}:  http.StatusOK,
				{http.MethodGet, asked("{hello}") + "&variables=1", ""}: http.StatusBadRequest,
				{http.MethodGet, asked("mutation{change}"), ""}:         http.StatusMethodNotAllowed,
				{http.MethodGet, asked("{hello}") + "&full", ""}:        http.StatusTooManyRequests,
			} {
				res := s.stream(t, request[0], request[1], request[2])
				require.Equal(t, status, res.StatusCode, request)
			}

			// A client that leaves is noticed, and one that stays is told to come again.
			for len(s.entered) > 0 {
				<-s.entered
			}
			leaving := s.stream(t, http.MethodGet, asked(`subscription { still }`), "")
			wait(t, s.schema.Begun)
			require.NoError(t, leaving.Body.Close())
			s.ended(t)
			staying := s.stream(t, http.MethodGet, asked(`subscription { still }`), "")
			wait(t, s.schema.Begun)
			s.streams.Stop()
			require.Regexp(t, `\n\nretry: \d000\n\nevent: next\ndata: {"errors":.*UNAVAILABLE.*}\n\nevent: complete\ndata:\n\n$`, text(t, staying))
			s.streams.Wait(t.Context())
		})
	}
}

func TestOldClientsAreAnsweredWithoutChunks(t *testing.T) {
	t.Parallel()
	conn := raw(t, serve(t, settings(), (*httptest.Server).Start))
	_, err := io.WriteString(conn, "GET /?query={hello} HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n")
	require.NoError(t, err)
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(all), "\r\n\r\n:\n\nevent: next\n")
}

func TestAnIdleStreamIsWrittenTo(t *testing.T) {
	t.Parallel()
	short := settings()
	short.KeepAlive = 10 * time.Millisecond
	s := serve(t, short, (*httptest.Server).Start)
	lines := bufio.NewScanner(s.stream(t, http.MethodGet, asked(`subscription { still }`), "").Body)
	for comments := 0; comments < 4; {
		require.True(t, lines.Scan())
		if lines.Text() == ":" {
			comments++
		}
	}
}

// TestDismissal is told as the last event of a stream.
func TestDismissal(t *testing.T) {
	t.Parallel()
	s := serve(t, settings(), (*httptest.Server).Start)
	res := s.stream(t, http.MethodGet, asked(`subscription { still }`), "")
	wire.Dismiss(<-s.entered, fault.New(fault.TokenExpired, "Over."))
	require.Regexp(t, `event: next\ndata: {"errors":\[{.*TOKEN_EXPIRED.*}\]}\n\nevent: complete\ndata:\n\n$`, text(t, res))
	wire.Dismiss(t.Context(), fault.New(fault.TokenExpired, "It has no connection."))
}
