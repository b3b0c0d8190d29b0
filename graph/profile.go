package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/internal/account"
)

// change is what the input says is to become of a value: absent leaves it as it
// is, and null removes it.
func change[T any](in graphql.Omittable[*T]) account.Change[T] {
	to, set := in.ValueOK()
	return account.Change[T]{Set: set, To: to}
}
