// Package transport sends the data of an answer as the executor wrote it.
//
// gqlgen's transports marshal a response with encoding/json, which reads the data once more, byte by byte, to validate and
// compact it. For an answer of a megabyte that takes longer than making it.
package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// Direct returns a transport that does as t does, but has the data of a response written as it is. It suits transports that
// answer with one JSON document, such as gqlgen's POST, GET and UrlEncodedForm.
func Direct(t graphql.Transport) graphql.Transport { return direct{t} }

type direct struct{ graphql.Transport }

// Do implements [graphql.Transport].
func (d direct) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	// The transport marshals a token nobody can guess in place of the data, which is put back as it passes.
	s := &splicer{ResponseWriter: w, token: []byte(strconv.Quote(rand.Text()))}
	d.Transport.Do(s, r, executor{exec, s})
}

// executor gives the data of responses to the splicer.
type executor struct {
	graphql.GraphExecutor
	splicer *splicer
}

// DispatchOperation implements [graphql.GraphExecutor].
func (e executor) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	next, ctx := e.GraphExecutor.DispatchOperation(ctx, op)
	return func(ctx context.Context) *graphql.Response {
		r := next(ctx)
		if r == nil || len(r.Data) == 0 {
			return r
		}
		e.splicer.data = r.Data
		out := *r
		out.Data = json.RawMessage(e.splicer.token)
		return &out
	}, ctx
}

// splicer writes data where the token is.
type splicer struct {
	http.ResponseWriter
	token, data []byte
}

// Write implements [http.ResponseWriter]. The token comes in one piece, since it is marshalled in one.
func (s *splicer) Write(p []byte) (int, error) {
	before, after, found := bytes.Cut(p, s.token)
	if !found || s.data == nil {
		return s.ResponseWriter.Write(p)
	}
	for _, part := range [][]byte{before, s.data, after} {
		if _, err := s.ResponseWriter.Write(part); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Unwrap gives [http.ResponseController] the writer below.
func (s *splicer) Unwrap() http.ResponseWriter { return s.ResponseWriter }
