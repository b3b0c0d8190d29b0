package scalar

import (
	"context"
	"encoding/json"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/vocab"
)

// MarshalJSONObject writes an object of JSON. It needs no context: that it takes one
// has UnmarshalJSONObject be given one.
func MarshalJSONObject(object vocab.JSONObject) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		return json.NewEncoder(w).Encode(object)
	})
}

// UnmarshalJSONObject reads an object of JSON. It fails with VALIDATION_FAILED for
// any other value.
func UnmarshalJSONObject(ctx context.Context, v any) (vocab.JSONObject, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fault.Invalid(field(ctx), "object", "A JSONObject is an object of JSON.")
	}
	return object, nil
}
