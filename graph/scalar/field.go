package scalar

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
)

// field is the place of the value that is being read among the arguments, as every
// refusal tells it: events[3].time for a value in the one input of a mutation, else
// with the argument's name, as filter.receivedFrom.
func field(ctx context.Context) string {
	at := graphql.GetPathContext(ctx)
	if at == nil {
		return ""
	}
	within := *at
	within.ParentField = nil
	return strings.TrimPrefix(within.Path().String(), "input.")
}
