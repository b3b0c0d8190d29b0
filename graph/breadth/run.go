package breadth

import (
	"context"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/graph/breadth/round"
)

// run is the execution of a query, of one root field of a mutation, or of one event of a subscription.
type run struct {
	schema *executor
	op     *graphql.OperationContext
	x      any
	round  round.Round
	scopes []scope // parents before children
}

func (s *executor) newRun(op *graphql.OperationContext, x any) *run {
	return &run{schema: s, op: op, x: x}
}

// levels resolves level after level, starting with the scopes of level and the tasks that their fields are waiting for,
// and then settles where the nulls are.
func (r *run) levels(level []scope, tasks []func()) {
	r.scopes = append(r.scopes, level...)
	for len(level) > 0 {
		r.round.Run(tasks)
		var next []scope
		for _, s := range level {
			next = append(next, s.finish()...)
		}
		r.scopes = append(r.scopes, next...)
		tasks = nil
		for _, s := range next {
			tasks = append(tasks, s.begin()...)
		}
		level = next
	}
	for i := len(r.scopes) - 1; i >= 0; i-- {
		r.scopes[i].settle()
	}
}

// examine looks for what panicked when it was written straight from its object, and makes it the failure of its field.
func (r *run) examine() {
	for _, s := range r.scopes {
		s.examine()
	}
	for i := len(r.scopes) - 1; i >= 0; i-- {
		r.scopes[i].settle()
	}
}

// root is the scope of an operation's root type.
func (r *run) root(o *Object[Root], sel *selection) *objects[Root] {
	s := newObjects(r, o, sel, nil)
	s.objs = []Root{{}}
	for j := range s.fields {
		s.fields[j].planned = &sel.fields[j]
	}
	return s
}

// refused is the data of an operation whose selection cannot be executed.
func refused(ctx context.Context, sel *selection) []byte {
	graphql.AddError(ctx, sel.err)
	return []byte("null")
}

// query executes a query: its root fields share their rounds, and each has the root middleware around all of itself.
func (s *executor) query(ctx context.Context, op *graphql.OperationContext, p *plan) []byte {
	ctx, x := s.tables.NewExecution(ctx, op)
	r := s.newRun(op, x)
	o := s.tables.Query
	sel := p.root(op, &o.objectInfo)
	if sel.err != nil {
		return refused(ctx, sel)
	}
	root := r.root(o, sel)
	base := graphql.WithFieldContext(round.NewContext(ctx, &r.round), root.position(0))

	var fields []int
	for j := range sel.fields {
		if sel.fields[j].index >= 0 {
			fields = append(fields, j)
		}
	}
	results := make([]graphql.Marshaler, len(sel.fields))
	switch len(fields) {
	case 0:
	case 1:
		j := fields[0]
		results[j] = root.field(base, j, func(ctx context.Context) (bool, error) {
			r.levels([]scope{root}, tasks(root.start(j, ctx)))
			return true, nil
		})
	default:
		r.together(base, root, fields, results)
	}
	data := p.answer()
	for j, result := range results {
		data.add(r, &sel.fields[j], result)
	}
	return data.end()
}

// together resolves several root fields: every one waits in its middleware until all have arrived, is resolved with the
// others, and goes on. If a middleware keeps another from arriving, by a lock say, they wait until ctx ends.
func (r *run) together(ctx context.Context, root *objects[Root], fields []int, results []graphql.Marshaler) {
	m := newMeeting(len(fields))
	var leaving sync.WaitGroup
	for _, j := range fields {
		leaving.Go(func() {
			defer m.left(j)
			results[j] = root.field(ctx, j, func(ctx context.Context) (bool, error) { return m.arrive(ctx, j) })
		})
	}
	m.hold(ctx, func(arrived map[int]context.Context) {
		var waiting []func()
		for _, j := range fields {
			if ctx, ok := arrived[j]; ok {
				waiting = append(waiting, tasks(root.start(j, ctx))...)
			}
		}
		r.levels([]scope{root}, waiting)
	})
	leaving.Wait()
}

// mutation executes the root fields of a mutation one after the other, each to the end: what it answers is written before
// the next one may change it.
func (s *executor) mutation(ctx context.Context, op *graphql.OperationContext, p *plan) []byte {
	ctx, x := s.tables.NewExecution(ctx, op)
	o := s.tables.Mutation
	sel := p.root(op, &o.objectInfo)
	if sel.err != nil {
		return refused(ctx, sel)
	}
	data := p.answer()
	for j := range sel.fields {
		if sel.fields[j].index < 0 {
			data.add(nil, &sel.fields[j], nil)
			continue
		}
		r := s.newRun(op, x)
		root := r.root(o, sel)
		base := graphql.WithFieldContext(round.NewContext(ctx, &r.round), root.position(0))
		data.add(r, &sel.fields[j], root.field(base, j, func(ctx context.Context) (bool, error) {
			r.levels([]scope{root}, tasks(root.start(j, ctx)))
			return true, nil
		}))
	}
	return data.end()
}

func tasks(task func()) []func() {
	if task == nil {
		return nil
	}
	return []func(){task}
}

// field runs the root middleware around resolve, which resolves root field j with all that is below it, unless it reports
// that it has not.
func (s *objects[T]) field(base context.Context, j int, resolve func(ctx context.Context) (resolved bool, err error)) (result graphql.Marshaler) {
	p := &s.selection.fields[j]
	fail := func(err func(ctx context.Context) error) graphql.Marshaler {
		ctx := withFieldContext(base, &graphql.FieldContext{Parent: graphql.GetFieldContext(base), Object: s.object.name, Field: p.collected})
		graphql.AddError(ctx, err(ctx))
		return graphql.Null
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			result = fail(func(ctx context.Context) error { return s.run.recovered(ctx, panicked) })
		}
	}()
	ctx := graphql.WithRootFieldContext(base, &graphql.RootFieldContext{Object: p.collected.Name, Field: p.collected})
	var (
		once     sync.Once
		resolved bool
	)
	return s.run.op.RootResolverMiddleware(ctx, func(ctx context.Context) graphql.Marshaler {
		var err error
		once.Do(func() { resolved, err = resolve(ctx) })
		switch {
		case err != nil:
			return fail(func(context.Context) error { return err })
		case !resolved:
			return graphql.Null
		}
		v := s.fields[j].values
		if v == nil || v.isNull(0, 0) {
			return graphql.Null
		}
		return rootValue{v}
	})
}

// rootValue is the settled value of a root field.
type rootValue struct{ values *Values }

// MarshalGQL implements [graphql.Marshaler].
func (m rootValue) MarshalGQL(w io.Writer) { _, _ = w.Write(m.values.write(nil, 0, 0)) }

// answer is the data of a response on its way.
type answer struct {
	plan  *plan
	bytes []byte
	// null is set once a root field is null that must not be.
	null bool
}

// maxRoom bounds the buffer that an answer starts with: one that is larger is not expected to be followed by its like.
const maxRoom = 4 << 20

// answer starts the data in a buffer with room for as much as the last time.
func (p *plan) answer() *answer {
	last := min(int(p.bytes.Load()), maxRoom)
	return &answer{plan: p, bytes: make([]byte, 0, max(512, last+last/16))}
}

// add writes a root field of r, as its middleware returned it.
func (a *answer) add(r *run, f *planned, result graphql.Marshaler) {
	a.bytes = append(a.bytes, f.key...)
	if f.index < 0 {
		return // __typename is in the key
	}
	start := len(a.bytes)
	defer func() {
		if panicked := recover(); panicked != nil {
			a.bytes = a.bytes[:start]
			r.examine()
			a.value(f, result)
		}
	}()
	a.value(f, result)
}

func (a *answer) value(f *planned, result graphql.Marshaler) {
	start := len(a.bytes)
	if root, ok := result.(rootValue); ok {
		a.bytes = root.values.write(a.bytes, 0, 0)
	} else {
		if result == nil {
			result = graphql.Null
		}
		w := buffer{a.bytes}
		result.MarshalGQL(&w)
		a.bytes = w.bytes
	}
	a.null = a.null || f.dims[0].nonNull && string(a.bytes[start:]) == "null"
}

// end returns the data.
func (a *answer) end() []byte {
	switch {
	case a.null:
		return []byte("null")
	case len(a.bytes) == 0:
		return []byte("{}")
	}
	a.bytes = append(a.bytes, '}')
	a.plan.bytes.Store(int64(len(a.bytes)))
	return a.bytes
}
