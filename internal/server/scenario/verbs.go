package scenario

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
)

// verbs are all kinds of steps.
func verbs() []verb {
	return []verb{
		{line(`given`), (*world).given, nothing},
		{line(`as (NAME|VALUE)(?:, from ([0-9a-f.:]+(?: via [0-9a-f.:]+)*))?(?:, NUMBER (times|at once))?`), (*world).as, nothing},
		{line(`again(?:, NUMBER (times|at once))?`), (*world).again, nothing},
		{line(`download as (NAME|VALUE)`), (*world).download, nothing},
		{line(`answer(?: to NUMBER)?(?:,? at most NUMBER statements?)?`), (*world).answer, nothing},
		{line(`answer has`), (*world).answerHas, nothing},
		{line(`answer lacks`), (*world).answerLacks, nothing},
		{line(`headers`), (*world).headers, nothing},
		{line(`NUMBER UNIT(, less a second)? later`), (*world).later, nothing},
		{line(`jobs( fail)?`), (*world).jobs, nothing},
		{line(`reminders( fail)?`), (*world).reminders, pushes},
		{line(`idle tests`), (*world).idle, nothing},
		{line(`purge`), (*world).purge, nothing},
		{line(`(NAME|VALUE) answers (?:NUMBER questions?|until the end)(?:, all (right|wrong))?`), (*world).goesOn, nothing},
		{line(`mail`), (*world).message, nothing},
		{line(`no mail`), (*world).noMessage, nothing},
		{line(`push to NAME`), (*world).push, pushes},
		{line(`no push to NAME`), (*world).noPush, pushes},
		{line(`pushes to NAME: NUMBER ([A-Za-z]+)(?:, retry after NUMBER)?`), (*world).pushed, pushes},
		{line(`(apple|google) signs ([a-z ]+)`), (*world).signs, providers},
		{line(`watching as (NAME|VALUE) over (WebSocket|SSE)`), (*world).watching, nothing},
		{line(`event`), (*world).event, nothing},
		{line(`the end`), func(w *world, _ step) { w.stream.Completed(w.t) }, nothing},
		{line(`closed with NUMBER ([A-Z_]+)`), (*world).closed, nothing},
		{line(`stored`), func(w *world, s step) { w.query = s.body }, nothing},
		{line(`rows`), (*world).rows, nothing},
	}
}

// checks reports whether the step looks at answers.
func (s step) checks() bool {
	return slices.ContainsFunc([]string{"answer", "answer has", "answer lacks", "headers"}, s.pattern.MatchString)
}

func (w *world) as(s step) {
	w.t.Helper()
	who, from, number, how := s.args[0], s.args[3], s.args[4], s.args[5]
	w.send(s, w.request(s, request{bearer: w.bearer(s, who), from: from, query: w.fill(s, s.body)}, number, how))
}

func (w *world) again(s step) {
	w.t.Helper()
	w.send(s, w.request(s, w.last, s.args[0], s.args[1]))
}

func (w *world) download(s step) {
	w.t.Helper()
	w.send(s, request{bearer: w.bearer(s, s.args[0]), path: w.fill(s, s.body), times: 1})
}

func (w *world) request(s step, r request, number, how string) request {
	w.t.Helper()
	r.times, r.atOnce = 1, how == "at once"
	if number != "" {
		r.times = w.number(s, number)
	}
	return r
}

func (w *world) number(s step, text string) int {
	w.t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(w.t, err, s.at)
	return n
}

func (w *world) answer(s step) {
	w.t.Helper()
	n := len(w.answers)
	if s.args[0] != "" {
		n = w.number(s, s.args[0])
	}
	require.Positive(w.t, n, "%s: nothing was asked", s.at)
	w.expect(s, n, s.args[1], values.answer)
}

func (w *world) answerHas(s step) {
	w.t.Helper()
	w.expect(s, len(w.answers), "", values.answerHas)
}

func (w *world) answerLacks(s step) {
	w.t.Helper()
	for text := range strings.Lines(w.fill(s, s.body)) {
		for _, a := range w.answers {
			require.NotContains(w.t, a.body, strings.TrimSpace(text), s.at)
		}
	}
}

func (w *world) headers(s step) {
	w.t.Helper()
	header := w.answers[len(w.answers)-1].header
	for line := range strings.Lines(w.fill(s, s.body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		require.Equal(w.t, value, header.Get(name), "%s: %s", s.at, name)
	}
}

func (w *world) later(s step) {
	w.t.Helper()
	unit := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[s.args[1]]
	after := time.Duration(w.number(s, s.args[0])) * unit
	if s.args[2] != "" {
		after -= time.Second
	}
	w.clock.Advance(after)
}

func (w *world) reminders(s step) {
	w.t.Helper()
	require.NoError(w.t, w.Resolver.Notify.Scan(w.ctx), s.at)
	w.jobs(s)
}

// jobs works the jobs whose time has come by the clock of the scenario. Those that
// wait have begun to when jobs were last worked.
func (w *world) jobs(s step) {
	w.t.Helper()
	now := w.clock.Now()
	w.JobsWaited(now.Sub(w.worked))
	w.worked = now
	if s.args[0] == "" {
		w.Settle()
		return
	}
	require.Error(w.t, w.Jobs.Settle(w.ctx), "%s: no job fails", s.at)
}

func (w *world) idle(s step) {
	w.t.Helper()
	require.NoError(w.t, w.Resolver.Sessions.Expire(w.ctx, w.settled.SessionIdle), s.at)
}

// goesOn goes on with somebody's test in progress: with right and wrong answers in
// turn, unless all are to be one or the other.
func (w *world) goesOn(s step) {
	w.t.Helper()
	c := servertest.Client{URL: w.URL, Token: w.bearer(s, s.args[0])}
	at := c.ActiveTest(w.t)
	most := math.MaxInt
	if s.args[3] != "" {
		most = w.number(s, s.args[3])
	}
	for n := 0; n < most && (at.Question != nil || s.args[3] != ""); n++ {
		require.NotNil(w.t, at.Question, "%s: the test is over", s.at)
		at = c.Answer(w.t, at, s.args[4] == "right" || s.args[4] == "" && at.Session.Answered%2 == 0)
	}
}

func (w *world) purge(s step) {
	w.t.Helper()
	for _, purge := range []func(context.Context) error{w.Accounts.Purge, w.Resolver.Privacy.PurgeExports, w.Resolver.Privacy.PurgeErasures} {
		require.NoError(w.t, purge(w.ctx), s.at)
	}
}

func (w *world) message(s step) {
	w.t.Helper()
	m := w.mail.Next(w.t)
	text := "to " + m.To + "\nsubject " + m.Subject + "\n" + m.Text
	more, err := w.values.with(func(v values) error { return v.lines(s.body, text) })
	require.NoError(w.t, err, s.at)
	w.values = more
}

func (w *world) noMessage(s step) {
	w.t.Helper()
	w.Accounts.Settle()
	require.True(w.t, w.mail.Empty(), "%s: there is mail", s.at)
}

// onDevice are the pushes that a device shows and no step has looked at.
func (w *world) onDevice(name string) (unseen []apnstest.Shown) {
	for _, n := range w.apns.Shown() {
		if n.Token == servertest.PushToken(name) {
			unseen = append(unseen, n)
		}
	}
	return unseen[min(w.shown[name], len(unseen)):]
}

func (w *world) push(s step) {
	w.t.Helper()
	unseen := w.onDevice(s.args[0])
	require.NotEmpty(w.t, unseen, "%s: nothing was pushed", s.at)
	w.shown[s.args[0]]++
	got, err := json.Marshal(map[string]any{"title": unseen[0].Title, "body": unseen[0].Body, "data": unseen[0].Data})
	require.NoError(w.t, err)
	w.compare(s, s.body, string(got))
}

func (w *world) noPush(s step) {
	w.t.Helper()
	require.Empty(w.t, w.onDevice(s.args[0]), "%s: there is a push", s.at)
}

func (w *world) pushed(s step) {
	w.t.Helper()
	reply := apnstest.Reply{Status: w.number(s, s.args[1]), Reason: s.args[2], RetryAfter: s.args[3]}
	if reply.Status == http.StatusGone {
		reply.Since = w.clock.Now()
	}
	w.apns.Answer(servertest.PushToken(s.args[0]), reply)
}

// signs makes an identity token. It is good for an hour unless the claims say
// otherwise, which may be relative to now: "exp": "+1m".
func (w *world) signs(s step) {
	w.t.Helper()
	issuer := w.issuers[s.args[0]]
	claims := map[string]any{"iss": issuer.URL, "aud": app, "exp": "+1h", "iat": "+0s"}
	var more map[string]any
	require.NoError(w.t, json.Unmarshal([]byte(s.body), &more), s.at)
	maps.Copy(claims, more)
	for _, name := range []string{"exp", "iat", "nbf"} {
		if text, ok := claims[name].(string); ok {
			after, err := time.ParseDuration(text)
			require.NoError(w.t, err, s.at)
			claims[name] = w.clock.Now().Add(after).Unix()
		}
	}
	w.values[s.args[1]] = issuer.Sign(claims)
}

func (w *world) watching(s step) {
	w.t.Helper()
	over := servertest.EventStream
	if s.args[3] == "WebSocket" {
		over = servertest.WebSocket
	}
	c := servertest.Client{URL: w.URL, Token: w.bearer(s, s.args[0])}
	w.stream = c.Subscribe(w.t, over, w.fill(s, s.body), nil)
}

func (w *world) event(s step) {
	w.t.Helper()
	require.NotNil(w.t, w.stream, "%s: nobody watches", s.at)
	event, more := w.stream.Next(w.t)
	require.True(w.t, more, "%s: the stream completed", s.at)
	got, err := json.Marshal(event)
	require.NoError(w.t, err)
	kept, err := w.values.with(func(v values) error { return v.answer(s.body, string(got)) })
	require.NoError(w.t, err, "%s: %s", s.at, got)
	w.values = kept
}

func (w *world) closed(s step) {
	w.t.Helper()
	_, _, err := w.stream.Read()
	var closed websocket.CloseError
	require.ErrorAs(w.t, err, &closed, s.at)
	require.EqualValues(w.t, w.number(s, s.args[0]), closed.Code, s.at)
	require.Equal(w.t, s.args[1], closed.Reason, s.at)
}

func (w *world) rows(s step) {
	w.t.Helper()
	var got [][]any
	query := w.fill(s, w.query)
	require.NoError(w.t, w.Store.Tx(w.ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.SQL().QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		got = nil
		for rows.Next() {
			row, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			got = append(got, row)
		}
		return rows.Err()
	}), s.at)
	if got == nil {
		got = [][]any{}
	}
	text, err := json.Marshal(got)
	require.NoError(w.t, err)
	w.compare(s, s.body, string(text))
}

// compare requires JSON to be as wanted, exactly.
func (w *world) compare(s step, want, got string) {
	w.t.Helper()
	var a, b any
	require.NoError(w.t, decode(want, &a), s.at)
	require.NoError(w.t, decode(got, &b), s.at)
	more, err := w.values.with(func(v values) error { return v.same("", a, b) })
	require.NoError(w.t, err, "%s: %s", s.at, got)
	w.values = more
}
