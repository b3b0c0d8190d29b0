package breadthtest

import (
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// json is a random value of an input type, as JSON has it.
func (b *builder) json(coordinate string, t *ast.Type, depth int) any {
	if b.Value != nil {
		if v, ok := b.Value(b.Rand, coordinate, t); ok {
			return v
		}
	}
	if !t.NonNull && b.chance(8) {
		return nil
	}
	if t.Elem != nil {
		list := make([]any, b.IntN(3))
		for i := range list {
			list[i] = b.json(coordinate, t.Elem, depth+1)
		}
		return list
	}
	def := b.Schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Enum:
		return def.EnumValues[b.IntN(len(def.EnumValues))].Name
	case ast.InputObject:
		object := map[string]any{}
		for _, f := range def.Fields {
			optional := !f.Type.NonNull || f.DefaultValue != nil
			if optional && (b.chance(2) || depth > 2) {
				continue
			}
			object[f.Name] = b.json(def.Name+"."+f.Name, f.Type, depth+1)
		}
		return object
	}
	switch t.NamedType {
	case "Int":
		return b.IntN(11) - 1
	case "Float":
		return float64(b.IntN(100)) / 4
	case "Boolean":
		return b.chance(2)
	default:
		return "s" + strconv.Itoa(b.IntN(5))
	}
}

// literal is a JSON value of an input type as a document writes it.
func (b *builder) literal(coordinate string, t *ast.Type, value any, depth int) *ast.Value {
	switch value := value.(type) {
	case nil:
		return &ast.Value{Kind: ast.NullValue, Raw: "null"}
	case bool:
		return &ast.Value{Kind: ast.BooleanValue, Raw: strconv.FormatBool(value)}
	case int:
		return &ast.Value{Kind: ast.IntValue, Raw: strconv.Itoa(value)}
	case float64:
		return &ast.Value{Kind: ast.FloatValue, Raw: strconv.FormatFloat(value, 'f', 2, 64)}
	case []any:
		list := &ast.Value{Kind: ast.ListValue}
		for _, e := range value {
			list.Children = append(list.Children, &ast.ChildValue{Value: b.literal(coordinate, t.Elem, e, depth+1)})
		}
		return list
	case map[string]any:
		def := b.Schema.Types[t.Name()]
		object := &ast.Value{Kind: ast.ObjectValue}
		for _, f := range def.Fields {
			if v, ok := value[f.Name]; ok {
				object.Children = append(object.Children, &ast.ChildValue{
					Name: f.Name, Value: b.literal(def.Name+"."+f.Name, f.Type, v, depth+1),
				})
			}
		}
		return object
	default:
		kind := ast.StringValue
		if b.Schema.Types[t.Name()].Kind == ast.Enum {
			kind = ast.EnumValue
		}
		return &ast.Value{Kind: kind, Raw: fmt.Sprint(value)}
	}
}
