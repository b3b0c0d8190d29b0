package graph_test

import (
	"context"
	"flag"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/breadth/breadthtest"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/study"
)

var operations = flag.Int("operations", 300, "random operations that both executors are compared on, for each viewer")

// TestBothExecutorsAgree holds the breadth-first executor to gqlgen's own on
// this schema, over real data, for everyone who may ask.
func TestBothExecutorsAgree(t *testing.T) {
	t.Parallel()
	count := uint64(*operations)
	if testing.Short() {
		count = min(count, 60)
	}
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseStarterBank()
		sapa, err := study.SAPA()
		require.NoError(t, err)
		sapa.People = sapa.People[:60]
		_, err = study.Import(t.Context(), s.Store, clock.System, sapa)
		require.NoError(t, err)
		taker, admin := s.Taker(), s.Admin()
		taker.Get(t, nil, `mutation { startTest { session { id } } }`, nil)

		viewers := map[string]auth.Viewer{"anonymous": {}}
		for name, client := range map[string]servertest.Client{"taker": taker, "admin": admin} {
			u, err := s.Store.Reader().User.Query().Where(user.ID(ident.User(client.UserID))).Only(t.Context())
			require.NoError(t, err)
			viewers[name] = auth.Viewer{User: u}
		}
		ours, reference := graph.NewSchema(s.Resolver), graph.NewReferenceSchema(s.Resolver)
		g := breadthtest.Generator{Schema: reference.Schema(), Depth: 6, Value: someValues,
			Exclude: func(object, field string) bool {
				// The clock goes on between the two answers.
				return object == "SessionProgress" && field == "elapsedSeconds"
			}}
		for name, viewer := range viewers {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				differ := func(op breadthtest.Operation) error {
					return breadthtest.Compare(answer(s, reference, viewer, op), answer(s, ours, viewer, op))
				}
				for seed := range count {
					op := g.Operation(ast.Query, seed)
					if err := differ(op); err != nil {
						op = breadthtest.Shrink(g.Schema, op, func(op breadthtest.Operation) bool { return differ(op) != nil })
						t.Fatalf("seed %d: %v\n%s\n%v", seed, differ(op), op.Query, op.Variables)
					}
				}
			})
		}
	})
}

// answer executes an operation as the server does.
func answer(s *servertest.Server, schema graphql.ExecutableSchema, viewer auth.Viewer, op breadthtest.Operation) *graphql.Response {
	log := slog.New(slog.DiscardHandler)
	e := executor.New(schema)
	e.SetErrorPresenter(graph.Presenter(log))
	e.SetRecoverFunc(graph.Recover(log))
	e.Use(graph.LoadersFor(s.Resolver))
	ctx := auth.With(graphql.StartOperationTrace(context.Background()), viewer)
	request, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: op.Query, Variables: op.Variables})
	if errs != nil {
		return &graphql.Response{Errors: errs}
	}
	respond, ctx := e.DispatchOperation(ctx, request)
	return respond(ctx)
}

// someValues are arguments that lead somewhere.
func someValues(random *rand.Rand, coordinate string, of *ast.Type) (any, bool) {
	kinds := []ident.Kind{
		ident.KindUser, ident.KindSession, ident.KindResponse, ident.KindQuestion,
		ident.KindParameters, ident.KindResult, ident.KindItemStatistics, ident.KindOptionStatistics,
	}
	switch {
	case of.Name() == "ID" && of.Elem == nil:
		return ident.Global{Kind: kinds[random.IntN(len(kinds))], Key: 1 + random.Int64N(70)}.String(), true
	case coordinate == "Query.reliability(source:)":
		return "sapa-iq", true
	case of.Name() == "Int":
		return random.IntN(5), true
	case of.Name() == "DateTime":
		return "2026-01-01T00:00:00Z", true
	default:
		return nil, false
	}
}
