package session_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// TestEarlierTestsGuideTheChoice shows that what a person did in earlier tests
// is the prior of the next one, that each test counts once in it, and that the
// score knows nothing of it.
func TestEarlierTestsGuideTheChoice(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(240, 1.3)
		admin, taker := s.Admin(), s.Taker()
		var precision, weighted float64
		learned := func(theta, se float64) {
			precision += 1 / (se * se)
			weighted += theta / (se * se)
		}
		prior := func() normal {
			if precision == 0 {
				return normal{0, 1}
			}
			return normal{min(max(weighted/precision, -3), 3), min(max(1/math.Sqrt(precision), .1), 1)}
		}

		for _, right := range []func(int) bool{
			func(n int) bool { return n%4 != 0 },
			func(n int) bool { return n%2 == 0 },
			func(int) bool { return true },
		} {
			end := taker.Finish(t, taker.StartTest(t), right)
			seen := auditOf(t, admin, end.Session.ID)
			requireEstimates(t, prior(), seen)
			theta, se := posterior(normal{0, 1}, seen.Responses, 8, 1601)
			require.InDelta(t, theta, end.Result.Theta, 1e-4)
			require.InDelta(t, se, end.Result.StandardError, 1e-4)
			learned(end.Result.Theta, end.Result.StandardError)
		}

		// A test that was given up tells something from five answers on.
		for _, answers := range []int{4, 5, 1} {
			at := taker.StartTest(t)
			for range answers {
				at = taker.Answer(t, at, false)
			}
			taker.Abandon(t, at.Session.ID)
			seen := auditOf(t, admin, at.Session.ID)
			requireEstimates(t, prior(), seen)
			if answers >= 5 {
				learned(posterior(normal{0, 1}, seen.Responses[:answers], 8, 1601))
			}
		}
	})
}

// requireEstimates holds the estimate after each answer to the prior.
func requireEstimates(t *testing.T, prior normal, seen audit) {
	t.Helper()
	for i := range seen.Answered {
		theta, se := posterior(prior, seen.Responses[:i+1], 4, 61)
		require.InDelta(t, theta, *seen.Responses[i].Theta, 1e-4, "after answer %d", i+1)
		require.InDelta(t, se, *seen.Responses[i].StandardError, 1e-4, "after answer %d", i+1)
	}
}
