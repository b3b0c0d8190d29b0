package bench_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	gqlgen "github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/aiqhq/aiq/graph/breadth/bench"
	"github.com/aiqhq/aiq/graph/breadth/bench/gen"
	"github.com/aiqhq/aiq/graph/breadth/transport"
)

// sink is a response writer that keeps nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header         { return s.header }
func (s sink) Write(p []byte) (int, error) { return io.Discard.Write(p) }
func (s sink) WriteHeader(int)             {}

func BenchmarkTransport(b *testing.B) {
	body, err := json.Marshal(map[string]string{"query": nested})
	require.NoError(b, err)
	for name, post := range map[string]graphql.Transport{"direct": transport.Direct(gqlgen.POST{}), "gqlgen": gqlgen.POST{}} {
		b.Run(name, func(b *testing.B) {
			s := handler.New(gen.NewBreadthSchema(gen.Config{Resolvers: resolvers{bench.NewData()}}))
			s.SetQueryCache(lru.New[*ast.QueryDocument](10))
			s.AddTransport(post)
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
				r.Header.Set("Content-Type", "application/json")
				s.ServeHTTP(sink{http.Header{}}, r)
			}
		})
	}
}
