package breadth

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Root is the object that root fields belong to.
type Root struct{}

// Tables is what the plugin generates: how each object type of a schema is executed.
type Tables struct {
	// Query, Mutation and Subscription are the root types; the last two may be nil. Subscriptions of a schema without
	// Subscription fall back.
	Query, Mutation *Object[Root]
	Subscription    *Streams
	// Objects are all object types, Query and Mutation included.
	Objects []ObjectType
	// NewExecution makes the execution context that the functions of the tables are given as x, and a context in which
	// inputs can be unmarshalled.
	NewExecution func(ctx context.Context, op *graphql.OperationContext) (context.Context, any)
}

// ObjectType is an [Object] of any Go type.
type ObjectType interface {
	info() *objectInfo
	// index makes the fields known by name, with their types from the schema.
	index(def *ast.Definition)
	fieldContext(ctx context.Context, r *run, field graphql.CollectedField) (*graphql.FieldContext, error)
}

// Object is an object type whose Go objects are of type T.
type Object[T any] struct {
	objectInfo
	fields []Field[T]
}

// objectInfo is what planning needs of an object type.
type objectInfo struct {
	name string
	// satisfies are the types that a fragment on this object may name: itself, its interfaces and unions.
	satisfies map[string]bool
	byName    map[string]fieldInfo
}

type fieldInfo struct {
	index       int
	dims        []dim
	unsupported string
}

// NewObject returns an object type that satisfies the named interfaces and unions. Its fields follow with [Object.Define],
// because types refer to each other.
func NewObject[T any](name string, satisfies ...string) *Object[T] {
	o := &Object[T]{objectInfo: objectInfo{name: name, satisfies: map[string]bool{name: true}}}
	for _, s := range satisfies {
		o.satisfies[s] = true
	}
	return o
}

// Define gives the object its fields.
func (o *Object[T]) Define(fields ...Field[T]) { o.fields = fields }

func (o *Object[T]) info() *objectInfo { return &o.objectInfo }

func (o *Object[T]) index(def *ast.Definition) {
	o.byName = make(map[string]fieldInfo, len(o.fields))
	for i := range o.fields {
		f := &o.fields[i]
		if d := def.Fields.ForName(f.name); d != nil {
			o.byName[f.name] = fieldInfo{i, dimsOf(d.Type), f.unsupported}
		}
	}
}

func (o *Object[T]) fieldContext(ctx context.Context, r *run, field graphql.CollectedField) (*graphql.FieldContext, error) {
	known, ok := o.byName[field.Name]
	if !ok {
		return nil, &noChildError{o.name + "." + field.Name}
	}
	f := &o.fields[known.index]
	v := &Values{run: r, owner: &objects[T]{object: o}, planned: &planned{collected: field, coordinate: o.name + "." + f.name},
		base: ctx, isMethod: f.isMethod, isResolver: f.isResolver}
	err := v.arguments(f.args)
	return v.fieldContext(), err
}

// dimsOf takes a type apart: one entry for each list around the named type, and one for that.
func dimsOf(t *ast.Type) (dims []dim) {
	for ; t != nil; t = t.Elem {
		dims = append(dims, dim{t.NonNull, t.String()})
	}
	return dims
}

// indexed returns the object types by name, ready for use with schema.
func (t *Tables) indexed(schema *ast.Schema) map[string]ObjectType {
	all := t.Objects
	if t.Subscription != nil {
		all = append(slices.Clone(all), t.Subscription)
	}
	byName := make(map[string]ObjectType, len(all))
	for _, o := range all {
		// The server may have put a part of the schema in place of the whole.
		if def := schema.Types[o.info().name]; def != nil {
			o.index(def)
			byName[o.info().name] = o
		}
	}
	return byName
}
