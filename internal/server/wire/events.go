package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/internal/fault"
)

// Events is the transport of operations over server-sent events
// (github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct
// connections). It takes the place of gqlgen's, which knows no GET, repeats the
// body of a request that it could not read, completes without the data field
// that an EventSource waits for, writes without a deadline, and holds the whole
// of net/http's connection for each stream.
type Events struct {
	Streams *Streams
	Settings
	Gate
	// Refuse answers a request that does not become a stream.
	Refuse func(w http.ResponseWriter, status int, why *fault.Error)
}

var _ graphql.Transport = &Events{}

const eventStreamType = "text/event-stream"

// Supports implements [graphql.Transport].
func (*Events) Supports(r *http.Request) bool {
	if !strings.Contains(r.Header.Get("Accept"), eventStreamType) {
		return false
	}
	if r.Method == http.MethodGet {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && r.Method == http.MethodPost && mediaType == "application/json"
}

// Do implements [graphql.Transport]. It returns when the stream is open, unless
// the connection cannot be taken over, as with HTTP/2.
func (t *Events) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	now := graphql.Now()
	params, err := read(r)
	if err != nil {
		t.Refuse(w, http.StatusBadRequest, fault.New(fault.ValidationFailed, "%s", err).With("rule", "request"))
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: now, End: graphql.Now()}
	e := &events{transport: t, exec: exec}
	e.connection, e.end = connection(r)
	ctx, refused := t.Enter(e.connection, r)
	if refused != nil {
		e.end(errGone)
		t.Refuse(w, statusOf(refused), refused)
		return
	}
	described, errs := exec.CreateOperationContext(ctx, params)
	if errs == nil && described.Operation.Operation == ast.Mutation && r.Method == http.MethodGet {
		e.end(errGone)
		w.Header().Set("Allow", http.MethodPost)
		t.Refuse(w, http.StatusMethodNotAllowed, fault.New(fault.ValidationFailed, "Send mutations by POST.").With("rule", "method"))
		return
	}
	e.ctx = graphql.WithOperationContext(ctx, described)
	e.stream = errs == nil && described.Operation.Operation == ast.Subscription
	answer := func() { e.answer(described) }
	if errs != nil {
		refusal := exec.DispatchError(e.ctx, errs)
		answer = func() { e.next(refusal) }
	}
	e.open(w, r, answer)
}

// statusOf is the status with which a stream is refused.
func statusOf(f *fault.Error) int {
	switch f.Code {
	case fault.LimitExceeded, fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusForbidden
	}
}

// events is one stream.
type events struct {
	transport *Events
	exec      graphql.GraphExecutor
	// stream is that it is a subscription.
	stream bool
	// connection ends with the stream; the cause says how.
	connection context.Context
	end        context.CancelCauseFunc
	ctx        context.Context

	mu  sync.Mutex
	out sink
	// timer writes when nothing else does.
	timer *time.Timer
}

// sink is the body of the answer.
type sink interface {
	// send writes one or more whole events, in time.
	send(p []byte) error
	// done ends the body, as complete or not.
	done(complete bool)
}

// open writes the head of the answer, and has the events written.
func (e *events) open(w http.ResponseWriter, r *http.Request, answer func()) {
	header := w.Header()
	header.Set("Content-Type", eventStreamType+"; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if conn := e.takeOver(w, r); conn != nil {
		e.out = conn
		e.transport.Streams.add(e)
		go e.watch(conn.Conn)
		go e.run(answer)
		return
	}
	body := &body{w, http.NewResponseController(w), e.transport.WriteTimeout}
	w.WriteHeader(http.StatusOK)
	e.out = body
	context.AfterFunc(r.Context(), func() { e.end(errGone) })
	e.transport.Streams.add(e)
	e.run(answer)
}

// takeOver takes the connection and writes the head; nil if that is not possible.
func (e *events) takeOver(w http.ResponseWriter, r *http.Request) *chunked {
	if !r.ProtoAtLeast(1, 1) {
		return nil // it does not know chunks
	}
	conn, _, err := taken{w, e.transport.WriteTimeout}.Hijack()
	if err != nil {
		return nil
	}
	out := &chunked{conn}
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nDate: ")
	head.WriteString(time.Now().UTC().Format(http.TimeFormat) + "\r\n")
	_ = w.Header().Write(&head) // a buffer does not fail
	head.WriteString("\r\n")
	if _, err := conn.Write(head.Bytes()); err != nil {
		e.end(errGone)
	}
	return out
}

// watch ends the stream when its client goes away. Clients have nothing more to say.
func (e *events) watch(conn net.Conn) {
	var ignored [16]byte
	for {
		if _, err := conn.Read(ignored[:]); err != nil {
			e.end(errGone)
			return
		}
	}
}

// run writes the events until there are no more. Most of the time it waits for the
// next one, so that it keeps little on its stack.
func (e *events) run(answer func()) {
	e.write([]byte(":\n\n"))
	e.mu.Lock()
	e.timer = time.AfterFunc(e.transport.KeepAlive, e.beat)
	e.mu.Unlock()
	answer()
	e.finish()
}

// finish tells how the stream has ended, and ends it.
func (e *events) finish() {
	defer e.transport.Streams.remove(e)
	defer e.end(errGone)
	cause := context.Cause(e.connection)
	var f *fault.Error
	if errors.As(cause, &f) {
		e.farewell(f)
		cause = nil
	}
	if cause == nil {
		// Without data an EventSource would not tell of the event.
		e.write([]byte("event: complete\ndata:\n\n"))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timer.Stop()
	e.out.done(cause == nil)
}

// answer writes the responses to the operation.
func (e *events) answer(described *graphql.OperationContext) {
	defer func() {
		if why := recover(); why != nil {
			e.next(told(e.ctx, e.exec, e.transport.Recover(e.ctx, why)))
		}
	}()
	ctx, wait := e.transport.waiting(e.ctx)
	responses, ctx := e.exec.DispatchOperation(ctx, described)
	for {
		wait(ctx)
		response := responses(ctx)
		if response == nil || !e.next(response) {
			return
		}
	}
}

// farewell tells why the stream ends before its time, and when to come again.
func (e *events) farewell(f *fault.Error) {
	if seconds, ok := f.Details["retryAfter"]; ok {
		e.write(fmt.Appendf(nil, "retry: %v000\n\n", seconds))
	}
	e.next(told(context.WithoutCancel(e.ctx), e.exec, f))
}

// beat writes a comment, by which the client and those in between know that the
// stream is alive.
func (e *events) beat() {
	e.write([]byte(":\n\n"))
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.connection.Err() == nil {
		e.timer.Reset(e.transport.KeepAlive)
	}
}

// next writes one event.
func (e *events) next(r *graphql.Response) bool {
	data := appendResponse(nil, r)
	if bytes.ContainsAny(data, "\r\n") {
		// A value that was made elsewhere has white space, and data is one line.
		for i, c := range data {
			if c == '\r' || c == '\n' {
				data[i] = ' '
			}
		}
	}
	return e.write(append(append([]byte("event: next\ndata: "), data...), "\n\n"...))
}

// write sends what is one or more events, and cuts a client that does not take it.
func (e *events) write(p []byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if errors.Is(context.Cause(e.connection), errGone) {
		return false
	}
	if err := e.out.send(p); err != nil {
		e.end(errGone)
		return false
	}
	return true
}

// stop implements stream.
func (e *events) stop() {
	if e.stream {
		e.end(comeAgain())
	}
}

// cut implements stream.
func (e *events) cut() { e.end(errGone) }

// chunked is the body on a connection that was taken over.
type chunked struct{ net.Conn }

func (c *chunked) send(p []byte) error {
	chunk := append(strconv.AppendInt(nil, int64(len(p)), 16), "\r\n"...)
	_, err := c.Write(append(append(chunk, p...), "\r\n"...))
	return err
}

func (c *chunked) done(complete bool) {
	if complete {
		// Whoever does not hear it any more loses nothing.
		_, _ = c.Write([]byte("0\r\n\r\n"))
	}
	_ = c.Close()
}

// body is the body of an answer that net/http writes.
type body struct {
	http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
}

func (b *body) send(p []byte) error {
	if err := b.control.SetWriteDeadline(time.Now().Add(b.timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := b.Write(p); err != nil {
		return err
	}
	return b.control.Flush()
}

// done implements sink: net/http ends the body when the handler returns.
func (*body) done(bool) {}
