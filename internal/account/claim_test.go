package account_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

func TestRegisteringMakesAnAccountOfTheGuest(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		done := finished(t, s, phone)
		before := historyFor(t, done.client)
		open := guestAt(t, s, phone)

		// Refusals leave the guest as they are.
		registered(t, s, "ada@example.org")
		in := input{"email": "ada@example.org", "password": servertest.Password, "guestToken": open.Token.AccessToken}
		a := ask(t, s, adopt, in)
		require.Equal(t, "CONFLICT", a.Code())
		require.Equal(t, "email", a.Errors[0].Extensions["field"])
		in["email"], in["password"] = "grace@example.org", "short"
		require.Equal(t, "VALIDATION_FAILED", ask(t, s, adopt, in).Code())
		require.Equal(t, open.Session.ID, historyFor(t, open.client).Viewer.ActiveSession.ID)

		in["password"] = servertest.Password
		var data struct {
			Payload struct {
				Viewer struct {
					User struct {
						ID, Email string
						Guest     bool
					}
					NextEligibleAt *time.Time
					ActiveSession  *struct{ ID string }
					LastResult     *struct{ ID string }
				}
				Tokens issued
			}
		}
		s.Anonymous().Get(t, &data, adopt, servertest.Variables{"input": in})
		got := data.Payload
		require.Equal(t, before.Viewer.User.ID, got.Viewer.User.ID)
		require.False(t, got.Viewer.User.Guest)
		require.Equal(t, done.Result.ID, got.Viewer.LastResult.ID)
		require.Equal(t, open.Session.ID, got.Viewer.ActiveSession.ID)
		require.NotNil(t, got.Viewer.NextEligibleAt, "accounts wait")

		// The test goes on under the account, and the guest's tokens are over.
		account := as(s, got.Tokens.AccessToken)
		account.Answer(t, open.Step, true)
		require.Equal(t, "UNAUTHENTICATED", open.client.Ask(t, history, nil).Code())
		in["email"] = "edsger@example.org"
		again := ask(t, s, adopt, in)
		require.Equal(t, "CONFLICT", again.Code())
		require.Equal(t, "guestToken", again.Errors[0].Extensions["field"])

		// The device has a new guest, and one test left.
		last := guestAt(t, s, phone)
		require.Zero(t, last.TestsLeft)
		require.False(t, last.Resumed)
		require.NotEqual(t, before.Viewer.User.ID, historyFor(t, last.client).Viewer.User.ID)
		last.client.Abandon(t, last.Session.ID)
		require.Equal(t, "LIMIT_EXCEEDED", ask(t, s, startGuest, input{"deviceId": phone}).Code())
	})
}

type claimed struct {
	Viewer struct {
		User         struct{ ID string }
		LastResult   *struct{ ID string }
		TestSessions struct{ TotalCount int }
	}
	Sessions []struct {
		ID     string
		User   struct{ ID string }
		Result *struct{ ID string }
	}
	LeftBehind int
}

func TestClaiming(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		first, second := finished(t, s, phone), finished(t, s, phone)
		before := historyFor(t, second.client)
		taker := s.SignedIn(account.Registration{})
		var data struct{ Payload claimed }
		cost := taker.Get(t, &data, claim, servertest.Variables{"input": input{"guestToken": first.Token.AccessToken}})
		t.Logf("claiming two tests: %d statements", cost.Extensions.Statements)
		got := data.Payload
		require.Zero(t, got.LeftBehind)
		require.Equal(t, second.Result.ID, got.Viewer.LastResult.ID)
		require.Equal(t, 2, got.Viewer.TestSessions.TotalCount)
		me := ident.Global{Kind: ident.KindUser, Key: taker.UserID}.String()
		for i, at := range []guestTest{first, second} {
			require.Equal(t, at.Session.ID, got.Sessions[i].ID)
			require.Equal(t, at.Result.ID, got.Sessions[i].Result.ID)
			require.Equal(t, me, got.Sessions[i].User.ID)
		}
		after := historyFor(t, taker)
		require.Equal(t, before.Viewer.TestSessions, after.Viewer.TestSessions, "with every answer")
		require.Equal(t, "CADENCE_NOT_MET", taker.Ask(t, servertest.StartTest, nil).Code(), "a test taken is a test taken")

		for name, c := range map[string]struct{ token, code string }{
			"again":            {first.Token.AccessToken, "CONFLICT"},
			"the other token":  {second.Token.AccessToken, "CONFLICT"},
			"an account's":     {taker.Token, "UNAUTHENTICATED"},
			"none":             {"", "UNAUTHENTICATED"},
			"a forged one":     {first.Token.AccessToken[:len(first.Token.AccessToken)-4] + "AAAA", "UNAUTHENTICATED"},
			"something else's": {"a.b.c", "UNAUTHENTICATED"},
		} {
			a := taker.Ask(t, claim, servertest.Variables{"input": input{"guestToken": c.token}})
			require.Equal(t, c.code, a.Code(), name)
			a = ask(t, s, adopt, input{"email": "new@example.org", "password": servertest.Password, "guestToken": c.token})
			require.Equal(t, c.code, a.Code(), "registering with %s", name)
		}
		require.Equal(t, "UNAUTHENTICATED", first.client.Ask(t, history, nil).Code())
		require.Zero(t, guestAt(t, s, phone).TestsLeft)
	})
}

func TestAnExpiredGuestTokenClaimsNothing(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(30, 1.3)
		done := finished(t, s, phone)
		clock.Advance(45 * time.Minute)
		taker := s.SignedIn(account.Registration{})
		a := taker.Ask(t, claim, servertest.Variables{"input": input{"guestToken": done.Token.AccessToken}})
		require.Equal(t, "TOKEN_EXPIRED", a.Code())
		a = ask(t, s, adopt, input{"email": "new@example.org", "password": servertest.Password, "guestToken": done.Token.AccessToken})
		require.Equal(t, "TOKEN_EXPIRED", a.Code())
	})
}

// A test that asked what the viewer has met stays behind as a whole; if that is
// every test, nothing changes and the token stays good.
func TestClaimingWhatWasMetBefore(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(40, 1.3)
		first := finished(t, s, phone)
		second := guestAt(t, s, phone)
		second.Step = second.client.Answer(t, second.Step, true)
		second.client.Abandon(t, second.Session.ID)

		// One person has met every question, another one of the first test's.
		bank := s.Store.Reader().Question.Query().AllX(t.Context())
		asked := bank[slices.IndexFunc(bank, func(q *db.Question) bool {
			return slices.Contains(questions(t, first), ident.Global{Kind: ident.KindQuestion, Key: int64(q.ID)}.String())
		})]
		all, one := s.Taker(), s.Taker()
		s.AddTests(bank, []ident.User{ident.User(all.UserID)}, servertest.Tests{Sessions: 1, Responses: len(bank)})
		s.AddTests([]*db.Question{asked}, []ident.User{ident.User(one.UserID)}, servertest.Tests{Sessions: 1, Responses: 1})

		before := historyFor(t, all)
		a := all.Ask(t, claim, servertest.Variables{"input": input{"guestToken": first.Token.AccessToken}})
		require.Equal(t, "CONFLICT", a.Code())
		require.Equal(t, "met_before", a.Errors[0].Extensions["rule"])
		require.Equal(t, before, historyFor(t, all))
		require.Equal(t, 2, historyFor(t, first.client).Viewer.TestSessions.TotalCount)

		var data struct{ Payload claimed }
		one.Get(t, &data, claim, servertest.Variables{"input": input{"guestToken": first.Token.AccessToken}})
		require.Equal(t, 1, data.Payload.LeftBehind)
		require.Len(t, data.Payload.Sessions, 1)
		require.Equal(t, second.Session.ID, data.Payload.Sessions[0].ID)
		require.Equal(t, 2, historyFor(t, one).Viewer.TestSessions.TotalCount)
	})
}

// questions are those that a guest's test asked.
func questions(t *testing.T, at guestTest) []string {
	t.Helper()
	var data struct {
		Node struct {
			Responses []struct{ Question struct{ ID string } }
		}
	}
	at.client.Get(t, &data, `query ($id: ID!) { node(id: $id) { ... on TestSession { responses { question { id } } } } }`,
		servertest.Variables{"id": at.Session.ID})
	ids := map[string]bool{}
	for _, r := range data.Node.Responses {
		ids[r.Question.ID] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// Neither side may be in the middle of a test.
func TestClaimingWaitsForTestsInProgress(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		guest, taker := guestAt(t, s, phone), s.Taker()
		try := func() servertest.Answer {
			return taker.Ask(t, claim, servertest.Variables{"input": input{"guestToken": guest.Token.AccessToken}})
		}
		a := try()
		require.Equal(t, "ACTIVE_SESSION_EXISTS", a.Code())
		require.Equal(t, guest.Session.ID, a.Errors[0].Extensions["activeSessionId"])
		guest.client.Abandon(t, guest.Session.ID)
		own := taker.StartTest(t)
		a = try()
		require.Equal(t, "ACTIVE_SESSION_EXISTS", a.Code())
		require.Equal(t, own.Session.ID, a.Errors[0].Extensions["activeSessionId"])
		require.Equal(t, 1, historyFor(t, guest.client).Viewer.TestSessions.TotalCount)
	})
}

// Of many claims at once, by accounts that are there and accounts to be made, one
// wins, and has everything.
func TestOneOfManyClaimsWins(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		done := finished(t, s, phone)
		answers := len(questions(t, done))
		takers := s.Takers(6)
		turn := make(chan int, 9)
		for i := range 9 {
			turn <- i
		}
		codes := map[string]int{}
		for _, a := range atOnce(t, 9, func() (servertest.Answer, error) {
			i := <-turn
			if i < len(takers) {
				return takers[i].Do(t.Context(), claim, servertest.Variables{"input": input{"guestToken": done.Token.AccessToken}})
			}
			return s.Anonymous().Do(t.Context(), adopt, servertest.Variables{"input": input{
				"email": string(rune('a'+i)) + "@example.org", "password": servertest.Password, "guestToken": done.Token.AccessToken,
			}})
		}) {
			codes[a.Code()]++
		}
		require.Equal(t, map[string]int{"": 1, "CONFLICT": 8}, codes)
		client, ctx := s.Store.Reader(), t.Context()
		owner := client.TestSession.Query().OnlyX(ctx).UserID
		require.Equal(t, owner, client.TestResult.Query().OnlyX(ctx).UserID)
		responses := client.Response.Query().AllX(ctx)
		require.Len(t, responses, answers)
		for _, r := range responses {
			require.Equal(t, owner, r.UserID)
		}
		require.False(t, client.User.Query().Where(user.ID(owner)).OnlyX(ctx).Guest)
	})
}

// A claim and a start at once: one of them comes first, and the test that was
// started asks nothing that the claim brought.
func TestClaimingWhileStarting(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(120, 1.3)
		for i := range 5 {
			done := finished(t, s, fmt.Sprintf("%s, number %d", phone, i))
			taker := s.Taker()
			turn := make(chan bool, 2)
			turn <- true
			turn <- false
			for _, a := range atOnce(t, 2, func() (servertest.Answer, error) {
				if <-turn {
					return taker.Do(t.Context(), claim, servertest.Variables{"input": input{"guestToken": done.Token.AccessToken}})
				}
				return taker.Do(t.Context(), servertest.StartTest, nil)
			}) {
				require.Contains(t, []string{"", "ACTIVE_SESSION_EXISTS"}, a.Code())
			}
			at := servertest.Step{Question: full(t, taker)}
			at.Session.ID = historyFor(t, taker).Viewer.ActiveSession.ID
			taker.Finish(t, at, func(int) bool { return true })
		}
	})
}

// full is the open question with all that answering needs.
func full(t *testing.T, c servertest.Client) *servertest.Question {
	t.Helper()
	var data struct {
		Viewer struct {
			ActiveSession struct{ CurrentQuestion *servertest.Question }
		}
	}
	c.Get(t, &data, `{ viewer { activeSession { currentQuestion { id options { id label } } } } }`, nil)
	return data.Viewer.ActiveSession.CurrentQuestion
}
