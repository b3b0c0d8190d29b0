package apikey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/ent/db/apikey"
	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// create makes a key and gives back a client that uses it.
func create(t *testing.T, admin servertest.Client, in servertest.Variables) servertest.Client {
	t.Helper()
	in["name"] = "reports"
	var got struct{ Payload struct{ Secret string } }
	admin.Get(t, &got, `mutation ($in: CreateApiKeyInput!) { payload: createApiKey(input: $in) { secret } }`, servertest.Variables{"in": in})
	return servertest.Client{URL: admin.URL, Token: got.Payload.Secret}
}

func TestForgedKeysAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		service := create(t, s.Admin(), servertest.Variables{"scopes": []string{"READ_ITEMS"}})
		hash := s.Store.Reader().APIKey.Query().Select(apikey.FieldSecretHash).StringX(t.Context())
		for name, token := range map[string]string{
			"cut":       service.Token[:len(service.Token)-1],
			"longer":    service.Token + "A",
			"prefix":    service.Token[:12],
			"mark":      "aiq_",
			"the hash":  "aiq_" + hash,
			"upper":     strings.ToUpper(service.Token),
			"no mark":   strings.TrimPrefix(service.Token, "aiq_"),
			"made up":   "aiq_" + strings.Repeat("A", 43),
			"with NUL":  service.Token + "\x01",
			"very long": "aiq_" + strings.Repeat("A", 4000),
		} {
			a, err := servertest.Client{URL: service.URL, Token: token}.Do(t.Context(), `{ __typename }`, nil)
			if err != nil {
				continue // not a header at all
			}
			require.Equal(t, "UNAUTHENTICATED", a.Code(), name)
		}
	})
}

// scopeOf is the scope that opens a type, read off the schema apart from the
// server's own reading.
func scopeOf(schema *ast.Schema, name string) string {
	for _, suffix := range []string{"Connection", "Edge"} {
		if node, ok := strings.CutSuffix(name, suffix); ok {
			name = node
		}
	}
	if d := schema.Types[name].Directives.ForName("scope"); d != nil {
		return d.Arguments.ForName("name").Value.Raw
	}
	return ""
}

// A key with one scope, and one with all of them, asks for every field of every
// root and of every type that it reaches: what its scopes open is answered, and
// nothing else is, on any way.
func TestAKeyReadsWhatItsScopesOpen(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		s.AddTests(s.AddQuestions("bank", 4), s.AddUsers(1), servertest.Tests{Sessions: 1, Responses: 4})
		schema := graph.NewSchema(&graph.Resolver{}).Schema()
		all := vocab.Scope("").Values()
		for _, scopes := range append([][]string{all}, each(all)...) {
			service := create(t, admin, servertest.Variables{"scopes": scopes})
			opened := 0
			for _, f := range schema.Query.Fields {
				to := schema.Types[f.Type.Name()]
				if strings.HasPrefix(f.Name, "__") || to.Kind != ast.Object || len(required(f)) > 0 {
					continue
				}
				open := slices.Contains(scopes, scopeOf(schema, to.Name))
				a := service.Ask(t, fmt.Sprintf("{ %s { __typename } }", f.Name), nil)
				if !open {
					require.Equal(t, "FORBIDDEN", a.Code(), "%v: %s", scopes, f.Name)
					require.JSONEq(t, "null", string(a.Data))
					continue
				}
				require.Empty(t, a.Errors, "%v: %s", scopes, f.Name)
				opened++
				node, ok := strings.CutSuffix(to.Name, "Connection")
				if !ok {
					continue
				}
				for _, inner := range schema.Types[node].Fields {
					of := schema.Types[inner.Type.Name()]
					if strings.HasPrefix(inner.Name, "__") || len(required(inner)) > 0 {
						continue
					}
					selection := inner.Name
					closed := false
					if of.Kind == ast.Object {
						selection += " { __typename }"
						scope := scopeOf(schema, of.Name)
						closed = scope != "" && !slices.Contains(scopes, scope) ||
							scope == "" && slices.Contains(nodeOf(schema, of.Name).Interfaces, "Node")
					}
					a := service.Ask(t, fmt.Sprintf("{ %s { nodes { ...on %s { %s } } } }", f.Name, node, selection), nil)
					if closed {
						require.Equal(t, "FORBIDDEN", a.Code(), "%v: %s.%s", scopes, node, inner.Name)
					} else {
						require.Empty(t, a.Errors, "%v: %s.%s", scopes, node, inner.Name)
					}
				}
			}
			require.Positive(t, opened, "%v", scopes)
		}
	})
}

// nodeOf is the type itself, or the node type of a connection.
func nodeOf(schema *ast.Schema, name string) *ast.Definition {
	if node, ok := strings.CutSuffix(name, "Connection"); ok {
		return schema.Types[node]
	}
	return schema.Types[name]
}

func each(list []string) [][]string {
	out := make([][]string, len(list))
	for i, item := range list {
		out[i] = []string{item}
	}
	return out
}

// required are the arguments without which a field cannot be asked.
func required(f *ast.FieldDefinition) []string {
	var out []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			out = append(out, a.Name)
		}
	}
	return out
}

func TestAKeyDoesWhatNoScopeOpens(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin, taker := s.Admin(), s.Taker()
		s.AddQuestions("bank", 1)
		service := create(t, admin, servertest.Variables{"scopes": []string{"READ_ITEMS"}})
		powerful := create(t, admin, servertest.Variables{"scopes": vocab.Scope("").Values()})
		for _, c := range []servertest.Client{service, powerful} {
			for _, query := range []string{
				`{ viewer { user { id } } }`,
				`mutation { startTest { session { id } } }`,
				`mutation { createApiKey(input: {name: "more", scopes: [READ_USERS]}) { secret } }`,
				`mutation { signOutEverywhere(input: {}) { signedOut } }`,
				`query ($id: ID!) { node(id: $id) { ... on Group { id } } }`,
			} {
				require.Equal(t, "FORBIDDEN", c.Ask(t, query, servertest.Variables{"id": "x"}).Code(), query)
			}
		}
		// By id it finds what its scopes open.
		user := ident.Global{Kind: ident.KindUser, Key: taker.UserID}.String()
		question := ident.Global{Kind: ident.KindQuestion, Key: 1}.String()
		const find = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`
		ids := servertest.Variables{"ids": []string{user, question}}
		var got struct{ Nodes []*struct{ ID string } }
		service.Get(t, &got, find, ids)
		require.Nil(t, got.Nodes[0])
		require.Equal(t, question, got.Nodes[1].ID)
		powerful.Get(t, &got, find, ids)
		require.Equal(t, user, got.Nodes[0].ID)

		a := service.Ask(t, `{ questions { nodes { responses { nodes { id } } } } }`, nil)
		require.Equal(t, "FORBIDDEN", a.Code())
		require.Equal(t, "READ_SESSIONS", a.Errors[0].Extensions["scope"])
		require.Empty(t, service.Ask(t, `{ __typename __schema { queryType { name } } }`, nil).Errors)
	})
}

// TestAKeyWatches subscribes with keys to what their scopes open.
func TestAKeyWatches(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		admin := s.Admin()
		service := create(t, admin, servertest.Variables{"scopes": []string{"READ_SESSIONS"}})
		other := create(t, admin, servertest.Variables{"scopes": []string{"READ_ITEMS"}})
		at := s.Taker().StartTest(t)
		session := servertest.Variables{"id": at.Session.ID}
		const (
			all  = `subscription { liveSessions { sessions { session { id } progress { theta } } } }`
			who  = `subscription { liveSessions { sessions { user { email } } } }`
			one  = `subscription ($id: ID!) { sessionProgress(sessionId: $id) { version session { id } } }`
			jobs = `subscription ($id: ID!) { jobProgress(id: $id) { version } }`
		)
		for _, over := range servertest.Transports() {
			var live struct {
				LiveSessions struct {
					Sessions []struct{ Session struct{ ID string } }
				}
			}
			service.Subscribe(t, over, all, nil).Event(t, &live)
			require.Len(t, live.LiveSessions.Sessions, 1)
			require.Equal(t, at.Session.ID, live.LiveSessions.Sessions[0].Session.ID)
			for _, c := range []struct {
				client    servertest.Client
				query     string
				variables servertest.Variables
			}{
				{service, who, nil}, {other, all, nil}, {other, one, session}, {service, jobs, session},
			} {
				event, more := c.client.Subscribe(t, over, c.query, c.variables).Next(t)
				require.True(t, more)
				require.Equal(t, "FORBIDDEN", event.Code(), c.query)
			}
		}
	})
}
