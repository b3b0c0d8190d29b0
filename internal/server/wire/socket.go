package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/internal/fault"
)

// protocol is the sub-protocol that sockets speak
// (github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md).
const protocol = "graphql-transport-ws"

// Sockets is the transport of operations over WebSocket. It takes the place of
// gqlgen's, which answers most mistakes with other codes than the protocol's, or
// with none, completes subscriptions that failed, and holds several times the
// memory for each socket.
type Sockets struct {
	Streams *Streams
	Settings
	Gate
}

var _ graphql.Transport = &Sockets{}

// Supports implements [graphql.Transport].
func (*Sockets) Supports(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// Do implements [graphql.Transport]. It returns when the socket is open.
func (t *Sockets) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	// A client that asks for another sub-protocol must be let in to be told so: it
	// would not hear of the code otherwise.
	accepted := append([]string{protocol}, strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",")...)
	for i := range accepted {
		accepted[i] = strings.TrimSpace(accepted[i])
	}
	conn, err := websocket.Accept(taken{w, t.WriteTimeout}, r, &websocket.AcceptOptions{Subprotocols: accepted})
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(t.MaxMessage)
	s := &socket{transport: t, exec: exec, conn: conn, active: map[string]*operation{}}
	s.connection, s.end = connection(r)
	s.running.Add(1)
	context.AfterFunc(s.connection, s.leave)
	t.Streams.add(s)
	go s.run(r)
}

// socket is one WebSocket.
type socket struct {
	transport *Sockets
	exec      graphql.GraphExecutor
	conn      *websocket.Conn
	// connection ends with the socket; the cause says how it is closed.
	connection context.Context
	end        context.CancelCauseFunc
	// ctx is that of operations. It and ready, that connection_init is done with,
	// are the reader's own.
	ctx   context.Context
	ready bool
	// heard is that the client has said something since the last ping.
	heard atomic.Bool
	// running are the reader and the operations.
	running sync.WaitGroup

	// out puts what is sent and what is known of it in the same order.
	out sync.Mutex
	mu  sync.Mutex
	// active are the operations under way, by the client's names.
	active   map[string]*operation
	stopping bool
	timer    *time.Timer
}

// operation is one operation of a socket.
type operation struct {
	id     string
	ctx    context.Context
	cancel context.CancelFunc
	// stream is that it is a subscription.
	stream bool
}

// closing is a cause to close a socket, with a code of the protocol.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c closing) Error() string { return c.reason }

// The codes of the protocol, and those of RFC 6455 that clients take for a reason
// to come again.
const (
	badRequest      websocket.StatusCode = 4400
	unauthorized    websocket.StatusCode = 4401
	forbidden       websocket.StatusCode = 4403
	notAcceptable   websocket.StatusCode = 4406
	initTimeout     websocket.StatusCode = 4408
	subscriberThere websocket.StatusCode = 4409
	tooManyInits    websocket.StatusCode = 4429
)

// closingOf is how a socket is closed for a fault. The reason is the code, by
// which a client knows what to do.
func closingOf(f *fault.Error) closing {
	code := forbidden
	switch f.Code {
	case fault.ValidationFailed:
		code = badRequest
	case fault.Unavailable:
		code = websocket.StatusGoingAway
	case fault.LimitExceeded, fault.RateLimited:
		code = websocket.StatusTryAgainLater
	}
	return closing{code, string(f.Reason())}
}

// leave closes the socket when its context has ended, and forgets it.
func (s *socket) leave() {
	s.schedule(nil)
	var (
		why closing
		f   *fault.Error
	)
	switch cause := context.Cause(s.connection); {
	case errors.As(cause, &why):
		_ = s.conn.Close(why.code, why.reason)
	case errors.As(cause, &f):
		why = closingOf(f)
		// A client that does not hear it any more loses nothing.
		_ = s.conn.Close(why.code, why.reason)
	default:
		_ = s.conn.CloseNow()
	}
	s.running.Wait()
	s.transport.Streams.remove(s)
}

// schedule puts a timer in the place of the last one.
func (s *socket) schedule(timer *time.Timer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = timer
}

// run reads until the socket is closed.
func (s *socket) run(r *http.Request) {
	defer s.running.Done()
	if s.conn.Subprotocol() != protocol {
		s.end(closing{notAcceptable, "Subprotocol not acceptable"})
		return
	}
	var refused *fault.Error
	aside(func() { s.ctx, refused = s.transport.Enter(s.connection, r) })
	if refused != nil {
		s.end(refused)
		return
	}
	s.schedule(time.AfterFunc(s.transport.InitTimeout, func() {
		s.end(closing{initTimeout, "Connection initialisation timeout"})
	}))
	for s.connection.Err() == nil {
		kind, text, err := s.conn.Read(context.Background())
		if err != nil {
			s.end(errGone)
			return
		}
		if s.connection.Err() != nil {
			return
		}
		s.heard.Store(true)
		if kind != websocket.MessageText {
			s.end(closing{badRequest, "Messages are text"})
			return
		}
		aside(func() { err = s.receive(text) })
		if err != nil {
			s.end(err)
			return
		}
	}
}

// aside runs fn on a goroutine of its own and waits for it: what it does goes deep,
// and the stack that it took would stay with the one that reads, for as long as the
// socket is open.
func aside(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	<-done
}

// received is a message of the client.
type received struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// receive does what a message asks for. The error says how to close the socket.
func (s *socket) receive(text []byte) error {
	var m received
	if err := json.Unmarshal(text, &m); err != nil {
		return closing{badRequest, "Invalid message"}
	}
	switch m.Type {
	case "connection_init":
		return s.hello(m)
	case "ping":
		return s.pinged(m)
	case "pong":
		return nil
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		if m.ID == "" {
			return closing{badRequest, "complete needs an id"}
		}
		s.unsubscribe(m.ID)
		return nil
	default:
		return closing{badRequest, "Unknown type of message"}
	}
}

// payload reads the payload of a connection_init or ping, which may be left out.
func (m received) payload() (p Payload, err error) {
	if len(m.Payload) > 0 && json.Unmarshal(m.Payload, &p) != nil {
		return nil, closing{badRequest, "A payload is an object"}
	}
	return p, nil
}

func (s *socket) hello(m received) error {
	if s.ready {
		return closing{tooManyInits, "Too many initialisation requests"}
	}
	payload, err := m.payload()
	if err != nil {
		return err
	}
	s.schedule(nil)
	ctx, refused := s.transport.Hello(s.ctx, payload)
	if refused != nil {
		return refused
	}
	s.ctx, s.ready = ctx, true
	s.send([]byte(`{"type":"connection_ack"}`))
	s.schedule(time.AfterFunc(s.transport.KeepAlive, s.beat))
	return nil
}

// beat pings the client, and cuts it if it has not answered the last time.
func (s *socket) beat() {
	if !s.heard.Swap(false) {
		s.end(errGone)
		return
	}
	s.send([]byte(`{"type":"ping"}`))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection.Err() == nil && s.timer != nil {
		s.timer.Reset(s.transport.KeepAlive)
	}
}

// pinged answers a ping. The payload is not repeated: it may hold a token.
func (s *socket) pinged(m received) error {
	payload, err := m.payload()
	if err != nil {
		return err
	}
	if len(payload) > 0 && s.ready {
		s.transport.Ping(s.ctx, payload)
	}
	s.send([]byte(`{"type":"pong"}`))
	return nil
}

func (s *socket) subscribe(m received) error {
	if !s.ready {
		return closing{unauthorized, "Unauthorized"}
	}
	if m.ID == "" {
		return closing{badRequest, "subscribe needs an id"}
	}
	params, err := decode(m.Payload)
	if err != nil {
		return closing{badRequest, err.Error()}
	}
	op := &operation{id: m.ID}
	op.ctx, op.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch _, there := s.active[op.id]; {
	case there:
		op.cancel()
		return closing{subscriberThere, "Subscriber for " + shortened(op.id) + " already exists"}
	case s.stopping:
		op.cancel() // the socket is about to be closed
		return nil
	case len(s.active) >= s.transport.MaxOperations:
		op.cancel()
		s.active[op.id] = op
		s.running.Go(func() { s.refuse(op) })
		return nil
	}
	s.active[op.id] = op
	s.running.Go(func() { s.operate(op, params) })
	return nil
}

// shortened is the name as it fits in the reason of a close frame.
func shortened(id string) string { return id[:min(len(id), 60)] }

// refuse answers an operation that is one too many.
func (s *socket) refuse(op *operation) {
	most := s.transport.MaxOperations
	f := fault.New(fault.LimitExceeded, "A socket may have at most %d operations under way. Complete some of them first.", most).With("limit", most)
	s.finish(op, told(op.ctx, s.exec, f))
}

// operate answers an operation.
func (s *socket) operate(op *operation, params *graphql.RawParams) {
	defer op.cancel()
	ctx := graphql.StartOperationTrace(op.ctx)
	defer func() {
		if why := recover(); why != nil {
			s.finish(op, told(ctx, s.exec, s.transport.Recover(ctx, why)))
		}
	}()
	ctx, wait := s.transport.waiting(ctx)
	responses, ctx, refused := s.begin(ctx, op, params)
	if refused != nil {
		s.finish(op, refused)
		return
	}
	for {
		wait(ctx)
		switch response := responses(ctx); {
		case response == nil:
			s.finish(op, nil)
			return
		case failed(response):
			s.finish(op, response)
			return
		case !s.next(op, response):
			return
		}
	}
}

// begin hands the operation to gqlgen.
func (s *socket) begin(ctx context.Context, op *operation, params *graphql.RawParams) (graphql.ResponseHandler, context.Context, *graphql.Response) {
	now := graphql.Now()
	params.ReadTime = graphql.TraceTiming{Start: now, End: now}
	described, errs := s.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		return nil, ctx, s.exec.DispatchError(graphql.WithOperationContext(ctx, described), errs)
	}
	if described.Operation.Operation == ast.Subscription {
		s.mu.Lock()
		op.stream = true
		if s.stopping {
			op.cancel()
		}
		s.mu.Unlock()
	}
	responses, ctx := s.exec.DispatchOperation(ctx, described)
	return responses, ctx, nil
}

// next sends an event, unless the client has completed the operation.
func (s *socket) next(op *operation, r *graphql.Response) bool {
	m := append(appendJSON([]byte(`{"id":`), op.id), `,"type":"next","payload":`...)
	m = append(appendResponse(m, r), '}')
	s.out.Lock()
	defer s.out.Unlock()
	s.mu.Lock()
	wanted := s.active[op.id] == op
	s.mu.Unlock()
	if !wanted {
		return false
	}
	return s.send(m)
}

// finish sends the last message of an operation: its errors if it failed, or else
// that it is complete. One that was interrupted has no last message: the client
// is to ask for it again elsewhere.
func (s *socket) finish(op *operation, r *graphql.Response) {
	m := appendJSON([]byte(`{"id":`), op.id)
	if r != nil {
		m = append(appendJSON(append(m, `,"type":"error","payload":`...), r.Errors), '}')
	} else {
		m = append(m, `,"type":"complete"}`...)
	}
	s.out.Lock()
	defer s.out.Unlock()
	s.mu.Lock()
	wanted := s.active[op.id] == op && s.connection.Err() == nil && (!s.stopping || !op.stream)
	if s.active[op.id] == op {
		delete(s.active, op.id)
	}
	over := s.stopping && len(s.active) == 0
	s.mu.Unlock()
	if wanted {
		s.send(m)
	}
	if over {
		s.end(comeAgain())
	}
}

// unsubscribe ends an operation that the client has completed. One that it does
// not have has just been completed from here.
func (s *socket) unsubscribe(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op, there := s.active[id]; there {
		delete(s.active, id)
		op.cancel()
		if s.stopping && len(s.active) == 0 {
			s.end(comeAgain())
		}
	}
}

// send writes a message, and cuts the client if it does not pass.
func (s *socket) send(m []byte) bool {
	if err := s.conn.Write(context.Background(), websocket.MessageText, m); err != nil {
		s.end(errGone)
		return false
	}
	return true
}

// stop implements stream.
func (s *socket) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for _, op := range s.active {
		if op.stream {
			op.cancel()
		}
	}
	if len(s.active) == 0 {
		s.end(comeAgain())
	}
}

// cut implements stream.
func (s *socket) cut() { s.end(errGone) }
