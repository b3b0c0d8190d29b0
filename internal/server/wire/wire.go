// Package wire carries GraphQL operations over connections that stay open:
// WebSockets that speak graphql-transport-ws, and server-sent events in the
// distinct connections mode of GraphQL over SSE. It knows the two protocols,
// gqlgen and faults, and nothing else of AIQ.
//
// A connection is taken over from net/http, and the handler returns: what stays
// is a goroutine that reads, one for each operation, and small buffers. Nothing
// is queued for a client. An operation writes its event before it asks for the
// next one, so a client that does not read holds up itself alone, and is cut
// when a write does not pass in time. Headers are for the Gate alone: operations
// do not carry them, for they would be kept as long as the connection.
package wire

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/fault"
)

// Settings bound what a connection may do.
type Settings struct {
	// InitTimeout is how long a socket may take to say connection_init.
	InitTimeout time.Duration
	// KeepAlive is how often an idle connection is written to. A socket that has
	// said nothing between two pings is cut.
	KeepAlive time.Duration
	// WriteTimeout is how long a write may take before the connection is cut.
	WriteTimeout time.Duration
	// MaxMessage is the largest message of a socket in bytes.
	MaxMessage int64
	// MaxOperations is how many operations one socket may have under way.
	MaxOperations int
	// Waiting gives a context for an operation, and what waits for its next
	// response. It may be nil: then asking for the response is waiting for it.
	Waiting func(context.Context) (operation context.Context, wait func(context.Context))
}

// waiting is Waiting, if there is one.
func (s Settings) waiting(ctx context.Context) (context.Context, func(context.Context)) {
	if s.Waiting == nil {
		return ctx, func(context.Context) {}
	}
	return s.Waiting(ctx)
}

// Gate is the server's say on who comes in. Each of its functions is given the
// context of the connection, which ends with it and can be dismissed.
type Gate struct {
	// Enter admits a connection, and gives the context of its operations.
	Enter func(ctx context.Context, r *http.Request) (context.Context, *fault.Error)
	// Hello takes the payload of a socket's connection_init in the same way.
	Hello func(ctx context.Context, payload Payload) (context.Context, *fault.Error)
	// Ping takes the payload of a socket's ping, if it has one. It may dismiss the
	// connection.
	Ping func(ctx context.Context, payload Payload)
	// Recover turns a panic of an operation into an error.
	Recover graphql.RecoverFunc
}

// Payload is what a socket's client tells of itself.
type Payload map[string]any

// Authorization is the token that the client sends as it would in a header, ""
// for none. It fails with VALIDATION_FAILED for what cannot be one: who sends it
// means to be known, and is not taken for nobody.
func (p Payload) Authorization() (string, *fault.Error) {
	for _, name := range []string{"Authorization", "authorization"} {
		switch value := p[name].(type) {
		case nil:
		case string:
			if value != "" {
				return value, nil
			}
		default:
			return "", fault.Invalid(name, "string", "The %s of a payload is a text.", name)
		}
	}
	return "", nil
}

// Streams are the connections of a server that are open. The zero value has none.
type Streams struct {
	mu       sync.Mutex
	open     map[stream]struct{}
	stopping bool
	// idle is closed when the last one has ended; nil unless someone waits.
	idle chan struct{}
}

// stream is an open connection.
type stream interface {
	// stop ends its subscriptions, lets its queries and mutations be answered, and
	// then closes it so that the client knows to connect again.
	stop()
	// cut ends it at once.
	cut()
}

func (s *Streams) add(one stream) {
	s.mu.Lock()
	if s.open == nil {
		s.open = map[stream]struct{}{}
	}
	s.open[one] = struct{}{}
	stopping := s.stopping
	s.mu.Unlock()
	if stopping {
		one.stop()
	}
}

func (s *Streams) remove(one stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, one)
	if len(s.open) == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

func (s *Streams) all() []stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]stream, 0, len(s.open))
	for one := range s.open {
		all = append(all, one)
	}
	return all
}

// Stop asks all who are connected to come again, here or elsewhere, and those who
// connect from now on.
func (s *Streams) Stop() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	for _, one := range s.all() {
		one.stop()
	}
}

// Wait returns when no connection is open, or when the context ends; then it cuts
// those that are left.
func (s *Streams) Wait(ctx context.Context) {
	s.mu.Lock()
	if len(s.open) == 0 {
		s.mu.Unlock()
		return
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return
	case <-ctx.Done():
	}
	for _, one := range s.all() {
		one.cut()
	}
	<-idle
}

// errGone is why a connection ends whose client has left or does not answer.
var errGone = errors.New("the client is gone")

type dismissKey struct{}

// connection is a context for a connection that outlives its request.
func connection(r *http.Request) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	return context.WithValue(ctx, dismissKey{}, cancel), cancel
}

// Dismiss ends the connection of the context, and tells the client why: a socket
// is closed with the code of the fault as the reason, and the last event of a
// stream holds the fault.
func Dismiss(ctx context.Context, why *fault.Error) {
	if cancel, ok := ctx.Value(dismissKey{}).(context.CancelCauseFunc); ok {
		cancel(why)
	}
}

// comeAgain is what clients are told when the server stops: not all at the same
// moment.
func comeAgain() *fault.Error {
	seconds := 1 + rand.IntN(5)
	return fault.New(fault.Unavailable, "The server is about to stop. Connect again in %d seconds.", seconds).
		With("retryAfter", seconds)
}

// told is the response that tells of an error alone.
func told(ctx context.Context, exec graphql.GraphExecutor, err error) *graphql.Response {
	return exec.DispatchError(ctx, gqlerror.List{{Message: err.Error(), Err: err}})
}

// failed reports whether the operation was refused or could not begin: it has
// errors and no data, not even null.
func failed(r *graphql.Response) bool { return len(r.Data) == 0 && len(r.Errors) > 0 }

// appendJSON appends any value that is known to marshal.
func appendJSON(out []byte, value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		// Errors and extensions hold texts and numbers, which always marshal.
		return append(out, "null"...)
	}
	return append(out, text...)
}

// appendResponse appends a response. Data is written as it is: the executor has
// made it.
func appendResponse(out []byte, r *graphql.Response) []byte {
	out = append(out, '{')
	if len(r.Errors) > 0 {
		out = appendJSON(append(out, `"errors":`...), r.Errors)
	}
	if !failed(r) {
		if len(r.Errors) > 0 {
			out = append(out, ',')
		}
		out = append(out, `"data":`...)
		if len(r.Data) == 0 {
			out = append(out, "null"...)
		}
		out = append(out, r.Data...)
	}
	if len(r.Extensions) > 0 {
		out = appendJSON(append(out, `,"extensions":`...), r.Extensions)
	}
	return append(out, '}')
}
