package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/graph/gen"
	"github.com/aiqhq/aiq/graph/loader"
)

// NewSchema is the executable schema over the resolvers. It executes breadth
// first: each field is resolved once a level, for all objects at once.
func NewSchema(r *Resolver, options ...breadth.Option) graphql.ExecutableSchema {
	// Whether the viewer has a role is the same for all objects of a level.
	options = append(options, breadth.UniformDirectives("requires"))
	return gen.NewBreadthSchema(configured(r), options...)
}

// NewReferenceSchema is the same schema on gqlgen's own executor, which the
// other is held to.
func NewReferenceSchema(r *Resolver) graphql.ExecutableSchema {
	return gen.NewExecutableSchema(configured(r))
}

func configured(r *Resolver) gen.Config {
	return gen.Config{Resolvers: r, Directives: gen.DirectiveRoot{Requires: requires}}
}

// LoadersFor is the extension that gives every response its loaders, and every
// field of a mutation loaders of its own: what one changes the next must see.
// Loaders that lived as long as a request would show old values to the later
// events of a subscription.
func LoadersFor(r *Resolver) graphql.HandlerExtension { return responseLoaders{r} }

type responseLoaders struct{ resolver *Resolver }

var _ interface {
	graphql.ResponseInterceptor
	graphql.RootFieldInterceptor
} = responseLoaders{}

func (responseLoaders) ExtensionName() string                   { return "Loaders" }
func (responseLoaders) Validate(graphql.ExecutableSchema) error { return nil }

func (l responseLoaders) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(loader.With(ctx, l.resolver.Store.Reader()))
}

func (l responseLoaders) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if op := graphql.GetOperationContext(ctx).Operation; op != nil && op.Operation == ast.Mutation {
		ctx = loader.With(ctx, l.resolver.Store.Reader())
	}
	return next(ctx)
}

// Introspection lets clients read the schema.
func Introspection() graphql.HandlerExtension { return extension.Introspection{} }
