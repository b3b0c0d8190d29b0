package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// The two numbers of parents under which every relationship is asked for.
const (
	few  = 2
	lots = 50
)

// sources are fixed forms of few and of lots of questions.
var sources = map[int]string{few: "short form", lots: "long form"}

// fillForGate adds at least lots of everything, some of it the viewer's own.
func fillForGate(s *servertest.Server, viewer int64) {
	for size, source := range sources {
		questions := s.AddQuestions(source, size)
		s.AddFeedback(questions, s.AddTests(questions, s.AddUsers(2), servertest.Tests{Sessions: 1, Responses: size}))
	}
	bank, extra := s.AddQuestions("bank", 4*(lots+few)), s.AddQuestions("extra", 1)
	take := func(people []ident.User, tests int) {
		s.AddFeedback(bank[:1], s.AddTests(bank, people, servertest.Tests{Sessions: tests, Responses: 4}))
		s.AddTests(extra, people, servertest.Tests{Sessions: 1, Responses: 1, Open: true})
	}
	take([]ident.User{ident.User(viewer)}, lots+few)
	s.AddDataExports(lots+few, ident.User(viewer))
	others := s.AddUsers(lots)
	take(others, few)
	s.AddAudit(append(others, ident.User(viewer))...)
	s.AddDevices(append(others, ident.User(viewer))...)
	// The viewer owns groups and others do; everyone is in some.
	s.AddGroups(lots+few, ident.User(viewer), others[0])
	for i, person := range others {
		s.AddGroups(few, person, others[(i+1)%lots])
	}
	// Among the newest few of everything some are open and some are over.
	newest := s.AddUsers(1)
	s.AddFeedback(bank[:1], s.AddTests(bank, newest, servertest.Tests{Sessions: 1, Responses: 1}))
	s.AddGroups(few, newest[0], others[0])
	s.AddAudit(newest...)
	s.AddDevices(newest...)
}

// gate shows for every relationship below a list that it costs the same number
// of statements whatever the number of parents.
type gate struct {
	walker
	ask asker
	// reached are the fields that were asked under lots of parents and had
	// something to answer.
	reached map[string]bool
}

// relationship is one relationship on one way: the field asked, below a path that
// passes a list.
type relationship struct {
	way   path
	asked edge
}

func (q relationship) String() string { return q.way.String() + " → " + q.asked.field.Name }

// relationships are all relationships below a list, each on every kind of way that
// leads to its type: as a node of a connection and of its edges, as a member of
// a plain list, behind another relationship, and by id.
func (w walker) relationships() []relationship {
	var out []relationship
	paths := w.below()
	for _, e := range sorted(paths) {
		for _, asked := range w.edges(e.to) {
			out = append(out, relationship{paths[e], asked})
		}
	}
	return out
}

// run asks everything and gives what is wrong.
func (g *gate) run(tb testing.TB) []string {
	tb.Helper()
	g.reached = map[string]bool{}
	ids := map[string][]string{}
	var wrong []string
	for _, q := range g.relationships() {
		if byID(q.way[0]) {
			found := q.way[0].to
			if ids[found.Name] == nil {
				ids[found.Name] = g.idsOf(tb, g.ask, found, values{size: lots, sources: sources})
			}
		}
		if problem := g.check(tb, q, ids[q.way[0].to.Name]); problem != "" {
			wrong = append(wrong, fmt.Sprintf("%s: %s", q, problem))
		}
	}
	for _, name := range g.unreached() {
		wrong = append(wrong, name+": no way leads to it from many parents with something to answer")
	}
	return wrong
}

// check gives what is wrong with one relationship on one way, "" if nothing is.
func (g *gate) check(tb testing.TB, q relationship, ids []string) string {
	tb.Helper()
	statements := map[int]int{}
	parents := map[int]int{}
	for _, size := range []int{few, lots} {
		v := values{size: size, sources: sources, ids: ids}
		inner, err := g.everything(q.asked.to, v)
		if err != nil {
			return err.Error()
		}
		document, err := append(slices.Clone(q.way), q.asked).document(v, inner)
		if err != nil {
			return err.Error()
		}
		answer := g.ask(document)
		if len(answer.Errors) > 0 {
			return fmt.Sprintf("%s: %v", document, answer.Errors)
		}
		data := decoded(tb, answer)
		objects := q.way.objectsAt(data)
		statements[size], parents[size] = answer.Extensions.Statements, len(objects)
		there := append(slices.Clone(q.way), q.asked).objectsAt(data)
		if size == lots && len(objects) >= lots && len(there) > 0 {
			g.reached[q.asked.String()] = true
		}
	}
	if statements[few] != statements[lots] {
		return fmt.Sprintf("%d statements below %d parents and %d below %d",
			statements[few], parents[few], statements[lots], parents[lots])
	}
	return ""
}

// unreached are the relationships that can lie below a list and were not asked
// there with something to answer.
func (g *gate) unreached() []string {
	known := map[string]bool{}
	for _, q := range g.relationships() {
		known[q.asked.String()] = g.reached[q.asked.String()]
	}
	var out []string
	for name, reached := range known {
		if !reached {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Every field that leads to objects, wherever a list can lie above it, costs the
// same number of statements under 2 parents and under 50: nothing is asked once
// for each parent. The relationships and the ways to them are found in the
// schema, so that a new one is covered as soon as it is there; one that cannot be
// reached with something to answer fails.
func TestRelationshipsCostTheSameWhateverTheNumberOfParents(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin := s.Admin()
		fillForGate(s, admin.UserID)
		g := gate{walker: newWalker(forAdmin), ask: asking(t, admin)}
		require.Empty(t, strings.Join(g.run(t), "\n"))
		t.Logf("%d relationships on %d ways", len(g.reached), len(g.relationships()))
	})
}

// The same as a taker, for whom guards look at what they may see.
func TestRelationshipsCostTheSameForTakers(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		taker := s.Taker()
		fillForGate(s, taker.UserID)
		g := gate{walker: newWalker(forTaker), ask: asking(t, taker)}
		require.Empty(t, strings.Join(g.run(t), "\n"))
		t.Logf("%d relationships on %d ways", len(g.reached), len(g.relationships()))
	})
}

// What events of subscriptions tell in lists costs the same however long the
// lists are, for types that no query leads to. There are as many tests in progress
// as the lists are to have members.
func TestListsInEventsCostTheSameWhateverTheirLength(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin, w := s.Admin(), newWalker(forAdmin)
		bank := s.AddQuestions("bank", 1)
		statements := map[string]map[int]int{}
		there := 0
		for _, size := range []int{few, lots} {
			s.AddTests(bank, s.AddUsers(size-there), servertest.Tests{Sessions: 1, Responses: 1, Open: true})
			there = size
			for _, way := range w.inEvents() {
				last := way[len(way)-1]
				inner, err := w.everything(last.to, values{})
				require.NoError(t, err)
				document, err := way.document(values{}, inner)
				require.NoError(t, err)
				stream := admin.Subscribe(t, servertest.EventStream, "subscription "+document, nil)
				event, more := stream.Next(t)
				require.True(t, more)
				require.Empty(t, event.Errors, "%s", document)
				stream.Close()
				require.Len(t, way[:2].objectsAt(decoded(t, event)), size, "%s", way)
				if statements[way.String()] == nil {
					statements[way.String()] = map[int]int{}
				}
				statements[way.String()][size] = event.Extensions.Statements
			}
		}
		require.NotEmpty(t, statements)
		for way, n := range statements {
			require.Equal(t, n[few], n[lots], "%s", way)
		}
	})
}

// inEvents are the ways to relationships below lists that no query leads to.
func (w walker) inEvents() (out []path) {
	for _, root := range w.edges(w.schema.Subscription) {
		for _, list := range w.edges(root.to) {
			if !list.many() || slices.Contains(w.linked, list.to) {
				continue
			}
			for _, e := range w.edges(list.to) {
				out = append(out, path{root, list, e})
			}
		}
	}
	return out
}

// The walk starts at Query. What only mutations lead to is one object an operation,
// with no list above it, and needs no walk of its own.
func TestTheWalkLeavesNoTypeOut(t *testing.T) {
	t.Parallel()
	w := newWalker(forAdmin)
	var reached []*ast.Definition
	for _, root := range []*ast.Definition{w.schema.Query, w.schema.Mutation, w.schema.Subscription} {
		for _, object := range w.objects(root) {
			for _, e := range w.edges(object) {
				inside := slices.Contains(w.linked, object) || !e.many() || slices.Contains(w.linked, e.to) ||
					slices.ContainsFunc(w.inEvents(), func(way path) bool { return way[1] == e })
				require.True(t, inside, "%s is a list that no query leads to", e)
			}
			reached = append(reached, object)
		}
	}
	for _, object := range w.schema.Types {
		if object.Kind == ast.Object && !strings.HasPrefix(object.Name, "__") {
			require.Contains(t, reached, object, "%s", object.Name)
		}
	}
}
