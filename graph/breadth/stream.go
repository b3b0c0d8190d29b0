package breadth

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph/breadth/round"
)

// Streams is the subscription type.
type Streams struct {
	*Object[Root]
	fields map[string]stream
}

// NewStreams returns a subscription type with the fields that [Stream] made.
func NewStreams(name string, fields ...StreamField) *Streams {
	s := &Streams{Object: NewObject[Root](name), fields: map[string]stream{}}
	var all []Field[Root]
	for _, f := range fields {
		all = append(all, f.field)
		s.fields[f.field.name] = f.stream
	}
	s.Define(all...)
	return s
}

// StreamField is a field of a subscription type.
type StreamField struct {
	field  Field[Root]
	stream stream
}

// stream opens the source of events of a field.
type stream func(ctx context.Context, x any) (next func(ctx context.Context) (event func(v *Values), ok bool), err error)

// pulled is the source stream of a resolver that called [Events].
type pulled[V any] struct {
	next func(context.Context) (V, bool)
	// ctx is the resolver's, and events the channel that it was given.
	ctx    context.Context
	events chan V
}

type pulledKey[V any] struct{}

// Events is a source stream for the resolver of a subscription field to return: next waits for the next event, and
// reports false when there are no more or its context has ended. It is called by the operation itself, event by event,
// so that a subscription that waits costs one goroutine and not two. Another executor, and who puts another channel in the
// place of this one, reads it from the channel. A panic of next is the stream's last event.
func Events[V any](ctx context.Context, next func(context.Context) (V, bool)) <-chan V {
	source, ok := ctx.Value(pulledKey[V]{}).(*pulled[V])
	if !ok || source.next != nil {
		source = &pulled[V]{}
		defer source.pump()
	}
	source.next, source.ctx, source.events = next, ctx, make(chan V)
	return source.events
}

// pump sends the events to the channel.
func (p *pulled[V]) pump() {
	go func() {
		defer close(p.events)
		defer func() {
			if r := recover(); r != nil {
				// Nothing but events can be told by a channel; the server's recover function knows what to do with this.
				_ = graphql.GetOperationContext(p.ctx).Recover(p.ctx, r)
			}
		}()
		for {
			event, ok := p.next(p.ctx)
			if !ok {
				return
			}
			select {
			case p.events <- event:
			case <-p.ctx.Done():
				return
			}
		}
	}()
}

// Stream is a subscription field. Subscribe returns its source stream, and directives, unless nil, run around that.
func Stream[V any](name string, args ArgsFunc, directives DirectiveFunc, subscribe func(ctx context.Context, x any) (<-chan V, error), c Completer[V]) StreamField {
	open := subscribe
	if directives != nil {
		open = func(ctx context.Context, x any) (<-chan V, error) {
			out, err := directives(ctx, x, nil, func(ctx context.Context) (any, error) { return subscribe(ctx, x) })
			if err != nil || out == nil {
				return nil, err
			}
			events, ok := out.(<-chan V)
			if !ok {
				err = fmt.Errorf("unexpected type %T from middleware/directive chain, should be %T", out, events)
			}
			return events, err
		}
	}
	return StreamField{
		field: Field[Root]{name: name, args: args, isMethod: true, isResolver: true},
		stream: func(ctx context.Context, x any) (func(context.Context) (func(*Values), bool), error) {
			source := &pulled[V]{}
			events, err := open(context.WithValue(ctx, pulledKey[V]{}, source), x)
			if err != nil || events == nil {
				return nil, err
			}
			switch {
			case source.events == events:
				pull := source.next
				return func(ctx context.Context) (func(*Values), bool) {
					event, ok := pull(ctx)
					return func(v *Values) { c.complete(v, 0, &event) }, ok
				}, nil
			case source.events != nil:
				source.pump() // for who reads it and sends to events in its place
			}
			return func(ctx context.Context) (func(*Values), bool) {
				select {
				case event, ok := <-events:
					return func(v *Values) { c.complete(v, 0, &event) }, ok
				case <-ctx.Done():
					return nil, false
				}
			}, nil
		},
	}
}

// Waiting gives a context for an operation, and what waits until the operation has its next response at hand, or has no
// more. A transport that waits before it asks for a response holds a small stack meanwhile, and what measures responses
// measures their making alone. For other operations than subscriptions there is nothing to wait for.
func Waiting(ctx context.Context) (operation context.Context, wait func(context.Context)) {
	w := &waiting{}
	return context.WithValue(ctx, waitingKey{}, w), w.wait
}

type waitingKey struct{}

// waiting is for a subscription that may be begun.
type waiting struct{ events *upcoming }

func (w *waiting) wait(ctx context.Context) {
	if w.events != nil {
		w.events.wait(ctx)
	}
}

// upcoming is a source stream of which the next event may have been waited for already.
type upcoming struct {
	op    *graphql.OperationContext
	next  func(context.Context) (func(*Values), bool)
	event func(*Values)
	// there is that event, or that there is none if it is nil, is known.
	there bool
}

func (u *upcoming) wait(ctx context.Context) {
	if u.there {
		return
	}
	defer u.survive(ctx)
	event, ok := u.next(ctx)
	if !ok {
		event = nil
	}
	u.event, u.there = event, true
}

// survive makes a panic of the source an event that fails, and the last.
func (u *upcoming) survive(ctx context.Context) {
	if r := recover(); r != nil {
		err := u.op.Recover(ctx, r)
		u.event, u.there = func(v *Values) { v.fail(0, err) }, true
		u.next = func(context.Context) (func(*Values), bool) { return nil, false }
	}
}

func (u *upcoming) take(ctx context.Context) (event func(*Values), ok bool) {
	u.wait(ctx)
	event, u.event, u.there = u.event, nil, false
	return event, event != nil
}

// subscription opens the source stream of a subscription, and executes its selection for each event.
func (s *executor) subscription(ctx context.Context, op *graphql.OperationContext, p *plan) graphql.ResponseHandler {
	ctx, x := s.tables.NewExecution(ctx, op)
	o := s.tables.Subscription.Object
	sel := p.root(op, &o.objectInfo)
	if sel.err != nil {
		return once(func(ctx context.Context) []byte { return refused(ctx, sel) })
	}
	if len(sel.fields) != 1 || sel.fields[0].index < 0 {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{gqlerror.Errorf("must subscribe to exactly one stream")}})
	}
	next, args := s.source(ctx, op, x, sel)
	if next == nil {
		return func(context.Context) *graphql.Response { return nil }
	}
	events := &upcoming{op: op, next: next}
	if waiting, ok := ctx.Value(waitingKey{}).(*waiting); ok {
		waiting.events = events
	}
	return func(ctx context.Context) *graphql.Response {
		event, ok := events.take(ctx)
		if !ok {
			return nil
		}
		ctx, x := s.tables.NewExecution(ctx, op)
		r := s.newRun(op, x)
		root := r.root(o, sel)
		v := root.values(0, graphql.WithFieldContext(round.NewContext(ctx, &r.round), root.position(0)))
		v.fieldContext().Args = args
		v.each(1, func(int) { event(v) })
		r.levels([]scope{root}, nil)
		result := graphql.Marshaler(rootValue{v})
		if v.isNull(0, 0) {
			result = graphql.Null
		}
		data := p.answer()
		data.add(r, &sel.fields[0], result)
		return &graphql.Response{Data: data.end()}
	}
}

// source opens the source stream, for which the field's arguments are coerced; if that fails, the error is added to the
// response and there is no stream.
func (s *executor) source(ctx context.Context, op *graphql.OperationContext, x any, sel *selection) (next func(context.Context) (func(*Values), bool), args map[string]any) {
	o := s.tables.Subscription
	r := s.newRun(op, x)
	root := r.root(o.Object, sel)
	v := root.values(0, graphql.WithFieldContext(ctx, root.position(0)))
	field := &o.Object.fields[sel.fields[0].index]
	open := func(ctx context.Context) (failed int) {
		v.ctx = ctx
		err := v.arguments(field.args)
		if err == nil {
			next, err = o.fields[field.name](v.ctx, x)
		}
		if err != nil {
			v.fail(0, err)
		}
		return len(v.failures)
	}
	func() {
		defer func() {
			if panicked := recover(); panicked != nil {
				next = nil
				v.reset()
				v.fail(0, r.recovered(v.context(), panicked))
			}
		}()
		if hook := s.aroundField; hook != nil {
			hook(v.context(), root.call(v.planned, field), open)
		} else {
			open(v.context())
		}
	}()
	if len(v.failures) > 0 {
		next = nil
	}
	v.report()
	return next, v.fieldContext().Args
}
