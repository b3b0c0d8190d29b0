package breadth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

var (
	// errInvalidNull stands for the error of a null where the schema allows none; report makes it.
	errInvalidNull = errors.New("null in a position that must not be null")
	// errReported stands for a failure of which the response knows already.
	errReported = errors.New("reported before")
	errSkipped  = errors.New("a field middleware returned without calling next")
)

type batchLengthError struct {
	field, what string
	got, want   int
}

func (e *batchLengthError) Error() string {
	return fmt.Sprintf("batch resolver %s returned %d %s for %d parents", e.field, e.got, e.what, e.want)
}

type unexpectedTypeError struct {
	abstractType string
	value        any
}

func (e *unexpectedTypeError) Error() string {
	return fmt.Sprintf("unexpected type %T; non-generated variants of %s must implement graphql.Marshaler", e.value, e.abstractType)
}

type noChildError struct{ field string }

func (e *noChildError) Error() string { return "no field context for " + e.field }

// nullError is about an argument, or what an argument holds, that is null and must not be.
func nullError(name string, value *ast.Value) error {
	err := gqlerror.Errorf("Argument %q of non-null type %q must not be null.", name, value.ExpectedType.String())
	if p := value.Position; p != nil && p.Line > 0 {
		err.Locations = []gqlerror.Location{{Line: p.Line, Column: p.Column}}
	}
	return err
}

// recovered makes an error of a panic, through the server's recover function.
func (r *run) recovered(ctx context.Context, panicked any) error { return r.op.Recover(ctx, panicked) }

// report gives the errors of v to the response, with the path of the position that each belongs to.
func (v *Values) report() {
	for _, f := range v.failures {
		if f.err == errReported {
			continue
		}
		fc := v.position(f.depth, f.index)
		ctx := withFieldContext(v.context(), fc)
		path := fc.Path()
		if f.err == errInvalidNull {
			f.err = v.invalidNull(f.depth, path)
		}
		// As in gqlgen, a list of errors is reported as its members.
		if list, ok := f.err.(gqlerror.List); ok {
			for _, err := range list {
				graphql.AddError(ctx, v.located(err, path))
			}
			continue
		}
		graphql.AddError(ctx, v.located(f.err, path))
	}
}

// located returns err with a path and a location. Several positions may share err, so it is not changed.
func (v *Values) located(err error, path ast.Path) error {
	out := gqlerror.WrapPath(path, err)
	var known *gqlerror.Error
	if errors.As(err, &known) && known != nil {
		copied := *known
		out = &copied
		if error(known) != err {
			out.Err = err // keep the chain around it for the error presenter
		}
		out.Path = v.rebased(known.Path, path)
	}
	if out.Locations == nil {
		if p := v.planned.collected.Position; p != nil && p.Line > 0 {
			out.Locations = []gqlerror.Location{{Line: p.Line, Column: p.Column}}
		}
	}
	return out
}

// rebased moves a path that a resolver or the coercion of an argument took from its context, which has that of the first
// object, to the position at path. What is below the field there, such as an argument's name, is no part of a response
// path and goes. A path from elsewhere stays.
func (v *Values) rebased(given, path ast.Path) ast.Path {
	if given == nil {
		return path
	}
	first := v.fieldContext().Path()
	if len(given) < len(first) || !slices.Equal(given[:len(first)], first) {
		return given
	}
	return path
}

func (v *Values) invalidNull(depth int, path ast.Path) error {
	source := graphql.NullSourceModelField
	switch {
	case v.isResolver:
		source = graphql.NullSourceResolver
	case v.isMethod:
		source = graphql.NullSourceModelMethod
	}
	return &graphql.InvalidNullError{
		Object:       v.owner.objectType().name,
		Field:        v.planned.collected.Name,
		DeclaredType: v.dims[depth].declared,
		Source:       source,
		ListElement:  depth > 0,
		Path:         path,
	}
}
