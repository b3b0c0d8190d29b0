package graphiql_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/graphiql"
)

// request sends one request, with headers given as name and value in turn.
func request(t *testing.T, h http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}

var (
	settingsElement = regexp.MustCompile(`(?s)<script id="settings" type="application/json" nonce="([^"]+)">(.*?)</script>`)
	fileAddress     = regexp.MustCompile(`(?:href|src)="(graphiql/[^"]+)"`)
)

type settings struct {
	Endpoint string
	Tabs     []map[string]string
}

// settingsOf reads the settings as a browser does: the text up to the first end tag, taken as JSON.
func settingsOf(t *testing.T, page string) settings {
	t.Helper()
	match := settingsElement.FindStringSubmatch(page)
	require.NotNil(t, match, "the page has no settings: %s", page)
	var s settings
	require.NoError(t, json.Unmarshal([]byte(match[2]), &s))
	return s
}

// addressOf returns the path of the file with that name which the page links to.
func addressOf(t *testing.T, page, name string) string {
	t.Helper()
	for _, match := range fileAddress.FindAllStringSubmatch(page, -1) {
		if strings.HasSuffix(match[1], "/"+name) {
			return "/" + match[1]
		}
	}
	require.Failf(t, "not linked", "the page has no link to %s", name)
	return ""
}

func TestPageCarriesEndpointAndTabs(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", []graphiql.Tab{
		{Name: "Who am I", Query: "{ me }", Variables: `{"a": 1}`, Headers: `{"Authorization": "Bearer x"}`},
		{Name: "two\nlines", Query: "{ you }"},
		{Query: "{ it }"},
	})
	response := request(t, h, http.MethodGet, "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	require.Equal(t, settings{
		Endpoint: "/graphql",
		Tabs: []map[string]string{
			{"query": "# Who am I\n{ me }", "variables": `{"a": 1}`, "headers": `{"Authorization": "Bearer x"}`},
			{"query": "# two lines\n{ you }", "variables": "", "headers": ""},
			{"query": "{ it }", "variables": "", "headers": ""},
		},
	}, settingsOf(t, body(t, response)))
}

func TestPageWithoutTabsLeavesThemToGraphiQL(t *testing.T) {
	t.Parallel()
	page := body(t, request(t, graphiql.Handler("/graphql", nil), http.MethodGet, "/"))
	require.Equal(t, settings{Endpoint: "/graphql"}, settingsOf(t, page))
}

func TestTabsCannotBreakOutOfTheirScript(t *testing.T) {
	t.Parallel()
	plain := body(t, request(t, graphiql.Handler("/graphql", []graphiql.Tab{{}}), http.MethodGet, "/"))
	for name, hostile := range map[string]string{
		"end tag":         `{ me } </script><script>alert(1)</script>`,
		"end tag in caps": `</SCRIPT ><img src=x onerror=alert(1)>`,
		"comment":         `<!-- <script>`,
		"quotes":          `"'\" \u0022 {{.Nonce}}`,
		"separators":      "a\u2028b\u2029c\r\n\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := graphiql.Handler("/graphql", []graphiql.Tab{{Query: hostile, Variables: hostile, Headers: hostile}})
			page := body(t, request(t, h, http.MethodGet, "/"))
			require.Equal(t, strings.Count(plain, "<"), strings.Count(page, "<"), "a tab added markup")
			require.Equal(t,
				[]map[string]string{{"query": hostile, "variables": hostile, "headers": hostile}},
				settingsOf(t, page).Tabs)
		})
	}
}

func TestPageIsNeitherStoredNorOpenToForeignContent(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", nil)
	nonces := map[string]bool{}
	for range 2 {
		response := request(t, h, http.MethodGet, "/")
		require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
		require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))

		policy := response.Header.Get("Content-Security-Policy")
		nonce := settingsElement.FindStringSubmatch(body(t, response))[1]
		require.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"';")
		require.NotContains(t, policy, "unsafe")
		require.NotContains(t, policy, "http")
		nonces[nonce] = true
	}
	require.Len(t, nonces, 2, "the nonce must differ between answers")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", nil)
	page := body(t, request(t, h, http.MethodGet, "/"))
	for _, file := range []struct {
		name, contentType, holds string
		compressed               bool
	}{
		{"app.js", "text/javascript; charset=utf-8", "graphql-transport-ws", true},
		{"app.css", "text/css; charset=utf-8", ".graphiql-container", true},
		{"LICENSES.txt", "text/plain; charset=utf-8", "GraphQL Contributors", false},
	} {
		t.Run(file.name, func(t *testing.T) {
			t.Parallel()
			path := addressOf(t, page, file.name)

			plain := request(t, h, http.MethodGet, path)
			require.Equal(t, http.StatusOK, plain.StatusCode)
			require.Equal(t, file.contentType, plain.Header.Get("Content-Type"))
			require.Equal(t, "nosniff", plain.Header.Get("X-Content-Type-Options"))
			require.Equal(t, "public, max-age=31536000, immutable", plain.Header.Get("Cache-Control"))
			require.Empty(t, plain.Header.Get("Content-Encoding"))
			content := body(t, plain)
			require.Contains(t, content, file.holds)
			require.NotContains(t, content, "@font-face")

			packed := request(t, h, http.MethodGet, path, "Accept-Encoding", "br, gzip")
			require.Equal(t, file.contentType, packed.Header.Get("Content-Type"))
			if file.compressed {
				require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
				require.Equal(t, "Accept-Encoding", packed.Header.Get("Vary"))
				require.NotEqual(t, plain.Header.Get("ETag"), packed.Header.Get("ETag"))
				reader, err := gzip.NewReader(packed.Body)
				require.NoError(t, err)
				unpacked, err := io.ReadAll(reader)
				require.NoError(t, err)
				require.Equal(t, content, string(unpacked))
			} else {
				require.Empty(t, packed.Header.Get("Content-Encoding"))
				require.Equal(t, content, body(t, packed))
			}

			for _, response := range []*http.Response{plain, packed} {
				tag := response.Header.Get("ETag")
				again := request(t, h, http.MethodGet, path,
					"If-None-Match", tag, "Accept-Encoding", response.Header.Get("Content-Encoding"))
				require.Equal(t, http.StatusNotModified, again.StatusCode)
				require.Empty(t, body(t, again))
			}
		})
	}
}

func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", nil)
	path := addressOf(t, body(t, request(t, h, http.MethodGet, "/")), "app.css")
	for accept, compressed := range map[string]bool{
		"":                          false,
		"identity":                  false,
		"br, deflate":               false,
		"gzip":                      true,
		"GZIP;Q=0.1":                true,
		"deflate, gzip;q=1.0, *":    true,
		"*":                         true,
		"*;q=0":                     false,
		"gzip;q=0":                  false,
		"gzip; q=0.000, identity":   false,
		"*, gzip;q=0":               false,
		"*;q=0, gzip":               true,
		"gzip;q=nonsense, identity": false,
	} {
		t.Run(accept, func(t *testing.T) {
			t.Parallel()
			response := request(t, h, http.MethodGet, path, "Accept-Encoding", accept)
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, compressed, response.Header.Get("Content-Encoding") == "gzip")
		})
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	h := graphiql.Handler("/graphql", nil)
	script := addressOf(t, body(t, request(t, h, http.MethodGet, "/")), "app.js")
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodHead, "/", http.StatusOK},
		{http.MethodHead, script, http.StatusOK},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodDelete, script, http.StatusMethodNotAllowed},
		{http.MethodGet, "/graphiql/", http.StatusNotFound},
		{http.MethodGet, "/graphiql/0123456789abcdef/app.js", http.StatusNotFound},
		{http.MethodGet, script + ".gz", http.StatusNotFound},
		{http.MethodGet, "/page.html", http.StatusNotFound},
	} {
		require.Equal(t, c.status, request(t, h, c.method, c.path).StatusCode, "%s %s", c.method, c.path)
	}
}

func TestMountedBelowAPrefix(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/dev/", http.StripPrefix("/dev", graphiql.Handler("/graphql", nil)))
	page := body(t, request(t, mux, http.MethodGet, "/dev/"))
	require.Equal(t, http.StatusOK, request(t, mux, http.MethodGet, "/dev"+addressOf(t, page, "app.js")).StatusCode)
}
