package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

type entry struct {
	ActorKind, Action, TargetID string
	Actor                       *struct{ ID string }
	Reason                      *string
	RequestID, Address          *string
	Changes                     []struct{ Field, Before, After string }
}

const entries = `query ($filter: AuditEntryFilter) { auditEntries(filter: $filter) { totalCount nodes {
	actorKind actor { id } action targetId reason requestId address changes { field before after } } } }`

func entriesOf(t *testing.T, admin servertest.Client, filter servertest.Variables) []entry {
	t.Helper()
	var got struct{ AuditEntries struct{ Nodes []entry } }
	admin.Get(t, &got, entries, servertest.Variables{"filter": filter})
	return got.AuditEntries.Nodes
}

// administered are the mutations of administrators: for each what changes
// something, and what is refused.
var administered = map[string]struct{ good, bad, action string }{
	"updateUser": {
		`updateUser(input: {userId: "$user", role: ADMIN}) { user { id } }`,
		`updateUser(input: {userId: "nobody", role: ADMIN}) { user { id } }`, "ACCOUNT_UPDATED",
	},
	"deleteUser": {
		`deleteUser(input: {userId: "$leaver"}) { erasure { mode } }`,
		`deleteUser(input: {userId: "nobody"}) { erasure { mode } }`, "ACCOUNT_DELETED",
	},
	"overrideValidity": {
		`overrideValidity(input: {sessionId: "$session", verdict: INVALID, reason: "They told us so themselves."}) { validity { id } }`,
		`overrideValidity(input: {sessionId: "$session", verdict: INVALID, reason: "No"}) { validity { id } }`, "VALIDITY_OVERRIDDEN",
	},
	"updateFeedback": {
		`updateFeedback(input: {feedbackId: "$feedback", status: RESOLVED, note: "Mended."}) { feedback { id } }`,
		`updateFeedback(input: {feedbackId: "none", status: RESOLVED}) { feedback { id } }`, "FEEDBACK_UPDATED",
	},
	"sendTestPush": {
		`sendTestPush(input: {deviceId: "$device"}) { taken }`,
		`sendTestPush(input: {deviceId: "none"}) { taken }`, "PUSH_SENT",
	},
	"createApiKey": {
		`createApiKey(input: {name: "reports", scopes: [READ_ITEMS]}) { apiKey { id } }`,
		`createApiKey(input: {name: "reports", scopes: []}) { apiKey { id } }`, "API_KEY_CREATED",
	},
	"revokeApiKey": {
		`revokeApiKey(input: {apiKeyId: "$key", reason: "It leaked."}) { apiKey { id } }`,
		`revokeApiKey(input: {apiKeyId: "none"}) { apiKey { id } }`, "API_KEY_REVOKED",
	},
}

// Every mutation of administrators leaves one entry when it changes something,
// and none when it is refused or repeated. One that is not listed here fails.
func TestEveryChangeOfAnAdministratorIsKept(t *testing.T) {
	t.Parallel()
	push := apnstest.New(t, clock.System).Client()
	servertest.EachWith(t, server.Options{Push: push}, func(t *testing.T, s *servertest.Server) {
		admin, taker := s.Admin(), s.SignedIn(account.Registration{})
		global := func(kind ident.Kind, key int64) string { return ident.Global{Kind: kind, Key: key}.String() }
		sessions := s.AddTests(s.AddQuestions("bank", 4), s.AddUsers(1), servertest.Tests{Sessions: 1, Responses: 4})
		var made struct {
			Payload struct{ APIKey struct{ ID string } }
		}
		admin.Get(t, &made, `mutation { payload: createApiKey(input: {name: "old", scopes: [READ_USERS]}) { apiKey { id } } }`, nil)
		var sent struct {
			SendFeedback struct{ Feedback struct{ ID string } }
		}
		taker.Get(t, &sent, `mutation { sendFeedback(input: {category: BUG, text: "Nothing happens."}) { feedback { id } } }`, nil)
		var registered struct {
			RegisterDevice struct{ Device struct{ ID string } }
		}
		taker.Get(t, &registered, `mutation ($token: String!) { registerDevice(input: {platform: IOS, token: $token}) { device { id } } }`,
			servertest.Variables{"token": servertest.PushToken("phone")})
		fill := strings.NewReplacer("$user", global(ident.KindUser, taker.UserID), "$leaver", global(ident.KindUser, s.Taker().UserID),
			"$session", global(ident.KindSession, int64(sessions[0].ID)), "$key", made.Payload.APIKey.ID, "$feedback", sent.SendFeedback.Feedback.ID,
			"$device", registered.RegisterDevice.Device.ID)

		var listed []string
		for _, f := range graph.NewSchema(&graph.Resolver{}).Schema().Mutation.Fields {
			d := f.Directives.ForName("requires")
			if d == nil || d.Arguments.ForName("role").Value.Raw != "ADMIN" {
				continue
			}
			listed = append(listed, f.Name)
			call, ok := administered[f.Name]
			require.True(t, ok, "%s is a mutation of administrators: it must leave an entry, and be listed here", f.Name)
			filter := servertest.Variables{"action": call.action}
			before := len(entriesOf(t, admin, filter))
			require.NotEmpty(t, admin.Ask(t, "mutation { "+fill.Replace(call.bad)+" }", nil).Errors, f.Name)
			require.Equal(t, "FORBIDDEN", s.Taker().Ask(t, "mutation { "+fill.Replace(call.good)+" }", nil).Code(), f.Name)
			require.Len(t, entriesOf(t, admin, filter), before, "%s: refused", f.Name)

			admin.Get(t, nil, "mutation { "+fill.Replace(call.good)+" }", nil)
			now := entriesOf(t, admin, filter)
			require.Len(t, now, before+1, f.Name)
			require.Equal(t, "USER", now[0].ActorKind, f.Name)
			require.Equal(t, global(ident.KindUser, admin.UserID), now[0].Actor.ID, f.Name)
			require.NotEmpty(t, *now[0].RequestID, f.Name)
			require.Equal(t, "127.0.0.1", *now[0].Address, f.Name)
			if f.Name != "createApiKey" && f.Name != "sendTestPush" { // each is another
				admin.Get(t, nil, "mutation { "+fill.Replace(call.good)+" }", nil)
				require.Len(t, entriesOf(t, admin, filter), before+1, "%s: repeated", f.Name)
			}
		}
		require.Len(t, listed, len(administered))
	})
}

func TestWhatAnEntryTells(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin, other, taker := s.Admin(), s.Admin(), s.SignedIn(account.Registration{})
		id := ident.Global{Kind: ident.KindUser, Key: taker.UserID}.String()
		admin.Get(t, nil, `mutation ($id: ID!) { updateUser(input: {userId: $id, cooldownBypass: true}) { user { id } } }`, servertest.Variables{"id": id})
		other.Get(t, nil, `mutation ($id: ID!) { updateUser(input: {userId: $id, cooldownBypass: false, role: ADMIN}) { user { id } } }`, servertest.Variables{"id": id})

		of := entriesOf(t, admin, servertest.Variables{"targetId": id})
		require.Len(t, of, 2)
		require.Equal(t, []struct{ Field, Before, After string }{{"role", `"TAKER"`, `"ADMIN"`}, {"cooldownBypass", "true", "false"}}, of[0].Changes)
		require.Equal(t, []struct{ Field, Before, After string }{{"cooldownBypass", "false", "true"}}, of[1].Changes)
		require.Nil(t, of[0].Reason)

		by := ident.Global{Kind: ident.KindUser, Key: other.UserID}.String()
		require.Len(t, entriesOf(t, admin, servertest.Variables{"actorId": by}), 1)
		require.Empty(t, entriesOf(t, admin, servertest.Variables{"targetId": by}))
		require.Empty(t, entriesOf(t, admin, servertest.Variables{"createdBefore": "2020-01-01T00:00:00Z"}))
		require.Empty(t, entriesOf(t, admin, servertest.Variables{"actorId": "nobody"}))

		var got struct {
			Node struct {
				AuditEntries struct {
					TotalCount int
					Nodes      []entry
				}
			}
		}
		a := admin.Get(t, &got, `query ($id: ID!) { node(id: $id) { ... on User { auditEntries(first: 5) { totalCount nodes { action } } } } }`,
			servertest.Variables{"id": by})
		require.Equal(t, 1, got.Node.AuditEntries.TotalCount)
		require.Len(t, got.Node.AuditEntries.Nodes, 1)
		require.Equal(t, 4, a.Extensions.Statements)

		// What the operator does beside the server is kept too.
		_, err := s.Accounts.Create(t.Context(), account.Registration{Email: "ada@example.org", Password: servertest.Password, Role: "ADMIN"})
		require.NoError(t, err)
		made := entriesOf(t, admin, servertest.Variables{"action": "ACCOUNT_CREATED"})
		require.Len(t, made, 1)
		require.Equal(t, "OPERATOR", made[0].ActorKind)
		require.Nil(t, made[0].Actor)
		raw, err := json.Marshal(made)
		require.NoError(t, err)
		require.NotContains(t, string(raw), "argon2")
	})
}
