// Package plugin generates the tables that package breadth executes by.
//
// It is a gqlgen plugin: a generator program runs gqlgen with it,
//
//	err := api.Generate(cfg, api.AddPlugin(plugin.New("breadth.gen.go")))
//
// and finds, beside gqlgen's executor and in its package, a file with a function NewBreadthSchema that takes the place of
// NewExecutableSchema.
package plugin

import (
	_ "embed"
	"path/filepath"
	"sort"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/99designs/gqlgen/plugin"
)

//go:embed tables.gotpl
var tables string

// New returns the plugin, which writes a file of the given name into the directory of gqlgen's executor.
func New(filename string) plugin.Plugin { return generator{filename} }

type generator struct{ filename string }

// Name implements [plugin.Plugin].
func (generator) Name() string { return "breadth" }

// GenerateCode implements [plugin.CodeGenerator].
func (g generator) GenerateCode(data *codegen.Data) error {
	return templates.Render(templates.Options{
		PackageName:     data.Config.Exec.Package,
		Filename:        filepath.Join(data.Config.Exec.Dir(), g.filename),
		Template:        tables,
		Data:            newSchema(data),
		GeneratedHeader: true,
		Packages:        data.Config.Packages,
		PruneOptions:    data.Config.GetPruneOptions(),
	})
}

// schema is what the template sees.
type schema struct {
	*codegen.Data
	Abstract []*codegen.Interface
	objects  map[string]*codegen.Object
}

func newSchema(data *codegen.Data) *schema {
	s := &schema{Data: data, objects: map[string]*codegen.Object{}}
	for _, o := range data.Objects {
		s.objects[o.Name] = o
	}
	for _, i := range data.Interfaces {
		s.Abstract = append(s.Abstract, i)
	}
	sort.Slice(s.Abstract, func(i, j int) bool { return s.Abstract[i].Name < s.Abstract[j].Name })
	return s
}

// Tables returns the object types that get a table: not the introspection types, and not the subscription type.
func (s *schema) Tables() []table {
	var all []table
	for _, o := range s.Objects {
		if !strings.HasPrefix(o.Name, "__") && o != s.SubscriptionRoot {
			all = append(all, table{o, s})
		}
	}
	return all
}

// Streams returns the subscription type, or nil if there is none or its events carry contexts, which gqlgen's executor
// then takes care of.
func (s *schema) Streams() *table {
	if s.SubscriptionRoot == nil || s.SubscriptionRoot.HasSubscriptionContextField() {
		return nil
	}
	return &table{s.SubscriptionRoot, s}
}

// table is an object type.
type table struct {
	*codegen.Object
	schema *schema
}

// GoType is the Go type of its objects.
func (t table) GoType() string {
	if t.Root {
		return templates.CurrentImports.Lookup(breadthPackage) + ".Root"
	}
	return goType(t.Reference())
}

// Satisfies are the names of its interfaces and unions, quoted.
func (t table) Satisfies() string {
	var b strings.Builder
	for _, def := range t.Implements {
		b.WriteString(", \"" + def.Name + "\"")
	}
	return b.String()
}

// Rows are its fields.
func (t table) Rows() []row {
	var all []row
	for _, f := range t.Fields {
		all = append(all, row{f, t})
	}
	return all
}
