package session

import "github.com/aiqhq/aiq/internal/fault"

// maxKey is the greatest length, in bytes, of a client's name for a request.
const maxKey = 200

// checkKey refuses a client's name for a request that is too long to be kept. Without
// a name it is empty.
func checkKey(key string) error {
	if len(key) > maxKey {
		return fault.Invalid("clientMutationId", "max_length", "A clientMutationId has at most %d bytes.", maxKey)
	}
	return nil
}

// optional is nil for an empty text.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// keyReused refuses a name that stood for another request before.
func keyReused() error {
	return fault.New(fault.Conflict, "This clientMutationId was used for a request with other content.").
		With("field", "clientMutationId")
}
