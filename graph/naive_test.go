package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/gen"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// naive is the server's resolvers, but for one that asks the database once for
// each parent.
type naive struct{ *graph.Resolver }

func (n naive) Response() gen.ResponseResolver {
	return naiveResponse{n.Resolver.Response(), n.Store.Reader()}
}

type naiveResponse struct {
	gen.ResponseResolver
	client *db.Client
}

func (n naiveResponse) Question(ctx context.Context, responses []*db.Response) ([]*db.Question, error) {
	out := make([]*db.Question, len(responses))
	for i, r := range responses {
		q, err := n.client.Question.Query().Where(question.ID(r.QuestionID)).Only(ctx)
		if err != nil {
			return nil, err
		}
		out[i] = q
	}
	return out, nil
}

// resolverOf is a resolver over the server's parts.
func resolverOf(s *servertest.Server) *graph.Resolver {
	return &graph.Resolver{
		Store: s.Store, Accounts: s.Accounts,
		Sessions: session.New(s.Store, s.Bank, event.NewHub(event.Alone{}, event.Options{}), s.Jobs, clock.System, session.DefaultPolicy(),
			func() int64 { return 1 }),
	}
}

// executing sends operations of the user straight to a schema over these
// resolvers, without the server around it.
func executing(tb testing.TB, base *graph.Resolver, resolvers gen.ResolverRoot, viewer *db.User) asker {
	passes := func(ctx context.Context, _ any, next graphql.Resolver, _ vocab.Role, _ bool) (any, error) {
		return next(ctx)
	}
	h := handler.New(gen.NewBreadthSchema(gen.Config{
		Resolvers: resolvers, Directives: gen.DirectiveRoot{Requires: passes},
	}))
	h.AddTransport(transport.POST{})
	h.Use(graph.LoadersFor(base))
	return func(query string) servertest.Answer {
		body, err := json.Marshal(map[string]any{"query": query})
		require.NoError(tb, err)
		ctx, statements := store.WithStatements(auth.With(tb.Context(), auth.Viewer{User: viewer}))
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var a servertest.Answer
		require.NoError(tb, json.Unmarshal(w.Body.Bytes(), &a))
		a.Extensions.Statements = statements.Count()
		return a
	}
}

// The gate itself is shown to close: with the question of a response fetched for
// each response, every way to that relationship is reported by its counts.
func TestARelationshipWithoutALoaderIsReported(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, storetest.URL(t, dialect.SQLite), server.Options{})
	admin := s.Admin()
	fillForGate(s, admin.UserID)
	viewer, err := s.Store.Reader().User.Query().Where(user.ID(ident.User(admin.UserID))).Only(t.Context())
	require.NoError(t, err)

	resolver := resolverOf(s)
	batched := gate{walker: newWalker(forAdmin), ask: executing(t, resolver, resolver, viewer)}
	require.Empty(t, batched.run(t))

	single := gate{walker: newWalker(forAdmin), ask: executing(t, resolver, naive{resolver}, viewer)}
	wrong := single.run(t)
	ways := 0
	for _, q := range single.relationships() {
		if q.asked.String() == "Response.question" {
			ways++
			require.Contains(t, strings.Join(wrong, "\n"), q.String()+":")
		}
	}
	require.NotZero(t, ways)
	for _, problem := range wrong {
		require.Contains(t, problem, "statements below")
	}
}
