package session_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// brief are rules of a test of four questions.
func brief() *cat.Rules {
	rules := cat.DefaultRules(session.DefaultWeights())
	rules.MinItems, rules.MaxItems = 4, 4
	return &rules
}

// complete has the taker take a whole test.
func complete(t *testing.T, taker servertest.Client) servertest.Step {
	t.Helper()
	return taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%3 != 1 })
}

func TestStatisticsFollowACompletion(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, server.Options{Rules: brief()}, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		taker := s.Taker()
		given := taker.Answer(t, taker.StartTest(t), true)
		taker.Abandon(t, given.Session.ID)
		complete(t, taker)
		counted := func() int {
			n, err := s.Store.Reader().ItemStatistics.Query().Count(t.Context())
			require.NoError(t, err)
			return n
		}
		require.Zero(t, counted(), "the taker does not wait for it")
		s.Settle()
		require.Equal(t, 4, counted(), "what was given up does not count")
		servertest.RequireCounted(t, s.Store)

		// Once more has no effect, nor has a test that is not there.
		ids, err := s.Store.Reader().TestSession.Query().IDs(t.Context())
		require.NoError(t, err)
		for _, id := range append(ids, ids[0]+1000) {
			require.NoError(t, s.Resolver.Sessions.Follow(t.Context(), session.Completion{Session: id}))
		}
		servertest.RequireCounted(t, s.Store)

		res, err := http.Get(strings.TrimSuffix(s.URL, "/graphql") + "/metrics")
		require.NoError(t, err)
		defer res.Body.Close()
		metrics, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Contains(t, string(metrics), `aiq_job_seconds_count{kind="follow_completion",outcome="ok"} 1`)
	})
}

// TestInterruptedFollowUpsCountOnce follows completions many times at once, some
// of them interrupted at any moment.
func TestInterruptedFollowUpsCountOnce(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, server.Options{Rules: brief()}, func(t *testing.T, s *servertest.Server) {
		s.UseItems(40, 1.3)
		for _, taker := range s.Takers(4) {
			complete(t, taker)
		}
		ids, err := s.Store.Reader().TestSession.Query().IDs(t.Context())
		require.NoError(t, err)
		var following sync.WaitGroup
		for _, id := range ids {
			for try := range 8 {
				ctx, cancel := context.WithCancel(t.Context())
				if try%2 == 0 {
					time.AfterFunc(rand.N(20*time.Millisecond), cancel)
				}
				following.Go(func() {
					defer cancel()
					err := s.Resolver.Sessions.Follow(ctx, session.Completion{Session: id})
					if err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				})
			}
		}
		following.Wait()
		s.Settle()
		servertest.RequireCounted(t, s.Store)
	})
}

// TestTwoServersShareTheJobs has two servers on one database, both at work.
func TestTwoServersShareTheJobs(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.Secret = databaseURL, strings.Repeat("s", 32)
		one := servertest.Configured(t, settings, server.Options{Rules: brief()})
		one.UseItems(60, 1.3)
		two := servertest.Configured(t, settings, server.Options{Rules: brief()})
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		for _, s := range []*servertest.Server{one, two} {
			working.Go(func() {
				if err := s.Jobs.Run(ctx, time.Minute); err != nil {
					t.Error(err)
				}
			})
		}
		for i, taker := range one.Takers(8) {
			if i%2 == 0 {
				taker.URL = two.URL
			}
			complete(t, taker)
		}
		one.Settle()
		stop()
		working.Wait()
		servertest.RequireCounted(t, one.Store)
	})
}

// TestNegativeDiscriminationIsReviewed gives every question 49 answers before
// the test, or 48, most of them right from those who did badly elsewhere.
func TestNegativeDiscriminationIsReviewed(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, server.Options{Rules: brief()}, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		questions, err := s.Store.Reader().Question.Query().All(t.Context())
		require.NoError(t, err)
		few := func(id ident.Question) bool { return id%2 == 0 }
		require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			rows := make([]*db.ItemStatisticsCreate, len(questions))
			for i, q := range questions {
				rows[i] = tx.ItemStatistics.Create().SetQuestionID(q.ID).SetAdministered(49).SetCorrect(24).
					SetRestSum(250).SetRestSquareSum(4000).SetCorrectRestSum(0)
				if few(q.ID) {
					rows[i].SetAdministered(48)
				}
			}
			return tx.ItemStatistics.CreateBulk(rows...).Exec(ctx)
		}))
		var asked []ident.Question
		for _, taker := range s.Takers(2) {
			complete(t, taker)
		}
		tests, err := s.Store.Reader().TestSession.Query().Order(testsession.ByID()).All(t.Context())
		require.NoError(t, err)
		for _, step := range tests[0].Steps {
			asked = append(asked, step.Question)
		}
		// Only the first test is followed.
		require.NoError(t, s.Resolver.Sessions.Follow(t.Context(), session.Completion{Session: tests[0].ID}))

		reviewed := 0
		after, err := s.Store.Reader().Question.Query().Order(question.ByID()).All(t.Context())
		require.NoError(t, err)
		for i, q := range after {
			misfit := false
			for _, id := range asked {
				misfit = misfit || id == q.ID && !few(id)
			}
			if !misfit {
				require.Equal(t, vocab.Normal, q.Quality)
				continue
			}
			reviewed++
			require.Equal(t, vocab.UnderReview, q.Quality)
			require.Regexp(t, `^Negative discrimination: item-rest correlation -0\.\d\d over 50 answers\.$`, *q.QualityReason)
			require.True(t, q.ChangedAt.After(questions[i].ChangedAt), "replicas notice")
		}
		require.Positive(t, reviewed)
		require.Equal(t, len(questions)-reviewed, s.Bank.Snapshot().Len(), "out of new tests")
	})
}
