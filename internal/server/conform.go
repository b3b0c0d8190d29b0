package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/fault"
)

// conforming makes the answers of a transport what GraphQL over HTTP asks for
// (graphql.github.io/graphql-over-http/draft) where gqlgen's differ:
//
//   - a request that could not be executed has no data, not even null;
//   - to those who accept application/json alone it is still answered with 200;
//   - a mutation by GET is a method not allowed;
//   - too many requests are said to be that;
//   - JSON with something behind it is not JSON.
//
// Errors that have no code are given one.
type conforming struct{ graphql.Transport }

// Do implements graphql.Transport.
func (c conforming) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if !wellFormed(r) {
		refuse(w, http.StatusBadRequest, fault.New(fault.ValidationFailed,
			"An operation is a JSON object with query, operationName, variables and extensions, or a query string with these.").With("rule", "json"))
		return
	}
	answer := &answer{ResponseWriter: w}
	c.Transport.Do(answer, r, exec)
	answer.finish()
}

// wellFormed reports whether the request can be read to its end. What it then holds is
// for the transport to see.
func wellFormed(r *http.Request) bool {
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return err == nil && json.Valid(body)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	for _, name := range []string{"variables", "extensions"} {
		if text := query.Get(name); text != "" && !json.Valid([]byte(text)) {
			return false
		}
	}
	return err == nil
}

// answer holds an answer of 400 or above back until it is complete.
type answer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	switch status {
	case http.StatusUnprocessableEntity:
		status = http.StatusOK
	case http.StatusBadRequest:
		if a.Header().Get("Retry-After") != "" {
			status = http.StatusTooManyRequests
		}
	case http.StatusNotAcceptable:
		status = http.StatusMethodNotAllowed
		a.Header().Set("Allow", "POST")
	}
	a.status = status
	if status < http.StatusBadRequest {
		a.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.status < http.StatusBadRequest {
		return a.ResponseWriter.Write(p)
	}
	return a.body.Write(p)
}

func (a *answer) finish() {
	if a.status < http.StatusBadRequest {
		return
	}
	var out errorsOnly
	if err := json.Unmarshal(a.body.Bytes(), &out); err != nil {
		// Nothing but JSON is written here; were it so, it would be passed on.
		a.ResponseWriter.WriteHeader(a.status)
		_, _ = a.ResponseWriter.Write(a.body.Bytes())
		return
	}
	for _, e := range out.Errors {
		if e.Extensions == nil {
			e.Extensions = map[string]any{"code": fault.ValidationFailed}
		}
	}
	out.write(a.ResponseWriter, a.status)
}

// errorsOnly is the answer to a request that was not executed.
type errorsOnly struct {
	Errors     gqlerror.List  `json:"errors"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

func (e errorsOnly) write(w http.ResponseWriter, status int) {
	body, err := json.Marshal(e)
	if err != nil {
		// Errors hold texts and numbers, which always marshal.
		body = nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
