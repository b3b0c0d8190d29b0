package loader

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
)

// wide is a table of many columns, of which a query reads many rows. Of each row
// only those columns are read that the query is answered from: scanning a value
// costs more than anything else that is done to it.
//
// What is read depends on the whole operation and not on one place in it, so that
// all places share their statements and every row of a response is alike.
type wide struct {
	// object is the type of the schema that the rows are.
	object string
	// columns are all that loaders read; without a say in the matter, they do.
	columns []string
	// always are the keys, what lists are ordered by, and what others look at.
	always []string
	// fields are answered from these columns. A field that is not among them is
	// answered from the column of its name, or else may look at every column.
	fields map[string][]string
}

var wideResponses = wide{
	object:  "Response",
	columns: response.Columns,
	always:  []string{response.FieldID, response.FieldSessionID, response.FieldUserID, response.FieldQuestionID},
	fields:  map[string][]string{"session": nil, "question": nil, "user": nil},
}

// The answers that a session's row holds are never among what loaders read: they
// are most of it, and only its progress needs them.
var wideSessions = wide{
	object: "TestSession",
	columns: slices.DeleteFunc(slices.Clone(testsession.Columns), func(column string) bool {
		return column == testsession.FieldSteps || column == testsession.FieldSeen
	}),
	always: []string{
		testsession.FieldID, testsession.FieldUserID, testsession.FieldState, testsession.FieldOpenQuestionID,
		testsession.FieldAnswered, testsession.FieldStartedAt, testsession.FieldLastActivityAt,
	},
	fields: map[string][]string{
		"user": nil, "responses": nil, "currentQuestion": nil, "openQuestions": nil,
		"progress": nil, "result": nil, "validity": nil,
	},
}

// columnsOf are the columns of the table that the operation is answered from, in
// the table's order.
func (l *Loaders) columnsOf(table *wide) []string {
	fields, known := l.selected()
	if !known {
		return table.columns
	}
	read := map[string]bool{}
	for _, column := range table.always {
		read[column] = true
	}
	for field := range fields[table.object] {
		columns, listed := table.fields[field]
		if !listed {
			column := columnName(field)
			if !slices.Contains(table.columns, column) {
				return table.columns
			}
			columns = []string{column}
		}
		for _, column := range columns {
			read[column] = true
		}
	}
	out := make([]string, 0, len(read))
	for _, column := range table.columns {
		if read[column] {
			out = append(out, column)
		}
	}
	return out
}

// columnName is a field's name as columns are written: servedAt, served_at.
func columnName(field string) string {
	var b strings.Builder
	for _, r := range field {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// selection is the fields that an operation selects of each object type. It is
// not known if fields are selected through an interface that has more than ids.
type selection struct {
	fields map[string]map[string]bool
	known  bool
}

// selected are the fields that the response's operation selects, whether or not
// @skip and @include leave them out.
func (l *Loaders) selected() (fields map[string]map[string]bool, known bool) {
	l.selectOnce.Do(func() { l.selection = selectionOf(l.ctx) })
	return l.selection.fields, l.selection.known
}

func selectionOf(ctx context.Context) selection {
	s := selection{fields: map[string]map[string]bool{}, known: true}
	if !graphql.HasOperationContext(ctx) || graphql.GetOperationContext(ctx).Operation == nil {
		return selection{}
	}
	spread := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, chosen := range set {
			switch chosen := chosen.(type) {
			case *ast.Field:
				s.add(chosen)
				walk(chosen.SelectionSet)
			case *ast.InlineFragment:
				walk(chosen.SelectionSet)
			case *ast.FragmentSpread:
				if !spread[chosen.Name] {
					spread[chosen.Name] = true
					walk(chosen.Definition.SelectionSet)
				}
			}
		}
	}
	walk(graphql.GetOperationContext(ctx).Operation.SelectionSet)
	return s
}

func (s *selection) add(f *ast.Field) {
	switch {
	case strings.HasPrefix(f.Name, "__") || f.Name == "id":
	case f.ObjectDefinition == nil || f.ObjectDefinition.IsAbstractType():
		s.known = false
	default:
		of := s.fields[f.ObjectDefinition.Name]
		if of == nil {
			of = map[string]bool{}
			s.fields[f.ObjectDefinition.Name] = of
		}
		of[f.Name] = true
	}
}
