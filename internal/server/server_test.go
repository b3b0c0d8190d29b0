package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/event/eventtest"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

const (
	watch  = `subscription($session: ID!) { sessionProgress(sessionId: $session) { version state } }`
	whoAmI = `{ viewer { user { id } } }`
	schema = `{ __schema { queryType { name } } }`
)

// get reads a path of the server, not of its GraphQL endpoint.
func get(t *testing.T, s *servertest.Server, path string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.URL, "/graphql")+path, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, res.Header, string(raw)
}

// serve serves with these settings until the test ends or stop is called, which
// waits for the end.
func serve(t *testing.T, settings config.Server, log *slog.Logger) (s *servertest.Server, stop func()) {
	t.Helper()
	srv, err := server.Open(t.Context(), settings, log, server.Options{})
	require.NoError(t, err)
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, listener) }()
	return &servertest.Server{Server: srv, URL: "http://" + listener.Addr().String() + "/graphql"}, func() {
		cancel()
		require.NoError(t, <-served)
	}
}

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// becomes waits until /readyz answers with the status, and gives what it says.
func becomes(t *testing.T, s *servertest.Server, want int) (body string) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _, said := get(t, s, "/readyz")
		body = said
		return status == want
	}, time.Minute, 10*time.Millisecond)
	return body
}

func TestHealth(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL = databaseURL
		s, stop := serve(t, settings, slog.New(slog.DiscardHandler))
		becomes(t, s, http.StatusOK) // once it hears of other processes
		for _, path := range []string{"/healthz", "/readyz"} {
			status, header, body := get(t, s, path)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "ok\n", body)
			require.NotEmpty(t, header.Get("X-Request-ID"))
		}

		// Without its database the process lives on, but is not ready.
		require.NoError(t, s.Store.Close())
		status, _, _ := get(t, s, "/healthz")
		require.Equal(t, http.StatusOK, status)
		status, _, body := get(t, s, "/readyz")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.NotContains(t, body, "sql")
		stop()
	})
}

// TestReadyWithItsBus has the server of the bus away at first, and then again.
func TestReadyWithItsBus(t *testing.T) {
	t.Parallel()
	n := eventtest.StartNATS(t)
	n.Stop()
	settings := config.Defaults()
	settings.DatabaseURL, settings.NATSURL = storetest.URL(t, storetest.Dialects()[0]), n.URL
	var log journal
	s, stop := serve(t, settings, slog.New(slog.NewTextHandler(&log, nil)))
	status, _, body := get(t, s, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "the event bus does not answer\n", body)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "no connection to NATS") }, time.Minute, 10*time.Millisecond)
	status, _, _ = get(t, s, "/healthz")
	require.Equal(t, http.StatusOK, status)

	n.Start()
	becomes(t, s, http.StatusOK)
	n.Stop()
	becomes(t, s, http.StatusServiceUnavailable)
	n.Start()
	becomes(t, s, http.StatusOK)
	require.Equal(t, 2, strings.Count(log.String(), "no connection to NATS"), "said once each time")
	stop()
	require.NoError(t, s.Close())
}

func TestModes(t *testing.T) {
	t.Parallel()
	production := config.Defaults()
	production.DatabaseURL = storetest.URL(t, storetest.Dialects()[0])
	production.Mode = config.Production
	_, err := server.Open(t.Context(), production, slog.New(slog.DiscardHandler), server.Options{})
	require.ErrorContains(t, err, "secret")
	production.Secret = "too short"
	_, err = server.Open(t.Context(), production, slog.New(slog.DiscardHandler), server.Options{})
	require.ErrorContains(t, err, "secret")
	require.NotContains(t, err.Error(), "too short")

	production.Secret = "7hXw2VbQ9fLr4KcTz8NmJp3YdGs6AeUq"
	var log journal
	s := servertest.Logged(t, production, server.Options{}, slog.New(slog.NewTextHandler(&log, nil)))
	require.Contains(t, log.String(), "no way to send mail is set up")
	for _, path := range []string{"/", "/graphiql/"} {
		status, _, _ := get(t, s, path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	a := s.Anonymous().Ask(t, schema, nil)
	require.NotEmpty(t, a.Errors)
	require.NotContains(t, string(a.Data), "Query")
	a = s.Anonymous().Ask(t, `{ veiwer { __typename } }`, nil)
	require.NotEmpty(t, a.Errors)
	require.NotContains(t, a.Errors[0].Message, "viewer", "no suggestions")
	require.Zero(t, s.Anonymous().Get(t, nil, whoAmI, nil).Extensions.Statements)

	developing := config.Defaults()
	developing.DatabaseURL = storetest.URL(t, storetest.Dialects()[0])
	s = servertest.Configured(t, developing, server.Options{})
	status, _, body := get(t, s, "/")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "GraphiQL")
	s.Anonymous().Get(t, nil, schema, nil)
	require.Equal(t, 1, s.Taker().Get(t, nil, whoAmI, nil).Extensions.Statements, "the viewer's own")
}

func TestRequestsAreNamed(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, storetest.URL(t, storetest.Dialects()[0]), server.Options{})
	for sent, kept := range map[string]bool{"abc-123_X.y": true, "": false, "two words": false, strings.Repeat("a", 65): false} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.URL, "/graphql")+"/healthz", nil)
		require.NoError(t, err)
		req.Header.Set("X-Request-ID", sent)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, kept, res.Header.Get("X-Request-ID") == sent, sent)
	}
}

func TestLargeRequestsAreRefused(t *testing.T) {
	t.Parallel()
	settings := config.Defaults()
	settings.DatabaseURL = storetest.URL(t, storetest.Dialects()[0])
	settings.MaxBody = 1000
	s := servertest.Configured(t, settings, server.Options{})
	s.Anonymous().Get(t, nil, whoAmI, nil)
	body, err := json.Marshal(map[string]string{"query": whoAmI + strings.Repeat(" ", 1000)})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Contains(t, string(raw), "errors")
	require.NotContains(t, string(raw), `"viewer"`)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var l net.ListenConfig
	listener, err := l.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

// TestStoppingCompletesStreams stops a server that is watched in both ways and
// has an idle socket: the watchers are told to come again, and nothing
// keeps the server from stopping.
func TestStoppingCompletesStreams(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL = databaseURL
		s := servertest.Configured(t, settings, server.Options{})
		s.UseItems(60, 1.3)
		taker := s.Taker()
		at := taker.StartTest(t)

		listener := listen(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, listener) }()
		taker.URL = "http://" + listener.Addr().String() + "/graphql"
		var streams []*servertest.Stream
		for range 5 {
			for _, over := range servertest.Transports() {
				stream := taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
				var first struct{ SessionProgress struct{ Version int } }
				stream.Event(t, &first)
				require.Equal(t, 1, first.SessionProgress.Version)
				streams = append(streams, stream)
			}
		}
		idle := openSocket(t, taker.URL, "")
		require.Equal(t, "connection_ack", idle.read(t).Type)
		idle.conn.CloseRead(t.Context()) // and answer to being closed

		stop()
		for _, stream := range streams {
			stream.Interrupted(t)
			stream.Close()
		}
		require.NoError(t, <-served)
	})
}
