// Package graphiql serves GraphiQL, the GraphQL editor that runs in a browser, from files embedded in the binary:
// the page asks no other host for anything and works offline.
//
// The files in dist are built from web, whose package.json names the versions; the README beside it tells how to
// refresh them.
package graphiql

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

// Tab is a tab that the page opens with.
type Tab struct {
	// Name says in a few words what the tab is for. It is written as a comment above the query, since GraphiQL
	// labels a tab with the name of its operation. May be empty.
	Name string
	// Query is the GraphQL document.
	Query string
	// Variables is the JSON object of the query's variables, as text. May be empty.
	Variables string
	// Headers is the JSON object of the request headers, as text, such as {"Authorization": "Bearer …"}.
	// Subscriptions carry it as their connection_init payload. May be empty.
	Headers string
}

// Handler serves the GraphiQL page and its files. Queries and mutations are posted to endpoint, the path of the
// GraphQL API on the same host; subscriptions open a WebSocket there and speak graphql-transport-ws. Without tabs
// the page opens with GraphiQL's own greeting.
//
// The page is at / and its files are below /graphiql/, so it is mounted as
//
//	page := graphiql.Handler("/graphql", tabs)
//	mux.Handle("GET /{$}", page)
//	mux.Handle("GET /graphiql/", page)
//
// or, to have it all below a prefix, as mux.Handle("/dev/", http.StripPrefix("/dev", page)).
//
// The browser keeps what its user edits, headers included, until the server's endpoint or tabs change. Whoever can
// reach the page can read the tabs' headers: it is meant for development, and for tokens that open nothing else.
func Handler(endpoint string, tabs []Tab) http.Handler {
	p := page{
		Stylesheet: newFile("app.css", "text/css; charset=utf-8", stylesheetGzip, true),
		Script:     newFile("app.js", "text/javascript; charset=utf-8", scriptGzip, true),
		Licences:   newFile("LICENSES.txt", "text/plain; charset=utf-8", licences, false),
		Settings:   newSettings(endpoint, tabs),
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", p)
	for _, f := range []file{p.Stylesheet, p.Script, p.Licences} {
		mux.Handle("GET /"+f.Path(), f)
	}
	return mux
}

// page is the HTML document that starts GraphiQL.
type page struct {
	Stylesheet, Script, Licences file
	Settings                     settings
}

// settings is what web/app.js reads from the page.
type settings struct {
	Endpoint string       `json:"endpoint"`
	Tabs     []tabContent `json:"tabs,omitempty"`
}

// tabContent is a tab as GraphiQL takes it.
type tabContent struct {
	Query     string `json:"query"`
	Variables string `json:"variables"`
	Headers   string `json:"headers"`
}

func newSettings(endpoint string, tabs []Tab) settings {
	s := settings{Endpoint: endpoint}
	for _, tab := range tabs {
		s.Tabs = append(s.Tabs, tabContent{
			Query:     comment(tab.Name) + tab.Query,
			Variables: tab.Variables,
			Headers:   tab.Headers,
		})
	}
	return s
}

// comment returns text as one line of GraphQL comment, and nothing for nothing.
func comment(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return "# " + strings.Join(words, " ") + "\n"
}

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// contentSecurityPolicy takes a nonce, which lets GraphiQL's dialogs add their style element. The icons in its
// stylesheet are data URLs. 'self' includes WebSockets of the page's own host.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nonce := rand.Text()
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, struct {
		page
		Nonce string
	}{p, nonce}); err != nil {
		http.Error(w, "the page could not be written", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", fmt.Sprintf(contentSecurityPolicy, nonce))
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	// The tabs may carry tokens, and the nonce is for one answer only.
	header.Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes())
}
