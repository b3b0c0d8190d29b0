package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// streamLimit is how long a place may take to be given back.
const streamLimit = 30 * time.Second

// TestPlacesOfStreams lets a person have two connections, and everyone four.
func TestPlacesOfStreams(t *testing.T) {
	t.Parallel()
	settings := config.Defaults()
	settings.DatabaseURL = storetest.URL(t, storetest.Dialects()[0])
	settings.MostStreams, settings.MostStreamsEach = 4, 2
	s := servertest.Configured(t, settings, server.Options{})
	s.UseItems(60, 1.3)
	taker, other := s.Taker(), s.Taker()
	id := servertest.Variables{"session": taker.StartTest(t).Session.ID}

	// A socket counts for its address until it has said whose it is.
	events := taker.Subscribe(t, servertest.EventStream, watch, id)
	var first struct{ SessionProgress struct{ Version int } }
	events.Event(t, &first)
	mine := openSocket(t, s.URL, taker.Token)
	require.Equal(t, "connection_ack", mine.read(t).Type)
	closed := openSocket(t, s.URL, taker.Token).closing(t)
	require.Equal(t, websocket.StatusTryAgainLater, closed.Code)
	require.Equal(t, "LIMIT_EXCEEDED", closed.Reason)
	status, refused := stream(t, taker)
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "LIMIT_EXCEEDED", refused.Code())
	require.EqualValues(t, 2, refused.Errors[0].Extensions["limit"])

	others := openSocket(t, s.URL, other.Token)
	require.Equal(t, "connection_ack", others.read(t).Type)
	anyone := openSocket(t, s.URL, "")
	require.Equal(t, "connection_ack", anyone.read(t).Type)
	closed = openSocket(t, s.URL, other.Token).closing(t)
	require.EqualValues(t, 1001, closed.Code)
	require.Equal(t, "UNAVAILABLE", closed.Reason)
	status, refused = stream(t, other)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "UNAVAILABLE", refused.Code())
	require.Equal(t, true, refused.Errors[0].Extensions["retryable"])
	require.Positive(t, refused.Errors[0].Extensions["retryAfter"])

	// Who leaves gives back the place.
	events.Close()
	require.NoError(t, mine.conn.CloseNow())
	require.Eventually(t, func() bool {
		status, _ := stream(t, taker)
		return status == http.StatusOK
	}, streamLimit, streamLimit/1000)
	again := openSocket(t, s.URL, taker.Token)
	require.Equal(t, "connection_ack", again.read(t).Type)
}

// stream asks for a short stream.
func stream(t *testing.T, c servertest.Client) (status int, a servertest.Answer) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"?query="+url.QueryEscape(whoAmI), nil)
	require.NoError(t, err)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		require.NoError(t, json.NewDecoder(res.Body).Decode(&a))
	}
	return res.StatusCode, a
}
