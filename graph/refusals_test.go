package graph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// Operations that cannot be answered, each with variables, and the code of the
// refusal; "" stands for an answer.
var bad = []struct {
	name, query, variables string
	want                   fault.Code
}{
	{"no document", ``, ``, fault.ValidationFailed},
	{"no end", `{ viewer {`, ``, fault.ValidationFailed},
	{"no operation", `fragment a on User { id }`, ``, fault.ValidationFailed},
	{"not GraphQL", `SELECT 1`, ``, fault.ValidationFailed},
	{"unknown field", `{ nothing }`, ``, fault.ValidationFailed},
	{"unknown field below", `{ viewer { user { passwordHash } } }`, ``, fault.ValidationFailed},
	{"unknown argument", `{ viewer(x: 1) { user { id } } }`, ``, fault.ValidationFailed},
	{"unknown type", `query ($x: Nothing) { viewer { user { id } } }`, ``, fault.ValidationFailed},
	{"unknown fragment", `{ viewer { ...x } }`, ``, fault.ValidationFailed},
	{"unknown directive", `{ viewer @x { user { id } } }`, ``, fault.ValidationFailed},
	{"unknown operation", `query a { viewer { user { id } } } query b { viewer { user { id } } }`, ``, fault.ValidationFailed},
	{"fragment within itself", `{ viewer { user { ...a } } } fragment a on User { ...a }`, ``, fault.ValidationFailed},
	{"fragment of another type", `{ viewer { user { ... on Question { id } } } }`, ``, fault.ValidationFailed},
	{"one name, two fields", `{ viewer { user { a: id a: email } } }`, ``, fault.ValidationFailed},
	{"object without fields", `{ viewer }`, ``, fault.ValidationFailed},
	{"fields of a text", `{ viewer { user { id { x } } } }`, ``, fault.ValidationFailed},
	{"missing argument", `{ node { id } }`, ``, fault.ValidationFailed},
	{"missing variable", `query ($id: ID!) { node(id: $id) { id } }`, ``, fault.ValidationFailed},
	{"variable without declaration", `{ node(id: $id) { id } }`, `{"id":"x"}`, fault.ValidationFailed},
	{"null where none may be", `query ($id: ID!) { node(id: $id) { id } }`, `{"id":null}`, fault.ValidationFailed},
	{"null in a list", `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, `{"ids":[null]}`, fault.ValidationFailed},
	{"text for a number", `query ($n: Int) { users(first: $n) { totalCount } }`, `{"n":"one"}`, fault.ValidationFailed},
	{"text for a number, written", `{ users(first: "1") { totalCount } }`, ``, fault.ValidationFailed},
	{"fraction", `query ($n: Int) { users(first: $n) { totalCount } }`, `{"n":1.5}`, fault.ValidationFailed},
	{"exponent", `{ users(first: 1e999) { totalCount } }`, ``, fault.ValidationFailed},
	{"beyond 32 bits", `query ($n: Int) { users(first: $n) { totalCount } }`, `{"n":4294967297}`, fault.LimitExceeded},
	{"beyond 64 bits", `query ($n: Int) { users(first: $n) { totalCount } }`, `{"n":99999999999999999999999}`, fault.ValidationFailed},
	{"beyond 64 bits, written", `{ users(first: 99999999999999999999999) { totalCount } }`, ``, fault.ValidationFailed},
	{"object for a text", `query ($s: String) { users(filter: {search: $s}) { totalCount } }`, `{"s":{"a":1}}`, fault.ValidationFailed},
	{"list for an input", `query ($f: UserFilter) { users(filter: $f) { totalCount } }`, `{"f":[[1]]}`, fault.ValidationFailed},
	{"unknown input field", `query ($f: UserFilter) { users(filter: $f) { totalCount } }`, `{"f":{"x":1}}`, fault.ValidationFailed},
	{"unknown word", `{ testSessions(filter: {state: SLEEPING}) { totalCount } }`, ``, fault.ValidationFailed},
	{"unknown word, varied", `query ($s: SessionState) { testSessions(filter: {state: $s}) { totalCount } }`, `{"s":"SLEEPING"}`, fault.ValidationFailed},
	{"number for a word", `query ($s: SessionState) { testSessions(filter: {state: $s}) { totalCount } }`, `{"s":1}`, fault.ValidationFailed},
	{"not a time", `{ testSessions(filter: {startedFrom: "yesterday"}) { totalCount } }`, ``, fault.ValidationFailed},
	{"no such day", `{ testSessions(filter: {startedFrom: "2026-02-30T00:00:00Z"}) { totalCount } }`, ``, fault.ValidationFailed},
	{"time without offset", `{ testSessions(filter: {startedFrom: "2026-02-03T00:00:00"}) { totalCount } }`, ``, fault.ValidationFailed},
	{"number for a time", `{ testSessions(filter: {startedFrom: 5}) { totalCount } }`, ``, fault.ValidationFailed},
	{"first of times", `{ testSessions(filter: {startedFrom: "0000-01-01T00:00:00Z"}) { totalCount } }`, ``, ""},
	{"last of times", `{ testSessions(filter: {startedFrom: "9999-12-31T23:59:59Z"}) { totalCount } }`, ``, ""},
	{"before the first of times", `{ testSessions(filter: {startedFrom: "0000-01-01T00:00:00+14:00"}) { totalCount } }`, ``, fault.ValidationFailed},
	{"after the last of times", `{ testSessions(filter: {startedFrom: "9999-12-31T23:59:59-14:00"}) { totalCount } }`, ``, fault.ValidationFailed},
	{"NUL", `query ($s: String) { users(filter: {search: $s}) { totalCount } }`, `{"s":"a\u0000"}`, fault.ValidationFailed},
	{"NUL, written", `{ users(filter: {search: "\u0000"}) { totalCount } }`, ``, fault.ValidationFailed},
	{"half a character", `query ($s: String) { users(filter: {search: $s}) { totalCount } }`, `{"s":"\ud800"}`, ""},
	{"very long text", `query ($s: String) { users(filter: {search: $s}) { totalCount } }`, `{"s":"` + strings.Repeat("x", 1<<19) + `"}`, fault.ValidationFailed},
	{"very long text for one value", `query ($s: String!) { reliability(source: $s) { sessions } }`, `{"s":"` + strings.Repeat("x", 1<<19) + `"}`, ""},
	{"quotes and wildcards", `query ($s: String) { users(filter: {search: $s}) { totalCount } }`, `{"s":"'\"%_\\;--"}`, ""},
	{"no id", `{ node(id: "") { id } }`, ``, ""},
	{"number as id", `{ node(id: 12) { id } }`, ``, ""},
	{"number as id, varied", `query ($id: ID!) { node(id: $id) { id } }`, `{"id":12}`, ""},
	{"id beyond 64 bits", `{ node(id: "VXNlcjo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5") { id } }`, ``, ""},
	{"id of no kind", `{ node(id: "Tm90aGluZzox") { id } }`, ``, ""},
	{"too many ids", `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, `{"ids":[` + strings.Repeat(`"x",`, 100) + `"x"]}`, fault.LimitExceeded},
	{"no source", `{ reliability(source: "") { sessions } }`, ``, ""},
	{"too deep", strings.Repeat("{ viewer ", 3000) + strings.Repeat("}", 3000), ``, fault.LimitExceeded},
	{"list too deep", `{ nodes(ids: ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `) { id } }`, ``, fault.LimitExceeded},
	{"too long", "{ " + strings.Repeat("__typename ", 20000) + "}", ``, fault.LimitExceeded},
	{"two streams", `subscription ($id: ID!) { a: sessionProgress(sessionId: $id) { version } b: sessionProgress(sessionId: $id) { version } }`, `{"id":"x"}`, fault.ValidationFailed},
	{"two streams in a fragment", `subscription ($id: ID!) { ...F } fragment F on Subscription { a: sessionProgress(sessionId: $id) { version } b: jobProgress(jobId: $id) { state } }`, `{"id":"x"}`, fault.ValidationFailed},
	{"no stream", `subscription ($id: ID!) { sessionProgress(sessionId: $id) @skip(if: true) { version } }`, `{"id":"x"}`, fault.ValidationFailed},
	{"one field many times", "{ " + strings.Repeat("viewer { user { id } } ", 100) + "}", ``, ""},
	{"one field too many times", "{ " + strings.Repeat("viewer { user { id } } ", 1500) + "}", ``, fault.LimitExceeded},
	{"more than memory holds", `{ users { nodes { ` + strings.Repeat("testSessions { nodes { user { ", 60) +
		"id" + strings.Repeat(" } } }", 60) + ` } } }`, ``, fault.LimitExceeded},
	{"full pages in full pages", `query ($n: Int) { users(first: $n) { nodes { responses(first: $n) { nodes { user {
		responses(first: $n) { nodes { id } } } } } } } }`, `{"n":100}`, fault.LimitExceeded},
	{"fragments that double", doubling(60), ``, fault.LimitExceeded},
}

// doubling is a document in which each fragment holds the next twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{ viewer { user { ...f0 } } } ")
	for i := range n {
		fmt.Fprintf(&b, "fragment f%d on User { lastResult { user { ...f%d } } a: lastResult { user { ...f%d } } } ", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment f%d on User { id }", n)
	return b.String()
}

// Whatever is sent, it is either answered or refused with a code that the client
// can act on; nothing is our failure.
func TestBadOperationsAreRefusedByName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		for _, c := range bad {
			body := map[string]any{"query": c.query}
			if c.variables != "" {
				body["variables"] = json.RawMessage(c.variables)
			}
			raw, err := json.Marshal(body)
			require.NoError(t, err, c.name)
			got := send(t, admin, http.MethodPost, "", string(raw), "Content-Type", "application/json")
			require.Equal(t, string(c.want), got.Code(), "%s: %v", c.name, got.Errors)
			require.Less(t, got.Status, 500, c.name)
			if c.want != "" {
				require.NotEmpty(t, got.Errors[0].Message, c.name)
				require.NotContains(t, got.Errors[0].Message, "operation  ", c.name)
			}
			if c.want == fault.LimitExceeded {
				require.Contains(t, got.Errors[0].Extensions, "limit", c.name)
			}
		}
	})
}

// Requests that hold no operation.
func TestBadRequestsAreRefusedByName(t *testing.T) {
	t.Parallel()
	const ask = `{"query":"{ viewer { user { id } } }"}`
	json := []string{"Content-Type", "application/json"}
	for _, c := range []struct {
		name, method, body string
		headers            []string
		status             int
		want               fault.Code
	}{
		{"no body", "POST", "", json, 400, fault.ValidationFailed},
		{"half a body", "POST", `{"query":`, json, 400, fault.ValidationFailed},
		{"not JSON", "POST", `query=x`, json, 400, fault.ValidationFailed},
		{"a list", "POST", "[" + ask + "]", json, 400, fault.ValidationFailed},
		{"more than a body", "POST", ask + "]]", json, 400, fault.ValidationFailed},
		{"two bodies", "POST", ask + ask, json, 400, fault.ValidationFailed},
		{"null", "POST", "null", json, 400, fault.ValidationFailed},
		{"a number as query", "POST", `{"query":5}`, json, 400, fault.ValidationFailed},
		{"a list as variables", "POST", `{"query":"{ viewer { user { id } } }","variables":[]}`, json, 400, fault.ValidationFailed},
		{"a text as extensions", "POST", `{"query":"{ viewer { user { id } } }","extensions":"x"}`, json, 400, fault.ValidationFailed},
		{"another operation's name", "POST", `{"query":"query a { viewer { user { id } } }","operationName":"b"}`, json, 400, fault.ValidationFailed},
		{"too large", "POST", `{"query":"` + strings.Repeat(" ", 2<<20) + `"}`, json, 413, fault.LimitExceeded},
		{"variables too deep", "POST", `{"query":"{ viewer { user { id } } }","variables":{"x":` +
			strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`, json, 400, fault.ValidationFailed},
		{"no media type", "POST", ask, nil, 415, fault.ValidationFailed},
		{"another media type", "POST", ask, []string{"Content-Type", "text/plain"}, 415, fault.ValidationFailed},
		{"a form", "POST", "query=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, fault.ValidationFailed},
		{"another method", "PUT", ask, json, 405, fault.ValidationFailed},
		{"deletion", "DELETE", "", nil, 405, fault.ValidationFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, lone(t).Anonymous(), c.method, "", c.body,
				slices.Concat(c.headers, []string{"Accept", "application/graphql-response+json"})...)
			require.Equal(t, c.status, got.Status)
			require.Equal(t, string(c.want), got.Code())
			require.NotContains(t, got.Errors[0].Message, "viewer", "the body is not repeated")
		})
	}
}

// Queries can be asked by GET; what changes something cannot.
func TestQueriesByGET(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		taker := s.Taker()
		get := func(parameters url.Values, headers ...string) response {
			return send(t, taker, http.MethodGet, "?"+parameters.Encode(), "", headers...)
		}
		got := get(url.Values{
			"query":         {"query a ($with: Boolean!) { viewer { user { id email @include(if: $with) } } } query b { node(id: 1) { id } }"},
			"operationName": {"a"}, "variables": {`{"with":true}`},
		})
		require.Empty(t, got.Errors)
		require.Contains(t, string(got.Data), taker.Email)

		started := get(url.Values{"query": {"mutation { startTest { session { id } } }"}})
		require.Equal(t, http.StatusMethodNotAllowed, started.Status)
		require.Equal(t, "POST", started.header.Get("Allow"))
		require.Equal(t, string(fault.ValidationFailed), started.Code())
		require.Zero(t, s.Store.Reader().TestSession.Query().CountX(t.Context()))

		for _, parameters := range []url.Values{
			{}, {"query": {"{"}}, {"query": {"{ viewer { user { id } } }"}, "variables": {"x"}},
			{"query": {"{ users(filter: {search: \"\xff\"}) { totalCount } }"}},
		} {
			got := get(parameters, "Accept", "application/graphql-response+json")
			require.Equal(t, http.StatusBadRequest, got.Status)
			require.Equal(t, string(fault.ValidationFailed), got.Code())
			require.Nil(t, got.Data, "nothing was executed")
		}
		for _, query := range []string{"?query={__typename}&x=%zz", "?query={__typename}&variables={}}", "?query={__typename}&extensions={}[]"} {
			got := send(t, taker, http.MethodGet, query, "")
			require.Equal(t, http.StatusBadRequest, got.Status, query)
			require.Equal(t, string(fault.ValidationFailed), got.Code(), query)
			require.Equal(t, "application/json", got.header.Get("Content-Type"), query)
		}
	})
}

// The answer has the media type that the client prefers, JSON by default. Those
// who know GraphQL's own media type are told by the status that nothing was
// executed; to others the errors say it.
func TestMediaTypes(t *testing.T) {
	t.Parallel()
	const own, plain = "application/graphql-response+json", "application/json"
	for _, c := range []struct {
		accept, want string
		// refused is the status of a document that cannot be parsed.
		refused int
	}{
		{"", plain, 200},
		{"*/*", plain, 200},
		{own, own, 400},
		{plain, plain, 200},
		{own + ", " + plain, own, 400},
	} {
		t.Run(c.accept, func(t *testing.T) {
			t.Parallel()
			client := lone(t).Anonymous()
			headers := []string{"Content-Type", "application/json"}
			if c.accept != "" {
				headers = append(headers, "Accept", c.accept)
			}
			got := send(t, client, http.MethodPost, "", `{"query":"{ viewer { user { id } } }"}`, headers...)
			require.Equal(t, 200, got.Status)
			mediaType, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
			require.Equal(t, c.want, mediaType)
			require.Equal(t, c.refused, send(t, client, http.MethodPost, "", `{"query":"{"}`, headers...).Status)
		})
	}
}

// lone is a server on SQLite alone, for what never reaches the database.
func lone(t *testing.T) *servertest.Server {
	t.Helper()
	return servertest.New(t, storetest.URL(t, dialect.SQLite), server.Options{})
}

// response is an answer with what HTTP says of it.
type response struct {
	servertest.Answer
	header http.Header
}

// send sends a request as it is; headers are names and values in turn.
func send(t *testing.T, c servertest.Client, method, query, body string, headers ...string) response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+query, strings.NewReader(body))
	require.NoError(t, err)
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	out := response{header: res.Header}
	require.NoError(t, json.Unmarshal(raw, &out.Answer), "%s", raw)
	out.Status = res.StatusCode
	return out
}
