package transport_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	gqlgen "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth/torture/exec"
	"github.com/aiqhq/aiq/graph/breadth/transport"
)

func server(direct bool) *handler.Server {
	s := handler.New(exec.BreadthFirst())
	if direct {
		s.AddTransport(transport.Direct(gqlgen.GET{}))
		s.AddTransport(transport.Direct(gqlgen.POST{}))
	} else {
		s.AddTransport(gqlgen.GET{})
		s.AddTransport(gqlgen.POST{})
	}
	return s
}

func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func TestDirectAnswersAlike(t *testing.T) {
	t.Parallel()
	plain, direct := server(false), server(true)
	requests := map[string]func() *http.Request{
		"data":       func() *http.Request { return post(`{"query": "{as {id pStringN kids {id}}}"}`) },
		"errors too": func() *http.Request { return post(`{"query": "{as {signedIn} aN {signedIn id}}"}`) },
		"invalid":    func() *http.Request { return post(`{"query": "{nothing}"}`) },
		"not JSON":   func() *http.Request { return post(`{`) },
		"get": func() *http.Request {
			return httptest.NewRequest(http.MethodGet, "/?query="+url.QueryEscape("{a {name}}"), nil)
		},
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, got := httptest.NewRecorder(), httptest.NewRecorder()
			plain.ServeHTTP(want, request())
			direct.ServeHTTP(got, request())
			require.Equal(t, want.Code, got.Code)
			require.Equal(t, want.Header(), got.Header())
			require.JSONEq(t, want.Body.String(), got.Body.String())
		})
	}
}
