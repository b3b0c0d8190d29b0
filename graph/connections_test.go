package graph_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
)

// list is a connection as it can be asked for: by a document that holds
// %s where the connection's further arguments go, and behind it where the
// connection lies in the answer.
type list struct {
	name     string
	document string
	at       []string
	// more says which plain fields to ask of each node, and sorted whether two
	// nodes may follow each other.
	more   string
	sorted func(a, b map[string]any) bool
}

type page struct {
	ids, cursors   []string
	nodes          []map[string]any
	total          int
	next, previous bool
	start, end     any
}

// read asks for a page and checks what holds for every page.
func (l list) read(t *testing.T, c servertest.Client, arguments string) page {
	t.Helper()
	inner := fmt.Sprintf(`{
		totalCount
		nodes { id %[1]s }
		edges { cursor node { id } }
		pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
	}`, l.more)
	var data map[string]any
	c.Get(t, &data, strings.ReplaceAll(l.document, "%s", arguments+") "+inner), nil)
	for _, name := range l.at[:len(l.at)-1] {
		data = data[name].(map[string]any)
	}
	connection := data[l.at[len(l.at)-1]].(map[string]any)
	info := connection["pageInfo"].(map[string]any)
	p := page{
		total: int(connection["totalCount"].(float64)),
		next:  info["hasNextPage"].(bool), previous: info["hasPreviousPage"].(bool),
		start: info["startCursor"], end: info["endCursor"],
	}
	for i, raw := range connection["edges"].([]any) {
		edge := raw.(map[string]any)
		node := connection["nodes"].([]any)[i].(map[string]any)
		require.Equal(t, node["id"], edge["node"].(map[string]any)["id"])
		p.ids = append(p.ids, node["id"].(string))
		p.nodes = append(p.nodes, node)
		p.cursors = append(p.cursors, edge["cursor"].(string))
	}
	require.Len(t, connection["nodes"], len(p.ids))
	if len(p.ids) == 0 {
		require.Nil(t, p.start)
		require.Nil(t, p.end)
	} else {
		require.Equal(t, p.cursors[0], p.start)
		require.Equal(t, p.cursors[len(p.cursors)-1], p.end)
	}
	return p
}

// whole reads the list in one page.
func (l list) whole(t *testing.T, c servertest.Client) page {
	t.Helper()
	all := l.read(t, c, "first: 100")
	require.NotEmpty(t, all.ids, l.name)
	require.False(t, all.next)
	require.False(t, all.previous)
	require.Equal(t, len(all.ids), all.total)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all.cursors))), len(all.cursors), "cursors are distinct")
	return all
}

// text compares two fields that hold text or nothing, which comes last.
func text(field string, desc bool) func(a, b map[string]any) bool {
	return func(a, b map[string]any) bool {
		x, y := a[field], b[field]
		if x == nil || y == nil {
			return y == nil
		}
		order := strings.Compare(strings.ToLower(x.(string)), strings.ToLower(y.(string)))
		if desc {
			order = -order
		}
		return order <= 0
	}
}

func number(field string, desc bool) func(a, b map[string]any) bool {
	return func(a, b map[string]any) bool {
		order := cmp.Compare(a[field].(float64), b[field].(float64))
		if desc {
			order = -order
		}
		return order <= 0
	}
}

// lists are all connections, in all their orders.
func lists(user, question string) []list {
	ordered := func(root, field, column string, compare func(string, bool) func(a, b map[string]any) bool) []list {
		var out []list
		for _, direction := range []string{"ASC", "DESC"} {
			out = append(out, list{
				name:     root + " by " + field + " " + direction,
				document: fmt.Sprintf("{ %s(orderBy: {field: %s, direction: %s}, %%s }", root, field, direction),
				at:       []string{root}, more: column, sorted: compare(column, direction == "DESC"),
			})
		}
		return out
	}
	below := func(id, kind, field string) list {
		return list{
			name:     kind + "." + field,
			document: fmt.Sprintf("{ node(id: %q) { ... on %s { %s(%%s } } }", id, kind, field),
			at:       []string{"node", field},
		}
	}
	return slices.Concat(
		ordered("users", "CREATED_AT", "createdAt", text),
		ordered("users", "EMAIL", "email", text),
		ordered("testSessions", "STARTED_AT", "startedAt", text),
		ordered("testSessions", "LAST_ACTIVITY_AT", "lastActivityAt", text),
		ordered("testSessions", "ANSWERED", "answered", number),
		ordered("questions", "CREATED_AT", "createdAt", text),
		ordered("questions", "DOMAIN", "domain", text),
		ordered("questions", "EXTERNAL_REF", "externalRef", text),
		[]list{
			{name: "users", document: "{ users(%s }", at: []string{"users"}},
			{name: "testSessions", document: "{ testSessions(%s }", at: []string{"testSessions"}},
			{name: "responses", document: "{ responses(filter: {isCorrect: false}, %s }", at: []string{"responses"}},
			{name: "questions", document: "{ questions(%s }", at: []string{"questions"}},
			{name: "itemStatistics", document: "{ itemStatistics(%s }", at: []string{"itemStatistics"}},
			{name: "viewer.testSessions", document: "{ viewer { testSessions(%s } }", at: []string{"viewer", "testSessions"}},
			{name: "viewer.results", document: "{ viewer { results(%s } }", at: []string{"viewer", "results"}},
			below(user, "User", "testSessions"), below(user, "User", "results"), below(user, "User", "responses"),
			below(question, "Question", "responses"),
		},
	)
}

// fillLists adds lists with ties, and with rows that lack what they are sorted by.
func fillLists(t *testing.T, s *servertest.Server, viewer int64) (user, question string) {
	t.Helper()
	bank := s.AddQuestions("bank", 12)
	people := append(s.AddUsers(7), ident.User(viewer))
	s.AddTests(bank, people, servertest.Tests{Sessions: 4, Responses: 3, Open: true})
	at := time.Date(2026, time.February, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range 4 { // imported people have no e-mail address
			if err := tx.User.Create().SetExternalRef(fmt.Sprintf("study:%d", i)).SetCreatedAt(at).Exec(ctx); err != nil {
				return err
			}
		}
		for range 5 {
			err := tx.Question.Create().SetSource("author").SetText("?").SetOptions(bank[0].Options).SetKey(bank[0].Key).
				SetDomain(bank[0].Domain).SetDifficulty(bank[0].Difficulty).SetCreatedAt(at).SetChangedAt(at).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return global(ident.KindUser, people[0]), global(ident.KindQuestion, bank[0].ID)
}

// Every connection in every order: pages of any size, forward and backward, are
// stretches of one list, whatever rows tie or lack the value; each says truly
// whether there is more.
func TestPagesAreStretchesOfOneList(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		user, question := fillLists(t, s, admin.UserID)
		for _, l := range lists(user, question) {
			all := l.whole(t, admin)
			if l.sorted != nil {
				for i := range all.nodes[1:] {
					require.True(t, l.sorted(all.nodes[i], all.nodes[i+1]), "%s: %v", l.name, all.nodes)
				}
			}
			for _, size := range []int{1, 3, len(all.ids)} {
				forward(t, l, admin, all, size)
				backward(t, l, admin, all, size)
			}
			between(t, l, admin, all)
		}
	})
}

func forward(t *testing.T, l list, c servertest.Client, all page, size int) {
	t.Helper()
	for from := 0; from < len(all.ids); from += size {
		to := min(from+size, len(all.ids))
		arguments := fmt.Sprintf("first: %d", size)
		if from > 0 {
			arguments += fmt.Sprintf(", after: %q", all.cursors[from-1])
		}
		p := l.read(t, c, arguments)
		require.Equal(t, all.ids[from:to], p.ids, "%s: %s", l.name, arguments)
		require.Equal(t, all.cursors[from:to], p.cursors, l.name)
		require.Equal(t, to < len(all.ids), p.next, "%s: %s", l.name, arguments)
		require.Equal(t, from > 0, p.previous, "%s: %s", l.name, arguments)
		require.Equal(t, all.total, p.total, l.name)
	}
}

func backward(t *testing.T, l list, c servertest.Client, all page, size int) {
	t.Helper()
	for to := len(all.ids); to > 0; to -= size {
		from := max(to-size, 0)
		arguments := fmt.Sprintf("last: %d", size)
		if to < len(all.ids) {
			arguments += fmt.Sprintf(", before: %q", all.cursors[to])
		}
		p := l.read(t, c, arguments)
		require.Equal(t, all.ids[from:to], p.ids, "%s: %s", l.name, arguments)
		require.Equal(t, to < len(all.ids), p.next, "%s: %s", l.name, arguments)
		require.Equal(t, from > 0, p.previous, "%s: %s", l.name, arguments)
	}
}

// between reads what lies between two cursors, and beyond the ends.
func between(t *testing.T, l list, c servertest.Client, all page) {
	t.Helper()
	n := len(all.ids)
	inside := fmt.Sprintf("after: %q, before: %q", all.cursors[0], all.cursors[n-1])
	require.Equal(t, all.ids[1:n-1], l.read(t, c, "first: 100, "+inside).ids, l.name)
	require.Equal(t, all.ids[1:2], l.read(t, c, "first: 1, "+inside).ids, l.name)
	require.Equal(t, all.ids[n-2:n-1], l.read(t, c, "last: 1, "+inside).ids, l.name)

	past := l.read(t, c, fmt.Sprintf("first: 1, after: %q", all.cursors[n-1]))
	require.Empty(t, past.ids)
	require.False(t, past.next)
	require.True(t, past.previous)
	ahead := l.read(t, c, fmt.Sprintf("last: 1, before: %q", all.cursors[0]))
	require.Empty(t, ahead.ids)
	require.True(t, ahead.next)
	require.False(t, ahead.previous)

	none := l.read(t, c, "first: 0")
	require.Empty(t, none.ids)
	require.True(t, none.next, "the list goes on behind an empty page")
	require.Equal(t, all.total, none.total)
}

// Cursors that are not of this list in this order, and sizes that cannot be, are
// refused by name, on every connection.
func TestPagesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	made := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		user, question := fillLists(t, s, admin.UserID)
		for _, l := range lists(user, question) {
			ask := func(arguments string) servertest.Answer {
				return admin.Ask(t, strings.ReplaceAll(l.document, "%s", arguments+") { nodes { id } }"), nil)
			}
			for arguments, want := range map[string][2]string{
				"first: -1":            {"first", "range"},
				"last: -1":             {"last", "range"},
				"first: 1, last: 1":    {"last", "exclusive"},
				`after: "x"`:           {"after", "cursor"},
				`before: "!?"`:         {"before", "cursor"},
				`after: "bm90IEpTT04"`: {"after", "cursor"},
				fmt.Sprintf("after: %q", made(`{"o":"another","i":1}`)): {"after", "cursor"},
				fmt.Sprintf("after: %q", made(`{"o":"newest"}`)):        {"after", "cursor"},
				fmt.Sprintf("after: %q", made(`[]`)):                    {"after", "cursor"},
			} {
				a := ask(arguments)
				require.Equal(t, string(fault.ValidationFailed), a.Code(), "%s: %s: %v", l.name, arguments, a.Errors)
				require.Equal(t, want[0], a.Errors[0].Extensions["field"], arguments)
				require.Equal(t, want[1], a.Errors[0].Extensions["rule"], arguments)
			}
			for arguments, field := range map[string]string{"first: 101": "first", "last: 101": "last", "first: 2147483647": "first"} {
				a := ask(arguments)
				require.Equal(t, string(fault.LimitExceeded), a.Code(), "%s: %s: %v", l.name, arguments, a.Errors)
				require.Equal(t, field, a.Errors[0].Extensions["field"], arguments)
				require.EqualValues(t, 100, a.Errors[0].Extensions["limit"], arguments)
			}
			// Of the right list, but with a value of another type.
			cursor, err := base64.RawURLEncoding.DecodeString(l.whole(t, admin).cursors[0])
			require.NoError(t, err)
			name, _, _ := strings.Cut(string(cursor), ",")
			for _, value := range []string{`"s":"x","n":1`, `"s":"\u0000"`, `"n":1`, `"t":"2026-01-01T00:00:00Z"`, `"s":"x"`} {
				a := ask(fmt.Sprintf("after: %q", made(name+`,"i":1,`+value+"}")))
				require.NotEqual(t, string(fault.Internal), a.Code(), "%s: %s", l.name, value)
			}
		}
	})
}

// The filters of the lists, each held against the rows themselves.
func TestFiltersAdmitWhatTheySay(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		user, question := fillLists(t, s, admin.UserID)
		ctx, client := t.Context(), s.Store.Reader()
		users, sessions := client.User.Query().AllX(ctx), client.TestSession.Query().AllX(ctx)
		questions, responses := client.Question.Query().AllX(ctx), client.Response.Query().AllX(ctx)
		session := global(ident.KindSession, sessions[0].ID)

		for _, c := range []struct {
			list, filter string
			want         int
		}{
			{"users", "{}", len(users)},
			{"users", "{role: ADMIN}", 1},
			{"users", "{imported: true}", 4},
			{"users", "{imported: false}", len(users) - 4},
			{"users", `{search: "EXAMPLE.org"}`, len(users) - 4},
			{"users", `{search: " person 3 "}`, 1},
			{"users", `{search: "%"}`, 0},
			{"users", `{search: "_"}`, 0},
			{"users", `{search: "person", role: TAKER}`, len(users) - 5},
			{"testSessions", "{state: IN_PROGRESS}", len(users) - 4},
			{"testSessions", "{state: COMPLETED, kind: FIXED}", counted(sessions, func(x *db.TestSession) bool { return x.State.Final() })},
			{"testSessions", "{kind: ADAPTIVE}", 0},
			{"testSessions", fmt.Sprintf("{userId: %q}", user), 4},
			{"testSessions", fmt.Sprintf("{userId: %q}", question), 0},
			{"testSessions", `{userId: "nobody"}`, 0},
			{"testSessions", `{source: "bank"}`, len(sessions)},
			{"testSessions", `{source: ""}`, 0},
			{"testSessions", `{startedFrom: "2026-01-02T09:00:00Z", startedBefore: "2026-01-03T10:00:00+01:00"}`, len(sessions) / 4},
			{"questions", "{active: true}", len(questions)},
			{"questions", "{active: false}", 0},
			{"questions", "{calibrated: true}", 12},
			{"questions", "{calibrated: false}", 5},
			{"questions", "{servable: true}", len(questions)},
			{"questions", `{source: "author"}`, 5},
			{"questions", "{domain: MATH}", counted(questions, func(x *db.Question) bool { return x.Domain == "MATH" })},
			{"questions", "{difficulty: HARD}", 0},
			{"questions", "{quality: NORMAL}", len(questions)},
			{"questions", `{search: "BANK:1"}`, 3},
			{"responses", "{isCorrect: true}", counted(responses, func(x *db.Response) bool { return x.IsCorrect != nil && *x.IsCorrect })},
			{"responses", fmt.Sprintf("{questionId: %q}", question), 8},
			{"responses", fmt.Sprintf("{sessionId: %q}", session), 3},
			{"responses", fmt.Sprintf("{userId: %q, sessionId: %q}", user, session), 3},
			{"responses", fmt.Sprintf("{sessionId: %q}", user), 0},
		} {
			var got map[string]struct {
				TotalCount int
				Nodes      []struct{ ID string }
			}
			admin.Get(t, &got, fmt.Sprintf("{ %s(filter: %s, first: 100) { totalCount nodes { id } } }", c.list, c.filter), nil)
			require.Equal(t, c.want, got[c.list].TotalCount, "%s %s", c.list, c.filter)
			require.Len(t, got[c.list].Nodes, min(c.want, 100), "%s %s", c.list, c.filter)
		}
	})
}

func counted[T any](rows []T, admits func(T) bool) int {
	n := 0
	for _, row := range rows {
		if admits(row) {
			n++
		}
	}
	return n
}
