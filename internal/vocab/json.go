package vocab

import (
	"bytes"
	"encoding/json"
)

// JSONObject is an object of JSON, as somebody told it.
type JSONObject map[string]any

// UnmarshalJSON reads an object with its numbers as they are written: a float64 would
// not hold all digits of an id.
func (o *JSONObject) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode((*map[string]any)(o))
}
