package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// world is a server with the data of a taker and of other people. The taker has
// completed a test, given one up and is in the middle of a third. The others
// took the same tests, and one whose questions the taker never met.
type world struct {
	*servertest.Server
	taker servertest.Client
	// own and foreign are the ids of all that the taker may and may not see.
	own, foreign map[ident.Kind][]string
	// told are the ids of the questions whose key the taker may know, and of
	// the responses of which they may know whether they are right.
	told map[string]bool
	// secrets are texts that no answer to the taker may hold.
	secrets []string
}

func newWorld(t *testing.T, s *servertest.Server) *world {
	t.Helper()
	w := &world{
		Server: s, taker: s.Taker(),
		own: map[ident.Kind][]string{}, foreign: map[ident.Kind][]string{}, told: map[string]bool{},
	}
	taker, others := []ident.User{ident.User(w.taker.UserID)}, s.AddUsers(3)
	everyone := append(slices.Clone(others), taker...)
	given := s.AddQuestions("given up", 4)
	up := s.AddTests(given, taker, servertest.Tests{Sessions: 1, Responses: 4, Open: true})
	w.taker.Get(t, nil, abandon, servertest.Variables{"id": global(ident.KindSession, up[0].ID)})
	s.AddFeedback(given[:1], s.AddTests(given, others, servertest.Tests{Sessions: 1, Responses: 4}))
	s.AddFeedback(given[:1], up)
	s.AddTests(s.AddQuestions("shared", 10), everyone, servertest.Tests{Sessions: 2, Responses: 5, Open: true})
	s.AddTests(s.AddQuestions("others", 5), others, servertest.Tests{Sessions: 1, Responses: 5})
	s.AddGroups(2, taker[0], others[0])
	s.AddGroups(2, others[0], taker[0])
	s.AddGroups(2, others...)
	s.AddDataExports(1, everyone...)
	s.AddAudit(others...)
	s.AddDevices(everyone...)
	s.AddErasure()
	w.sort(t)
	return w
}

func global[K ~int64](kind ident.Kind, key K) string {
	return ident.Global{Kind: kind, Key: int64(key)}.String()
}

// sort looks at every row of the database and decides what of it the taker may
// see, apart from the rules of the server.
func (w *world) sort(t *testing.T) {
	t.Helper()
	client, ctx := w.Store.Reader(), t.Context()
	sessions := map[ident.Session]*db.TestSession{}
	met, told := map[ident.Question]bool{}, map[ident.Question]bool{}
	keep := func(kind ident.Kind, key int64, own bool) string {
		id := global(kind, key)
		if own {
			w.own[kind] = append(w.own[kind], id)
		} else {
			w.foreign[kind] = append(w.foreign[kind], id)
			w.secrets = append(w.secrets, id)
		}
		return id
	}
	mine := func(user ident.User) bool { return int64(user) == w.taker.UserID }

	for _, u := range client.User.Query().AllX(ctx) {
		keep(ident.KindUser, int64(u.ID), mine(u.ID))
		if !mine(u.ID) {
			w.secrets = append(w.secrets, *u.Email)
		}
	}
	for _, s := range client.TestSession.Query().AllX(ctx) {
		sessions[s.ID] = s
		keep(ident.KindSession, int64(s.ID), mine(s.UserID))
	}
	for _, r := range client.Response.Query().AllX(ctx) {
		id := keep(ident.KindResponse, int64(r.ID), mine(r.UserID))
		if !mine(r.UserID) {
			continue
		}
		met[r.QuestionID] = true
		if sessions[r.SessionID].State != vocab.InProgress && r.AnsweredAt != nil {
			told[r.QuestionID], w.told[id] = true, true
		}
	}
	for _, r := range client.TestResult.Query().AllX(ctx) {
		keep(ident.KindResult, int64(r.ID), mine(r.UserID))
	}
	for _, q := range client.Question.Query().AllX(ctx) {
		id := keep(ident.KindQuestion, int64(q.ID), met[q.ID])
		w.told[id] = told[q.ID]
		if !met[q.ID] {
			w.secrets = append(w.secrets, *q.Text)
		}
		if !told[q.ID] {
			w.secrets = append(w.secrets, *q.Explanation)
		}
		w.secrets = append(w.secrets, *q.ExternalRef, q.Source)
	}
	joined, owned := map[ident.Group]bool{}, map[ident.Group]bool{}
	for _, m := range client.GroupMembership.Query().AllX(ctx) {
		joined[m.GroupID] = joined[m.GroupID] || mine(m.UserID)
	}
	for _, g := range client.Group.Query().AllX(ctx) {
		keep(ident.KindGroup, int64(g.ID), joined[g.ID])
		owned[g.ID] = mine(g.OwnerID)
	}
	for _, m := range client.GroupMembership.Query().AllX(ctx) {
		keep(ident.KindMembership, int64(m.ID), joined[m.GroupID])
	}
	for _, i := range client.GroupInvitation.Query().AllX(ctx) {
		keep(ident.KindInvitation, int64(i.ID), owned[i.GroupID])
		if !owned[i.GroupID] {
			w.secrets = append(w.secrets, i.Code)
		}
	}
	for _, e := range client.DataExport.Query().AllX(ctx) {
		keep(ident.KindDataExport, int64(e.ID), mine(e.UserID))
	}
	for _, p := range client.ItemParameters.Query().AllX(ctx) {
		keep(ident.KindParameters, int64(p.ID), false)
	}
	for _, i := range client.ItemStatistics.Query().AllX(ctx) {
		keep(ident.KindItemStatistics, int64(i.ID), false)
	}
	for _, o := range client.OptionStatistics.Query().AllX(ctx) {
		keep(ident.KindOptionStatistics, int64(o.ID), false)
	}
	for _, v := range client.SessionValidity.Query().AllX(ctx) {
		keep(ident.KindValidity, int64(v.ID), false)
	}
	for _, f := range client.Feedback.Query().AllX(ctx) {
		keep(ident.KindFeedback, int64(f.ID), mine(*f.UserID))
		if !mine(*f.UserID) {
			w.secrets = append(w.secrets, f.Text)
		}
	}
	for _, e := range client.ClientEvent.Query().AllX(ctx) {
		keep(ident.KindClientEvent, int64(e.ID), false)
	}
	for _, e := range client.AuditEntry.Query().AllX(ctx) {
		keep(ident.KindAuditEntry, int64(e.ID), false)
	}
	for _, d := range client.Device.Query().AllX(ctx) {
		keep(ident.KindDevice, int64(d.ID), mine(d.UserID))
		w.secrets = append(w.secrets, d.Token)
	}
	for _, n := range client.Notification.Query().AllX(ctx) {
		keep(ident.KindNotification, int64(n.ID), false)
	}
	for _, k := range client.APIKey.Query().AllX(ctx) {
		keep(ident.KindAPIKey, int64(k.ID), false)
	}
}

const abandon = `mutation ($id: ID!) { abandonTest(input: {sessionId: $id}) { session { state } } }`

// inspect looks through an answer to the taker for what they may not see, and
// counts the secrets that they may know.
func (w *world) inspect(t *testing.T, query string, a servertest.Answer, known map[string]int) {
	t.Helper()
	for _, secret := range w.secrets {
		require.NotContains(t, string(a.Data), `"`+secret+`"`, query)
	}
	var data any
	require.NoError(t, json.Unmarshal(a.Data, &data))
	eachObject(data, func(object map[string]any) {
		id, _ := object["id"].(string)
		for _, field := range []string{"key", "explanation", "isCorrect"} {
			if object[field] == nil {
				continue
			}
			require.True(t, w.told[id], "%s of %s %s in %s", field, object["__typename"], id, query)
			known[field]++
		}
	})
}

func eachObject(value any, fn func(map[string]any)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			eachObject(item, fn)
		}
	case map[string]any:
		fn(v)
		for _, item := range v {
			eachObject(item, fn)
		}
	}
}

// A taker who asks every field on every kind of way sees their own data, and
// keys, explanations and outcomes of what they answered in a test that is over.
func TestATakerSeesNothingThatIsNotTheirs(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		world := newWorld(t, s)
		ask, w := asking(t, world.taker), newWalker(forTaker)
		known := map[string]int{}
		ids := map[string][]string{}
		ways := w.ways()
		for _, e := range sorted(ways) {
			v := values{size: 50}
			if way := ways[e]; byID(way[0]) {
				name := way[0].to.Name
				if ids[name] == nil {
					ids[name] = w.idsOf(t, ask, way[0].to, v)
				}
				// Other people's ids are among those asked for.
				v.ids = slices.Concat(ids[name], world.foreign[ident.Kind(name)])
			}
			for _, asked := range append(w.edges(e.to), edge{}) {
				way := ways[e]
				if asked.to != nil {
					way = append(slices.Clone(way), asked)
				}
				inner, err := w.everything(way[len(way)-1].to, v)
				require.NoError(t, err)
				query, err := way.document(v, inner)
				require.NoError(t, err)
				a := ask(query)
				require.Empty(t, a.Errors, query)
				world.inspect(t, query, a, known)
			}
		}
		for _, field := range []string{"key", "explanation", "isCorrect"} {
			require.NotZero(t, known[field], "%s of what may be known", field)
		}
	})
}

// adminOnly are the fields that takers are refused, whatever else there is.
var adminOnly = []string{
	"ItemParameters", "ItemStatistics", "OptionStatistics", "Reliability", "ReliabilityItem", "UserConnection",
	"QuestionConnection", "ItemStatisticsConnection", "CATReadiness", "DomainReadiness", "BandReadiness",
	"SessionValidity", "ValidityEvidence", "ValidityFlag", "SessionValidityConnection",
	"Query.catReadiness", "Query.sessionValidities", "TestSession.verdict", "TestSession.validity", "TestResult.validity",
	"Query.users", "Query.questions", "Query.testSessions", "Query.responses", "Query.itemStatistics", "Query.reliability",
	"Notification", "NotificationConnection", "User.devices", "User.notificationSettings", "User.notifications",
	"User.externalRef", "User.cooldownBypass", "TestSession.source", "TestSession.theta", "TestSession.standardError",
	"SessionProgress.theta", "SessionProgress.standardError", "Response.theta", "Response.standardError",
	"Question.source", "Question.externalRef", "Question.active", "Question.anchor", "Question.quality",
	"Question.qualityReason", "Question.createdAt", "Question.parameters", "Question.parameterHistory",
	"Question.statistics", "Question.optionStatistics", "Question.responses",
}

// The types and fields that are for administrators: no way leads a taker to
// them, and each field that says so is refused, with null in its place, on every
// type that a taker reaches.
func TestATakerIsRefusedWhatIsForAdministrators(t *testing.T) {
	t.Parallel()
	all, w := newWalker(forAdmin), newWalker(forTaker)
	for _, name := range adminOnly {
		typeName, fieldName, isField := strings.Cut(name, ".")
		object := all.schema.Types[typeName]
		require.NotNil(t, object, name)
		if !isField {
			require.NotContains(t, w.objects(w.schema.Query), object, name)
			continue
		}
		require.Equal(t, string(vocab.Admin), requiredRole(object.Fields.ForName(fieldName)), name)
	}

	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		taker := newWorld(t, s).taker
		ways := w.ways()
		refused := func(way path, at *ast.Definition, f *ast.FieldDefinition) {
			v := values{size: 2, sources: map[int]string{2: "shared"}}
			arguments, err := v.arguments(f)
			require.NoError(t, err)
			field := f.Name + arguments
			if of := all.schema.Types[f.Type.Name()]; !of.IsLeafType() {
				field += " { __typename }"
			}
			query, err := way.document(v, "{ "+field+" }")
			require.NoError(t, err)
			a := taker.Ask(t, query, nil)
			require.Equal(t, string(fault.Forbidden), a.Code(), query)
			require.False(t, f.Type.NonNull, "%s: null in its place would take what is around it along", f.Name)
			for _, object := range way.objectsAt(decoded(t, a)) {
				require.Nil(t, object[f.Name], "%s: %s", query, a.Data)
			}
		}
		seen := map[*ast.Definition]bool{w.schema.Query: true}
		for _, f := range w.schema.Query.Fields {
			if !w.visible(f) {
				refused(nil, w.schema.Query, f)
			}
		}
		for _, e := range sorted(ways) {
			if byID(e) || seen[e.to] || !leads(t, taker, ways[e]) {
				continue
			}
			seen[e.to] = true
			for _, f := range e.to.Fields {
				if !w.visible(f) {
					refused(ways[e], e.to, f)
				}
			}
		}
		for _, object := range w.linked {
			for _, f := range object.Fields {
				require.True(t, seen[object] || w.visible(f), "no way leads to a %s", object.Name)
			}
		}
	})
}

// leads says whether the way ends at something for the viewer.
func leads(t *testing.T, c servertest.Client, way path) bool {
	t.Helper()
	query, err := way.document(values{size: 2, sources: map[int]string{2: "shared"}}, "{ __typename }")
	require.NoError(t, err)
	return len(way.objectsAt(decoded(t, c.Ask(t, query, nil)))) > 0
}

// node and nodes answer null for whatever is not the taker's, of any kind, and
// find what is.
func TestATakerFindsNothingOfOthersByID(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		w := newWorld(t, s)
		for kind, ids := range w.foreign {
			for part := range slices.Chunk(ids, 100) {
				var got struct{ Nodes []*struct{ ID string } }
				w.taker.Get(t, &got, `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, servertest.Variables{"ids": part})
				for i, found := range got.Nodes {
					require.Nil(t, found, "%s %s", kind, part[i])
				}
			}
			var got struct{ Node *struct{ ID string } }
			w.taker.Get(t, &got, `query ($id: ID!) { node(id: $id) { id } }`, servertest.Variables{"id": ids[0]})
			require.Nil(t, got.Node, "%s", kind)
		}
		for kind, ids := range w.own {
			var got struct{ Nodes []*struct{ ID string } }
			w.taker.Get(t, &got, `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, servertest.Variables{"ids": ids})
			for i, found := range got.Nodes {
				require.NotNil(t, found, "%s %s", kind, ids[i])
				require.Equal(t, ids[i], found.ID)
			}
		}
		require.Len(t, w.foreign, 19, "kinds")
	})
}

// Other people's tests cannot be changed or watched: they are not found, like
// those that do not exist.
func TestATakerCannotTouchTestsOfOthers(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		w := newWorld(t, s)
		strangers := slices.Concat(w.foreign[ident.KindSession], []string{
			global(ident.KindSession, int64(1<<40)), w.own[ident.KindUser][0], w.own[ident.KindResult][0], "", "x",
		})
		for _, id := range strangers {
			variables := servertest.Variables{"id": id, "question": w.own[ident.KindQuestion][0]}
			for _, query := range []string{
				abandon,
				`mutation ($id: ID!, $question: ID!) {
					submitAnswer(input: {sessionId: $id, questionId: $question, optionId: "shared-0-0"}) { session { id } }
				}`,
			} {
				if !strings.Contains(query, "$question") {
					delete(variables, "question")
				} else {
					variables["question"] = w.own[ident.KindQuestion][0]
				}
				a := w.taker.Ask(t, query, variables)
				require.Equal(t, string(fault.NotFound), a.Code(), "%s %s", id, query)
				require.NotContains(t, string(a.Data), "id\":")
			}
		}
		for _, over := range servertest.Transports() {
			for _, id := range []string{w.foreign[ident.KindSession][0], w.own[ident.KindUser][0]} {
				stream := w.taker.Subscribe(t, over, watching, servertest.Variables{"id": id})
				event, more := stream.Next(t)
				require.True(t, more)
				require.Equal(t, string(fault.NotFound), event.Code(), "%s %s", over, id)
				require.NotContains(t, string(event.Data), "version")
			}
		}
	})
}

const watching = `subscription ($id: ID!) { sessionProgress(sessionId: $id) { version } }`

// public are the root fields that ask for nobody in particular; to the
// anonymous, viewer, node and nodes answer null.
var public = []string{
	"Query.viewer", "Query.node", "Query.nodes", "Query.erasure",
	"Mutation.register", "Mutation.signIn", "Mutation.refreshTokens", "Mutation.signOut",
	"Mutation.startGuestTest", "Mutation.sendFeedback", "Mutation.recordEvents",
	"Mutation.requestPasswordReset", "Mutation.resetPassword", "Mutation.signInWithApple", "Mutation.signInWithGoogle",
}

// The anonymous are asked to sign in at every root field but the public ones.
func TestTheAnonymousAreAskedToSignIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		w := newWorld(t, s)
		anonymous, schema := s.Anonymous(), newWalker(forAdmin).schema
		for operation, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation} {
			for _, f := range root.Fields {
				name := root.Name + "." + f.Name
				if strings.HasPrefix(f.Name, "__") || slices.Contains(public, name) {
					continue
				}
				a := anonymous.Ask(t, fmt.Sprintf("%s { %s }", operation, call(schema, f)), nil)
				require.Equal(t, string(fault.Unauthenticated), a.Code(), "%s: %v", name, a.Errors)
			}
		}
		for _, f := range schema.Subscription.Fields {
			for _, over := range servertest.Transports() {
				stream := anonymous.Subscribe(t, over, fmt.Sprintf("subscription { %s }", call(schema, f)), nil)
				event, more := stream.Next(t)
				require.True(t, more)
				require.Equal(t, string(fault.Unauthenticated), event.Code(), "%s over %s", f.Name, over)
			}
		}
		every := slices.Concat(slices.Collect(maps.Values(w.own))...)
		var got struct {
			Viewer *struct{ User struct{ ID string } }
			Nodes  []*struct{ ID string }
		}
		for part := range slices.Chunk(every, 100) {
			anonymous.Get(t, &got, `query ($ids: [ID!]!) { viewer { user { id } } nodes(ids: $ids) { id } }`,
				servertest.Variables{"ids": part})
			require.Nil(t, got.Viewer)
			for _, found := range got.Nodes {
				require.Nil(t, found)
			}
		}
	})
}

// call is a use of the field with some value for each required argument.
func call(schema *ast.Schema, f *ast.FieldDefinition) string {
	var arguments []string
	for _, a := range f.Arguments {
		if a.Type.NonNull {
			arguments = append(arguments, a.Name+": "+literal(schema, a.Type))
		}
	}
	out := f.Name
	if len(arguments) > 0 {
		out += "(" + strings.Join(arguments, ", ") + ")"
	}
	if !schema.Types[f.Type.Name()].IsLeafType() {
		out += " { __typename }"
	}
	return out
}

// literal is some value of the type.
func literal(schema *ast.Schema, of *ast.Type) string {
	if of.Elem != nil {
		return "[" + literal(schema, of.Elem) + "]"
	}
	t := schema.Types[of.Name()]
	switch {
	case t.Kind == ast.Enum:
		return t.EnumValues[0].Name
	case t.Kind == ast.InputObject:
		var fields []string
		for _, f := range t.Fields {
			if f.Type.NonNull {
				fields = append(fields, f.Name+": "+literal(schema, f.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case t.Name == "Int", t.Name == "Float":
		return "1"
	case t.Name == "Boolean":
		return "true"
	default:
		return `"x"`
	}
}
