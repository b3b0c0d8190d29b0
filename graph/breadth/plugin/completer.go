package plugin

import (
	"errors"
	"fmt"
	"go/types"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	graphqlPackage = "github.com/99designs/gqlgen/graphql"
	scalarKind     = ast.Scalar
)

var (
	errRoot       = errors.New("a root type below another object")
	errNamedSlice = errors.New("a list of a Go type that is not a slice")
	errFederation = errors.New("computed requires of a federated entity")
)

func goType(t types.Type) string {
	s := templates.CurrentImports.LookupType(t)
	return strings.ReplaceAll(s, "interface{}", "any")
}

// completer is the expression of the completer for values of the type that ref refers to. It takes types apart in the
// order in which gqlgen's marshalers do.
func (s *schema) completer(ref *config.TypeReference) (string, error) {
	switch {
	case ref.IsRoot:
		return "", errRoot
	case ref.IsSlice():
		return s.wrapped("List", ref.Elem())
	case ref.IsPtrToSlice(), ref.IsPtrToIntf(), ref.IsPtrToPtr() && ref.Marshaler == nil && !ref.IsMarshaler:
		return s.wrapped("Pointer", ref.Elem())
	case ref.IsMarshaler || ref.Marshaler != nil:
		return s.leaf(ref), nil
	case ref.GQL.Elem != nil:
		return "", errNamedSlice
	}
	switch ref.Definition.Kind {
	case ast.Interface, ast.Union:
		return "t.of" + ref.Definition.Name, nil
	case ast.Object:
		object := s.objects[ref.Definition.Name]
		switch _, pointer := object.Reference().(*types.Pointer); {
		case pointer && ref.IsPtr():
			return fmt.Sprintf("breadth.PointerTo(t.of%s)", object.Name), nil
		case pointer:
			return fmt.Sprintf("breadth.ValueOf(t.of%s)", object.Name), nil
		default:
			return fmt.Sprintf("breadth.Nilable(t.of%s, func(v %s) bool { return v == nil })", object.Name, goType(ref.GO)), nil
		}
	}
	return s.leaf(ref), nil
}

func (s *schema) wrapped(constructor string, elem *config.TypeReference) (string, error) {
	inner, err := s.completer(elem)
	return fmt.Sprintf("breadth.%s(%s)", constructor, inner), err
}

// leaf is the completer of a scalar or an enum.
func (s *schema) leaf(ref *config.TypeReference) string {
	value := ref.GO
	pointer, isPointer := value.(*types.Pointer)
	if isPointer {
		value = pointer.Elem()
	}
	expr := s.leafValue(ref, value)
	if expr == "" {
		return s.marshaled(ref)
	}
	if isPointer {
		return "breadth.Pointer(" + expr + ")"
	}
	return expr
}

// leafValue is the completer of a leaf of Go type value if there is a better one than calling its marshaler each time.
func (s *schema) leafValue(ref *config.TypeReference, value types.Type) string {
	t := goType(value)
	if ref.Definition.Kind == ast.Enum && !ref.IsContext && types.Comparable(value) && !types.IsInterface(value) {
		var names []string
		for _, v := range ref.Definition.EnumValues {
			names = append(names, strconv.Quote(v.Name))
		}
		return fmt.Sprintf("breadth.Enum(%q, []string{%s}, func(v %s) graphql.Marshaler { return %s })",
			ref.Definition.Name, strings.Join(names, ", "), t, s.marshalValue(ref, value, "v"))
	}
	if ref.IsMarshaler {
		if m := method(value, "AppendGQL"); m != nil && isAppend(m, nil) {
			return fmt.Sprintf("breadth.Appended(func(b []byte, v %s) []byte { return v.AppendGQL(b) })", t)
		}
		return ""
	}
	if ref.Marshaler == nil {
		return ""
	}
	if name, ok := strings.CutPrefix(ref.Marshaler.Name(), "Marshal"); ok {
		pkg := ref.Marshaler.Pkg()
		if f, ok := pkg.Scope().Lookup("Append" + name).(*types.Func); ok && isAppend(f, value) {
			return fmt.Sprintf("breadth.Appended(%s)", templates.Call(f))
		}
	}
	return builtin(ref, value, t)
}

// builtin is the completer of a leaf that one of gqlgen's own functions marshals.
func builtin(ref *config.TypeReference, value types.Type, t string) string {
	name, ours := strings.CutPrefix(ref.Marshaler.FullName(), graphqlPackage+".Marshal")
	if !ours {
		return ""
	}
	if name == "Time" {
		if t == "time.Time" {
			return "breadth.Time()"
		}
		return ""
	}
	basic, ok := value.Underlying().(*types.Basic)
	if !ok {
		return ""
	}
	info := basic.Info()
	switch {
	case (name == "String" || name == "ID") && info&types.IsString != 0:
		return fmt.Sprintf("breadth.String[%s]()", t)
	case name == "Boolean" && info&types.IsBoolean != 0:
		return fmt.Sprintf("breadth.Bool[%s]()", t)
	case (name == "Float" || name == "FloatContext") && basic.Kind() == types.Float64:
		return fmt.Sprintf("breadth.Float[%s]()", t)
	case (name == "IntID" || name == "UintID") && info&types.IsInteger != 0:
		return fmt.Sprintf("breadth.IntegerID[%s]()", t)
	case (strings.HasPrefix(name, "Int") || strings.HasPrefix(name, "Uint")) && info&types.IsInteger != 0:
		if ref.Definition.Name == "Int" {
			return fmt.Sprintf("breadth.Int[%s]()", t)
		}
		return fmt.Sprintf("breadth.Integer[%s]()", t)
	}
	return ""
}

// marshaled is the completer of a leaf that calls its marshaler.
func (s *schema) marshaled(ref *config.TypeReference) string {
	var b strings.Builder
	fmt.Fprintf(&b, "breadth.Leaf(func(ctx context.Context, w io.Writer, p *%s) error {\n", goType(ref.GO))
	if ref.IsNilable() {
		b.WriteString("if *p == nil {\nreturn nil\n}\n")
	}
	v := "*p"
	if !ref.IsMarshaler {
		v = s.marshalCall(ref, "*p", ref.IsNilable())
	}
	if ref.IsContext {
		fmt.Fprintf(&b, "return breadth.WriteContext(ctx, w, %s)\n})", v)
	} else {
		fmt.Fprintf(&b, "return breadth.Write(w, %s)\n})", v)
	}
	return b.String()
}

// marshalCall is the call of the marshal function on expr, of type ref.GO, with the indirections that gqlgen puts in.
func (s *schema) marshalCall(ref *config.TypeReference, expr string, nilable bool) string {
	switch {
	case ref.IsTargetNilable() && !nilable:
		expr = "&(" + expr + ")"
	case !ref.IsTargetNilable() && nilable:
		expr = "*(" + expr + ")"
	}
	if ref.CastType != nil {
		expr = fmt.Sprintf("%s(%s)", goType(ref.CastType), expr)
	}
	return fmt.Sprintf("%s(%s)", templates.Call(ref.Marshaler), expr)
}

// marshalValue is the marshaler of v, a Go value that is not a pointer.
func (s *schema) marshalValue(ref *config.TypeReference, value types.Type, v string) string {
	switch {
	case ref.HasEnumValues():
		// The map is named after the reference's type without pointers only if that is how gqlgen saw it.
		return fmt.Sprintf("%s(%s[%s])", templates.Call(ref.Marshaler), ref.EnumMarshalVar(s.Config.UseFunctionSyntaxForExecutionContext), v)
	case ref.IsMarshaler:
		if method(value, "MarshalGQL") == nil {
			return "&" + v
		}
		return v
	default:
		return s.marshalCall(ref, v, false)
	}
}

// method is the method of that name that values of type t have.
func method(t types.Type, name string) *types.Func {
	if sel := types.NewMethodSet(t).Lookup(nil, name); sel != nil {
		f, _ := sel.Obj().(*types.Func)
		return f
	}
	return nil
}

// isAppend tells whether f is func(dst []byte, v value) []byte; for a method there is no second parameter.
func isAppend(f *types.Func, value types.Type) bool {
	bytes := types.NewSlice(types.Typ[types.Byte])
	sig := f.Type().(*types.Signature)
	in, out := sig.Params(), sig.Results()
	if out.Len() != 1 || !types.Identical(out.At(0).Type(), bytes) || in.Len() == 0 || !types.Identical(in.At(0).Type(), bytes) {
		return false
	}
	if value == nil {
		return in.Len() == 1
	}
	return in.Len() == 2 && types.Identical(in.At(1).Type(), value)
}
