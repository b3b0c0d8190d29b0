package apikey_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/ent/db/apikey"
	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

type key struct {
	ID, Name, Prefix      string
	Scopes                []string
	CreatedBy             struct{ ID string }
	ExpiresAt, LastUsedAt *time.Time
	RevokedAt             *time.Time
}

const keyFields = `{ id name prefix scopes createdBy { id } expiresAt lastUsedAt revokedAt }`

// create makes a key and gives back a client that uses it.
func create(t *testing.T, admin servertest.Client, in servertest.Variables) (key, servertest.Client) {
	t.Helper()
	if in["name"] == nil {
		in["name"] = "reports"
	}
	var got struct {
		Payload struct {
			APIKey key
			Secret string
		}
	}
	admin.Get(t, &got, `mutation ($in: CreateApiKeyInput!) { payload: createApiKey(input: $in) { apiKey `+keyFields+` secret } }`,
		servertest.Variables{"in": in})
	return got.Payload.APIKey, servertest.Client{URL: admin.URL, Token: got.Payload.Secret}
}

func keys(t *testing.T, admin servertest.Client) []key {
	t.Helper()
	var got struct{ APIKeys struct{ Nodes []key } }
	admin.Get(t, &got, `{ apiKeys { nodes `+keyFields+` } }`, nil)
	return got.APIKeys.Nodes
}

func TestAKeyFromItsMakingToItsEnd(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		admin := s.Admin()
		s.AddQuestions("bank", 3)
		made, service := create(t, admin, servertest.Variables{"name": " nightly report ", "scopes": []string{"READ_ITEMS", "READ_AUDIT", "READ_ITEMS"}})
		require.Equal(t, "nightly report", made.Name)
		require.Equal(t, []string{"READ_AUDIT", "READ_ITEMS"}, made.Scopes)
		require.Equal(t, ident.Global{Kind: ident.KindUser, Key: admin.UserID}.String(), made.CreatedBy.ID)
		require.True(t, strings.HasPrefix(service.Token, made.Prefix))
		require.Len(t, made.Prefix, 12)
		require.Nil(t, made.LastUsedAt)

		// It is kept by nobody.
		row := s.Store.Reader().APIKey.Query().OnlyX(t.Context())
		require.Len(t, row.SecretHash, 64)
		raw, err := json.Marshal(keys(t, admin))
		require.NoError(t, err)
		require.NotContains(t, string(raw), service.Token)

		const ask = `{ questions { totalCount nodes { key parameters { difficulty } statistics { pValue } } } }`
		var got struct {
			Questions struct {
				TotalCount int
				Nodes      []struct{ Key string }
			}
		}
		service.Get(t, &got, ask, nil)
		require.Equal(t, 3, got.Questions.TotalCount)
		require.NotEmpty(t, got.Questions.Nodes[0].Key)

		// Its use is noted, not oftener than once a minute.
		first := keys(t, admin)[0].LastUsedAt
		require.Equal(t, clock.Now().UTC(), *first)
		clock.Advance(59 * time.Second)
		service.Get(t, nil, ask, nil)
		require.Equal(t, first, keys(t, admin)[0].LastUsedAt)
		clock.Advance(time.Second)
		service.Get(t, nil, ask, nil)
		require.Equal(t, clock.Now().UTC(), *keys(t, admin)[0].LastUsedAt)

		admin.Get(t, nil, `mutation ($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { apiKey { revokedAt } } }`, servertest.Variables{"id": made.ID})
		require.Equal(t, "UNAUTHENTICATED", service.Ask(t, ask, nil).Code())
		require.NotNil(t, keys(t, admin)[0].RevokedAt)

		end := clock.Now().Add(time.Hour)
		_, brief := create(t, admin, servertest.Variables{"scopes": []string{"READ_ITEMS"}, "expiresAt": end.Format(time.RFC3339Nano)})
		clock.Advance(time.Hour - time.Microsecond)
		brief.Get(t, nil, ask, nil)
		clock.Advance(time.Microsecond)
		require.Equal(t, "UNAUTHENTICATED", brief.Ask(t, ask, nil).Code())
	})
}

func TestForgedKeysAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		_, service := create(t, s.Admin(), servertest.Variables{"scopes": []string{"READ_ITEMS"}})
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

func TestKeysThatCannotBeMade(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		for name, c := range map[string]struct {
			in    servertest.Variables
			field string
		}{
			"no name":   {servertest.Variables{"name": "  ", "scopes": []string{"READ_ITEMS"}}, "name"},
			"long name": {servertest.Variables{"name": strings.Repeat("é", 101), "scopes": []string{"READ_ITEMS"}}, "name"},
			"lines":     {servertest.Variables{"name": "a\nb", "scopes": []string{"READ_ITEMS"}}, "name"},
			"no scope":  {servertest.Variables{"name": "a", "scopes": []string{}}, "scopes"},
			"over":      {servertest.Variables{"name": "a", "scopes": []string{"READ_ITEMS"}, "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"},
		} {
			a := admin.Ask(t, `mutation ($in: CreateApiKeyInput!) { createApiKey(input: $in) { secret } }`, servertest.Variables{"in": c.in})
			require.Equal(t, "VALIDATION_FAILED", a.Code(), name)
			require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
		}
		require.Equal(t, "NOT_FOUND", admin.Ask(t, `mutation { revokeApiKey(input: {apiKeyId: "none"}) { apiKey { id } } }`, nil).Code())
		require.Empty(t, keys(t, admin))
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
			_, service := create(t, admin, servertest.Variables{"scopes": scopes})
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
		_, service := create(t, admin, servertest.Variables{"scopes": []string{"READ_ITEMS"}})
		_, powerful := create(t, admin, servertest.Variables{"scopes": vocab.Scope("").Values()})
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
		_, service := create(t, admin, servertest.Variables{"scopes": []string{"READ_SESSIONS"}})
		_, other := create(t, admin, servertest.Variables{"scopes": []string{"READ_ITEMS"}})
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
