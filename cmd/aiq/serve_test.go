package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// kills is how often the server is killed on each database.
const kills = 20

// TestKillingTheServerLosesNothing kills the server around the moment at which
// it answers. Whatever the client then knows, it repeats the answer to the next
// server, and the answer counts once.
func TestKillingTheServerLosesNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		_, problems, err := aiq(t, databaseURL, "import", "questions", bankFile(t, 120))
		require.NoError(t, err, problems)
		p := serving(t, databaseURL)

		var (
			taker   servertest.Client
			at      servertest.Step
			usual   = 5 * time.Millisecond
			people  int
			unheard int
		)
		begin := func() {
			people++
			taker = p.register(t, fmt.Sprintf("taker%d@example.org", people))
			at = taker.StartTest(t)
			began := time.Now()
			at = taker.Answer(t, at, true)
			usual = time.Since(began)
		}
		begin()
		for kill := range kills {
			if at.Question == nil {
				begin()
			}
			right := kill%2 == 0
			heard := make(chan *servertest.Answer, 1)
			go func() {
				a, err := taker.Do(t.Context(), servertest.SubmitAnswer, servertest.Variables{
					"session": at.Session.ID, "question": at.Question.ID, "option": at.Question.Answer(right),
				})
				if err != nil {
					heard <- nil
					return
				}
				heard <- &a
			}()
			<-time.After(rand.N(2 * usual))
			_, err := p.end(t, syscall.SIGKILL)
			require.Error(t, err)
			first := <-heard

			p = serving(t, databaseURL)
			taker.URL = p.client.URL
			again := taker.Submit(t, at.Session.ID, at.Question.ID, at.Question.Answer(right))
			require.Empty(t, again.Errors)
			next := again.Step(t)
			require.Equal(t, at.Session.Answered+1, next.Session.Answered)
			if first == nil {
				unheard++
			} else {
				require.Empty(t, first.Errors)
				require.Equal(t, first.Step(t).Session, next.Session)
				require.Equal(t, first.Step(t).Question, next.Question)
			}
			requireStored(t, taker, next)
			at = next
		}
		end := taker.Finish(t, at, func(n int) bool { return n%2 == 0 })
		require.Equal(t, end.Session.Answered, end.Result.Total)
		requireStored(t, taker, end)
		t.Logf("%d of %d answers were not heard before the kill", unheard, kills)
		_, err = p.end(t, syscall.SIGTERM)
		require.NoError(t, err)
	})
}

// requireStored compares the test with its stored responses.
func requireStored(t *testing.T, taker servertest.Client, at servertest.Step) {
	t.Helper()
	var data struct {
		Node struct {
			Answered  int
			Responses []struct {
				Position   int
				AnsweredAt *string
			}
		}
	}
	taker.Get(t, &data, `query($id: ID!) { node(id: $id) { ... on TestSession { answered responses { position answeredAt } } } }`,
		servertest.Variables{"id": at.Session.ID})
	require.Equal(t, at.Session.Answered, data.Node.Answered)
	served := at.Session.Answered
	if at.Question != nil {
		served++
	}
	require.Len(t, data.Node.Responses, served)
	for i, r := range data.Node.Responses {
		require.Equal(t, i+1, r.Position)
		require.Equal(t, i < at.Session.Answered, r.AnsweredAt != nil)
	}
}

// TestServerStopsInOrder asks a watched server to stop.
func TestServerStopsInOrder(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		_, problems, err := aiq(t, databaseURL, "import", "questions", bankFile(t, 60))
		require.NoError(t, err, problems)
		p := serving(t, databaseURL)
		for _, path := range []string{"/healthz", "/readyz"} {
			require.Eventually(t, func() bool {
				res, err := http.Get(strings.TrimSuffix(p.client.URL, "/graphql") + path)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				return res.StatusCode == http.StatusOK
			}, time.Minute, 10*time.Millisecond, path)
		}
		taker := p.register(t, "taker@example.org")
		at := taker.StartTest(t)
		var streams []*servertest.Stream
		for _, over := range servertest.Transports() {
			stream := taker.Subscribe(t, over, `subscription($id: ID!) { sessionProgress(sessionId: $id) { version } }`,
				servertest.Variables{"id": at.Session.ID})
			var first struct{ SessionProgress struct{ Version int } }
			stream.Event(t, &first)
			streams = append(streams, stream)
		}
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		for _, stream := range streams {
			stream.Interrupted(t)
			stream.Close()
		}
		require.Contains(t, <-p.logs, `"msg":"stopping"`)
		require.NoError(t, p.cmd.Wait())

		// The test goes on with the next server.
		p = serving(t, databaseURL)
		taker.URL = p.client.URL
		taker.Answer(t, at, true)
		_, err = p.end(t, syscall.SIGINT)
		require.NoError(t, err)
	})
}

func TestServeRefusesABadConfiguration(t *testing.T) {
	t.Parallel()
	databaseURL := storetest.URL(t, storetest.Dialects()[0])
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"unknown mode":     {[]string{"--mode", "test"}, "mode"},
		"no such scheme":   {[]string{"--database-url", "mysql://localhost"}, "mysql"},
		"no scheme":        {[]string{"--database-url", "aiq.db"}, "scheme"},
		"no listening":     {[]string{"--listen", "127.0.0.1:99999"}, "listen"},
		"no time at all":   {[]string{"--request-timeout", "0s"}, "request-timeout: must be above 0"},
		"a secret for all": {[]string{"--secret", "x"}, "unknown flag"},
		"a rate of words":  {[]string{"--rate-submit", "many"}, "rate"},
		"no rate at all":   {[]string{"--rate-submit", "0/1m"}, "rate-submit: must be above 0"},
		"no documents":     {[]string{"--documents-dir", "/nowhere"}, "documents-dir: /nowhere: "},
		"unknown flag":     {[]string{"--shout"}, "shout"},
		"negative limit":   {[]string{"--max-body=-1"}, "max-body: must be above 0"},
		"unknown loudness": {[]string{"--log-level", "loud"}, "loud"},
	} {
		_, problems, err := aiq(t, databaseURL, append([]string{"serve"}, c.args...)...)
		require.Error(t, err, name)
		require.Contains(t, problems, c.says, name)
	}

	// Production needs a secret of its own.
	for _, secret := range []string{"", "too short"} {
		cmd := command(t, databaseURL, "serve", "--mode", "production", "--listen", "127.0.0.1:0")
		cmd.Env = append(cmd.Env, "AIQ_SECRET="+secret)
		problems, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(problems), "secret")
	}
}
