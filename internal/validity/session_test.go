package validity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// judgement is a judgement as an administrator sees it.
type judgement struct {
	ID                       string
	Verdict, ComputedVerdict string
	Severity                 int
	Confidence               float64
	JudgedAt                 time.Time
	OverrideVerdict          *string
	OverrideReason           *string
	OverriddenAt             *time.Time
	OverriddenBy             *struct{ Email string }
	Session                  struct{ ID string }
	Evidence                 struct {
		Answers, Timed               int
		PersonFit, LZ, GuttmanErrors *float64
		PersonFitMethod              *string
		PersonFitAnswers             int
		GuttmanWeighed               bool
		ResponseTimeEffort           *float64
		EffortAnswers                int
		MeanSeconds, TotalSeconds    *float64
		Flags                        []struct {
			Name         string
			Severity     int
			Value, Limit float64
		}
	}
}

func (j judgement) flags() []string {
	names := []string{}
	for _, f := range j.Evidence.Flags {
		names = append(names, f.Name)
	}
	return names
}

const parts = `
fragment V on SessionValidity {
  id verdict computedVerdict severity confidence judgedAt
  overrideVerdict overrideReason overriddenAt overriddenBy { email } session { id }
  evidence { answers timed personFit personFitMethod personFitAnswers lz guttmanErrors guttmanWeighed
    responseTimeEffort effortAnswers meanSeconds totalSeconds flags { name severity value limit } }
}`

type told struct {
	Verdict  *string
	Validity *judgement
	Result   *struct{ Validity *judgement }
}

func tellOf(t *testing.T, admin servertest.Client, session string) told {
	t.Helper()
	var data struct{ Node told }
	admin.Get(t, &data, `query ($id: ID!) {
  node(id: $id) { ... on TestSession { verdict validity { ...V } result { validity { ...V } } } }
}`+parts, servertest.Variables{"id": session})
	return data.Node
}

// take takes a whole test, so many seconds for each answer.
func take(t *testing.T, c servertest.Client, clock *servertest.Clock, each time.Duration, right func(servertest.Question, int) bool) servertest.Step {
	t.Helper()
	at := c.StartTest(t)
	for at.Question != nil {
		clock.Advance(each)
		at = c.Answer(t, at, right(*at.Question, at.Session.Answered))
	}
	return at
}

func alternating(_ servertest.Question, answered int) bool { return answered%2 == 0 }

func TestACompletedTestIsJudged(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		admin := s.Admin()

		steady := take(t, s.Taker(), clock, 40*time.Second, alternating)
		is := tellOf(t, admin, steady.Session.ID)
		require.Equal(t, "VALID", *is.Verdict)
		v := is.Validity
		require.Equal(t, v, is.Result.Validity)
		require.Equal(t, steady.Session.ID, v.Session.ID)
		require.Equal(t, "VALID", v.ComputedVerdict)
		require.Zero(t, v.Severity)
		require.InDelta(t, 1, v.Confidence, 0)
		require.Equal(t, *steady.Session.EndedAt, v.JudgedAt)
		require.Nil(t, v.OverrideVerdict)
		require.Empty(t, v.flags())
		n := steady.Result.Total
		require.Equal(t, n, v.Evidence.Answers)
		require.Equal(t, n, v.Evidence.Timed)
		require.Equal(t, "LZ_STAR", *v.Evidence.PersonFitMethod)
		require.Equal(t, n, v.Evidence.PersonFitAnswers)
		require.NotNil(t, v.Evidence.LZ)
		require.False(t, v.Evidence.GuttmanWeighed)
		require.InDelta(t, 40, *v.Evidence.MeanSeconds, 1e-9)
		require.InDelta(t, 40*n, *v.Evidence.TotalSeconds, 1e-9)
		require.Nil(t, v.Evidence.ResponseTimeEffort, "nobody's times are known yet")

		rushed := take(t, s.Taker(), clock, time.Second, alternating)
		v = tellOf(t, admin, rushed.Session.ID).Validity
		require.Equal(t, "INVALID", v.Verdict)
		require.Equal(t, []string{"RAPID_ANSWERS", "TOTAL_TOO_FAST", "RUSHED", "MANY_RAPID"}, v.flags())
		require.Equal(t, 4, v.Severity)
		require.InDelta(t, .4, v.Confidence, 1e-9)
		require.InDelta(t, float64(rushed.Result.Total), v.Evidence.Flags[0].Value, 0)
	})
}

// The times of everyone who went before are the norm for effort.
func TestEffortGoesByTheTimesOfOthers(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(8, 1.3) // everybody is given them all
		for range 30 {
			take(t, s.Takers(1)[0], clock, time.Minute, alternating)
		}
		s.Settle()
		for _, row := range s.Store.Reader().ItemStatistics.Query().AllX(t.Context()) {
			var sum []struct{ Sum int64 }
			s.Store.Reader().Response.Query().Where(response.QuestionID(row.QuestionID)).
				Aggregate(db.Sum(response.FieldTimeMs)).ScanX(t.Context(), &sum)
			require.EqualValues(t, 30, row.Timed)
			require.Equal(t, sum[0].Sum, row.TimeMsSum)
		}
		end := take(t, s.Takers(1)[0], clock, 5*time.Second, alternating)
		v := tellOf(t, s.Admin(), end.Session.ID).Validity
		require.Equal(t, 8, v.Evidence.EffortAnswers)
		require.InDelta(t, 0, *v.Evidence.ResponseTimeEffort, 0)
		// Which of the eight is asked when is drawn, and with it how well they fit.
		byTime := slices.DeleteFunc(v.flags(), func(flag string) bool { return flag == "PERSON_MISFIT" })
		require.Equal(t, []string{"LOW_EFFORT", "TOTAL_TOO_FAST", "RUSHED"}, byTime)
		require.Equal(t, "INVALID", v.Verdict)
	})
}

func TestTestsThatWereNotCompletedHaveNoJudgement(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		admin, taker := s.Admin(), s.Taker()
		at := taker.StartTest(t)
		open := tellOf(t, admin, at.Session.ID)
		require.Nil(t, open.Verdict)
		require.Nil(t, open.Validity)
		taker.Abandon(t, at.Session.ID)
		given := tellOf(t, admin, at.Session.ID)
		require.Equal(t, "INCOMPLETE", *given.Verdict)
		require.Nil(t, given.Validity)
	})
}

// overriding is an override with everything that may be said of it.
const overriding = `mutation ($id: ID!, $verdict: Verdict!, $reason: String!, $key: String) {
  overrideValidity(input: {sessionId: $id, verdict: $verdict, reason: $reason, clientMutationId: $key}) {
    clientMutationId validity { ...V }
  }
}` + parts

func override(t *testing.T, c servertest.Client, session, verdict, reason string) judgement {
	t.Helper()
	var data struct {
		OverrideValidity struct {
			ClientMutationID string
			Validity         judgement
		}
	}
	c.Get(t, &data, overriding, servertest.Variables{"id": session, "verdict": verdict, "reason": reason, "key": "one"})
	require.Equal(t, "one", data.OverrideValidity.ClientMutationID)
	return data.OverrideValidity.Validity
}

func TestOverride(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		admin, second := s.Admin(), s.Admin()
		end := take(t, s.Taker(), clock, time.Second, alternating)
		before := tellOf(t, admin, end.Session.ID).Validity

		at := clock.Advance(time.Minute)
		v := override(t, admin, end.Session.ID, "VALID", "  A test of the test itself.  ")
		require.Equal(t, "VALID", v.Verdict)
		require.Equal(t, "INVALID", v.ComputedVerdict)
		require.Equal(t, "VALID", *v.OverrideVerdict)
		require.Equal(t, "A test of the test itself.", *v.OverrideReason)
		require.Equal(t, admin.Email, v.OverriddenBy.Email)
		require.Equal(t, at, *v.OverriddenAt)
		// The computed judgement is as it was.
		require.Equal(t, before.Evidence, v.Evidence)
		require.Equal(t, before.Severity, v.Severity)
		require.Equal(t, before.JudgedAt, v.JudgedAt)
		require.Equal(t, v, *tellOf(t, admin, end.Session.ID).Validity)
		require.Equal(t, "VALID", *tellOf(t, admin, end.Session.ID).Verdict)

		clock.Advance(time.Minute)
		require.Equal(t, v, override(t, admin, end.Session.ID, "VALID", "A test of the test itself."), "a repetition changes nothing")

		at = clock.Advance(time.Minute)
		v = override(t, second, end.Session.ID, "SUSPECT", strings.Repeat("ж", 1000))
		require.Equal(t, "SUSPECT", v.Verdict)
		require.Equal(t, "INVALID", v.ComputedVerdict)
		require.Equal(t, second.Email, v.OverriddenBy.Email)
		require.Equal(t, at, *v.OverriddenAt)
	})
}

func TestOverrideIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		admin, taker := s.Admin(), s.Taker()
		end := taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%2 == 0 })
		open := taker.StartTest(t)
		imported := s.AddTests(s.AddQuestions("elsewhere", 1), s.AddUsers(1), servertest.Tests{Sessions: 1, Responses: 1, Open: true})
		const good = "Ten letters and more."
		for name, c := range map[string]struct {
			client                   servertest.Client
			session, verdict, reason string
			code, field              string
		}{
			"short":        {admin, end.Session.ID, "VALID", "nine char", "VALIDATION_FAILED", "reason"},
			"blank":        {admin, end.Session.ID, "VALID", "             ", "VALIDATION_FAILED", "reason"},
			"long":         {admin, end.Session.ID, "VALID", strings.Repeat("x", 1001), "VALIDATION_FAILED", "reason"},
			"incomplete":   {admin, end.Session.ID, "INCOMPLETE", good, "VALIDATION_FAILED", "verdict"},
			"unknown":      {admin, global(ident.KindSession, 1<<40), "VALID", good, "NOT_FOUND", ""},
			"another kind": {admin, global(ident.KindUser, 1), "VALID", good, "NOT_FOUND", ""},
			"no id":        {admin, "x", "VALID", good, "NOT_FOUND", ""},
			"in progress":  {admin, open.Session.ID, "VALID", good, "CONFLICT", ""},
			"not judged":   {admin, global(ident.KindSession, int64(imported[0].ID)), "VALID", good, "CONFLICT", ""},
			"a taker":      {taker, end.Session.ID, "VALID", good, "FORBIDDEN", ""},
			"nobody":       {s.Anonymous(), end.Session.ID, "VALID", good, "UNAUTHENTICATED", ""},
		} {
			a := c.client.Ask(t, overriding, servertest.Variables{"id": c.session, "verdict": c.verdict, "reason": c.reason})
			require.Equal(t, c.code, a.Code(), "%s: %v", name, a.Errors)
			if c.field != "" {
				require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
			}
		}
		require.Nil(t, tellOf(t, admin, end.Session.ID).Validity.OverrideVerdict)
	})
}

func global(kind ident.Kind, key int64) string { return ident.Global{Kind: kind, Key: key}.String() }

func TestJudgementsAreListedByVerdict(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(240, 1.3)
		admin := s.Admin()
		var ended []string
		for i, taker := range s.Takers(4) {
			each := 40 * time.Second
			if i%2 == 1 {
				each = time.Second
			}
			ended = append(ended, take(t, taker, clock, each, alternating).Session.ID)
		}
		listed := func(filter string) []string {
			var data struct {
				SessionValidities struct {
					TotalCount int
					Nodes      []struct{ Session struct{ ID string } }
				}
			}
			admin.Get(t, &data, fmt.Sprintf(`{ sessionValidities(first: 10%s) { totalCount nodes { session { id } } } }`, filter), nil)
			ids := []string{}
			for _, node := range data.SessionValidities.Nodes {
				ids = append(ids, node.Session.ID)
			}
			require.Len(t, ids, data.SessionValidities.TotalCount)
			return ids
		}
		require.Equal(t, []string{ended[3], ended[2], ended[1], ended[0]}, listed(""))
		require.Equal(t, []string{ended[3], ended[1]}, listed(", filter: {verdict: INVALID}"))
		require.Equal(t, []string{ended[2], ended[0]}, listed(", filter: {verdict: VALID}"))
		require.Empty(t, listed(", filter: {verdict: INCOMPLETE}"))

		override(t, admin, ended[1], "VALID", "The network was at fault.")
		require.Equal(t, []string{ended[3]}, listed(", filter: {verdict: INVALID}"))
		require.Equal(t, []string{ended[2], ended[1], ended[0]}, listed(", filter: {verdict: VALID}"))
		require.Equal(t, []string{ended[1]}, listed(", filter: {overridden: true}"))
		require.Equal(t, []string{ended[2], ended[0]}, listed(", filter: {overridden: false, verdict: VALID}"))
	})
}

// A taker learns nothing of how their test was judged, by their own test, by its
// result, by the list, or by the judgement's id.
func TestATakerLearnsNothingOfTheJudgement(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		taker := s.Taker()
		end := taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%2 == 0 })
		v := tellOf(t, s.Admin(), end.Session.ID).Validity
		require.Equal(t, "INVALID", v.Verdict)
		for query, code := range map[string]string{
			`query ($session: ID!) { node(id: $session) { ... on TestSession { verdict } } }`:                      "FORBIDDEN",
			`query ($session: ID!) { node(id: $session) { ... on TestSession { validity { verdict } } } }`:         "FORBIDDEN",
			`query ($result: ID!) { node(id: $result) { ... on TestResult { validity { verdict } } } }`:            "FORBIDDEN",
			`{ viewer { lastResult { validity { verdict } } testSessions(first: 1) { nodes { verdict } } } }`:      "FORBIDDEN",
			`{ sessionValidities(first: 1) { nodes { verdict } } }`:                                                "FORBIDDEN",
			`query ($validity: ID!) { node(id: $validity) { id ... on SessionValidity { verdict } } }`:             "",
			`query ($validity: ID!) { nodes(ids: [$validity]) { id ... on SessionValidity { evidence { lz } } } }`: "",
		} {
			all := servertest.Variables{"session": end.Session.ID, "result": end.Result.ID, "validity": v.ID}
			for name := range all {
				if !strings.Contains(query, "$"+name+":") {
					delete(all, name)
				}
			}
			a := taker.Ask(t, query, all)
			require.Equal(t, code, a.Code(), query)
			for _, secret := range []string{"VALID", v.ID, "lz\":"} {
				require.NotContains(t, string(a.Data), secret, query)
			}
		}
	})
}
