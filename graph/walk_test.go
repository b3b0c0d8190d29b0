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

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// edge is a field that leads from one object type to another. A field of an
// abstract type is several edges, one to each of its object types.
type edge struct {
	from  *ast.Definition
	field *ast.FieldDefinition
	to    *ast.Definition
}

func (e edge) String() string {
	if e.abstract() {
		return fmt.Sprintf("%s.%s:%s", e.from.Name, e.field.Name, e.to.Name)
	}
	return e.from.Name + "." + e.field.Name
}

func (e edge) abstract() bool { return e.field.Type.Name() != e.to.Name }

func (e edge) many() bool { return e.field.Type.Elem != nil }

// path leads from the query root to objects.
type path []edge

func (p path) String() string {
	names := make([]string, len(p))
	for i, e := range p {
		names[i] = e.field.Name
		if e.abstract() {
			names[i] += ":" + e.to.Name
		}
	}
	return strings.Join(names, ".")
}

// walker finds its way through the schema as it is served to a viewer.
type walker struct {
	schema *ast.Schema
	// visible says which fields the viewer may ask for.
	visible func(*ast.FieldDefinition) bool
	// linked are the types that fields lead to, not counting those by id.
	linked []*ast.Definition
}

// newWalker walks the schema that the server executes.
func newWalker(visible func(*ast.FieldDefinition) bool) walker {
	w := walker{schema: graph.NewSchema(&graph.Resolver{}).Schema(), visible: visible}
	w.linked = w.objects(w.schema.Query)
	return w
}

func forAdmin(*ast.FieldDefinition) bool { return true }

// forTaker admits what @requires does not keep for administrators.
func forTaker(f *ast.FieldDefinition) bool { return requiredRole(f) != string(vocab.Admin) }

// requiredRole is the role that a field's @requires names, "" without one.
func requiredRole(f *ast.FieldDefinition) string {
	if d := f.Directives.ForName("requires"); d != nil {
		return d.Arguments.ForName("role").Value.Raw
	}
	return ""
}

// fields are the fields of a type that the viewer may ask for.
func (w walker) fields(t *ast.Definition) []*ast.FieldDefinition {
	var out []*ast.FieldDefinition
	for _, f := range t.Fields {
		if !strings.HasPrefix(f.Name, "__") && w.visible(f) {
			out = append(out, f)
		}
	}
	return out
}

// edges are the fields of a type that lead to objects. What can be found by id
// can be found in another way too.
func (w walker) edges(t *ast.Definition) []edge {
	var out []edge
	for _, f := range w.fields(t) {
		if w.schema.Types[f.Type.Name()].IsLeafType() {
			continue
		}
		for _, to := range w.schema.GetPossibleTypes(w.schema.Types[f.Type.Name()]) {
			if e := (edge{t, f, to}); !byID(e) || slices.Contains(w.linked, to) {
				out = append(out, e)
			}
		}
	}
	return out
}

// objects are the object types that the root leads to, in the order of the walk.
func (w walker) objects(root *ast.Definition) []*ast.Definition {
	found := []*ast.Definition{root}
	for i := 0; i < len(found); i++ {
		for _, e := range w.edges(found[i]) {
			if !slices.Contains(found, e.to) {
				found = append(found, e.to)
			}
		}
	}
	return found
}

// byID says that a field finds things by their ids: the walk takes such a field
// only when it is asked for, or every way would be one step long.
func byID(e edge) bool { return e.field.Type.Name() == "Node" }

// passed is what a path has passed.
type passed int

const (
	_ passed = iota // no list
	// aPlainList has as many members as it has.
	aPlainList
	// aPage has as many members as are asked for.
	aPage
)

// after is what has been passed after one more edge.
func (p passed) after(e edge, previous path) passed {
	sized := e.field.Arguments.ForName("ids") != nil ||
		len(previous) > 0 && previous[len(previous)-1].field.Arguments.ForName("first") != nil
	switch {
	case !e.many():
		return p
	case sized:
		return aPage
	default:
		return max(p, aPlainList)
	}
}

// below gives a path to each edge on which a list is passed, the edge itself
// included: the shortest that passes a page if there is one. Edges that no list
// leads to are absent.
func (w walker) below() map[edge]path {
	type place struct {
		at     *ast.Definition
		paged  bool
		passed passed
	}
	best := map[edge]passed{}
	paths := map[edge]path{}
	start := place{at: w.schema.Query}
	reached := map[place]path{start: {}}
	for queue := []place{start}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		for _, e := range w.edges(here.at) {
			next := place{e.to, e.field.Arguments.ForName("first") != nil, here.passed.after(e, reached[here])}
			way := append(slices.Clone(reached[here]), e)
			if next.passed > best[e] {
				best[e], paths[e] = next.passed, way
			}
			if _, known := reached[next]; !known && !byID(e) {
				reached[next] = way
				queue = append(queue, next)
			}
		}
	}
	return paths
}

// ways gives the shortest path to each edge, lists or not.
func (w walker) ways() map[edge]path {
	paths := map[edge]path{}
	reached := map[*ast.Definition]path{w.schema.Query: {}}
	for queue := []*ast.Definition{w.schema.Query}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		for _, e := range w.edges(here) {
			way := append(slices.Clone(reached[here]), e)
			paths[e] = way
			if _, known := reached[e.to]; !known && !byID(e) {
				reached[e.to] = way
				queue = append(queue, e.to)
			}
		}
	}
	return paths
}

// sorted are the edges in a fixed order.
func sorted(paths map[edge]path) []edge {
	out := make([]edge, 0, len(paths))
	for e := range paths {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b edge) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// values gives the arguments of the fields on a path.
type values struct {
	// size is what every first is.
	size int
	// sources are the values of the argument source, by size.
	sources map[int]string
	// ids of the things that node and nodes find.
	ids []string
}

// arguments are the field's arguments as they are written in the document. A
// required argument that has no value here fails the walk.
func (v values) arguments(f *ast.FieldDefinition) (string, error) {
	var out []string
	for _, a := range f.Arguments {
		switch {
		case a.Name == "first":
			out = append(out, fmt.Sprintf("first: %d", v.size))
		case a.Name == "ids":
			raw, err := json.Marshal(v.ids[:min(v.size, len(v.ids))])
			if err != nil {
				return "", err
			}
			out = append(out, "ids: "+string(raw))
		case a.Name == "id" && len(v.ids) > 0:
			out = append(out, fmt.Sprintf("id: %q", v.ids[0]))
		case a.Name == "token" && a.Type.NonNull:
			out = append(out, fmt.Sprintf("token: %q", servertest.ErasureToken))
		case a.Name == "source" && a.Type.NonNull:
			out = append(out, fmt.Sprintf("source: %q", v.sources[v.size]))
		case a.Type.NonNull && a.DefaultValue == nil:
			return "", fmt.Errorf("the walk has no value for the required argument %s of %s", a.Name, f.Name)
		}
	}
	if len(out) == 0 {
		return "", nil
	}
	return "(" + strings.Join(out, ", ") + ")", nil
}

// document asks for the selection at the end of the path.
func (p path) document(v values, selection string) (string, error) {
	for _, e := range slices.Backward(p) {
		arguments, err := v.arguments(e.field)
		if err != nil {
			return "", err
		}
		if e.abstract() {
			selection = fmt.Sprintf("{ __typename ... on %s %s }", e.to.Name, selection)
		}
		selection = fmt.Sprintf("{ %s%s %s }", e.field.Name, arguments, selection)
	}
	return selection, nil
}

// everything selects all plain fields of a type, and of a connection its edges,
// nodes and page information as well.
func (w walker) everything(t *ast.Definition, v values) (string, error) {
	out := []string{"__typename"}
	for _, f := range w.fields(t) {
		of := w.schema.Types[f.Type.Name()]
		switch {
		case of.IsLeafType():
			out = append(out, f.Name)
		case strings.HasSuffix(t.Name, "Connection"), strings.HasSuffix(t.Name, "Edge"):
			inner, err := w.everything(of, v)
			if err != nil {
				return "", err
			}
			out = append(out, f.Name+" "+inner)
		}
	}
	return "{ " + strings.Join(out, " ") + " }", nil
}

// at gives the values at the end of the path, nulls included, lists unfolded.
func (p path) at(data any) []any {
	found := []any{data}
	for _, e := range p {
		var next []any
		for _, object := range found {
			if fields, ok := object.(map[string]any); ok {
				next = unfold(next, fields[e.field.Name])
			}
		}
		found = next
	}
	return found
}

func unfold(into []any, value any) []any {
	list, ok := value.([]any)
	if !ok {
		return append(into, value)
	}
	for _, item := range list {
		into = unfold(into, item)
	}
	return into
}

// objectsAt are the objects at the end of the path.
func (p path) objectsAt(data any) []map[string]any {
	var out []map[string]any
	for _, value := range p.at(data) {
		if object, ok := value.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}

// asker sends an operation.
type asker func(query string) servertest.Answer

// asking sends operations as the client.
func asking(tb testing.TB, c servertest.Client) asker {
	return func(query string) servertest.Answer { return c.Ask(tb, query, nil) }
}

// decoded is the answer's data.
func decoded(tb testing.TB, a servertest.Answer) any {
	tb.Helper()
	var data any
	require.NoError(tb, json.Unmarshal(a.Data, &data))
	return data
}

// idsOf finds the ids of up to n things of a type, by any way but an id.
func (w walker) idsOf(tb testing.TB, ask asker, t *ast.Definition, v values) []string {
	tb.Helper()
	var ids []string
	paths := w.ways()
	maps.Copy(paths, w.below())
	for _, e := range sorted(paths) {
		if e.to != t || byID(e) {
			continue
		}
		document, err := paths[e].document(v, "{ id }")
		require.NoError(tb, err)
		for _, object := range paths[e].objectsAt(decoded(tb, ask(document))) {
			if id, ok := object["id"].(string); ok && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if len(ids) >= v.size {
			break
		}
	}
	require.NotEmpty(tb, ids, "no way leads to a %s but its id", t.Name)
	return ids[:min(len(ids), v.size)]
}
