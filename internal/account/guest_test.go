package account_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

const (
	startGuest = `mutation ($input: StartGuestTestInput!) { payload: startGuestTest(input: $input) {
		session { id state version answered startedAt user { id email guest } }
		question { id text domain options { id label } }
		progress { version state answered maximum }
		token { accessToken expiresAt } resumed testsLeft
	} }`
	claim = `mutation ($input: ClaimGuestResultInput!) { payload: claimGuestResult(input: $input) {
		viewer { user { id } lastResult { id } testSessions { totalCount } } sessions { id user { id } result { id score } } leftBehind
	} }`
	adopt = `mutation ($input: RegisterInput!) { payload: register(input: $input) {
		viewer { user { id email guest } nextEligibleAt activeSession { id } lastResult { id } testSessions { totalCount } } ` + tokens + ` } }`
	history = `{ viewer { user { id guest } activeSession { id currentQuestion { id } } lastResult { id score }
		testSessions { totalCount nodes { id responses { id } } } } }`
)

const phone = "a phone that made up its id"

// guestTest is a guest's test in progress, and the guest who takes it.
type guestTest struct {
	servertest.Step
	Token struct {
		AccessToken string
		ExpiresAt   time.Time
	}
	Resumed   bool
	TestsLeft int
	client    servertest.Client
}

// guestAt starts or resumes a test on the device.
func guestAt(t *testing.T, s *servertest.Server, device string) guestTest {
	t.Helper()
	var data struct{ Payload guestTest }
	s.Anonymous().Get(t, &data, startGuest, servertest.Variables{"input": input{"deviceId": device}})
	data.Payload.client = as(s, data.Payload.Token.AccessToken)
	return data.Payload
}

// finished is a guest's test taken to its end.
func finished(t *testing.T, s *servertest.Server, device string) guestTest {
	t.Helper()
	at := guestAt(t, s, device)
	at.Step = at.client.Finish(t, at.Step, func(answered int) bool { return answered%3 != 0 })
	require.NotNil(t, at.Result)
	return at
}

type historyOf struct {
	Viewer struct {
		User struct {
			ID    string
			Guest bool
		}
		ActiveSession *struct {
			ID              string
			CurrentQuestion *servertest.Question
		}
		LastResult *struct {
			ID    string
			Score float64
		}
		TestSessions struct {
			TotalCount int
			Nodes      []struct {
				ID        string
				Responses []struct{ ID string }
			}
		}
	}
}

func historyFor(t *testing.T, c servertest.Client) historyOf {
	t.Helper()
	var out historyOf
	c.Get(t, &out, history, nil)
	return out
}

// counted is what the device has used up.
func counted(t *testing.T, s *servertest.Server) int {
	t.Helper()
	return s.Store.Reader().GuestDevice.Query().OnlyX(t.Context()).Tests
}

func TestAGuestTakesTests(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseItems(120, 1.3)
		first := guestAt(t, s, phone)
		require.False(t, first.Resumed)
		require.Equal(t, 2, first.TestsLeft)
		require.Equal(t, clock.Now().Add(45*time.Minute).Truncate(time.Second), first.Token.ExpiresAt)
		require.NotNil(t, first.Question)
		device := s.Store.Reader().GuestDevice.Query().OnlyX(t.Context())
		require.Len(t, device.DeviceHash, 64)
		require.NotContains(t, device.DeviceHash, phone)

		// The phone dies after an answer, and gets back in.
		next := first.client.Answer(t, first.Step, true)
		clock.Advance(46 * time.Minute)
		refused := first.client.Ask(t, history, nil)
		require.Equal(t, "UNAUTHENTICATED", refused.Code())
		require.Equal(t, "TOKEN_EXPIRED", refused.Reason())
		back := guestAt(t, s, phone)
		require.True(t, back.Resumed)
		require.Equal(t, first.Session.ID, back.Session.ID)
		require.Equal(t, next.Question.ID, back.Question.ID)
		require.Equal(t, 1, back.Progress.Answered)
		require.Equal(t, 2, back.TestsLeft)
		done := back.client.Finish(t, back.Step, func(int) bool { return true })
		require.Equal(t, done.Result.ID, historyFor(t, back.client).Viewer.LastResult.ID)

		// No waits, but no question twice either; giving up counts.
		met := map[string]bool{}
		for left := 1; left >= 0; left-- {
			again := guestAt(t, s, phone)
			require.Equal(t, left, again.TestsLeft)
			require.NotEqual(t, first.Session.ID, again.Session.ID)
			again.Step = again.client.Answer(t, again.Step, true)
			again.client.Abandon(t, again.Session.ID)
			require.NotContains(t, met, again.Question.ID)
			met[again.Question.ID] = true
		}
		a := s.Anonymous().Ask(t, startGuest, servertest.Variables{"input": input{"deviceId": phone}})
		require.Equal(t, "LIMIT_EXCEEDED", a.Code())
		require.Equal(t, "guestTests", a.Errors[0].Extensions["limit"])
		require.EqualValues(t, 3, a.Errors[0].Extensions["maximum"])
		require.Equal(t, 3, counted(t, s))
		require.Equal(t, 1, s.Store.Reader().User.Query().Where(user.Guest(true)).CountX(t.Context()))
		guestAt(t, s, phone+", another")
	})
}

func TestDeviceIDs(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(30, 1.3)
		for _, id := range []string{"", strings.Repeat("é", 15), strings.Repeat("a", 201)} {
			a := ask(t, s, startGuest, input{"deviceId": id})
			require.Equal(t, "VALIDATION_FAILED", a.Code())
			require.Equal(t, "deviceId", a.Errors[0].Extensions["field"])
		}
		guestAt(t, s, strings.Repeat("é", 16))
		guestAt(t, s, strings.Repeat("é", 200))
	})
}

// A start that is refused for another reason leaves nothing behind.
func TestARefusedStartDoesNotCount(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		require.Equal(t, "NO_QUESTIONS_AVAILABLE", ask(t, s, startGuest, input{"deviceId": phone}).Code())
		require.Zero(t, s.Store.Reader().GuestDevice.Query().CountX(t.Context()))
		require.Zero(t, s.Store.Reader().User.Query().CountX(t.Context()))
		s.UseItems(1, 1.3)
		finished(t, s, phone)
		require.Equal(t, "NO_QUESTIONS_AVAILABLE", ask(t, s, startGuest, input{"deviceId": phone}).Code())
		require.Equal(t, 1, counted(t, s))
	})
}

// Of twenty starts at once all get the same test, and it counts once; never are
// more counted than can be.
func TestADeviceStartsAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(200, 1.3)
		start := func() (servertest.Answer, error) {
			return s.Anonymous().Do(t.Context(), startGuest, servertest.Variables{"input": input{"deviceId": phone}})
		}
		for round := 1; round <= 3; round++ {
			sessions := map[string]guestTest{}
			for _, a := range atOnce(t, 20, start) {
				require.Empty(t, a.Errors)
				var data struct{ Payload guestTest }
				require.NoError(t, json.Unmarshal(a.Data, &data))
				data.Payload.client = as(s, data.Payload.Token.AccessToken)
				sessions[data.Payload.Session.ID] = data.Payload
			}
			require.Len(t, sessions, 1)
			require.Equal(t, round, counted(t, s))
			for id, at := range sessions {
				at.client.Abandon(t, id)
			}
		}
		for _, a := range atOnce(t, 20, start) {
			require.Equal(t, "LIMIT_EXCEEDED", a.Code())
		}
		require.Equal(t, 3, counted(t, s))
		require.Equal(t, 3, s.Store.Reader().TestSession.Query().CountX(t.Context()))
		require.Equal(t, 1, s.Store.Reader().User.Query().CountX(t.Context()))
	})
}

// Guests take their tests and see them; the rest is for accounts.
func TestWhatGuestsMayNot(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		own, other := guestAt(t, s, phone), guestAt(t, s, phone+", another")
		for name, query := range map[string]string{
			"start":  `mutation { startTest { session { id } } }`,
			"group":  `mutation { createGroup(input: {name: "Guests"}) { group { id } } }`,
			"join":   `mutation { joinGroup(input: {code: "00000-00000"}) { group { id } } }`,
			"claim":  `mutation { claimGuestResult(input: {guestToken: "` + other.Token.AccessToken + `"}) { leftBehind } }`,
			"people": `{ users { totalCount } }`,
		} {
			require.Equal(t, "FORBIDDEN", own.client.Ask(t, query, nil).Code(), name)
		}
		a := own.client.Submit(t, other.Session.ID, other.Question.ID, other.Question.Answer(true))
		require.Equal(t, "NOT_FOUND", a.Code())
		require.JSONEq(t, `{"node":null}`,
			string(own.client.Ask(t, `query ($id: ID!) { node(id: $id) { id } }`, servertest.Variables{"id": other.Session.ID}).Data))
		require.True(t, historyFor(t, own.client).Viewer.User.Guest)
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, own.Token.AccessToken))
	})
}
