package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/idtoken/idtokentest"
	"github.com/aiqhq/aiq/internal/mail/mailtest"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// world is where a scenario is played.
type world struct {
	*servertest.Server

	t       *testing.T
	ctx     context.Context
	clock   *servertest.Clock
	mail    *mailtest.Outbox
	log     *journal
	apns    *apnstest.Server
	issuers map[string]*idtokentest.Issuer

	people map[string]*person
	values values
	// shown counts the pushes that were looked at, by device.
	shown map[string]int

	// worked is when jobs were last worked, and settled what the server goes by.
	worked  time.Time
	settled config.Server

	last    request
	answers []answer
	stream  *servertest.Stream
	query   string
}

// person is someone with an account.
type person struct {
	email, token string
	expires      time.Time
}

// request is an operation that was sent.
type request struct {
	bearer, from, query string
	// path is of what is got in place of an operation.
	path   string
	times  int
	atOnce bool
}

// answer is what came back to one.
type answer struct {
	body   string
	header http.Header
	taken  bool
}

// app is the client id of the app that identity tokens are for.
const app = "org.example.aiq"

// play plays a scenario on the database.
func play(t *testing.T, s script, databaseURL string) {
	t.Helper()
	w := &world{
		t: t, ctx: t.Context(), clock: servertest.NewClock(), mail: mailtest.New(), log: &journal{},
		people: map[string]*person{}, values: values{}, shown: map[string]int{},
	}
	settings := w.settings(s.flags)
	w.worked, w.settled = w.clock.Now(), settings
	settings.DatabaseURL = databaseURL
	o := server.Options{Clock: w.clock.Now, Mail: w.mail}
	if s.needs(pushes) {
		w.apns = apnstest.New(t, w.clock.Now)
		o.Push = w.apns.Client()
	}
	if s.needs(providers) {
		apple, google := idtokentest.New(t), idtokentest.New(t)
		w.issuers = map[string]*idtokentest.Issuer{"apple": apple, "google": google}
		settings.AppleAudiences, settings.AppleIssuer, settings.AppleKeys = []string{app}, apple.URL, apple.Keys
		settings.GoogleAudiences, settings.GoogleIssuer, settings.GoogleKeys = []string{app}, google.URL, google.Keys
	}
	w.Server = servertest.Logged(t, settings, o, slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, step := range s.steps {
		if len(w.answers) > 0 && !step.checks() {
			w.told(step.at)
		}
		step.do(w, step)
		if t.Failed() {
			return
		}
	}
	w.told("the end")
	w.discreet()
}

// settings are those of the flags. Nothing is limited unless they say so.
func (w *world) settings(flags []string) config.Server {
	w.t.Helper()
	var settings config.Server
	parser, err := kong.New(&settings, kong.Exit(func(int) {}))
	require.NoError(w.t, err)
	if !strings.Contains(strings.Join(flags, " "), "--rate-limits") {
		flags = append(flags, "--no-rate-limits")
	}
	_, err = parser.Parse(flags)
	require.NoError(w.t, err, "settings")
	return settings
}

// told requires that every answer was looked at.
func (w *world) told(at string) {
	w.t.Helper()
	for _, a := range w.answers {
		require.True(w.t, a.taken, "%s: before it, no step says that this was to come back:\n%s", at, a.body)
	}
}

// discreet requires that the log has none of the secrets.
func (w *world) discreet() {
	w.t.Helper()
	written := w.log.String()
	for name, value := range w.values {
		secret, ok := value.(string)
		if ok && (strings.Contains(name, "token") || strings.Contains(name, "password")) {
			require.NotContains(w.t, written, secret, "the log has <%s>", name)
		}
	}
	require.NotContains(w.t, written, servertest.Password)
}

func (w *world) fill(s step, text string) string {
	w.t.Helper()
	filled, err := w.values.fill(text)
	require.NoError(w.t, err, s.at)
	return filled
}

// bearer is the token by which someone is known: a person's, who signs in again
// when theirs is over, or one that was kept.
func (w *world) bearer(s step, who string) string {
	w.t.Helper()
	if name, kept := strings.CutPrefix(who, "<"); kept {
		token, ok := w.values[strings.TrimSuffix(name, ">")].(string)
		require.True(w.t, ok, "%s: %s stands for no token yet", s.at, who)
		return token
	}
	if who == "nobody" {
		return ""
	}
	p := w.people[who]
	require.NotNil(w.t, p, "%s: nobody said who %s is", s.at, who)
	if !w.clock.Now().Before(p.expires) {
		_, tokens, err := w.Accounts.SignIn(w.ctx, p.email, servertest.Password)
		require.NoError(w.t, err, s.at)
		p.token, p.expires = tokens.AccessToken, tokens.AccessTokenExpiresAt
	}
	return p.token
}

// send sends the operation as often as it says.
func (w *world) send(s step, r request) {
	w.t.Helper()
	w.last, w.answers = r, make([]answer, r.times)
	errs := make([]error, r.times)
	var done sync.WaitGroup
	for i := range r.times {
		if !r.atOnce {
			w.answers[i], errs[i] = w.once(r)
			continue
		}
		done.Go(func() { w.answers[i], errs[i] = w.once(r) })
	}
	done.Wait()
	for _, err := range errs {
		require.NoError(w.t, err, s.at)
	}
}

func (w *world) once(r request) (a answer, err error) {
	method, url, body := http.MethodPost, w.URL, []byte(nil)
	if r.path != "" {
		method, url = http.MethodGet, strings.TrimSuffix(w.URL, "/graphql")+r.path
	} else if body, err = json.Marshal(map[string]string{"query": r.query}); err != nil {
		return a, err
	}
	ask, err := http.NewRequestWithContext(w.ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	if r.path == "" {
		ask.Header.Set("Content-Type", "application/json")
	}
	if r.bearer != "" {
		ask.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	if r.from != "" {
		ask.Header.Set("X-Forwarded-For", strings.ReplaceAll(r.from, " via ", ", "))
	}
	res, err := http.DefaultClient.Do(ask)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	return answer{body: string(got), header: res.Header}, err
}

// expect takes n of the answers that are not yet accounted for, each of which must
// be as wanted and cost at most so many statements.
func (w *world) expect(s step, n int, statements string, as func(v values, want, got string) error) {
	w.t.Helper()
	var why error
	taken := 0
	for i := range w.answers {
		a := &w.answers[i]
		if a.taken || taken == n {
			continue
		}
		more, err := w.values.with(func(v values) error { return as(v, s.body, a.body) })
		if err != nil {
			why = err
			continue
		}
		w.values = more
		a.taken = true
		taken++
		if statements != "" {
			w.cheap(s, *a, statements)
		}
	}
	require.Equal(w.t, n, taken, "%s: so many answers are as wanted; of the others: %v\n%s", s.at, why, w.rest())
}

func (w *world) cheap(s step, a answer, statements string) {
	w.t.Helper()
	most, err := strconv.Atoi(statements)
	require.NoError(w.t, err)
	var cost struct{ Extensions struct{ Statements *int } }
	require.NoError(w.t, json.Unmarshal([]byte(a.body), &cost))
	require.NotNil(w.t, cost.Extensions.Statements, "%s: the answer does not tell its cost", s.at)
	require.LessOrEqual(w.t, *cost.Extensions.Statements, most, "%s: statements", s.at)
}

// rest is the first of the answers that are not accounted for.
func (w *world) rest() string {
	for _, a := range w.answers {
		if !a.taken {
			return a.body
		}
	}
	return "none is left"
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
