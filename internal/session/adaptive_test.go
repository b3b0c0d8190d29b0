package session_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// served is a response as an administrator sees it.
type served struct {
	Position      int
	AnsweredAt    *string
	OptionID      *string
	IsCorrect     *bool
	TimeMs        *int
	Theta         *float64
	StandardError *float64
	Question      struct {
		ID         string
		Domain     string
		Parameters struct{ Discrimination, Difficulty float64 }
	}
}

// audit is a test as an administrator sees it.
type audit struct {
	State         string
	Answered      int
	Theta         float64
	StandardError float64
	Responses     []served
}

func auditOf(t *testing.T, admin servertest.Client, session string) audit {
	t.Helper()
	var data struct{ Node audit }
	admin.Get(t, &data, `query Audit($id: ID!) {
  node(id: $id) { ... on TestSession {
    state answered theta standardError
    responses { position answeredAt optionId isCorrect timeMs theta standardError
      question { id domain parameters { discrimination difficulty } } }
  } }
}`, servertest.Variables{"id": session})
	return data.Node
}

// normal is a distribution of ability.
type normal struct{ mean, sd float64 }

// posterior is the mean and standard deviation of ability after the responses,
// summed over n equally spaced points from -reach to reach: the definition of
// EAP (Bock & Mislevy 1982), written without regard to speed.
func posterior(prior normal, responses []served, reach float64, n int) (theta, se float64) {
	var sum, first, second float64
	for i := range n {
		x := -reach + 2*reach*float64(i)/float64(n-1)
		z := (x - prior.mean) / prior.sd
		density := math.Exp(-z * z / 2)
		for _, r := range responses {
			p := 1 / (1 + math.Exp(-r.Question.Parameters.Discrimination*(x-r.Question.Parameters.Difficulty)))
			if !*r.IsCorrect {
				p = 1 - p
			}
			density *= p
		}
		sum += density
		first += density * x
		second += density * x * x
	}
	theta = first / sum
	return theta, math.Sqrt(second/sum - theta*theta)
}

// normalCDF is the standard normal distribution function.
func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func TestAdaptiveTest(t *testing.T) {
	t.Parallel()
	patterns := map[string]func(int) bool{
		"mixed":     func(n int) bool { return n%3 != 1 },
		"all right": func(int) bool { return true },
		"all wrong": func(int) bool { return false },
	}
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		admin := s.Admin()
		for name, right := range patterns {
			t.Run(name, func(t *testing.T) {
				takeWholeTest(t, s.Taker(), admin, right)
			})
		}
	})
}

func takeWholeTest(t *testing.T, taker, admin servertest.Client, right func(int) bool) {
	at := taker.StartTest(t)
	require.Equal(t, "IN_PROGRESS", at.Session.State)
	require.NotNil(t, at.Question)

	perDomain := map[string]*servertest.DomainScore{}
	served := map[string]bool{}
	answered, correct := 0, 0
	for at.Question != nil {
		requireProgress(t, at, answered, perDomain)
		require.False(t, served[at.Question.ID], "served twice")
		served[at.Question.ID] = true

		count := perDomain[at.Question.Domain]
		if count == nil {
			count = &servertest.DomainScore{Domain: at.Question.Domain}
			perDomain[at.Question.Domain] = count
		}
		count.Items++
		if right(answered) {
			count.Correct++
			correct++
		}
		at = taker.Answer(t, at, right(answered))
		answered++
	}
	requireProgress(t, at, answered, perDomain)
	require.Equal(t, "COMPLETED", at.Session.State)
	require.NotNil(t, at.Session.EndedAt)
	require.Contains(t, []string{"MAX_ITEMS", "SE_THRESHOLD", "THETA_STABLE"}, *at.Session.StopReason)
	require.GreaterOrEqual(t, answered, 8)
	require.LessOrEqual(t, answered, 15)

	seen := auditOf(t, admin, at.Session.ID)
	require.Len(t, seen.Responses, answered)
	for i, r := range seen.Responses {
		require.Equal(t, i+1, r.Position)
		require.NotNil(t, r.AnsweredAt)
		require.GreaterOrEqual(t, *r.TimeMs, 0)
		require.Equal(t, right(i), *r.IsCorrect)
		// The engine's points: 61 from -4 to 4.
		theta, se := posterior(normal{0, 1}, seen.Responses[:i+1], 4, 61)
		require.InDelta(t, theta, *r.Theta, 1e-9, "after answer %d", i+1)
		require.InDelta(t, se, *r.StandardError, 1e-9, "after answer %d", i+1)
	}
	last := seen.Responses[answered-1]
	require.Equal(t, *last.Theta, seen.Theta)
	require.Equal(t, *last.StandardError, seen.StandardError)
	requireResult(t, at.Result, seen.Responses, correct, perDomain)
}

func requireProgress(t *testing.T, at servertest.Step, answered int, perDomain map[string]*servertest.DomainScore) {
	t.Helper()
	p := at.Progress
	require.Equal(t, answered+1, p.Version)
	require.Equal(t, p.Version, at.Session.Version)
	require.Equal(t, answered, p.Answered)
	require.Equal(t, at.Session.State, p.State)
	require.Equal(t, 15, p.Maximum)
	require.GreaterOrEqual(t, p.ElapsedSeconds, 0)
	require.Equal(t, at.Question, p.CurrentQuestion)
	if at.Question == nil {
		require.Zero(t, p.EstimatedRemaining)
	} else {
		require.GreaterOrEqual(t, p.EstimatedRemaining, max(8-answered, 1))
		require.LessOrEqual(t, p.EstimatedRemaining, 15-answered)
	}
	require.Len(t, p.PerDomain, 6)
	for _, d := range p.PerDomain {
		want := 0
		if count := perDomain[d.Domain]; count != nil {
			want = count.Items
		}
		require.Equal(t, want, d.Answered, d.Domain)
	}
}

func requireResult(t *testing.T, r *servertest.Result, responses []served, correct int, perDomain map[string]*servertest.DomainScore) {
	t.Helper()
	require.NotNil(t, r)
	require.Equal(t, "EAP", r.Scoring)
	require.Equal(t, len(responses), r.Total)
	require.Equal(t, correct, r.Correct)

	// The score rests on the population's prior N(0, 1) without bounds to theta.
	theta, se := posterior(normal{0, 1}, responses, 8, 1601)
	require.InDelta(t, theta, r.Theta, 1e-4)
	require.InDelta(t, se, r.StandardError, 1e-4)
	clamped := func(v float64) float64 { return min(max(v, 40), 160) }
	require.InDelta(t, clamped(100+15*r.Theta), r.Score, 1e-9)
	require.Equal(t, "SUFFICIENT", r.IntervalStatus)
	// 1.959963984540054 is the normal quantile of .975.
	half := 1.959963984540054 * 15 * r.StandardError
	require.InDelta(t, clamped(100+15*r.Theta-half), r.ConfidenceInterval.Lower, 1e-9)
	require.InDelta(t, clamped(100+15*r.Theta+half), r.ConfidenceInterval.Upper, 1e-9)
	require.Equal(t, .95, r.ConfidenceInterval.Level)
	require.InDelta(t, math.Round(1000*normalCDF(r.Theta))/10, r.Percentile, 1e-9)

	best, worst := -1., 2.
	require.Len(t, r.DomainScores, len(perDomain))
	for _, d := range r.DomainScores {
		want := *perDomain[d.Domain]
		want.Accuracy = math.Round(1000*float64(want.Correct)/float64(want.Items)) / 1000
		require.Equal(t, want, d)
		best, worst = max(best, d.Accuracy), min(worst, d.Accuracy)
	}
	if best == worst {
		require.Nil(t, r.StrongestDomain)
		require.Nil(t, r.WeakestDomain)
		return
	}
	for _, d := range r.DomainScores {
		if d.Domain == *r.StrongestDomain {
			require.Equal(t, best, d.Accuracy)
		}
		if d.Domain == *r.WeakestDomain {
			require.Equal(t, worst, d.Accuracy)
		}
	}
}

// resumed is what an app asks for at launch.
type resumed struct {
	Viewer struct {
		ActiveSession *struct {
			ID              string
			CurrentQuestion *servertest.Question
			Progress        servertest.Progress
		}
		LastResult   *struct{ ID string }
		TestSessions struct {
			TotalCount int
			Nodes      []struct{ ID, State string }
		}
	}
}

const launch = `query Launch {
  viewer {
    activeSession { id currentQuestion { id phase text stimulus domain options { id label } } progress { version state answered } }
    lastResult { id }
    testSessions(first: 10) { totalCount nodes { id state } }
  }
}`

func TestTestIsResumedOnAnotherDevice(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		phone := s.Taker()
		at := phone.StartTest(t)
		for range 3 {
			at = phone.Answer(t, at, true)
		}

		tablet := signIn(t, s, phone)
		var data resumed
		tablet.Get(t, &data, launch, nil)
		active := data.Viewer.ActiveSession
		require.NotNil(t, active)
		require.Equal(t, at.Session.ID, active.ID)
		require.Equal(t, at.Question, active.CurrentQuestion)
		require.Equal(t, 3, active.Progress.Answered)
		require.Equal(t, 4, active.Progress.Version)

		end := tablet.Finish(t, at, func(n int) bool { return n%2 == 0 })
		data = resumed{}
		phone.Get(t, &data, launch, nil)
		require.Nil(t, data.Viewer.ActiveSession)
		require.Equal(t, end.Result.ID, data.Viewer.LastResult.ID)
	})
}

func TestHistoryHasEveryTestNewestFirst(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(240, 1.3)
		taker := s.Taker()
		var sessions, results []string
		for i := range 3 {
			at := taker.StartTest(t)
			sessions = append([]string{at.Session.ID}, sessions...)
			if i == 1 {
				taker.Abandon(t, at.Session.ID)
				continue
			}
			at = taker.Finish(t, at, func(int) bool { return i == 0 })
			results = append([]string{at.Result.ID}, results...)
		}

		var found []string
		after := any(nil)
		for pages := 1; ; pages++ {
			require.LessOrEqual(t, pages, 2)
			var data struct {
				Viewer struct {
					TestSessions struct {
						TotalCount int
						Nodes      []struct{ ID string }
						PageInfo   struct {
							HasNextPage bool
							EndCursor   string
						}
					}
					Results struct{ Nodes []struct{ ID string } }
				}
			}
			taker.Get(t, &data, `query History($after: String) { viewer {
  testSessions(first: 2, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
  results(first: 10) { nodes { id } }
} }`, servertest.Variables{"after": after})
			require.Equal(t, 3, data.Viewer.TestSessions.TotalCount)
			for _, n := range data.Viewer.TestSessions.Nodes {
				found = append(found, n.ID)
			}
			require.Len(t, data.Viewer.Results.Nodes, len(results))
			for i, n := range data.Viewer.Results.Nodes {
				require.Equal(t, results[i], n.ID)
			}
			if !data.Viewer.TestSessions.PageInfo.HasNextPage {
				break
			}
			after = data.Viewer.TestSessions.PageInfo.EndCursor
		}
		require.Equal(t, sessions, found)
	})
}

func TestNoQuestionIsMetTwice(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(36, 1.3)
		taker := s.Taker()
		met := map[string]bool{}
		for range 3 {
			at := taker.StartTest(t)
			for at.Question != nil {
				require.False(t, met[at.Question.ID], "met before")
				met[at.Question.ID] = true
				if len(met)%11 == 0 {
					taker.Abandon(t, at.Session.ID)
					break
				}
				at = taker.Answer(t, at, len(met)%2 == 0)
			}
		}
	})
}

// signIn is another device of the same person.
func signIn(t *testing.T, s *servertest.Server, c servertest.Client) servertest.Client {
	t.Helper()
	var data struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	s.Anonymous().Get(t, &data, fmt.Sprintf(
		`mutation { signIn(input: {email: %q, password: %q}) { tokens { accessToken } } }`, c.Email, servertest.Password), nil)
	c.Token = data.SignIn.Tokens.AccessToken
	return c
}
