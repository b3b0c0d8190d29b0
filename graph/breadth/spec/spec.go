// Package spec has the examples of the GraphQL specification's chapter on execution, as a schema with resolvers.
package spec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
)

//go:generate go run ../torture/generate

// The objects of the examples.
type (
	Example  struct{ Subfield1, Subfield2 *string }
	Birthday struct{ Month, Day int }
	Address  struct{ Street, City string }
	Person   struct{ FirstName, LastName string }
	Number   struct{ TheNumber int }
	Message  struct{ Sender, Text string }
	Dog      struct{ Owner *Person }
	Hero     struct {
		Name    *string
		Friends []*Hero
	}
	StrictHero struct {
		Name    *string
		Friends []*StrictHero
	}
)

// Pet and Sentry are the Go types of the interfaces.
type (
	Pet    interface{ IsPet() }
	Sentry interface{ IsSentry() }
)

func (*Dog) IsPet()    {}
func (*Dog) IsSentry() {}

// Lists hold what completes with and without errors.
type Lists struct {
	Nullable, NullableElements []*int
	Elements                   []*int
	None                       []*int
	Nested, StrictNested       [][]*int
}

// Failed fails.
func (*Lists) Failed() ([]int, error) { return nil, errExample }

// StrictLists are Lists with non-null types.
type StrictLists struct {
	List     []*int
	Elements []*int
	None     *string
}

// Failed fails.
func (*StrictLists) Failed() ([]*int, error) { return nil, errExample }

var errExample = errors.New("example")

// Episode is an enum.
type Episode string

// MarshalGQL implements [graphql.Marshaler].
func (e Episode) MarshalGQL(w io.Writer) { fmt.Fprint(w, strconv.Quote(string(e))) }

// UnmarshalGQL implements [graphql.Unmarshaler].
func (e *Episode) UnmarshalGQL(v any) error {
	*e = Episode(fmt.Sprint(v))
	return nil
}

// Query resolves the root fields of queries.
type Query struct{ Count *Number }

func pointer[V any](v V) *V { return &v }

func (Query) A(context.Context) (*Example, error) {
	return &Example{pointer("one"), pointer("two")}, nil
}
func (q Query) Number(context.Context) (*Number, error)   { return q.Count, nil }
func (Query) B(context.Context) (*string, error)          { return pointer("b"), nil }
func (Query) Birthday(context.Context) (*Birthday, error) { return &Birthday{7, 17}, nil }
func (Query) Address(context.Context) (*Address, error) {
	return &Address{"Main Street", "Springfield"}, nil
}
func (Query) Dog(context.Context) (*Dog, error)   { return &Dog{&Person{"Zig", "Zag"}}, nil }
func (Query) Me(context.Context) (*Person, error) { return &Person{"Zig", "Zag"}, nil }
func (Query) Hero(context.Context, *Episode) (*Hero, error) {
	return &Hero{pointer("R2-D2"), []*Hero{{Name: pointer("Luke")}, {}, {Name: pointer("Leia")}}}, nil
}
func (Query) StrictHero(context.Context, *Episode) (*StrictHero, error) {
	return &StrictHero{pointer("R2-D2"), []*StrictHero{{Name: pointer("Luke")}, {}, {Name: pointer("Leia")}}}, nil
}
func (Query) Lists(context.Context) (*Lists, error) {
	holed := []*int{pointer(1), pointer(2), nil}
	whole := []*int{pointer(3)}
	return &Lists{whole, holed, holed, nil, [][]*int{holed, whole, nil}, [][]*int{holed, whole}}, nil
}
func (Query) StrictLists(context.Context) (*StrictLists, error) {
	return &StrictLists{[]*int{nil}, []*int{pointer(1), nil}, nil}, nil
}

// Mutation resolves the root fields of mutations.
type Mutation struct{ Number *Number }

// ChangeTheNumber changes the number, and answers with what it is then.
func (m Mutation) ChangeTheNumber(_ context.Context, n int) (*Number, error) {
	m.Number.TheNumber = n
	return m.Number, nil
}

// FailToChangeTheNumber fails.
func (Mutation) FailToChangeTheNumber(context.Context, int) (*Number, error) { return nil, errExample }

// Subscription resolves the root fields of subscriptions.
type Subscription struct{}

// NewMessage has one message.
func (Subscription) NewMessage(_ context.Context, roomID int) (<-chan *Message, error) {
	if roomID != 123 {
		return nil, errExample
	}
	events := make(chan *Message, 1)
	events <- &Message{"Hagrid", "You're a wizard!"}
	close(events)
	return events, nil
}
