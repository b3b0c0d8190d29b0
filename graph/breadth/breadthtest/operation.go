// Package breadthtest holds an executor to the truth: it makes random operations over any schema, compares the answers of
// two executors as far as the GraphQL specification decides them, and shrinks an operation on which they differ.
package breadthtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Operation is a request without its name.
type Operation struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// Generator makes random operations that are valid for a schema. The zero values of its fields give moderate operations.
type Generator struct {
	Schema *ast.Schema
	// Depth bounds the nesting of selection sets (default 5), Fields the number of fields in all (default 40).
	Depth, Fields int
	// Exclude keeps a field out of operations.
	Exclude func(object, field string) bool
	// Value, if it returns true, chooses the value of an argument or input field given its coordinate, such as
	// "Query.user(id:)" or "Input.size"; values are as in JSON.
	Value func(random *rand.Rand, coordinate string, of *ast.Type) (any, bool)
}

// Operation returns the operation of a seed: the same one every time.
func (g Generator) Operation(kind ast.Operation, seed uint64) Operation {
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	for {
		b := builder{Generator: g, Rand: random, left: g.Fields, variables: map[string]any{}}
		if b.Depth == 0 {
			b.Depth = 5
		}
		if b.left == 0 {
			b.left = 40
		}
		op := b.operation(kind)
		// Random selections sometimes give one response key two meanings; those are thrown away.
		if valid(g.Schema, op.Query) {
			return op
		}
	}
}

func valid(schema *ast.Schema, query string) bool {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	return err == nil && len(validator.ValidateWithRules(schema, doc, rules.NewDefaultRules())) == 0
}

type builder struct {
	Generator
	*rand.Rand
	left        int
	aliases     int
	definitions ast.VariableDefinitionList
	variables   map[string]any
	fragments   ast.FragmentDefinitionList
}

func (b *builder) operation(kind ast.Operation) Operation {
	root := map[ast.Operation]*ast.Definition{
		ast.Query: b.Schema.Query, ast.Mutation: b.Schema.Mutation, ast.Subscription: b.Schema.Subscription,
	}[kind]
	set := b.selections(root, b.Depth)
	if kind == ast.Subscription {
		set = ast.SelectionSet{b.field(root, b.Depth)}
	}
	doc := &ast.QueryDocument{
		Operations: ast.OperationList{{Operation: kind, Name: "Random", VariableDefinitions: b.definitions, SelectionSet: set}},
		Fragments:  b.fragments,
	}
	return Operation{format(doc), b.variables}
}

func format(doc *ast.QueryDocument) string {
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent(" ")).FormatQueryDocument(doc)
	return out.String()
}

func (b *builder) chance(oneIn int) bool { return b.IntN(oneIn) == 0 }

// selections is a selection set on a type.
func (b *builder) selections(on *ast.Definition, depth int) (set ast.SelectionSet) {
	for range 1 + b.IntN(5) {
		switch {
		case on.Kind == ast.Union || b.chance(7) && depth > 1:
			set = append(set, b.fragment(on, depth))
		default:
			if f := b.field(on, depth); f != nil {
				set = append(set, f)
			}
		}
	}
	if len(set) == 0 {
		set = append(set, &ast.Field{Name: "__typename", Alias: "__typename"})
	}
	return set
}

func (b *builder) fragment(on *ast.Definition, depth int) ast.Selection {
	condition := on
	if possible := b.overlapping(on); !b.chance(4) {
		condition = possible[b.IntN(len(possible))]
	}
	if depth <= 1 {
		return &ast.InlineFragment{SelectionSet: ast.SelectionSet{&ast.Field{Name: "__typename", Alias: "__typename"}}}
	}
	if b.chance(3) {
		for _, f := range b.fragments {
			if f.TypeCondition == condition.Name && b.chance(2) {
				return &ast.FragmentSpread{Name: f.Name, Directives: b.conditions()}
			}
		}
		set := b.selections(condition, depth-1)
		f := &ast.FragmentDefinition{Name: "F" + strconv.Itoa(len(b.fragments)), TypeCondition: condition.Name, SelectionSet: set}
		b.fragments = append(b.fragments, f)
		return &ast.FragmentSpread{Name: f.Name, Directives: b.conditions()}
	}
	inline := &ast.InlineFragment{TypeCondition: condition.Name, Directives: b.conditions()}
	if condition == on && b.chance(3) && on.Kind != ast.Union {
		inline.TypeCondition = ""
	}
	inline.SelectionSet = b.selections(condition, depth-1)
	return inline
}

// overlapping are the types that a fragment on a type may name.
func (b *builder) overlapping(on *ast.Definition) (all []*ast.Definition) {
	seen := map[string]bool{}
	for _, concrete := range b.Schema.GetPossibleTypes(on) {
		if concrete.Kind != ast.Object {
			continue
		}
		for _, d := range append([]*ast.Definition{concrete}, b.Schema.GetImplements(concrete)...) {
			if !seen[d.Name] {
				seen[d.Name] = true
				all = append(all, d)
			}
		}
	}
	if len(all) == 0 {
		all = append(all, on)
	}
	return all
}

// field is a field of a type, or nil if there is none to be had.
func (b *builder) field(on *ast.Definition, depth int) ast.Selection {
	var candidates ast.FieldList
	for _, f := range on.Fields {
		composite := b.Schema.Types[f.Type.Name()].IsCompositeType()
		if len(f.Name) > 1 && f.Name[:2] == "__" || composite && (depth <= 1 || b.left < 4) || b.Exclude != nil && b.Exclude(on.Name, f.Name) {
			continue
		}
		candidates = append(candidates, f)
		if composite && depth > 2 {
			candidates = append(candidates, f, f) // deep operations are the interesting ones
		}
	}
	b.left--
	if len(candidates) == 0 || b.chance(20) {
		return &ast.Field{Name: "__typename", Alias: "__typename", Directives: b.conditions()}
	}
	def := candidates[b.IntN(len(candidates))]
	f := &ast.Field{Name: def.Name, Alias: def.Name, Directives: b.conditions()}
	for _, arg := range def.Arguments {
		coordinate := fmt.Sprintf("%s.%s(%s:)", on.Name, def.Name, arg.Name)
		optional := !arg.Type.NonNull || arg.DefaultValue != nil
		if optional && b.chance(3) {
			continue
		}
		f.Arguments = append(f.Arguments, &ast.Argument{Name: arg.Name, Value: b.argument(coordinate, arg.Type)})
	}
	if len(f.Arguments) > 0 || b.chance(6) {
		b.aliases++
		f.Alias = "a" + strconv.Itoa(b.aliases)
	}
	if t := b.Schema.Types[def.Type.Name()]; t.IsCompositeType() {
		f.SelectionSet = b.selections(t, depth-1)
	}
	return f
}

// conditions are @skip and @include, now and then.
func (b *builder) conditions() (list ast.DirectiveList) {
	for _, name := range []string{"skip", "include"} {
		if !b.chance(18) {
			continue
		}
		value := b.literal("@"+name+"(if:)", &ast.Type{NamedType: "Boolean", NonNull: true}, b.chance(2), 0)
		if b.chance(2) {
			value = b.variable(&ast.Type{NamedType: "Boolean", NonNull: true}, b.chance(2))
		}
		list = append(list, &ast.Directive{Name: name, Arguments: ast.ArgumentList{{Name: "if", Value: value}}})
	}
	return list
}

func (b *builder) argument(coordinate string, t *ast.Type) *ast.Value {
	value := b.json(coordinate, t, 0)
	if b.chance(3) && (value != nil || !t.NonNull) {
		return b.variable(t, value)
	}
	return b.literal(coordinate, t, value, 0)
}

func (b *builder) variable(t *ast.Type, value any) *ast.Value {
	name := "v" + strconv.Itoa(len(b.definitions))
	b.definitions = append(b.definitions, &ast.VariableDefinition{Variable: name, Type: t})
	b.variables[name] = value
	return &ast.Value{Kind: ast.Variable, Raw: name}
}
