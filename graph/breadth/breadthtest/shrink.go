package breadthtest

import (
	"maps"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Shrink returns a small operation for which fails still is true, made of op by leaving things out.
func Shrink(schema *ast.Schema, op Operation, fails func(Operation) bool) Operation {
	for {
		smaller, ok := shrinkOnce(schema, op, fails)
		if !ok {
			return op
		}
		op = smaller
	}
}

func shrinkOnce(schema *ast.Schema, op Operation, fails func(Operation) bool) (Operation, bool) {
	for n := 0; ; n++ {
		doc, err := parser.ParseQuery(&ast.Source{Input: op.Query})
		if err != nil {
			return op, false
		}
		cut := cutter{n: n}
		cut.document(doc)
		if !cut.done {
			return op, false
		}
		candidate := tidy(doc, op.Variables)
		if valid(schema, candidate.Query) && fails(candidate) {
			return candidate, true
		}
	}
}

// cutter makes the n-th of all possible cuts.
type cutter struct {
	n    int
	done bool
}

func (c *cutter) here() bool {
	c.n--
	if c.n == -1 {
		c.done = true
	}
	return c.n == -1
}

func (c *cutter) document(doc *ast.QueryDocument) {
	c.set(&doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		c.set(&f.SelectionSet)
	}
}

func (c *cutter) set(set *ast.SelectionSet) {
	for i, sel := range *set {
		if len(*set) > 1 && c.here() {
			*set = append(append(ast.SelectionSet{}, (*set)[:i]...), (*set)[i+1:]...)
			return
		}
		switch sel := sel.(type) {
		case *ast.Field:
			if len(sel.Directives) > 0 && c.here() {
				sel.Directives = nil
				return
			}
			if nested(sel.SelectionSet) && c.here() {
				sel.SelectionSet = ast.SelectionSet{&ast.Field{Name: "__typename", Alias: "__typename"}}
				return
			}
			for j := range sel.Arguments {
				if c.here() {
					sel.Arguments = append(sel.Arguments[:j:j], sel.Arguments[j+1:]...)
					return
				}
			}
			c.set(&sel.SelectionSet)
		case *ast.InlineFragment:
			if c.here() {
				*set = append(append(append(ast.SelectionSet{}, (*set)[:i]...), sel.SelectionSet...), (*set)[i+1:]...)
				return
			}
			c.set(&sel.SelectionSet)
		}
		if c.done {
			return
		}
	}
}

// nested tells whether a selection set is more than a __typename.
func nested(set ast.SelectionSet) bool {
	if len(set) != 1 {
		return len(set) > 1
	}
	f, ok := set[0].(*ast.Field)
	return !ok || f.Name != "__typename"
}

// tidy drops fragments and variables that are not used any more.
func tidy(doc *ast.QueryDocument, variables map[string]any) Operation {
	used := usage{fragments: map[string]bool{}, variables: map[string]bool{}, doc: doc}
	used.set(doc.Operations[0].SelectionSet)
	var fragments ast.FragmentDefinitionList
	for _, f := range doc.Fragments {
		if used.fragments[f.Name] {
			fragments = append(fragments, f)
		}
	}
	doc.Fragments = fragments
	var definitions ast.VariableDefinitionList
	kept := maps.Clone(variables)
	for _, v := range doc.Operations[0].VariableDefinitions {
		if used.variables[v.Variable] {
			definitions = append(definitions, v)
		} else {
			delete(kept, v.Variable)
		}
	}
	doc.Operations[0].VariableDefinitions = definitions
	return Operation{format(doc), kept}
}

type usage struct {
	doc                  *ast.QueryDocument
	fragments, variables map[string]bool
}

func (u *usage) set(set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			u.directives(sel.Directives)
			u.arguments(sel.Arguments)
			u.set(sel.SelectionSet)
		case *ast.InlineFragment:
			u.directives(sel.Directives)
			u.set(sel.SelectionSet)
		case *ast.FragmentSpread:
			u.directives(sel.Directives)
			if !u.fragments[sel.Name] {
				u.fragments[sel.Name] = true
				u.set(u.doc.Fragments.ForName(sel.Name).SelectionSet)
			}
		}
	}
}

func (u *usage) directives(list ast.DirectiveList) {
	for _, d := range list {
		u.arguments(d.Arguments)
	}
}

func (u *usage) arguments(list ast.ArgumentList) {
	for _, a := range list {
		u.value(a.Value)
	}
}

func (u *usage) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.variables[v.Raw] = true
	}
	for _, c := range v.Children {
		u.value(c.Value)
	}
}
