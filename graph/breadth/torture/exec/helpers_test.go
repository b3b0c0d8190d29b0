package exec_test

import (
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
)

// pick is the JSON of one root field of an answer.
func pick(t *testing.T, r *graphql.Response, field string) string {
	t.Helper()
	var data map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(r.Data, &data))
	require.Contains(t, data, field)
	return string(data[field])
}
