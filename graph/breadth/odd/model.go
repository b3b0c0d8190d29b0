// Package odd is a schema whose names, scalars, directives and resolvers do what few servers do, and any may.
package odd

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

//go:generate go run ../torture/generate

// Thing is an object.
type Thing struct {
	ID    int
	Bomb  int
	Bombs []*int
}

// In is an input object.
type In struct{ Number int }

// Named is an object of a type with an awkward name.
type Named struct{ ID int }

// key is of a value that nobody puts in a context.
type key struct{}

// MarshalEven marshals even numbers. It needs a context.
func MarshalEven(n int) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(ctx context.Context, w io.Writer) error {
		_ = ctx.Value(key{})
		if n%2 != 0 {
			return fmt.Errorf("%d is odd", n)
		}
		_, err := io.WriteString(w, strconv.Itoa(n))
		return err
	})
}

// UnmarshalEven unmarshals numbers.
func UnmarshalEven(_ context.Context, v any) (int, error) { return graphql.UnmarshalInt(v) }

// unlucky is the number that panics.
const unlucky = 13

// AppendBomb appends a number as JSON.
func AppendBomb(dst []byte, n int) []byte {
	if n == unlucky {
		panic("an unlucky number")
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// MarshalBomb marshals numbers.
func MarshalBomb(n int) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(AppendBomb(nil, n)) })
}

// UnmarshalBomb unmarshals numbers.
func UnmarshalBomb(v any) (int, error) { return graphql.UnmarshalInt(v) }
