package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/fault"
)

// unknown is the transport of requests that no other transport understands: it
// says so, in the form that every other refusal has.
type unknown struct{}

// Supports implements graphql.Transport.
func (unknown) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (unknown) Do(w http.ResponseWriter, r *http.Request, _ graphql.GraphExecutor) {
	if r.Method == http.MethodPost {
		refuse(w, http.StatusUnsupportedMediaType,
			fault.New(fault.ValidationFailed, "Send the operation as JSON, with Content-Type: application/json.").With("rule", "media_type"))
		return
	}
	w.Header().Set("Allow", "GET, POST, OPTIONS")
	refuse(w, http.StatusMethodNotAllowed,
		fault.New(fault.ValidationFailed, "Send queries by GET or POST, and mutations by POST.").With("rule", "method"))
}

// limited bounds the size of a request.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.config.MaxBody))
			var large *http.MaxBytesError
			switch {
			case errors.As(err, &large):
				refuse(w, http.StatusRequestEntityTooLarge,
					fault.New(fault.LimitExceeded, "The request may have at most %d bytes.", large.Limit).With("limit", large.Limit))
				return
			case err != nil:
				refuse(w, http.StatusBadRequest, fault.New(fault.ValidationFailed, "The request ended too early."))
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers with the fault alone.
func refuse(w http.ResponseWriter, status int, f *fault.Error) {
	w.Header().Set("Content-Type", "application/json")
	errorsOnly{Errors: gqlerror.List{{Message: f.Message, Extensions: f.Extensions()}}}.write(w, status)
}
