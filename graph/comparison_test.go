package graph_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// difference is a score change as an app reads it.
type difference struct {
	Previous   struct{ ID string }
	Difference float64
	Index      *float64
	Verdict    *string
}

// compared is what an app shows of a result beside others of the same person.
type compared struct {
	ID                         string
	Score                      float64
	ConfidenceInterval         *struct{ Lower, Upper float64 }
	StandardErrorOfMeasurement *float64
	Reliability                *float64
	StandardError              float64
	DurationMs                 int
	TimeLimitExceeded          bool
	Change                     *difference
	DomainScores               []domainScore
}

type domainScore struct {
	Domain                     string
	Items, Correct             int
	Score                      *float64
	StandardErrorOfMeasurement *float64
	Percentile                 *float64
}

const comparing = `
fragment C on TestResult {
  id score confidenceInterval { lower upper } standardErrorOfMeasurement reliability standardError
  durationMs timeLimitExceeded change { ...D }
  domainScores { domain items correct score standardErrorOfMeasurement percentile }
}
fragment D on ScoreChange { previous { id } difference index verdict }`

// takeTest takes a test that lasts a minute a question.
func takeTest(t *testing.T, c servertest.Client, clock *servertest.Clock, right bool) servertest.Step {
	t.Helper()
	at := c.StartTest(t)
	for at.Question != nil {
		clock.Advance(time.Minute)
		at = c.Answer(t, at, right)
	}
	return at
}

// Between two tests the score changes: the change is judged against the errors
// of both, over the whole history and for each domain.
func TestChangeAndTrend(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(240, 1.3)
		taker := s.Taker()
		type history struct {
			Viewer struct {
				Results struct{ Nodes []compared }
				Trend   *struct {
					Points  []compared
					PerYear *float64
					Change  *difference
					Domains []struct {
						Domain     string
						Difference float64
						Index      *float64
						Verdict    *string
					}
				}
			}
		}
		look := func() (h history) {
			a := taker.Get(t, &h, `{ viewer {
  results(first: 10) { nodes { ...C } }
  trend { points { ...C } perYear change { ...D } domains { domain difference index verdict } }
} }`+comparing, nil)
			// The viewer, two pages, the counts, and the earlier results on two levels.
			require.LessOrEqual(t, a.Extensions.Statements, 6)
			return h
		}
		require.Nil(t, look().Viewer.Trend)

		first := takeTest(t, taker, clock, false)
		h := look()
		require.Len(t, h.Viewer.Results.Nodes, 1)
		only := h.Viewer.Results.Nodes[0]
		require.Nil(t, only.Change)
		require.Nil(t, only.Reliability)
		require.InDelta(t, 15*only.StandardError, *only.StandardErrorOfMeasurement, 1e-9)
		require.Equal(t, first.Session.Answered*60_000, only.DurationMs)
		require.False(t, only.TimeLimitExceeded)
		require.Len(t, h.Viewer.Trend.Points, 1)
		require.Nil(t, h.Viewer.Trend.PerYear)
		require.Nil(t, h.Viewer.Trend.Change)
		require.Empty(t, h.Viewer.Trend.Domains)

		for range 2 {
			clock.Advance(100 * 24 * time.Hour)
			taker.Token = signedIn(t, s, taker)
			takeTest(t, taker, clock, true)
		}

		h = look()
		require.Len(t, h.Viewer.Results.Nodes, 3)
		results := h.Viewer.Results.Nodes
		points := h.Viewer.Trend.Points
		for i := range results {
			require.Equal(t, results[2-i], points[i], "newest first, and oldest first")
		}
		requireChange(t, points[0], points[1], points[1].Change, "IMPROVED")
		requireChange(t, points[1], points[2], points[2].Change, "STABLE")
		requireChange(t, points[0], points[2], h.Viewer.Trend.Change, "IMPROVED")
		require.Greater(t, *h.Viewer.Trend.PerYear, 0.)

		before := map[string]domainScore{}
		for _, d := range points[1].DomainScores {
			before[d.Domain] = d
		}
		require.NotEmpty(t, h.Viewer.Trend.Domains)
		changes := h.Viewer.Trend.Domains
		for _, now := range points[2].DomainScores {
			require.Nil(t, now.Percentile, "too few results")
			then, both := before[now.Domain]
			if !both {
				continue
			}
			require.Equal(t, now.Domain, changes[0].Domain)
			require.InDelta(t, *now.Score-*then.Score, changes[0].Difference, 1e-9)
			se := math.Hypot(*now.StandardErrorOfMeasurement, *then.StandardErrorOfMeasurement)
			require.InDelta(t, (*now.Score-*then.Score)/se, *changes[0].Index, 1e-9)
			require.NotNil(t, changes[0].Verdict)
			changes = changes[1:]
		}
		require.Empty(t, changes)
	})
}

// signedIn is a new access token of the person.
func signedIn(t *testing.T, s *servertest.Server, c servertest.Client) string {
	t.Helper()
	var data struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	s.Anonymous().Get(t, &data, `mutation ($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) { tokens { accessToken } }
}`, servertest.Variables{"email": c.Email, "password": servertest.Password})
	return data.SignIn.Tokens.AccessToken
}

func requireChange(t *testing.T, first, second compared, got *difference, verdict string) {
	t.Helper()
	require.NotNil(t, got)
	require.Equal(t, first.ID, got.Previous.ID)
	require.InDelta(t, second.Score-first.Score, got.Difference, 1e-9)
	se := math.Hypot(*first.StandardErrorOfMeasurement, *second.StandardErrorOfMeasurement)
	require.InDelta(t, (second.Score-first.Score)/se, *got.Index, 1e-9)
	require.Equal(t, verdict, *got.Verdict)
}

// group is a comparison with others as an app reads it.
type group struct {
	Population string
	Status     string
	Percentile *float64
	Mean       *float64
	Size       *int
}

// Nothing is told of fewer than 30 results, not even how many they are; from 30
// on, everyone's and those of an age band each for itself.
func TestBenchmark(t *testing.T) {
	t.Parallel()
	rules := cat.DefaultRules(session.DefaultWeights())
	rules.MinItems, rules.MaxItems = 6, 6
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		clock := servertest.NewClock()
		s := servertest.New(t, databaseURL, server.Options{Rules: &rules, Clock: clock.Now})
		s.UseItems(60, 1.3)
		const ageless = 29 // the one whose year of birth is not known
		viewer, unborn := s.Taker(), s.Taker()

		var data struct {
			Viewer struct {
				Benchmark *struct {
					Result              struct{ ID string }
					Population, AgeBand *group
				}
				LastResult *compared
			}
		}
		look := func() {
			s.Settle() // results are counted in the background
			viewer.Token = signedIn(t, s, viewer)
			data.Viewer.Benchmark, data.Viewer.LastResult = nil, nil
			viewer.Get(t, &data, `{ viewer { lastResult { ...C } benchmark {
  result { id }
  population { population status percentile mean size } ageBand { population status percentile mean size }
} } }`+comparing, nil)
		}
		look()
		require.Nil(t, data.Viewer.Benchmark)

		var scores []int
		shares := map[string][]int{}
		take := func(i int) servertest.Step {
			var taker servertest.Client
			switch i {
			case 0:
				taker = viewer
			case ageless:
				taker = unborn
				taker.Token = signedIn(t, s, taker)
			default:
				taker = s.Takers(1)[0]
			}
			if i != ageless {
				born(t, s, clock.Now().Year()-36, []servertest.Client{taker})
			}
			end := taker.Finish(t, taker.StartTest(t), func(n int) bool {
				clock.Advance(20 * time.Second) // or the answers are not trusted, nor counted
				return (n+i)%3 != 0 && i%4 != 1
			})
			scores = append(scores, int(math.Round(end.Result.Score)))
			for _, d := range end.Result.DomainScores {
				shares[d.Domain] = append(shares[d.Domain], int(math.Round(100*float64(d.Correct)/float64(d.Items))))
			}
			return end
		}
		own := take(0)
		for i := 1; i < 29; i++ {
			take(i)
		}
		suppressed := func(population string) *group { return &group{Population: population, Status: "SUPPRESSED"} }
		look()
		require.Equal(t, own.Result.ID, data.Viewer.Benchmark.Result.ID)
		require.Equal(t, suppressed("ALL"), data.Viewer.Benchmark.Population)
		require.Equal(t, suppressed("AGE_35_44"), data.Viewer.Benchmark.AgeBand)
		for _, d := range data.Viewer.LastResult.DomainScores {
			require.Nil(t, d.Percentile)
		}

		take(ageless)
		look()
		require.Equal(t, shown("ALL", scores[0], scores), data.Viewer.Benchmark.Population)
		require.Equal(t, suppressed("AGE_35_44"), data.Viewer.Benchmark.AgeBand)
		for _, d := range data.Viewer.LastResult.DomainScores {
			if of := shares[d.Domain]; len(of) < 30 {
				require.Nil(t, d.Percentile)
			} else {
				require.Equal(t, shown("", of[0], of).Percentile, d.Percentile)
			}
		}
		require.Len(t, data.Viewer.LastResult.DomainScores, 6)

		take(30)
		look()
		band := append(scores[:ageless:ageless], scores[ageless+1:]...)
		require.Equal(t, shown("AGE_35_44", scores[0], band), data.Viewer.Benchmark.AgeBand)
		require.Equal(t, shown("ALL", scores[0], scores), data.Viewer.Benchmark.Population)

		// Who has not told the year of birth is compared with everyone only.
		viewer = unborn
		look()
		require.Nil(t, data.Viewer.Benchmark.AgeBand)
		require.Equal(t, shown("ALL", scores[ageless], scores), data.Viewer.Benchmark.Population)
	})
}

// shown is the comparison of a score with those of all, itself among them, by
// the definition of the mid-rank percentile.
func shown(population string, own int, all []int) *group {
	below, equal, sum := 0, 0, 0
	for _, s := range all {
		sum += s
		switch {
		case s < own:
			below++
		case s == own:
			equal++
		}
	}
	n := len(all)
	percentile := math.Round(1000*(float64(below)+float64(equal)/2)/float64(n)) / 10
	mean := math.Round(10*float64(sum)/float64(n)) / 10
	return &group{population, "COMPARED", &percentile, &mean, &n}
}

// born tells the year of birth of people.
func born(t *testing.T, s *servertest.Server, year int, people []servertest.Client) {
	t.Helper()
	ids := make([]ident.User, len(people))
	for i, c := range people {
		ids[i] = ident.User(c.UserID)
	}
	require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.User.Update().Where(user.IDIn(ids...)).SetBirthYear(year).Exec(ctx)
	}))
}

// What an app shows of a history costs the same for one result and for twenty.
func TestCostOfComparisons(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		questions := s.AddQuestions("bank", 120)
		one, twenty := s.Taker(), s.Taker()
		s.AddTests(questions, []ident.User{ident.User(one.UserID)}, servertest.Tests{Sessions: 1, Responses: 6})
		s.AddTests(questions, []ident.User{ident.User(twenty.UserID)}, servertest.Tests{Sessions: 20, Responses: 6})
		for query, statements := range map[string]int{
			`{ viewer { results(first: 20) { nodes { id domainScores { domain percentile } } } } }`:                    3,
			`{ viewer { trend { points { id score } perYear change { difference } domains { domain difference } } } }`: 2,
			`{ viewer { benchmark { population { size } ageBand { size } } } }`:                                        3,
			`{ viewer { lastResult { domainScores { percentile } } benchmark { result { id } } } }`:                    4,
		} {
			for _, taker := range []servertest.Client{one, twenty} {
				require.Equal(t, statements, taker.Get(t, nil, query, nil).Extensions.Statements, query)
			}
		}
	})
}
