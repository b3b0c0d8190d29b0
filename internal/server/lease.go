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
// one of the same person that the client has sent since.
type lease struct {
	server *Server
	// over ends with the lease; the cause is the fault that tells why.
	over context.Context
	end  context.CancelCauseFunc

	mu            sync.Mutex
	authorization string
	user          ident.User
	timer         *time.Timer
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
	if viewer.Until.IsZero() {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.authorization, l.user = authorization, viewer.ID()
	l.timer = time.AfterFunc(viewer.Until.Sub(l.server.clock()), func() { l.end(expired()) })
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
	if l.timer != nil {
		l.timer.Stop()
	}
}

func expired() error {
	return fault.New(fault.TokenExpired, "The access token has expired; refresh it and connect again.")
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
		l.begin(auth.From(ctx), "")
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
