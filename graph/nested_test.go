package graph_test

import (
	"encoding/json"
	"flag"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

var runs = flag.Int("runs", 100, "how often the nested read is asked, for each number of processors")

// The nested read: everyone's tests with all answers and their questions.
const (
	nestedUsers     = 50
	nestedSessions  = 5
	nestedResponses = 20
	nestedRead      = `query ($users: Int = 50, $sessions: Int = 5) {
		users(first: $users) { nodes {
			id displayName
			testSessions(first: $sessions) { nodes {
				id state
				responses { id position isCorrect question { id text domain } }
			} }
		} }
	}`
)

// nestedServer holds what the nested read reads, and one reader.
func nestedServer(tb testing.TB, databaseURL string, o server.Options) (*servertest.Server, servertest.Client) {
	tb.Helper()
	s := servertest.New(tb, databaseURL, o)
	admin := s.Admin()
	s.AddTests(s.AddQuestions("bank", nestedSessions*nestedResponses), s.AddUsers(nestedUsers),
		servertest.Tests{Sessions: nestedSessions, Responses: nestedResponses})
	return s, admin
}

// Four levels cost four statements and one for the viewer, run after run, with
// one processor and with two: nothing waits for time to pass. It sets the number
// of processors, so it runs alone.
func TestTheNestedReadCostsOneStatementALevel(t *testing.T) {
	asked := *runs
	if testing.Short() {
		asked = min(asked, 10)
	}
	for _, d := range storetest.Dialects() {
		t.Run(d, func(t *testing.T) {
			_, admin := nestedServer(t, storetest.URL(t, d), server.Options{})
			for _, processors := range []int{1, 2} {
				t.Run(strconv.Itoa(processors), func(t *testing.T) {
					before := runtime.GOMAXPROCS(processors)
					defer runtime.GOMAXPROCS(before)
					for run := range asked {
						part := servertest.Variables{"users": 10, "sessions": 2}
						if run%20 == 0 {
							part = nil // all of it
						}
						a := admin.Get(t, nil, nestedRead, part)
						require.Equal(t, 4+1, a.Extensions.Statements, "run %d", run)
					}
				})
			}
			require.Equal(t, nestedUsers*nestedSessions*nestedResponses, questionsIn(t, admin.Ask(t, nestedRead, nil)))
		})
	}
}

// questionsIn counts the questions at the bottom of the nested read.
func questionsIn(tb testing.TB, a servertest.Answer) int {
	tb.Helper()
	var data struct {
		Users struct {
			Nodes []struct {
				TestSessions struct {
					Nodes []struct {
						Responses []struct{ Question struct{ ID string } }
					}
				}
			}
		}
	}
	require.NoError(tb, json.Unmarshal(a.Data, &data))
	n := 0
	for _, u := range data.Users.Nodes {
		for _, t := range u.TestSessions.Nodes {
			for _, r := range t.Responses {
				if r.Question.ID != "" {
					n++
				}
			}
		}
	}
	return n
}

// What several fields of a level ask of one relationship is one statement; only
// another page is another.
func TestFieldsOfOneLevelShareTheirStatement(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, query string
		want        int
	}{
		{"alone", `{ users(first: 5) { nodes { testSessions(first: 3) { nodes { id } } } } }`, 2},
		{"the same under two names", `{ users(first: 5) { nodes {
			a: testSessions(first: 3) { nodes { id } }
			b: testSessions(first: 3) { nodes { state } }
		} } }`, 2},
		{"another page", `{ users(first: 5) { nodes {
			a: testSessions(first: 3) { nodes { id } }
			b: testSessions(first: 2) { nodes { id } }
		} } }`, 3},
		{"below two pages", `{ users(first: 5) { nodes {
			a: testSessions(first: 3) { nodes { responses { id } } }
			b: testSessions(first: 2) { nodes { responses { id } } }
		} } }`, 4},
		{"two ways to one thing", `{ users(first: 5) { nodes {
			testSessions(first: 3) { nodes { user { id } } }
			results(first: 3) { nodes { user { email } } }
		} } }`, 4},
		{"fragments", `{ users(first: 5) { nodes { ...a ...b } } }
			fragment a on User { lastResult { id } }
			fragment b on User { lastResult { score } }`, 2},
		{"a page and its count", `{ users(first: 5) { nodes { results(first: 3) { totalCount nodes { id } } } } }`, 3},
		{"two pages and one count", `{ users(first: 5) { nodes {
			a: results(first: 3) { totalCount }
			b: results(first: 2) { totalCount }
		} } }`, 4},
		{"what the answer holds already", `{ users(first: 5) { nodes {
			testSessions(first: 1) { nodes { user { testSessions(first: 1) { nodes { id } } } } }
		} } }`, 3},
	}
	for _, d := range storetest.Dialects() {
		t.Run(d, func(t *testing.T) {
			t.Parallel()
			_, admin := nestedServer(t, storetest.URL(t, d), server.Options{})
			for _, c := range cases {
				a := admin.Get(t, nil, c.query, nil)
				require.Equal(t, c.want+1, a.Extensions.Statements, c.name)
			}
		})
	}
}
