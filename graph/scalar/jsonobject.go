package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/internal/fault"
)

// MarshalJSONObject writes an object of JSON.
func MarshalJSONObject(object map[string]any) graphql.Marshaler { return graphql.MarshalMap(object) }

// UnmarshalJSONObject reads an object of JSON. It fails with VALIDATION_FAILED for
// any other value.
func UnmarshalJSONObject(v any) (map[string]any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fault.New(fault.ValidationFailed, "A JSONObject is an object of JSON.").With("rule", "object")
	}
	return object, nil
}
