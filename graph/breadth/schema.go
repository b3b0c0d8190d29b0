package breadth

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// executor is the [graphql.ExecutableSchema] that executes breadth first.
type executor struct {
	tables      *Tables
	reference   graphql.ExecutableSchema
	objects     map[string]ObjectType
	unsupported map[string]string // by coordinate, why a field makes its operation fall back
	plans       plans

	aroundField FieldMiddleware
	onFallback  func(ctx context.Context, reason string)
	uniform     map[string]bool
}

// FieldCall describes a field that is resolved for the objects of one level.
type FieldCall struct {
	// Object is the name of the type that the field belongs to.
	Object string
	Field  graphql.CollectedField
	// Objects is the number of objects that it is resolved for.
	Objects int
	// IsMethod is true if Go code other than the executor's is called, IsResolver if the server implements it.
	IsMethod, IsResolver bool
}

// FieldMiddleware wraps a field of a level. It calls next exactly once, with ctx or a context derived from it that the
// field's resolver and everything below it then run in; next returns the number of positions that failed. A field that is
// written straight from its object has nothing to wait for: next returns at once.
type FieldMiddleware func(ctx context.Context, call FieldCall, next func(context.Context) (failed int))

// Option configures [New].
type Option func(*executor)

// AroundFields calls m around every field, once a level. It takes the place of the handler's AroundFields, which the
// executor does not call.
func AroundFields(m FieldMiddleware) Option {
	return func(s *executor) { s.aroundField = m }
}

// OnFallback calls f for each operation that is left to gqlgen's executor, with the reason.
func OnFallback(f func(ctx context.Context, reason string)) Option {
	return func(s *executor) { s.onFallback = f }
}

// UniformDirectives names directives whose outcome does not depend on the object, and which return what next returns
// unless they fail: whether the viewer is signed in, say. They run once a level; the others once for each object.
func UniformDirectives(names ...string) Option {
	return func(s *executor) {
		for _, name := range names {
			s.uniform[name] = true
		}
	}
}

// New returns a schema that executes by tables and leaves to reference, gqlgen's generated schema of the same resolvers,
// what the tables do not cover.
func New(tables *Tables, reference graphql.ExecutableSchema, options ...Option) graphql.ExecutableSchema {
	s := &executor{
		tables:      tables,
		reference:   reference,
		objects:     tables.indexed(reference.Schema()),
		unsupported: map[string]string{},
		uniform:     map[string]bool{},
	}
	for _, o := range options {
		o(s)
	}
	for name, o := range s.objects {
		for field, known := range o.info().byName {
			if known.unsupported == "" {
				continue
			}
			s.unsupported[name+"."+field] = known.unsupported
			for abstract := range o.info().satisfies {
				s.unsupported[abstract+"."+field] = known.unsupported
			}
		}
	}
	if events, ok := reference.(graphql.ExecutableSchemaWithEventContext); ok {
		return &eventSchema{s, events}
	}
	return s
}

// eventSchema leaves subscriptions with an event context to the reference.
type eventSchema struct {
	*executor
	events graphql.ExecutableSchemaWithEventContext
}

// ExecWithEventContext implements [graphql.ExecutableSchemaWithEventContext].
func (s *eventSchema) ExecWithEventContext(ctx context.Context) graphql.ResponseHandlerWithContext {
	s.fellBack(ctx, "subscription with an event context")
	return s.events.ExecWithEventContext(ctx)
}

// Schema implements [graphql.ExecutableSchema].
func (s *executor) Schema() *ast.Schema { return s.reference.Schema() }

// Complexity implements [graphql.ExecutableSchema].
func (s *executor) Complexity(ctx context.Context, typeName, fieldName string, childComplexity int, args map[string]any) (int, bool) {
	return s.reference.Complexity(ctx, typeName, fieldName, childComplexity, args)
}

// Exec implements [graphql.ExecutableSchema].
func (s *executor) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	p := s.plans.of(s, op)
	if p.fallback != "" {
		s.fellBack(ctx, p.fallback)
		return s.reference.Exec(ctx)
	}
	switch kind := op.Operation.Operation; {
	case kind == ast.Query:
		return once(func(ctx context.Context) []byte { return s.query(ctx, op, p) })
	case kind == ast.Mutation:
		return once(func(ctx context.Context) []byte { return s.mutation(ctx, op, p) })
	case s.tables.Subscription != nil:
		return s.subscription(ctx, op, p)
	default:
		s.fellBack(ctx, "subscription without tables")
		return s.reference.Exec(ctx)
	}
}

func (s *executor) fellBack(ctx context.Context, reason string) {
	if s.onFallback != nil {
		s.onFallback(ctx, reason)
	}
}

func once(execute func(ctx context.Context) []byte) graphql.ResponseHandler {
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		return &graphql.Response{Data: execute(ctx)}
	}
}
