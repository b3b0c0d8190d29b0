package spec_test

import (
	"context"
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth/spec"
	"github.com/aiqhq/aiq/graph/breadth/spec/gen"
)

type resolvers struct{ number *spec.Number }

func (r resolvers) Query() gen.QueryResolver             { return spec.Query{Count: r.number} }
func (r resolvers) Mutation() gen.MutationResolver       { return spec.Mutation{Number: r.number} }
func (resolvers) Subscription() gen.SubscriptionResolver { return spec.Subscription{} }

// example is an example of the specification (October 2021).
type example struct {
	section, name string
	query         string
	operation     string
	variables     map[string]any
	data          string
	errors        []string // their paths
}

var examples = []example{
	{
		section: "6.1", name: "the operation of a name",
		query: `query One {b} query Two($e: Episode = EMPIRE) {hero(episode: $e) {name}}`, operation: "Two",
		data: `{"hero":{"name":"R2-D2"}}`,
	},
	{
		section: "6.3", name: "selection sets in the order of the query",
		query: `{birthday {month} address {street}}`,
		data:  `{"birthday":{"month":7},"address":{"street":"Main Street"}}`,
	},
	{
		section: "6.3.1", name: "serial execution",
		query: `mutation {
			first: changeTheNumber(newNumber: 1) {theNumber}
			second: changeTheNumber(newNumber: 3) {theNumber}
			third: changeTheNumber(newNumber: 2) {theNumber}
		}`,
		data: `{"first":{"theNumber":1},"second":{"theNumber":3},"third":{"theNumber":2}}`,
	},
	{
		section: "6.3.1", name: "a failing mutation does not undo the others",
		query: `mutation {
			first: changeTheNumber(newNumber: 1) {theNumber}
			second: failToChangeTheNumber(newNumber: 3) {theNumber}
			third: changeTheNumber(newNumber: 2) {theNumber}
		}`,
		data:   `{"first":{"theNumber":1},"second":null,"third":{"theNumber":2}}`,
		errors: []string{"second"},
	},
	{
		section: "6.3.2", name: "field collection",
		query: `{a {subfield1} ...ExampleFragment} fragment ExampleFragment on Query {a {subfield2} b}`,
		data:  `{"a":{"subfield1":"one","subfield2":"two"},"b":"b"}`,
	},
	{
		section: "6.3.2", name: "skip and include",
		query:     `query($yes: Boolean!) {b @skip(if: $yes) a @include(if: $yes) {subfield1} me @skip(if: true) {firstName} ... @include(if: false) {b}}`,
		variables: map[string]any{"yes": true},
		data:      `{"a":{"subfield1":"one"}}`,
	},
	{
		section: "6.3.2", name: "the first inclusion decides the order",
		query: `query($no: Boolean = false) {b @include(if: $no) a {subfield2} b a {subfield1}}`,
		data:  `{"a":{"subfield2":"two","subfield1":"one"},"b":"b"}`,
	},
	{
		section: "6.4.3", name: "merging selection sets",
		query: `{me {firstName} me {lastName}}`,
		data:  `{"me":{"firstName":"Zig","lastName":"Zag"}}`,
	},
	{
		section: "6.4.3", name: "merging selection sets of interfaces without a relation",
		query: `{dog {... on Pet {owner {firstName}} ... on Sentry {owner {lastName}}}}`,
		data:  `{"dog":{"owner":{"firstName":"Zig","lastName":"Zag"}}}`,
	},
	{
		section: "6.4.4", name: "lists of nullable elements keep a null",
		query: `{lists {nullable nullableElements none}}`,
		data:  `{"lists":{"nullable":[3],"nullableElements":[1,2,null],"none":null}}`,
	},
	{
		section: "6.4.4", name: "a null among non-null elements makes the list null",
		query:  `{lists {elements nested strictNested}}`,
		data:   `{"lists":{"elements":null,"nested":[null,[3],null],"strictNested":null}}`,
		errors: []string{"lists.elements[2]", "lists.nested[0][2]", "lists.strictNested[0][2]"},
	},
	{
		section: "6.4.4", name: "an error makes its field null",
		query:  `{lists {failed nullable}}`,
		data:   `{"lists":{"failed":null,"nullable":[3]}}`,
		errors: []string{"lists.failed"},
	},
	{
		section: "6.4.4", name: "a non-null field hands its null up",
		query:  `{strictLists {list} b}`,
		data:   `{"strictLists":{"list":[null]},"b":"b"}`,
		errors: nil,
	},
	{
		section: "6.4.4", name: "to the nearest nullable field",
		query:  `{b x: strictLists {elements} y: strictLists {failed none}}`,
		data:   `{"b":"b","x":null,"y":null}`,
		errors: []string{"x.elements[1]", "y.failed"},
	},
	{
		section: "7.1.2", name: "an error in a list of nullable fields",
		query: `{hero(episode: EMPIRE) {name heroFriends: friends {name}}}`,
		data:  `{"hero":{"name":"R2-D2","heroFriends":[{"name":"Luke"},{"name":null},{"name":"Leia"}]}}`,
	},
	{
		section: "7.1.2", name: "an error in a list of non-null fields",
		query:  `{hero: strictHero(episode: EMPIRE) {name heroFriends: friends {name}}}`,
		data:   `{"hero":{"name":"R2-D2","heroFriends":[{"name":"Luke"},null,{"name":"Leia"}]}}`,
		errors: []string{"hero.heroFriends[1].name"},
	},
	{
		section: "6.2.3", name: "a subscription",
		query: `subscription NewMessages {newMessage(roomId: 123) {sender text}}`,
		data:  `{"newMessage":{"sender":"Hagrid","text":"You're a wizard!"}}`,
	},
	{
		section: "6.2.3.1", name: "a source stream that cannot be had",
		query:  `subscription {newMessage(roomId: 4) {sender text}}`,
		errors: []string{"newMessage"},
	},
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for _, ex := range examples {
		t.Run(ex.section+" "+ex.name, func(t *testing.T) {
			t.Parallel()
			e := executor.New(gen.NewBreadthSchema(gen.Config{Resolvers: resolvers{&spec.Number{}}}))
			ctx := graphql.StartOperationTrace(context.Background())
			op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: ex.query, OperationName: ex.operation, Variables: ex.variables})
			require.Empty(t, errs)
			next, ctx := e.DispatchOperation(ctx, op)
			response := next(ctx)
			require.Equal(t, ex.data, string(response.Data))
			var paths []string
			for _, err := range response.Errors {
				paths = append(paths, err.Path.String())
				require.NotEmpty(t, err.Locations)
			}
			slices.Sort(paths)
			require.Equal(t, ex.errors, paths)
			require.Nil(t, next(ctx))
		})
	}
}
