// Package wiretest has a small schema to try transports with.
package wiretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const sdl = `
type Query {
  "A text of this length."
  hello(length: Int = 5): String
  "Waits until it is let go, or the operation is ended."
  slow: String
  panics: String
}
type Mutation { change: Int }
type Subscription {
  "1, 2 and so on."
  count(to: Int!): Int
  "0 at once, and then more until it is ended, each with a text of this length."
  endless(length: Int = 5): String
  "0, and then nothing."
  still: Int
  failing: Int
}
`

// Schema is executable: it answers the first field of an operation.
type Schema struct {
	schema *ast.Schema
	// Begun is told of each operation that waits, and Go lets those go on that are
	// slow; both may be nil.
	Begun, Go chan string
}

// New is a schema that tells nobody.
func New() *Schema {
	return &Schema{schema: gqlparser.MustLoadSchema(&ast.Source{Name: "wiretest.graphqls", Input: sdl})}
}

var _ graphql.ExecutableSchema = &Schema{}

// Schema implements [graphql.ExecutableSchema].
func (s *Schema) Schema() *ast.Schema { return s.schema }

// Complexity implements [graphql.ExecutableSchema].
func (*Schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 1, true
}

// Exec implements [graphql.ExecutableSchema].
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]
	arguments := field.ArgumentMap(op.Variables)
	if op.Operation.Operation == ast.Subscription {
		return s.subscribe(ctx, field, arguments)
	}
	return graphql.OneShot(s.answer(ctx, field, arguments))
}

func (s *Schema) answer(ctx context.Context, field graphql.CollectedField, arguments map[string]any) *graphql.Response {
	switch field.Name {
	case "slow":
		s.begun(field.Name)
		select {
		case <-ctx.Done():
			return respond(field, nil)
		case text := <-s.Go:
			return respond(field, text)
		}
	case "panics":
		panic("as it was asked to")
	case "change":
		return respond(field, 1)
	case "hello":
		return respond(field, text(arguments))
	default:
		return respond(field, "Query")
	}
}

func (s *Schema) subscribe(ctx context.Context, field graphql.CollectedField, arguments map[string]any) graphql.ResponseHandler {
	told := 0
	switch field.Name {
	case "count":
		to, err := strconv.Atoi(fmt.Sprint(arguments["to"]))
		if err != nil {
			graphql.AddError(ctx, err)
		}
		return func(context.Context) *graphql.Response {
			if told == to {
				return nil
			}
			told++
			return respond(field, told)
		}
	case "failing":
		graphql.AddError(ctx, errors.New("as it was asked to"))
		return nil
	case "still":
		return func(ctx context.Context) *graphql.Response {
			if told++; told == 1 {
				return respond(field, 0)
			}
			s.begun(field.Name)
			<-ctx.Done()
			return nil
		}
	default:
		return func(ctx context.Context) *graphql.Response {
			if told++; told > 1 {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(time.Millisecond):
				}
			}
			return respond(field, text(arguments))
		}
	}
}

func (s *Schema) begun(name string) {
	if s.Begun != nil {
		s.Begun <- name
	}
}

// text is as long as the arguments say.
func text(arguments map[string]any) string {
	length, err := strconv.Atoi(fmt.Sprint(arguments["length"]))
	if err != nil {
		length = 0
	}
	return strings.Repeat("x", length)
}

func respond(field graphql.CollectedField, value any) *graphql.Response {
	data, err := json.Marshal(map[string]any{field.Alias: value})
	if err != nil {
		return graphql.ErrorResponse(context.Background(), "%s", err)
	}
	return &graphql.Response{Data: data}
}
