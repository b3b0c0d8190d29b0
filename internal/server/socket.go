package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
)

// leasedSockets are WebSockets that are closed with their lease, and whose lease
// a client renews by a ping that brings a token:
//
//	{"type": "ping", "payload": {"Authorization": "Bearer …"}}
type leasedSockets struct {
	transport.CoderWebsocketImplementation
}

// Accept implements transport.WebsocketImplementation.
func (i leasedSockets) Accept(w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, err := i.CoderWebsocketImplementation.Accept(w, r, o)
	l := leaseOf(r.Context())
	if err != nil || l == nil {
		return conn, err
	}
	leased := leasedSocket{conn, r.Context(), l}
	undo := context.AfterFunc(l.over, leased.dismiss)
	context.AfterFunc(r.Context(), func() { undo() })
	return leased, nil
}

type leasedSocket struct {
	transport.WebsocketConn
	ctx   context.Context
	lease *lease
}

// forbidden is the code with which a server closes a socket that it does not let
// in, or no longer (graphql-transport-ws). Clients take it for a reason to try
// again with another token.
const forbidden = 4403

func (s leasedSocket) dismiss() {
	// The reason is for a client that is about to be gone: what fails is its loss.
	_ = s.WriteClose(forbidden, string(fault.CodeOf(context.Cause(s.lease.over))))
	_ = s.Close()
}

// NextReader implements transport.WebsocketConn.
func (s leasedSocket) NextReader() (int, io.Reader, error) {
	kind, r, err := s.WebsocketConn.NextReader()
	if err != nil {
		return kind, r, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return kind, nil, err
	}
	var m struct {
		Type    string
		Payload transport.InitPayload
	}
	if bytes.Contains(text, []byte(`"ping"`)) && json.Unmarshal(text, &m) == nil && m.Type == "ping" {
		if authorization := m.Payload.Authorization(); authorization != "" {
			s.lease.renew(s.ctx, authorization)
			text = []byte(`{"type":"ping"}`) // the answer need not repeat the token
		}
	}
	return kind, bytes.NewReader(text), nil
}

// SetReadLimit implements transport.WebsocketReadLimiter.
func (s leasedSocket) SetReadLimit(limit int64) {
	if limiter, ok := s.WebsocketConn.(transport.WebsocketReadLimiter); ok {
		limiter.SetReadLimit(limit)
	}
}

// SetReadDeadline implements transport.WebsocketReadDeadliner.
func (s leasedSocket) SetReadDeadline(t time.Time) error {
	if deadliner, ok := s.WebsocketConn.(transport.WebsocketReadDeadliner); ok {
		return deadliner.SetReadDeadline(t)
	}
	return nil
}

// openSocket lets a socket in unless it brings a token that is not good. The
// reason of the refusal is its code, so that a client knows to refresh.
func (s *Server) openSocket(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	l := leaseOf(ctx)
	if authorization := payload.Authorization(); authorization != "" {
		ctx = s.signIn(ctx, authorization)
		l.begin(auth.From(ctx), authorization)
	}
	if err := refusal(ctx); err != nil {
		ctx = transport.WithWebsocketCloseCode(ctx, forbidden)
		return transport.AppendCloseReason(ctx, string(fault.CodeOf(err))), nil, err
	}
	return ctx, nil, nil
}
