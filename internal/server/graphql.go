package server

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/graph"
	direct "github.com/aiqhq/aiq/graph/breadth/transport"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server/wire"
	"github.com/aiqhq/aiq/internal/store"
)

const (
	// documents is the number of parsed documents kept.
	documents = 1000
	// maxTokens bounds the length of a document.
	maxTokens = 15000
	// maxErrors is how many of the errors of a document are told that cannot be
	// executed: one mistake can be made thousands of times.
	maxErrors = 8
)

// graphql answers GraphQL over every transport.
func (s *Server) graphql(schema graphql.ExecutableSchema) http.Handler {
	srv := handler.New(schema)
	// The first transport that knows the request answers it, so the streams,
	// which are told by their headers, come first.
	gate, settings := s.gate(), s.streamSettings()
	srv.AddTransport(&wire.Sockets{Streams: &s.streams, Settings: settings, Gate: gate})
	srv.AddTransport(&wire.Events{Streams: &s.streams, Settings: settings, Gate: gate, Refuse: refuse})
	srv.AddTransport(transport.Options{})
	srv.AddTransport(conforming{direct.Direct(transport.GET{})})
	srv.AddTransport(conforming{direct.Direct(transport.POST{})})
	srv.AddTransport(unknown{})

	srv.SetQueryCache(lru.New[*ast.QueryDocument](documents))
	srv.SetParserTokenLimit(maxTokens)
	srv.SetErrorPresenter(graph.Presenter(s.log))
	srv.SetRecoverFunc(graph.Recover(s.log))
	srv.Use(s.documents.Extension(s.config.Documents == config.TrustedDocuments))
	srv.Use(graph.Admission(graph.Bounds{
		Fields: s.config.MaxComplexity, Depth: s.config.MaxDepth, Aliases: s.config.MaxAliases,
		Introspection: s.config.Introspects(),
	}, s.charge))
	if s.config.Introspects() {
		srv.Use(graph.Introspection())
	}
	srv.AroundResponses(firstErrors)
	if s.developing() {
		srv.AroundResponses(showCost)
	} else {
		srv.SetDisableSuggestion(true)
	}
	srv.Use(graph.LoadersFor(s.Resolver))
	srv.AroundOperations(s.refuseUnauthenticated)
	srv.Use(graph.Scopes(s.log))
	srv.AroundOperations(s.boundTime)
	srv.AroundOperations(s.metrics.aroundOperations)
	srv.AroundResponses(s.metrics.aroundResponses)
	return srv
}

type refusalKey struct{}

// withRefusal notes why the request has no viewer.
func withRefusal(ctx context.Context, err error) context.Context {
	return context.WithValue(ctx, refusalKey{}, err)
}

// refusal is why the request has no viewer although it brought a token.
func refusal(ctx context.Context) error {
	err, _ := ctx.Value(refusalKey{}).(error)
	return err
}

// refuseUnauthenticated answers with the error of a token that is not good.
func (s *Server) refuseUnauthenticated(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if l := leaseOf(ctx); l != nil && l.anew && l.token() != "" {
		ctx = s.signIn(ctx, l.token())
	}
	err := refusal(ctx)
	if err == nil {
		return next(ctx)
	}
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{graph.Presenter(s.log)(ctx, err)}})
}

// boundTime bounds the time of a query or mutation.
func (s *Server) boundTime(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		return next(ctx)
	}
	ctx, cancel := s.inTime(ctx)
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		defer cancel()
		return respond(ctx)
	}
}

// firstErrors tells of an operation that is refused only the first errors.
func firstErrors(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if response != nil && len(response.Data) == 0 && len(response.Errors) > maxErrors {
		response.Errors = response.Errors[:maxErrors]
	}
	return response
}

// showCost says in the extensions of each answer how many SQL statements it
// took, the viewer's included.
func showCost(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	counting, statements := store.WithStatements(ctx)
	response := next(counting)
	if response == nil {
		return nil
	}
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions["statements"] = statements.Count() + viewerCost(ctx)
	return response
}
