package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

const (
	// crashRounds and crashTakers: on each database, so many times so many
	// people take a test at once.
	crashRounds, crashTakers = 5, 20
	// crashItems is the size of the bank, and so the length of each test.
	crashItems = 8
	// crashPatience bounds every wait. Only a fault can make it so long.
	crashPatience = time.Minute
)

// TestCrashes kills the server at random moments while people take 200 tests on
// the two databases, twice in each round. Then every answer that was
// acknowledged is stored, every test has gone on to its end, and what follows
// each completion was done once.
func TestCrashes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.Secret = databaseURL, secret
		observer := servertest.Configured(t, settings, server.Options{})
		observer.UseItems(crashItems, 1.3)

		serve := func() *process { return serving(t, databaseURL, "--job-timeout", "5s") }
		p := serve()
		up := &living{url: p.client.URL, replaced: make(chan struct{})}
		people := observer.Takers(crashRounds * crashTakers)
		var takers []*patient
		interrupted := 0
		for round := range crashRounds {
			var taking sync.WaitGroup
			var answers atomic.Int64
			failed := make(chan error, crashTakers)
			these := make([]*patient, crashTakers)
			for i := range these {
				these[i] = &patient{client: people[round*crashTakers+i], up: up, able: i%2 == 0, told: func() { answers.Add(1) }}
				taking.Go(func() {
					if err := these[i].take(t.Context()); err != nil {
						failed <- err
					}
				})
			}
			takers = append(takers, these...)
			// Once early, and once when some are done and their jobs are worked.
			const all = crashTakers * crashItems
			for _, after := range []int64{rand.Int64N(all / 2), all/2 + rand.Int64N(all/2)} {
				require.Eventually(t, func() bool { return answers.Load() >= after || len(failed) > 0 },
					crashPatience, time.Millisecond)
				for _, taker := range these {
					if !taker.done.Load() {
						interrupted++
					}
				}
				_, err := p.end(t, syscall.SIGKILL)
				require.Error(t, err)
				p = serve()
				up.replace(p.client.URL)
			}
			taking.Wait()
			close(failed)
			for err := range failed {
				require.NoError(t, err)
			}
		}

		for _, taker := range takers {
			requireAcknowledged(t, observer, taker)
		}
		jobs := func(where string) (n int) {
			require.NoError(t, observer.Store.SQL().QueryRowContext(t.Context(),
				"SELECT count(*) FROM river_job WHERE kind = 'follow_completion' AND "+where).Scan(&n))
			return n
		}
		require.Eventually(t, func() bool { return jobs("state <> 'completed'") == 0 }, crashPatience, 50*time.Millisecond)
		require.Equal(t, len(takers), jobs("state = 'completed'"))
		servertest.RequireCounted(t, observer.Store)
		t.Logf("%d tests, %d times a test was interrupted, %d replies were lost, %d jobs were taken up again",
			len(takers), interrupted, up.lost.Load(), jobs("attempt > 1"))
		_, err := p.end(t, syscall.SIGTERM)
		require.NoError(t, err)
	})
}

// requireAcknowledged looks for what the taker was told is stored, in a test
// that is complete.
func requireAcknowledged(t *testing.T, s *servertest.Server, taker *patient) {
	t.Helper()
	var id ident.Session
	require.NoError(t, id.UnmarshalGQL(taker.session))
	at, err := s.Store.Reader().TestSession.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "COMPLETED", string(at.State))
	require.Equal(t, crashItems, at.Answered)
	responses, err := s.Store.Reader().Response.Query().Where(response.SessionID(id)).All(t.Context())
	require.NoError(t, err)
	require.Len(t, responses, crashItems)
	require.Len(t, taker.acknowledged, crashItems)
	for _, r := range responses {
		question := ident.Global{Kind: ident.KindQuestion, Key: int64(r.QuestionID)}.String()
		require.Equal(t, taker.acknowledged[question], *r.OptionID)
	}
}

// living is the address of the server that lives now.
type living struct {
	mu       sync.Mutex
	url      string
	replaced chan struct{}
	lost     atomic.Int64
}

func (l *living) replace(url string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.replaced)
	l.url, l.replaced = url, make(chan struct{})
}

func (l *living) now() (url string, replaced <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.url, l.replaced
}

// patient is a taker whose client repeats what was not answered.
type patient struct {
	client       servertest.Client
	up           *living
	told         func() // of each answer that is acknowledged
	able         bool
	session      string
	acknowledged map[string]string // the option chosen of each question
	done         atomic.Bool
}

// ask sends an operation until it is answered.
func (p *patient) ask(ctx context.Context, query string, variables servertest.Variables) (servertest.Answer, error) {
	for {
		url, replaced := p.up.now()
		client := p.client
		client.URL = url
		answer, err := client.Do(ctx, query, variables)
		if err == nil {
			return answer, nil
		}
		p.up.lost.Add(1)
		select {
		case <-replaced:
		case <-time.After(crashPatience):
			return answer, fmt.Errorf("nobody answers: %w", err)
		}
	}
}

// take takes a test to its end.
func (p *patient) take(ctx context.Context) error {
	p.acknowledged = map[string]string{}
	open, err := p.begin(ctx)
	if err != nil {
		return err
	}
	for n := 0; open != nil; n++ {
		// Who is able is so throughout: no question comes under review.
		option := open.Answer((rand.IntN(10) > 0) == p.able)
		a, err := p.ask(ctx, servertest.SubmitAnswer, servertest.Variables{
			"session": p.session, "question": open.ID, "option": option,
		})
		if err != nil {
			return err
		}
		var data struct{ SubmitAnswer servertest.Step }
		if err := decode(a, &data); err != nil {
			return fmt.Errorf("answer %d: %w", n+1, err)
		}
		if got := data.SubmitAnswer.Session.Answered; got != n+1 {
			return fmt.Errorf("%d answers count after the %dth", got, n+1)
		}
		p.acknowledged[open.ID] = option
		open = data.SubmitAnswer.Question
		if open == nil {
			p.done.Store(true)
		}
		p.told()
	}
	return nil
}

// begin starts the test, or resumes it if it was started without the taker's
// hearing of it, and gives the open question.
func (p *patient) begin(ctx context.Context) (*servertest.Question, error) {
	a, err := p.ask(ctx, servertest.StartTest, nil)
	if err != nil {
		return nil, err
	}
	if a.Code() != "ACTIVE_SESSION_EXISTS" {
		var data struct{ StartTest servertest.Step }
		err := decode(a, &data)
		p.session = data.StartTest.Session.ID
		return data.StartTest.Question, err
	}
	a, err = p.ask(ctx, `{ viewer { activeSession { id currentQuestion { id options { id label } } } } }`, nil)
	if err != nil {
		return nil, err
	}
	var data struct {
		Viewer struct {
			ActiveSession struct {
				ID              string
				CurrentQuestion *servertest.Question
			}
		}
	}
	err = decode(a, &data)
	p.session = data.Viewer.ActiveSession.ID
	return data.Viewer.ActiveSession.CurrentQuestion, err
}

func decode(a servertest.Answer, into any) error {
	if len(a.Errors) > 0 {
		return errors.New(a.Code() + ": " + a.Errors[0].Message)
	}
	return json.Unmarshal(a.Data, into)
}
