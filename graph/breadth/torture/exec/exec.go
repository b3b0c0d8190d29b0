// Package exec makes executable schemas of the torture schema.
package exec

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/graph/breadth/torture"
	"github.com/aiqhq/aiq/graph/breadth/torture/gen"
)

type resolvers struct{ counter *int }

func (resolvers) A() gen.AResolver         { return torture.AResolver{} }
func (resolvers) B() gen.BResolver         { return torture.BResolver{} }
func (resolvers) C() gen.CResolver         { return torture.CResolver{} }
func (resolvers) Held() gen.HeldResolver   { return torture.HeldResolver{} }
func (resolvers) Query() gen.QueryResolver { return torture.QueryResolver{} }
func (r resolvers) Mutation() gen.MutationResolver {
	return torture.MutationResolver{Counter: r.counter}
}
func (resolvers) Subscription() gen.SubscriptionResolver { return torture.SubscriptionResolver{} }

func config() gen.Config {
	return gen.Config{
		Resolvers: resolvers{new(int)},
		Directives: gen.DirectiveRoot{
			Guard: torture.Guard, Hide: torture.Hide, Shout: torture.Shout, SignedIn: torture.SignedIn,
			Positive: torture.Positive, Upper: torture.Upper,
		},
	}
}

// Reference is the schema under gqlgen's executor.
func Reference() graphql.ExecutableSchema { return gen.NewExecutableSchema(config()) }

// BreadthFirst is the schema under the breadth-first executor.
func BreadthFirst(options ...breadth.Option) graphql.ExecutableSchema {
	return gen.NewBreadthSchema(config(), options...)
}
