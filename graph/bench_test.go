package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// BenchmarkNestedRead reads 50 users, 5 tests of each, 20 responses of each test
// and the question of each response: 5,301 objects, and the answer as a client
// receives it over HTTP or as the handler makes it.
func BenchmarkNestedRead(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s, admin := nestedServer(b, storetest.URL(b, d), server.Options{})
			b.Run("http", func(b *testing.B) { reading(b, s.URL, http.DefaultClient, admin.Token, nestedRead) })
			handler := &http.Client{Transport: inProcess{s.Handler()}}
			b.Run("handler", func(b *testing.B) { reading(b, s.URL, handler, admin.Token, nestedRead) })
		})
	}
}

// BenchmarkNestedReadOnReference is the same on gqlgen's own executor, with the
// same resolvers and loaders.
func BenchmarkNestedReadOnReference(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s, admin := nestedServer(b, storetest.URL(b, d), server.Options{
				Schema: func(r *graph.Resolver, _ ...breadth.Option) graphql.ExecutableSchema {
					return graph.NewReferenceSchema(r)
				},
			})
			reading(b, s.URL, http.DefaultClient, admin.Token, nestedRead)
		})
	}
}

// BenchmarkNestedReadAtOnce is the nested read as 8 and as 32 clients ask for it
// at the same time, on both executors with the same resolvers and loaders. What
// the process, clients included, has obtained from the system is sys-MB, at its
// peak so far: only the first benchmark of a process tells its own.
func BenchmarkNestedReadAtOnce(b *testing.B) {
	executors := map[string]func(*graph.Resolver, ...breadth.Option) graphql.ExecutableSchema{
		"breadth": graph.NewSchema,
		"reference": func(r *graph.Resolver, _ ...breadth.Option) graphql.ExecutableSchema {
			return graph.NewReferenceSchema(r)
		},
	}
	for _, d := range storetest.Dialects() {
		for _, executor := range []string{"breadth", "reference"} {
			b.Run(d+"/"+executor, func(b *testing.B) {
				s, admin := nestedServer(b, storetest.URL(b, d), server.Options{Schema: executors[executor]})
				ask := reader(b, s.URL, http.DefaultClient, admin.Token, nestedRead)
				for _, clients := range []int{8, 32} {
					b.Run(fmt.Sprint(clients), func(b *testing.B) {
						b.SetParallelism(clients / runtime.GOMAXPROCS(0))
						b.RunParallel(func(p *testing.PB) {
							for p.Next() {
								ask(io.Discard)
							}
						})
						b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
						var memory runtime.MemStats
						runtime.ReadMemStats(&memory)
						b.ReportMetric(float64(memory.Sys)/1e6, "sys-MB")
					})
				}
			})
		}
	}
}

// BenchmarkPages reads the newest responses of each of 50 users out of 200,000.
func BenchmarkPages(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s := servertest.New(b, storetest.URL(b, d), server.Options{})
			admin := s.Admin()
			s.AddTests(s.AddQuestions("bank", 200), s.AddUsers(1000), servertest.Tests{Sessions: 10, Responses: 20})
			for _, size := range []int{5, 100} {
				b.Run(fmt.Sprint(size), func(b *testing.B) {
					reading(b, s.URL, http.DefaultClient, admin.Token, fmt.Sprintf(
						"{ users(first: 50) { nodes { responses(first: %d) { nodes { id } } } } }", size))
				})
			}
		})
	}
}

// reading asks again and again. What a client does with the answer is not measured.
func reading(b *testing.B, url string, send *http.Client, token, query string) {
	b.Helper()
	ask := reader(b, url, send, token, query)
	b.ReportAllocs()
	for b.Loop() {
		ask(io.Discard)
	}
}

// reader gives a function that asks once. It has been found to be answered.
func reader(b *testing.B, url string, send *http.Client, token, query string) func(io.Writer) {
	b.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	require.NoError(b, err)
	ask := func(into io.Writer) {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
		require.NoError(b, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := send.Do(r)
		require.NoError(b, err)
		n, err := io.Copy(into, answer.Body)
		require.NoError(b, err)
		require.NoError(b, answer.Body.Close())
		b.SetBytes(n)
	}
	var first bytes.Buffer
	ask(&first)
	require.NotContains(b, first.String(), `"errors"`)
	return ask
}

// inProcess carries requests to a handler without a connection.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}
