package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/99designs/gqlgen/graphql"
)

// errNoQuery is that a request neither has a document nor names one.
var errNoQuery = errors.New("An operation has a query.") //nolint:revive,staticcheck // a sentence for the client

// errShape is that a request is not what the protocols ask for. It does not
// repeat the request, which may hold a password.
var errShape = errors.New("An operation is a JSON object with query, operationName, variables and extensions.") //nolint:revive,staticcheck // a sentence for the client

// decode reads the request for an operation.
func decode(text []byte) (*graphql.RawParams, error) {
	var p graphql.RawParams
	if err := decodeJSON(text, &p); err != nil {
		return nil, err
	}
	return &p, complete(&p)
}

// decodeJSON reads one value with its numbers as they are written, and nothing after it.
func decodeJSON(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return errShape
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errShape
	}
	return nil
}

// complete fails if there is nothing to execute. A document may be named by an
// extension instead.
func complete(p *graphql.RawParams) error {
	if p.Query == "" && len(p.Extensions) == 0 {
		return errNoQuery
	}
	return nil
}

// decodeQuery reads an operation from a query string.
func decodeQuery(raw string) (*graphql.RawParams, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, errShape
	}
	p := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		if err := decodeJSON([]byte(text), into); err != nil {
			return nil, err
		}
	}
	return p, complete(p)
}

// read reads the operation of a request.
func read(r *http.Request) (*graphql.RawParams, error) {
	if r.Method == http.MethodGet {
		return decodeQuery(r.URL.RawQuery)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, errShape
	}
	return decode(body)
}
