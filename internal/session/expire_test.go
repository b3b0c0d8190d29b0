package session_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

func TestIdleTestsExpire(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		expire := func() { require.NoError(t, s.Resolver.Sessions.Expire(t.Context(), day)) }
		taker := s.Taker()
		at := taker.StartTest(t)
		clock.Advance(day - time.Microsecond)
		taker = signIn(t, s, taker)
		at = taker.Answer(t, at, true)
		answered := at.Session.Version

		clock.Advance(day - time.Microsecond)
		expire()
		taker = signIn(t, s, taker)
		streams := map[servertest.Transport]*servertest.Stream{}
		for _, over := range servertest.Transports() {
			streams[over] = taker.Subscribe(t, over, watch, servertest.Variables{"session": at.Session.ID})
			defer streams[over].Close()
			requireEvent(t, streams[over], at)
		}
		ended := clock.Advance(time.Microsecond)
		expire()
		expire() // has nothing left to do
		for _, stream := range streams {
			var e watched
			stream.Event(t, &e)
			require.Equal(t, "EXPIRED", e.SessionProgress.State)
			require.Equal(t, answered+1, e.SessionProgress.Version)
			require.Nil(t, e.SessionProgress.CurrentQuestion)
			require.Equal(t, 1, e.SessionProgress.Answered)
			stream.Completed(t)
		}
		details := refused(t, taker.Submit(t, at.Session.ID, at.Question.ID, at.Question.Answer(true)), "SESSION_CLOSED")
		require.Equal(t, "EXPIRED", details["state"])
		refused(t, taker.Ask(t, servertest.AbandonTest, servertest.Variables{"session": at.Session.ID}), "SESSION_CLOSED")

		var data struct{ Node servertest.Session }
		taker.Get(t, &data, `query($id: ID!) { node(id: $id) { ... on TestSession { id state version answered startedAt endedAt stopReason } } }`,
			servertest.Variables{"id": at.Session.ID})
		require.Equal(t, servertest.Session{
			ID: at.Session.ID, State: "EXPIRED", Version: answered + 1, Answered: 1,
			StartedAt: at.Session.StartedAt, EndedAt: &ended,
		}, data.Node)

		// The next test may begin at once; what was answered is not asked again.
		taker.StartTest(t)
		s.Settle()
		servertest.RequireCounted(t, s.Store)
	})
}

// TestManyTestsExpire closes more tests than one transaction does.
func TestManyTestsExpire(t *testing.T) {
	t.Parallel()
	const people = 450
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		questions := s.AddQuestions("many", 4)
		s.AddTests(questions, s.AddUsers(people), servertest.Tests{Sessions: 2, Responses: 2, Open: true})
		ctx, statements := store.WithStatements(t.Context())
		require.NoError(t, s.Resolver.Sessions.Expire(ctx, day))
		require.Equal(t, 6, statements.Count(), "two for each 200")
		for state, want := range map[vocab.SessionState]int{vocab.Expired: people, vocab.Completed: people, vocab.InProgress: 0} {
			got, err := s.Store.Reader().TestSession.Query().Where(testsession.StateEQ(state)).Count(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got, state)
		}
	})
}

// TestAnsweredOrExpired answers idle tests while they are closed by two at once.
func TestAnsweredOrExpired(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(60, 1.3)
		sessions := s.Resolver.Sessions
		takers := s.Takers(24)
		for _, taker := range takers {
			taker.StartTest(t)
		}
		clock.Advance(2 * day)
		open, err := s.Store.Reader().TestSession.Query().All(t.Context())
		require.NoError(t, err)
		require.Len(t, open, len(takers))

		answers := make([]error, len(open))
		var racing sync.WaitGroup
		for i, at := range open {
			u, err := s.Store.Reader().User.Query().Where(user.ID(at.UserID)).Only(t.Context())
			require.NoError(t, err)
			q, err := s.Bank.Snapshot().Question(t.Context(), s.Store.Reader(), *at.OpenQuestionID)
			require.NoError(t, err)
			racing.Go(func() {
				_, answers[i] = sessions.Answer(t.Context(), auth.Viewer{User: u},
					session.Answer{Session: at.ID, Question: *at.OpenQuestionID, Option: q.Key})
			})
			if i%(len(open)/2) == len(open)/4 {
				racing.Go(func() {
					if err := sessions.Expire(t.Context(), day); err != nil {
						t.Error(err)
					}
				})
			}
		}
		racing.Wait()
		expired := 0
		for i, before := range open {
			at, err := s.Store.Reader().TestSession.Get(t.Context(), before.ID)
			require.NoError(t, err)
			require.Equal(t, 2, at.Version)
			if answers[i] == nil {
				require.Equal(t, vocab.InProgress, at.State)
				require.Equal(t, 1, at.Answered)
				continue
			}
			expired++
			require.Equal(t, fault.SessionClosed, fault.CodeOf(answers[i]), answers[i])
			require.Equal(t, vocab.Expired, at.State)
			require.Zero(t, at.Answered)
		}
		t.Logf("%d of %d expired", expired, len(open))
	})
}
