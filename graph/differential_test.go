package graph_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/breadth/breadthtest"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/study"
)

var operations = flag.Int("operations", 300, "random operations that both executors are compared on, for each viewer")

// TestBothExecutorsAgree holds the breadth-first executor to gqlgen's own on
// this schema, over real data, for everyone who may ask. Under gqlgen's executor
// the loaders read whole rows, under the other what the operation selects.
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
					return breadthtest.Compare(
						answer(t.Context(), reference, wholeRows{s.Store.Reader()}, viewer, op),
						answer(t.Context(), ours, graph.LoadersFor(s.Resolver), viewer, op))
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

// wholeRows gives every response loaders that do not know what it selects.
type wholeRows struct{ client *db.Client }

func (wholeRows) ExtensionName() string                   { return "WholeRows" }
func (wholeRows) Validate(graphql.ExecutableSchema) error { return nil }

func (w wholeRows) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	known := graphql.GetOperationContext(ctx)
	ctx = loader.With(graphql.WithOperationContext(ctx, &graphql.OperationContext{}), w.client)
	return next(graphql.WithOperationContext(ctx, known))
}

// Every field of the types whose rows are read as far as they are selected is
// answered as from the whole row, also when it is selected alone.
func TestRowsAreReadAsFarAsTheyAreSelected(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseStarterBank()
		taker, admin := s.Taker(), s.Admin()
		var started struct {
			StartTest struct {
				Session  struct{ ID string }
				Question struct {
					ID      string
					Options []struct{ ID string }
				}
			}
		}
		taker.Get(t, &started, `mutation { startTest(input: {kind: ADAPTIVE}) { session { id } question { id options { id } } } }`, nil)
		question := started.StartTest.Question
		taker.Get(t, nil, `mutation ($s: ID!, $q: ID!, $o: String!) {
			submitAnswer(input: {sessionId: $s, questionId: $q, optionId: $o, answeredAt: "2026-01-01T00:00:00Z"}) { session { id } }
		}`, servertest.Variables{"s": started.StartTest.Session.ID, "q": question.ID, "o": question.Options[0].ID})
		s.AddTests(s.AddQuestions("bank", 6), s.AddUsers(2), servertest.Tests{Sessions: 2, Responses: 3})

		schema := graph.NewSchema(s.Resolver)
		noting, statements := store.WithStatements(t.Context())
		u, err := s.Store.Reader().User.Get(t.Context(), ident.User(admin.UserID))
		require.NoError(t, err)
		answer(noting, schema, graph.LoadersFor(s.Resolver), auth.Viewer{User: u},
			breadthtest.Operation{Query: "{ testSessions { nodes { kind responses { late } } } }"})
		read := strings.Join(statements.Texts(), "\n")
		require.Contains(t, read, "kind")
		require.NotContains(t, read, "composition")
		require.Contains(t, read, "late")
		require.NotContains(t, read, "served_at")

		for name, client := range map[string]servertest.Client{"taker": taker, "admin": admin} {
			u, err := s.Store.Reader().User.Get(t.Context(), ident.User(client.UserID))
			require.NoError(t, err)
			list := "viewer { testSessions { nodes { %s } } }"
			if name == "admin" {
				list = "testSessions { nodes { %s } }"
			}
			for object, within := range map[string]string{
				"TestSession": list, "Response": fmt.Sprintf(list, "responses { %s }"),
			} {
				for _, f := range schema.Schema().Types[object].Fields {
					if object == "TestSession" && f.Name == "progress" {
						continue // the clock goes on between the two answers
					}
					selected := f.Name
					if !schema.Schema().Types[f.Type.Name()].IsLeafType() {
						selected += " { __typename }"
					}
					op := breadthtest.Operation{Query: "{" + fmt.Sprintf(within, selected) + "}"}
					whole := answer(t.Context(), schema, wholeRows{s.Store.Reader()}, auth.Viewer{User: u}, op)
					narrow := answer(t.Context(), schema, graph.LoadersFor(s.Resolver), auth.Viewer{User: u}, op)
					require.NotEmpty(t, whole.Data, op.Query)
					require.NoError(t, breadthtest.Compare(whole, narrow), "%s: %s", name, op.Query)
				}
			}
		}
	})
}

// answer executes an operation as the server does.
func answer(
	ctx context.Context, schema graphql.ExecutableSchema, loaders graphql.HandlerExtension, viewer auth.Viewer, op breadthtest.Operation,
) *graphql.Response {
	log := slog.New(slog.DiscardHandler)
	e := executor.New(schema)
	e.SetErrorPresenter(graph.Presenter(log))
	e.SetRecoverFunc(graph.Recover(log))
	e.Use(loaders)
	ctx = auth.With(graphql.StartOperationTrace(ctx), viewer)
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
