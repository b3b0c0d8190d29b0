package breadth

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// plans keeps the plan of each operation for as long as its parsed document lives.
type plans struct{ byOperation sync.Map }

func (c *plans) of(s *executor, op *graphql.OperationContext) *plan {
	key := weak.Make(op.Operation)
	if known, ok := c.byOperation.Load(key); ok {
		return known.(*plan)
	}
	made := newPlan(s, op.Operation)
	if known, raced := c.byOperation.LoadOrStore(key, made); raced {
		return known.(*plan)
	}
	// A plan must not refer to its operation, or neither would ever be collected.
	runtime.AddCleanup(op.Operation, func(key weak.Pointer[ast.OperationDefinition]) { c.byOperation.Delete(key) }, key)
	return made
}

// plan is what can be known of an operation before it runs.
type plan struct {
	// fallback says why the operation is left to gqlgen's executor; it is empty if it is not.
	fallback string
	// conditions are the variables that @skip and @include depend on.
	conditions []string
	// bytes is the size of the last answer, for the next one's buffer.
	bytes atomic.Int64

	mu       sync.Mutex
	variants map[string]*selection
}

// maxVariants bounds the selections kept for one operation with conditions; beyond it they are made for each request.
const maxVariants = 64

func newPlan(s *executor, op *ast.OperationDefinition) *plan {
	scan := scanner{schema: s, visited: map[*ast.FragmentDefinition]bool{}}
	scan.directives(op.Directives)
	scan.selections(op.SelectionSet)
	slices.Sort(scan.conditions)
	return &plan{
		fallback:   scan.fallback,
		conditions: slices.Compact(scan.conditions),
		variants:   map[string]*selection{},
	}
}

// root returns the selection of an operation on its root type, for the request's values of the conditions.
func (p *plan) root(op *graphql.OperationContext, o *objectInfo) *selection {
	var key strings.Builder
	conditions := make(map[string]any, len(p.conditions))
	for _, name := range p.conditions {
		conditions[name] = op.Variables[name]
		switch op.Variables[name] {
		case true:
			key.WriteByte('1')
		case false:
			key.WriteByte('0')
		default:
			key.WriteByte('-')
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.variants[key.String()]; ok {
		return known
	}
	made := collect(o, conditions, op.Operation.SelectionSet)
	if len(p.variants) < maxVariants {
		p.variants[key.String()] = made
	}
	return made
}

// scanner looks through an operation for what planning must know of it.
type scanner struct {
	schema     *executor
	visited    map[*ast.FragmentDefinition]bool
	fallback   string
	conditions []string
}

func (s *scanner) selections(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			s.directives(sel.Directives)
			if why := s.schema.unsupported[sel.ObjectDefinition.Name+"."+sel.Name]; why != "" {
				s.fallBack(why)
			}
			s.selections(sel.SelectionSet)
		case *ast.InlineFragment:
			s.directives(sel.Directives)
			s.selections(sel.SelectionSet)
		case *ast.FragmentSpread:
			s.directives(sel.Directives)
			if !s.visited[sel.Definition] {
				s.visited[sel.Definition] = true
				s.selections(sel.Definition.SelectionSet)
			}
		}
	}
}

func (s *scanner) directives(list ast.DirectiveList) {
	for _, d := range list {
		if d.Name != "skip" && d.Name != "include" {
			s.fallBack("directive @" + d.Name)
			continue
		}
		if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.Variable {
			s.conditions = append(s.conditions, arg.Value.Raw)
		}
	}
}

func (s *scanner) fallBack(why string) {
	if s.fallback == "" {
		s.fallback = why
	}
}

// selection is a selection set on one object type, its fields collected and merged (CollectFields in section 6.3.2 of the
// specification).
type selection struct {
	fields []planned
	// err is why it cannot be executed: a condition that is null.
	err error
}

// planned is one field of a selection.
type planned struct {
	index      int // in the object's fields, or -1 for __typename
	coordinate string
	// key is what is written before the value: a brace or comma, the response key, and the whole value of a constant.
	key        []byte
	collected  graphql.CollectedField
	dims       []dim
	conditions map[string]any // the variables that @skip and @include look at
	// required are the variables in the field's arguments that must not be null where they stand.
	required []required

	children atomic.Pointer[[]childSelection]
}

type childSelection struct {
	object    *objectInfo
	selection *selection
}

// child returns the selection of the field's own selection set on o. It is made when the first object of that type is met.
func (p *planned) child(o *objectInfo) *selection {
	for {
		known := p.children.Load()
		if known != nil {
			for _, c := range *known {
				if c.object == o {
					return c.selection
				}
			}
		}
		var all []childSelection
		if known != nil {
			all = slices.Clone(*known)
		}
		all = append(all, childSelection{o, collect(o, p.conditions, p.collected.Selections)})
		if p.children.CompareAndSwap(known, &all) {
			return all[len(all)-1].selection
		}
	}
}

func collect(o *objectInfo, variables map[string]any, set ast.SelectionSet) *selection {
	c := collector{object: o, variables: variables, byKey: map[string]int{}, visited: map[string]bool{}}
	c.collect(set)
	sel := &selection{fields: make([]planned, len(c.fields)), err: c.err}
	for i, field := range c.fields {
		p := &sel.fields[i]
		p.collected, p.coordinate, p.conditions = field, o.name+"."+field.Name, variables
		opening := byte(',')
		if i == 0 {
			opening = '{'
		}
		p.key = append(AppendString([]byte{opening}, field.Alias), ':')
		if field.Name == "__typename" {
			p.index = -1
			p.key = AppendString(p.key, o.name)
			continue
		}
		known := o.byName[field.Name]
		p.index, p.dims = known.index, known.dims
		for _, arg := range field.Arguments {
			p.required = appendRequired(p.required, arg.Name, arg.Value)
		}
	}
	return sel
}

// required is a variable that must not be null where it stands, in the value of an argument. One of a type that allows
// null may stand there if it has a default value, and be null all the same (section 6.4.1 of the specification).
type required struct {
	argument string
	value    *ast.Value
}

func appendRequired(all []required, argument string, value *ast.Value) []required {
	if value.Kind == ast.Variable && value.ExpectedType != nil && value.ExpectedType.NonNull {
		all = append(all, required{argument, value})
	}
	for _, child := range value.Children {
		all = appendRequired(all, argument, child.Value)
	}
	return all
}

type collector struct {
	object    *objectInfo
	variables map[string]any
	fields    []graphql.CollectedField
	byKey     map[string]int
	visited   map[string]bool
	err       error
}

func (c *collector) collect(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if !c.included(sel.Directives) {
				continue
			}
			at, ok := c.byKey[sel.Alias]
			if !ok {
				at = len(c.fields)
				c.byKey[sel.Alias] = at
				c.fields = append(c.fields, graphql.CollectedField{Field: sel, IsNonDeferrable: true})
			}
			c.fields[at].Selections = append(c.fields[at].Selections, sel.SelectionSet...)
		case *ast.InlineFragment:
			if c.included(sel.Directives) && c.applies(sel.TypeCondition) {
				c.collect(sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			if c.visited[sel.Name] || !c.included(sel.Directives) {
				continue
			}
			c.visited[sel.Name] = true
			if c.applies(sel.Definition.TypeCondition) {
				c.collect(sel.Definition.SelectionSet)
			}
		}
	}
}

func (c *collector) applies(typeCondition string) bool {
	return typeCondition == "" || c.object.satisfies[typeCondition]
}

func (c *collector) included(directives ast.DirectiveList) bool {
	return !c.condition(directives, "skip", false) && c.condition(directives, "include", true)
}

func (c *collector) condition(directives ast.DirectiveList, name string, otherwise bool) bool {
	d := directives.ForName(name)
	if d == nil {
		return otherwise
	}
	condition := d.Arguments.ForName("if").Value
	value, err := condition.Value(c.variables)
	on, ok := value.(bool)
	if err != nil || !ok {
		if c.err == nil {
			c.err = nullError("if", condition)
		}
		return otherwise
	}
	return on
}
