// Package servertest runs AIQ for tests: the real handler on a fresh database,
// spoken to over HTTP as a client would.
package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/bank/starter"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Server is a server under test. It stops when the test ends.
type Server struct {
	*server.Server
	// URL is that of the GraphQL endpoint.
	URL string

	tb     testing.TB
	people atomic.Int64
}

// Password is that of every account that a test makes.
const Password = "adaptive-testing"

// Each runs fn once for each database, as parallel subtests, each with a server
// of its own.
func Each(t *testing.T, fn func(t *testing.T, s *Server)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) { fn(t, New(t, databaseURL, server.Options{})) })
}

// New starts a server, in development mode, on the database.
func New(tb testing.TB, databaseURL string, o server.Options) *Server {
	tb.Helper()
	settings := config.Defaults()
	settings.DatabaseURL = databaseURL
	return Configured(tb, settings, o)
}

// Configured starts a server with these settings.
func Configured(tb testing.TB, settings config.Server, o server.Options) *Server {
	tb.Helper()
	return Logged(tb, settings, o, slog.New(slog.DiscardHandler))
}

// Logged starts a server with these settings that writes to the log.
func Logged(tb testing.TB, settings config.Server, o server.Options, log *slog.Logger) *Server {
	tb.Helper()
	srv, err := server.Open(tb.Context(), settings, log, o)
	require.NoError(tb, err)
	web := httptest.NewServer(srv.Handler())
	tb.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		require.NoError(tb, srv.Close())
	})
	return &Server{Server: srv, URL: web.URL + "/graphql", tb: tb}
}

// settleLimit is how long Settle waits. Only a fault can make it so long.
const settleLimit = time.Minute

// Settle works the jobs that are enqueued, such as what follows the completion
// of a test. A server under test works none before.
func (s *Server) Settle() {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), settleLimit)
	defer cancel()
	require.NoError(s.tb, s.Resolver.Events.Settle(ctx))
	require.NoError(s.tb, s.Jobs.Settle(ctx))
}

// JobsWaited has jobs that wait for their time, or for another try, have waited so
// much longer. Settle works those whose time has come, and leaves the others.
func (s *Server) JobsWaited(d time.Duration) {
	s.tb.Helper()
	state, earlier, now := `river_job_state`, `scheduled_at - make_interval(secs => $1)`, `now()`
	if s.Store.Dialect() == dialect.SQLite {
		state, earlier, now = `text`, `strftime('%Y-%m-%d %H:%M:%f', scheduled_at, '-' || $1 || ' seconds')`, `datetime('now', 'subsec')`
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(ctx, `UPDATE river_job SET scheduled_at = `+earlier+`,
			state = CAST(CASE WHEN state = 'available' OR `+earlier+` <= `+now+` THEN 'available' ELSE 'scheduled' END AS `+state+`)
			WHERE state IN ('available', 'scheduled', 'retryable')`, d.Seconds())
		return err
	})
}

// Metric is the value of one of the server's metrics, by its name and labels; 0 if
// there is none of them yet.
func (s *Server) Metric(tb testing.TB, name string) (value int) {
	tb.Helper()
	seen := httptest.NewRecorder()
	s.Handler().ServeHTTP(seen, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(seen.Body.String()) {
		if text, found := strings.CutPrefix(line, name+" "); found {
			number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			require.NoError(tb, err)
			value = int(number)
		}
	}
	return value
}

// UseStarterBank loads the questions that come with AIQ.
func (s *Server) UseStarterBank() {
	s.tb.Helper()
	records, err := starter.Records()
	require.NoError(s.tb, err)
	_, err = bank.Import(s.tb.Context(), s.Store, clock.System, records)
	require.NoError(s.tb, err)
	require.NoError(s.tb, s.Bank.Refresh(s.tb.Context()))
}

// Anonymous is a client that is not signed in.
func (s *Server) Anonymous() Client { return Client{URL: s.URL} }

// Admin is a client signed in as a new administrator.
func (s *Server) Admin() Client {
	s.tb.Helper()
	return s.SignedIn(account.Registration{Role: vocab.Admin, CooldownBypass: true})
}

// Taker is a client signed in as a new taker who need not wait between tests.
func (s *Server) Taker() Client {
	s.tb.Helper()
	return s.SignedIn(account.Registration{CooldownBypass: true})
}

// SignedIn is a client signed in as a new person; e-mail and password are made
// up unless set.
func (s *Server) SignedIn(r account.Registration) Client {
	s.tb.Helper()
	if r.Email == "" {
		r.Email = fmt.Sprintf("person%d@example.org", s.people.Add(1))
	}
	if r.Password == "" {
		r.Password = Password
	}
	viewer, tokens, err := s.Accounts.Register(s.tb.Context(), r)
	require.NoError(s.tb, err)
	return Client{URL: s.URL, Token: tokens.AccessToken, Email: r.Email, UserID: int64(viewer.ID())}
}

// Client speaks GraphQL over HTTP.
type Client struct {
	URL    string
	Token  string
	Email  string
	UserID int64
}

// Variables of an operation.
type Variables = map[string]any

// Answer is what came back.
type Answer struct {
	Status     int             `json:"-"`
	Data       json.RawMessage `json:"data"`
	Errors     []Error         `json:"errors"`
	Extensions struct {
		// Statements is the number of SQL statements that the operation took,
		// the viewer's included.
		Statements int `json:"statements"`
	} `json:"extensions"`
}

// Error is an error of an answer.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Code is extensions.code of the answer's first error, "" without errors.
func (a Answer) Code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// Reason is extensions.reason of the answer's first error, "" without one.
func (a Answer) Reason() string {
	if len(a.Errors) == 0 {
		return ""
	}
	reason, _ := a.Errors[0].Extensions["reason"].(string)
	return reason
}

// Do sends an operation and gives back the answer, whatever it is.
func (c Client) Do(ctx context.Context, query string, variables Variables) (Answer, error) {
	return c.Send(ctx, map[string]any{"query": query, "variables": variables})
}

// Send sends a request by POST and gives back the answer, whatever it is.
func (c Client) Send(ctx context.Context, request map[string]any) (Answer, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode}
	return a, json.NewDecoder(res.Body).Decode(&a)
}

// Ask sends an operation that must be answered, with or without errors.
func (c Client) Ask(tb testing.TB, query string, variables Variables) Answer {
	tb.Helper()
	a, err := c.Do(tb.Context(), query, variables)
	require.NoError(tb, err)
	return a
}

// Get sends an operation that must succeed and decodes its data.
func (c Client) Get(tb testing.TB, into any, query string, variables Variables) Answer {
	tb.Helper()
	a := c.Ask(tb, query, variables)
	require.Empty(tb, a.Errors, "%s", query)
	if into != nil {
		require.NoError(tb, json.Unmarshal(a.Data, into))
	}
	return a
}
