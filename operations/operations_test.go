package operations_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/document"
	"github.com/aiqhq/aiq/operations"
)

func TestEveryDocumentIsOneValidOperation(t *testing.T) {
	t.Parallel()
	schema := graph.NewSchema(&graph.Resolver{}).Schema()
	var set document.Set
	require.NoError(t, set.Read(operations.Files()))
	require.NotEmpty(t, set.All())
	names := map[string]string{}
	for _, d := range set.All() {
		parsed, err := gqlparser.LoadQueryWithRules(schema, d.Text, nil)
		require.Empty(t, err, d.Name)
		require.Len(t, parsed.Operations, 1, d.Name)
		name := parsed.Operations[0].Name
		require.NotEmpty(t, name, d.Name)
		require.Empty(t, names[name], "%s and %s share the name %s", d.Name, names[name], name)
		names[name] = d.Name
		require.True(t, strings.HasPrefix(d.Text, "#"), "%s says what it is for", d.Name)
	}
}
