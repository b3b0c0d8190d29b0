package server

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
)

// lease is how long a connection that stays open, a socket or a stream of
// events, may go on: as long as the token that it was opened with, or a newer
// one of the same person that the client has sent since, and no longer than the
// sign-in behind it, which is looked for now and then.
type lease struct {
	server *Server
	// over ends with the lease; the cause is the fault that tells why.
	over context.Context
	end  context.CancelCauseFunc

	mu            sync.Mutex
	authorization string
	user          ident.User
	until         time.Time
	timer         *time.Timer
	stopped       bool
}

// newLease is a lease that has not begun: it does not end before the connection.
func (s *Server) newLease(connection context.Context) *lease {
	l := &lease{server: s}
	l.over, l.end = context.WithCancelCause(context.Background())
	context.AfterFunc(connection, l.stop)
	return l
}

// begin has the lease end with the viewer's token. One who brought none is not
// held to a time.
func (l *lease) begin(viewer auth.Viewer, authorization string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !viewer.Until.IsZero() {
		l.authorization, l.user, l.until = authorization, viewer.ID(), viewer.Until
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

// check ends the lease if its token is no longer good. If the database does not
// answer, the token is good until it expires.
func (l *lease) check(authorization string) {
	err := refusal(l.server.signIn(l.over, authorization))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.authorization != authorization {
		return // renewed meanwhile
	}
	if code := fault.CodeOf(err); code == fault.TokenExpired || code == fault.Unauthenticated {
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

// whileLeased ends a subscription with its lease. The last thing that the client
// is told is why.
func (s *Server) whileLeased(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	l := leaseOf(ctx)
	if l == nil {
		l = s.newLease(ctx)
		l.begin(auth.From(ctx), graphql.GetOperationContext(ctx).Headers.Get("Authorization"))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.over, func() { cancel(context.Cause(l.over)) })
	context.AfterFunc(ctx, func() { stop() })
	respond, told := next(ctx), false
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		if response != nil || told || l.over.Err() == nil {
			return response
		}
		told = true
		return &graphql.Response{Errors: gqlerror.List{graph.Presenter(s.log)(ctx, context.Cause(l.over))}}
	}
}
