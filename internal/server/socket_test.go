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

	"github.com/aiqhq/aiq/internal/server/servertest"
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
	require.Equal(t, "next", f.Type)
	require.Equal(t, id, f.ID)
	var a servertest.Answer
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
		require.Equal(t, "TOKEN_EXPIRED", open.ask(t, "2", whoAmI).Code())
		require.Equal(t, "TOKEN_EXPIRED", open.ask(t, "3", servertest.StartTest).Code())

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
