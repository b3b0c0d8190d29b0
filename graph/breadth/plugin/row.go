package plugin

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/templates"
)

const breadthPackage = "github.com/aiqhq/aiq/graph/breadth"

// row is a field of an object type.
type row struct {
	*codegen.Field
	table table
}

// Expr is the Go expression that makes the field.
func (r row) Expr() string {
	obj, value := r.table.GoType(), goType(r.TypeReference.GO)
	if r.GoReceiverName == "ec" {
		return fmt.Sprintf("breadth.Opaque(%q, func(ctx context.Context, x any, field graphql.CollectedField) graphql.Marshaler {\n%sreturn %s_%s_%s(ctx, %sfield)\n})",
			r.Name, r.execution(), r.table.schema.ECDot(), r.Object.Name, r.Name, r.table.schema.ECArg())
	}
	complete, err := r.table.schema.completer(r.TypeReference)
	if r.HasFederationRequiresArg() {
		err = errFederation
	}
	if err != nil {
		return fmt.Sprintf("breadth.Unsupported[%s](%q, %q)", obj, r.Name, r.Object.Name+"."+r.Name+": "+err.Error())
	}
	if r.Object.Stream {
		return r.stream(value, complete)
	}
	if !r.HasDirectives() && r.isPlain() {
		return fmt.Sprintf("breadth.Plain(%q, func(b []byte, obj %s) []byte { return breadth.%s(b, obj.%s) })",
			r.Name, obj, r.appendFunc(), r.GoFieldName)
	}
	expr := r.source(obj, value, complete)
	if args := r.argsFunc(); args != "nil" {
		expr += ".Args(" + args + ")"
	}
	if r.HasDirectives() {
		var names []string
		for _, d := range r.ImplDirectives() {
			names = append(names, strconv.Quote(d.Name))
		}
		expr = fmt.Sprintf("breadth.Guarded[%s, %s](%s, []string{%s}, %s)", obj, value, expr, strings.Join(names, ", "), r.directives())
	}
	return expr
}

// source is the expression of the field without its arguments and directives.
func (r row) source(obj, value, complete string) string {
	switch {
	case r.IsBatch() && !r.Object.Root:
		return fmt.Sprintf("breadth.Batch(%q, func(ctx context.Context, x any, objs []%s) ([]%s, error) {\n%s%sreturn ec.Resolvers.%s().%s(%s)\n}, %s)",
			r.Name, obj, value, r.execution(), r.fieldContext(r.BatchUsesFieldContextArgs()),
			templates.UcFirst(r.Object.Name), r.GoFieldName, r.BatchCallArgs("objs", ""), complete)
	case r.IsResolver:
		return fmt.Sprintf("breadth.Method(%q, func(ctx context.Context, x any, obj %s) (v %s, ok bool, err error) {\n%s%sv, err = ec.Resolvers.%s\nreturn v, true, err\n}, true, %s).Resolver()",
			r.Name, obj, value, r.execution(), r.fieldContext(len(r.Args) > 0), r.ShortInvocation(), complete)
	case r.IsVariable() && !r.HasHaser && !r.throughPointer():
		return fmt.Sprintf("breadth.Held(%q, func(obj %s) *%s { return &obj.%s }, %s)", r.Name, obj, value, r.GoFieldName, complete)
	default:
		return fmt.Sprintf("breadth.Method(%q, func(ctx context.Context, x any, obj %s) (v %s, ok bool, err error) {\n%s%s}, %t, %s)",
			r.Name, obj, value, r.fieldContext(len(r.Args) > 0), r.body(), r.MethodHasContext, complete)
	}
}

// body is the body of a function that returns a value held by or computed from an object.
func (r row) body() string {
	var b strings.Builder
	if r.HasHaser {
		fmt.Fprintf(&b, "if !obj.%s() {\nreturn v, false, nil\n}\n", r.HaserMethodName)
	}
	switch call := fmt.Sprintf("obj.%s(%s)", r.GoFieldName, r.CallArgs()); {
	case r.IsMap():
		fmt.Fprintf(&b, "switch value := obj[%q].(type) {\ncase %s:\nreturn value, true, nil\n", r.Name, goType(r.TypeReference.GO))
		if elem := r.TypeReference.Elem(); elem != nil && r.TypeReference.IsPtr() {
			fmt.Fprintf(&b, "case %s:\nreturn &value, true, nil\n", goType(elem.GO))
		}
		fmt.Fprintf(&b, "case nil:\nreturn v, false, nil\ndefault:\nreturn v, false, fmt.Errorf(\"unexpected type %%T for field %%s\", value, %q)\n}\n", r.Name)
	case r.IsVariable():
		fmt.Fprintf(&b, "return obj.%s, true, nil\n", r.GoFieldName)
	case r.VOkFunc:
		fmt.Fprintf(&b, "v, ok = %s\nreturn v, ok, nil\n", call)
	case r.NoErr:
		fmt.Fprintf(&b, "return %s, true, nil\n", call)
	default:
		fmt.Fprintf(&b, "v, err = %s\nreturn v, true, err\n", call)
	}
	return b.String()
}

// stream is the expression of a subscription field.
func (r row) stream(value, complete string) string {
	directives := "nil"
	if r.HasDirectives() {
		directives = r.directives()
	}
	return fmt.Sprintf("breadth.Stream(%q, %s, %s, func(ctx context.Context, x any) (<-chan %s, error) {\n%s%sreturn ec.Resolvers.%s\n}, %s)",
		r.Name, r.argsFunc(), directives, value, r.execution(), r.fieldContext(len(r.Args) > 0), r.ShortInvocation(), complete)
}

// directives is the function that runs the field's directives, the last one outermost, as gqlgen does.
func (r row) directives() string {
	s := r.table.schema
	var b strings.Builder
	b.WriteString("func(ctx context.Context, x any, obj any, directive0 graphql.Resolver) (any, error) {\n" + r.execution())
	obj := "obj"
	if r.Object.Root {
		obj = "nil"
	}
	all := r.ImplDirectives()
	for i, d := range all {
		fmt.Fprintf(&b, "directive%d := func(ctx context.Context) (any, error) {\n", i+1)
		for _, arg := range d.Args {
			value := arg.Value
			if value == nil {
				value = arg.Default
			}
			if value != nil {
				fmt.Fprintf(&b, "%s, err := %s%s(ctx, %s%s)\nif err != nil {\nreturn nil, err\n}\n",
					arg.VarName, s.ECDot(), arg.TypeReference.UnmarshalFunc(), s.ECArg(), templates.Dump(value))
			}
		}
		if !d.IsBuiltIn() {
			fmt.Fprintf(&b, "if %s == nil {\nreturn nil, errors.New(%q)\n}\n", d.CallPath(), "directive "+d.Name+" is not implemented")
		}
		fmt.Fprintf(&b, "return %s(%s)\n}\n", d.CallPath(), d.ResolveArgs(obj, i))
	}
	fmt.Fprintf(&b, "return directive%d(ctx)\n}", len(all))
	return b.String()
}

func (r row) argsFunc() string {
	if len(r.Args) == 0 {
		return "nil"
	}
	s := r.table.schema
	return fmt.Sprintf("func(ctx context.Context, x any, raw map[string]any) (map[string]any, error) {\n%sreturn %s%s(ctx, %sraw)\n}",
		r.execution(), s.ECDot(), r.ArgsFunc(), s.ECArg())
}

func (r row) execution() string { return "ec := x.(*executionContext)\n_ = ec\n" }

func (r row) fieldContext(needed bool) string {
	if !needed {
		return ""
	}
	return "fc := graphql.GetFieldContext(ctx)\n"
}

// isPlain tells whether the field is a struct field whose value can be neither null nor refused.
func (r row) isPlain() bool {
	return r.IsVariable() && !r.IsResolver && !r.HasHaser && !r.throughPointer() && r.appendFunc() != ""
}

func (r row) appendFunc() string {
	t := r.TypeReference
	if t.IsSlice() || t.IsMarshaler || t.HasEnumValues() || t.Marshaler == nil {
		return ""
	}
	basic, ok := t.GO.Underlying().(*types.Basic)
	if !ok {
		return ""
	}
	switch t.Marshaler.FullName() {
	case graphqlPackage + ".MarshalString", graphqlPackage + ".MarshalID":
		if basic.Kind() == types.String && t.Definition.Kind == scalarKind {
			return "AppendString"
		}
	case graphqlPackage + ".MarshalBoolean":
		if basic.Kind() == types.Bool {
			return "AppendBool"
		}
	}
	return ""
}

// throughPointer tells whether the struct field is promoted from an embedded pointer, which may be nil.
func (r row) throughPointer() bool {
	_, path, indirect := types.LookupFieldOrMethod(r.Object.Type, false, nil, r.GoFieldName)
	return len(path) > 1 && indirect
}
