package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/internal/event/eventtest"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/pgtemp"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

const (
	watchProgress = `subscription ($session: ID!) { sessionProgress(sessionId: $session) { version state answered result { score } } }`
	watchLive     = `subscription { liveSessions { reset sessions { change version session { id } } } }`
)

// patience bounds the wait for what must come. Only a fault can make it so long.
const patience = 2 * time.Minute

// replicas are two servers on one database.
type replicas struct {
	a, b *process
	// trouble strikes them once; nil for none.
	trouble func(t *testing.T)
}

// TestReplicasSeeTheSame takes tests at one server while others watch at another,
// in spite of what may befall the connection between them.
func TestReplicasSeeTheSame(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	if os.Getenv("TEST_DATABASE") == dialect.SQLite {
		t.Skip("replicas share a PostgreSQL")
	}
	storetest.Need(t, dialect.Postgres)
	pair := func(t *testing.T, databaseURL string, flags ...string) *replicas {
		_, problems, err := aiq(t, databaseURL, "import", "questions", bankFile(t, 120))
		require.NoError(t, err, problems)
		return &replicas{a: serving(t, databaseURL, flags...), b: serving(t, databaseURL, flags...)}
	}
	t.Run("nothing befalls", func(t *testing.T) {
		t.Parallel()
		pair(t, storetest.URL(t, dialect.Postgres)).follow(t)
	})
	t.Run("a listening connection is killed", func(t *testing.T) {
		t.Parallel()
		databaseURL := storetest.URL(t, dialect.Postgres)
		r := pair(t, databaseURL)
		r.trouble = func(t *testing.T) { eventtest.CutListeners(t, connected(t, databaseURL), 2) }
		r.follow(t)
	})
	t.Run("PostgreSQL restarts", func(t *testing.T) {
		t.Parallel()
		own, err := pgtemp.StartOwn(t.Context())
		if os.Getenv("CI") == "" && err != nil {
			t.Skipf("no PostgreSQL that may be restarted: %v", err)
		}
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, own.Close()) })
		r := pair(t, own.URL)
		r.trouble = func(t *testing.T) {
			began := startedAt(t, own.URL)
			require.NoError(t, own.Restart())
			require.Eventually(t, func() bool { return startedAt(t, own.URL).After(began) }, patience, 10*time.Millisecond)
		}
		r.follow(t)
	})
	t.Run("NATS in its place", func(t *testing.T) {
		t.Parallel()
		databaseURL := storetest.URL(t, dialect.Postgres)
		n := eventtest.StartNATS(t)
		r := pair(t, databaseURL, "--nats-url", n.URL, "--nats-subject", "aiq.test")
		require.Empty(t, eventtest.Listeners(t, connected(t, databaseURL)))
		n.AwaitSubscribers(2)
		r.trouble = func(*testing.T) { n.Restart() }
		r.follow(t)
	})
}

// follow takes two tests at a while they are watched at b, with trouble in the
// midst of the first.
func (r *replicas) follow(t *testing.T) {
	t.Helper()
	admin := r.admin(t)
	live := at(admin, r.b).Subscribe(t, servertest.EventStream, watchLive, nil)
	_, _ = live.Next(t)
	for i := range 2 {
		taker := r.a.register(t, fmt.Sprintf("taker%d@example.org", i))
		step := taker.StartTest(t)
		session := step.Session.ID
		streams := []*servertest.Stream{
			at(taker, r.b).Subscribe(t, servertest.WebSocket, watchProgress, servertest.Variables{"session": session}),
			at(taker, r.b).Subscribe(t, servertest.EventStream, watchProgress, servertest.Variables{"session": session}),
			taker.Subscribe(t, servertest.WebSocket, watchProgress, servertest.Variables{"session": session}),
		}
		for _, stream := range streams {
			require.Equal(t, 1, progress(t, stream).Version)
		}
		for n := 1; step.Question != nil; n++ {
			if i == 0 && n == 3 && r.trouble != nil {
				r.trouble(t)
			}
			step = answered(t, taker, step)
			if i == 0 && n < 6 {
				continue // they read later what happened around the trouble
			}
			first := step.Session.Version
			if i == 0 && n == 6 {
				first = 2
			}
			for _, stream := range streams {
				for version := first; version <= step.Session.Version; version++ {
					p := progress(t, stream)
					require.Equal(t, version, p.Version)
					require.Equal(t, version-1, p.Answered)
				}
			}
		}
		for _, stream := range streams {
			stream.Completed(t)
		}
		requireCompleted(t, live, session, step.Session.Version)
	}
	for _, p := range []*process{r.a, r.b} {
		_, err := p.end(t, syscall.SIGTERM)
		require.NoError(t, err)
	}
}

// answered answers, again until the server can.
func answered(t *testing.T, taker servertest.Client, step servertest.Step) servertest.Step {
	t.Helper()
	right := step.Session.Answered%2 == 0
	var a servertest.Answer
	require.Eventually(t, func() bool {
		a = taker.Submit(t, step.Session.ID, step.Question.ID, step.Question.Answer(right))
		return a.Code() != "UNAVAILABLE"
	}, patience, 10*time.Millisecond)
	require.Empty(t, a.Errors)
	return a.Step(t)
}

type progressSeen struct {
	Version, Answered int
	State             string
	Result            *struct{ Score *float64 }
}

func progress(t *testing.T, stream *servertest.Stream) progressSeen {
	t.Helper()
	var data struct{ SessionProgress progressSeen }
	stream.Event(t, &data)
	p := data.SessionProgress
	require.Equal(t, p.State == "COMPLETED", p.Result != nil)
	return p
}

// requireCompleted reads until the test is told to be completed.
func requireCompleted(t *testing.T, live *servertest.Stream, session string, version int) {
	t.Helper()
	for {
		var data struct {
			LiveSessions struct {
				Sessions []struct {
					Change  string
					Version int
					Session struct{ ID string }
				}
			}
		}
		live.Event(t, &data)
		for _, s := range data.LiveSessions.Sessions {
			if s.Session.ID == session && s.Change == "COMPLETED" {
				require.Equal(t, version, s.Version)
				return
			}
		}
	}
}

// admin is an administrator, made by the command.
func (r *replicas) admin(t *testing.T) servertest.Client {
	t.Helper()
	const email = "admin@example.org"
	databaseURL := r.a.databaseURL
	_, problems, err := aiq(t, databaseURL, "account", "create", email, "--role", "ADMIN")
	require.NoError(t, err, problems)
	var data struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	r.a.client.Get(t, &data, `mutation ($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) { tokens { accessToken } }
}`, servertest.Variables{"email": email, "password": servertest.Password})
	out := r.a.client
	out.Token = data.SignIn.Tokens.AccessToken
	return out
}

// at is the client at another server.
func at(c servertest.Client, p *process) servertest.Client {
	c.URL = p.client.URL
	return c
}

// connected is a connection to the database, for the test's own look at it.
func connected(t *testing.T, databaseURL string) *pgx.Conn {
	t.Helper()
	config, err := pgxpool.ParseConfig(databaseURL)
	require.NoError(t, err)
	conn, err := pgx.ConnectConfig(t.Context(), config.ConnConfig)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.Background())) })
	return conn
}

// startedAt is when the server was started, zero if it does not answer.
func startedAt(t *testing.T, databaseURL string) (at time.Time) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		return at
	}
	defer func() { _ = conn.Close(t.Context()) }()
	_ = conn.QueryRow(t.Context(), `SELECT pg_postmaster_start_time()`).Scan(&at)
	return at
}
