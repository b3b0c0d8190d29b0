package audit_test

import (
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
	ActorKind          string
	Actor              *struct{ ID string }
	RequestID, Address *string
}

const entries = `query ($filter: AuditEntryFilter) { auditEntries(filter: $filter) { nodes { actorKind actor { id } requestId address } } }`

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
