package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/wire"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// lease is how long a connection that stays open, a socket or a stream of
// events, may go on: as long as the token that it was opened with, or a newer
// one of the same person that the client has sent since, and no longer than the
// sign-in behind it, which is looked for now and then. Then it is dismissed.
type lease struct {
	server     *Server
	connection context.Context
	place      *place
	// anew is that each operation is authenticated anew: a socket may outlive the
	// token that it was opened with, and its viewer's rights.
	anew bool

	mu            sync.Mutex
	authorization string
	user          ident.User
	role          vocab.Role
	until         time.Time
	timer         *time.Timer
	stopped       bool
}

// newLease is a lease that has not begun: it does not end before the connection.
func (s *Server) newLease(connection context.Context) *lease {
	l := &lease{server: s, connection: connection}
	context.AfterFunc(connection, l.stop)
	return l
}

// end dismisses the connection; the client is told the reason.
func (l *lease) end(why error) { wire.Dismiss(l.connection, asFault(why)) }

// begin has the lease end with the viewer's token. One who brought none is not
// held to a time.
func (l *lease) begin(viewer auth.Viewer, authorization string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !viewer.Until.IsZero() {
		l.authorization, l.user, l.until = authorization, viewer.ID(), viewer.Until
		if viewer.User != nil {
			l.role = viewer.User.Role
		}
		l.wake()
	}
}

// wake has the token looked at when it expires, or before that when it is time
// again.
func (l *lease) wake() {
	if l.timer != nil {
		l.timer.Stop()
	}
	if !l.stopped {
		authorization, left := l.authorization, l.until.Sub(l.server.clock())
		l.timer = time.AfterFunc(min(left, l.server.config.SignInCheck), func() { l.check(authorization) })
	}
}

// check ends the lease if its token is no longer good, or stands for somebody of
// another role: what is told was allowed to the one before. If the database does not
// answer, the token is good until it expires.
func (l *lease) check(authorization string) {
	ctx := l.server.signIn(l.connection, authorization)
	viewer, err := auth.From(ctx), refusal(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.authorization != authorization {
		return // renewed meanwhile
	}
	if err == nil && viewer.User != nil && viewer.User.Role != l.role {
		err = fault.New(fault.Unauthenticated, "Your role has changed: connect again.")
	}
	if fault.CodeOf(err) == fault.Unauthenticated {
		l.end(err)
		return
	}
	l.wake()
}

// renew has the lease end with another token of the same person; one that is not
// good ends it at once.
func (l *lease) renew(ctx context.Context, authorization string) {
	ctx = l.server.signIn(ctx, authorization)
	viewer, err := auth.From(ctx), refusal(ctx)
	if err == nil && (viewer.Anonymous() || viewer.ID() != l.holder()) {
		err = fault.New(fault.Unauthenticated, "The token is another person's.")
	}
	if err != nil {
		l.end(err)
		return
	}
	l.begin(viewer, authorization)
}

// holder is whose lease it is, 0 for the anonymous viewer.
func (l *lease) holder() ident.User {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.user
}

// token is the authorization that the lease goes by at present, "" for none.
func (l *lease) token() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.authorization
}

// stop forgets the lease of a connection that is closed.
func (l *lease) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	if l.timer != nil {
		l.timer.Stop()
	}
}

type leaseKey struct{}

// leaseOf is the lease of the connection, nil if it has none.
func leaseOf(ctx context.Context) *lease {
	l, _ := ctx.Value(leaseKey{}).(*lease)
	return l
}

// asFault is the error as clients may know it.
func asFault(err error) *fault.Error {
	var f *fault.Error
	if errors.As(store.Fault(err), &f) {
		return f
	}
	return fault.New(fault.Unavailable, "The sign-in cannot be looked at. Try again later.").Because(err)
}
