package servertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
)

// Transport is a way to watch.
type Transport string

// The transports of subscriptions.
const (
	WebSocket   Transport = "graphql-transport-ws"
	EventStream Transport = "text/event-stream"
)

// Transports lists them.
func Transports() []Transport { return []Transport{WebSocket, EventStream} }

// streamLimit bounds the life of a stream: a test that waits longer has failed.
const streamLimit = 2 * time.Minute

// Stream is a running subscription.
type Stream struct {
	// Read gives the next event, whatever it is, for use outside of the test's
	// own goroutine.
	Read func() (event Answer, more bool, err error)
	// Close goes away without a word.
	Close func()
}

// Subscribe begins a subscription, which ends with the test at the latest.
func (c Client) Subscribe(tb testing.TB, over Transport, query string, variables Variables) *Stream {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), streamLimit)
	tb.Cleanup(cancel)
	payload, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(tb, err)
	if over == WebSocket {
		return c.webSocket(ctx, tb, payload)
	}
	return c.eventStream(ctx, tb, payload, cancel)
}

// Next is the next event. It is not there when the stream has completed.
func (s *Stream) Next(tb testing.TB) (event Answer, more bool) {
	tb.Helper()
	event, more, err := s.Read()
	require.NoError(tb, err)
	return event, more
}

// Event is the next event, which must come, without errors, decoded.
func (s *Stream) Event(tb testing.TB, into any) {
	tb.Helper()
	event, more := s.Next(tb)
	require.True(tb, more, "the stream completed")
	require.Empty(tb, event.Errors)
	require.NoError(tb, json.Unmarshal(event.Data, into))
}

// Interrupted reads to the end of the stream of a server that stops, which must
// tell the client to come again, and have no further event.
func (s *Stream) Interrupted(tb testing.TB) {
	tb.Helper()
	event, more, err := s.Read()
	if err != nil {
		var closed websocket.CloseError
		require.ErrorAs(tb, err, &closed)
		require.Equal(tb, websocket.StatusGoingAway, closed.Code)
		require.Equal(tb, "UNAVAILABLE", closed.Reason)
		return
	}
	require.True(tb, more, "the stream completed")
	require.Equal(tb, "UNAVAILABLE", event.Code())
	require.Equal(tb, true, event.Errors[0].Extensions["retryable"])
	require.Positive(tb, event.Errors[0].Extensions["retryAfter"])
	s.Completed(tb)
}

// Completed reads to the end of the stream, which must have no further event.
func (s *Stream) Completed(tb testing.TB) {
	tb.Helper()
	event, more := s.Next(tb)
	require.False(tb, more, "%s %v", event.Data, event.Errors)
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// webSocket speaks graphql-transport-ws.
func (c Client) webSocket(ctx context.Context, tb testing.TB, payload []byte) *Stream {
	tb.Helper()
	conn, res, err := websocket.Dial(ctx, strings.Replace(c.URL, "http", "ws", 1),
		&websocket.DialOptions{Subprotocols: []string{string(WebSocket)}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.CloseNow() })
	if res.Body != nil {
		defer res.Body.Close()
	}
	hello := json.RawMessage("{}")
	if c.Token != "" {
		hello, err = json.Marshal(map[string]string{"Authorization": "Bearer " + c.Token})
		require.NoError(tb, err)
	}
	require.NoError(tb, wsjson.Write(ctx, conn, message{Type: "connection_init", Payload: hello}))
	failed := false
	read := func() (Answer, bool, error) {
		if failed {
			return Answer{}, false, nil // the error was the last message
		}
		for {
			var m message
			if err := wsjson.Read(ctx, conn, &m); err != nil {
				return Answer{}, false, err
			}
			var a Answer
			switch m.Type {
			case "connection_ack":
				if err := wsjson.Write(ctx, conn, message{ID: "1", Type: "subscribe", Payload: payload}); err != nil {
					return a, false, err
				}
			case "ping":
				if err := wsjson.Write(ctx, conn, message{Type: "pong"}); err != nil {
					return a, false, err
				}
			case "next":
				return a, true, json.Unmarshal(m.Payload, &a)
			case "error":
				failed = true
				return a, true, json.Unmarshal(m.Payload, &a.Errors)
			case "complete":
				return a, false, nil
			}
		}
	}
	return &Stream{Read: read, Close: func() { _ = conn.CloseNow() }}
}

// eventStream speaks server-sent events in GraphQL over SSE's distinct
// connections mode.
func (c Client) eventStream(ctx context.Context, tb testing.TB, payload []byte, cancel func()) *Stream {
	tb.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(payload))
	require.NoError(tb, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", string(EventStream))
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewReader(res.Body)
	read := func() (Answer, bool, error) {
		var (
			a    Answer
			name string
			data string
		)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				return a, false, err
			}
			line = strings.TrimRight(line, "\r\n")
			switch {
			case strings.HasPrefix(line, "event: "):
				name = strings.TrimPrefix(line, "event: ")
			case strings.HasPrefix(line, "data: "):
				data += strings.TrimPrefix(line, "data: ")
			case line == "" && name == "complete":
				return a, false, nil
			case line == "" && name == "next":
				return a, true, json.Unmarshal([]byte(data), &a)
			}
		}
	}
	return &Stream{Read: read, Close: cancel}
}
