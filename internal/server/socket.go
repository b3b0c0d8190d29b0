package server

import (
	"context"
	"net/http"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/server/wire"
)

// gate is what the server asks of connections that stay open.
func (s *Server) gate() wire.Gate {
	return wire.Gate{Enter: s.enter, Hello: s.hello, Ping: s.pinged, Recover: graph.Recover(s.log)}
}

// streamSettings bound the connections that stay open.
func (s *Server) streamSettings() wire.Settings {
	return wire.Settings{
		InitTimeout: s.config.StreamInit, KeepAlive: s.config.StreamKeepAlive, WriteTimeout: s.config.StreamWrite,
		MaxMessage: s.config.MaxBody, MaxOperations: s.config.StreamOperations,
		Waiting: breadth.Waiting,
	}
}

// enter admits a connection if there is a place for it, and gives it a lease.
func (s *Server) enter(ctx context.Context, r *http.Request) (context.Context, *fault.Error) {
	ctx = untimed(ctx)
	place, refused := s.places.take(asker(ctx))
	if refused != nil {
		return nil, refused
	}
	context.AfterFunc(ctx, place.leave)
	l := s.newLease(ctx)
	l.place = place
	l.begin(auth.From(ctx), r.Header.Get("Authorization"))
	return context.WithValue(ctx, leaseKey{}, l), nil
}

// hello lets a socket in unless it brings a token that is not good.
func (s *Server) hello(ctx context.Context, payload wire.Payload) (context.Context, *fault.Error) {
	l := leaseOf(ctx)
	l.anew = true
	authorization, malformed := payload.Authorization()
	if malformed != nil {
		return nil, malformed
	}
	if authorization != "" {
		ctx = s.signIn(ctx, authorization)
		l.begin(auth.From(ctx), authorization)
	}
	if err := refusal(ctx); err != nil {
		return nil, asFault(err)
	}
	return ctx, l.place.move(asker(ctx))
}

// pinged renews the lease of a socket by a ping that brings a token:
//
//	{"type": "ping", "payload": {"Authorization": "Bearer …"}}
func (s *Server) pinged(ctx context.Context, payload wire.Payload) {
	l := leaseOf(ctx)
	switch authorization, malformed := payload.Authorization(); {
	case malformed != nil:
		l.end(malformed)
	case authorization != "":
		l.renew(ctx, authorization)
	}
}
