package feedback_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

type input = servertest.Variables

type kept struct {
	ID, Category, Text, Status string
	Contact, AppVersion, Note  *string
	User, Session, Question    *struct{ ID string }
}

const fields = `{ id category text contact appVersion status user { id } session { id } question { id } }`

func send(t *testing.T, c servertest.Client, in input) servertest.Answer {
	t.Helper()
	return c.Ask(t, `mutation ($in: SendFeedbackInput!) { sendFeedback(input: $in) { feedback `+fields+` } }`, input{"in": in})
}

// own is what the viewer sees of their feedback.
func own(t *testing.T, c servertest.Client) []kept {
	t.Helper()
	var got struct {
		Viewer struct{ Feedback struct{ Nodes []kept } }
	}
	c.Get(t, &got, `{ viewer { feedback { nodes `+fields+` } } }`, nil)
	return got.Viewer.Feedback.Nodes
}

// all is what an administrator sees.
func all(t *testing.T, admin servertest.Client, filter input) []kept {
	t.Helper()
	var got struct{ Feedback struct{ Nodes []kept } }
	admin.Get(t, &got, `query ($filter: FeedbackFilter) { feedback(filter: $filter) { nodes { note `+strings.TrimPrefix(fields, "{")+` } }`, input{"filter": filter})
	return got.Feedback.Nodes
}

func TestFeedbackFromSendingToItsEnd(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		admin, ada, bob := s.Admin(), s.Taker(), s.Taker()
		at := ada.StartTest(t)
		require.Empty(t, send(t, ada, input{
			"category": "QUESTION_HELP", "text": "  What does this question mean?\nI can't tell. ", "contact": "ada@example.org",
			"appVersion": "1.2.3", "sessionId": at.Session.ID, "questionId": at.Question.ID,
		}).Errors)
		require.Empty(t, send(t, s.Anonymous(), input{"category": "OTHER", "text": "I can't register."}).Errors)

		mine := own(t, ada)
		require.Len(t, mine, 1)
		require.Equal(t, "What does this question mean?\nI can't tell.", mine[0].Text)
		require.Equal(t, "NEW", mine[0].Status)
		require.Equal(t, at.Session.ID, mine[0].Session.ID)
		require.Equal(t, at.Question.ID, mine[0].Question.ID)
		require.Empty(t, own(t, bob))
		require.Equal(t, "FORBIDDEN", ada.Ask(t, `{ viewer { feedback { nodes { note } } } }`, nil).Code())
		require.Equal(t, "FORBIDDEN", ada.Ask(t, `{ feedback { nodes { id } } }`, nil).Code())

		require.Len(t, all(t, admin, nil), 2)
		require.Nil(t, all(t, admin, input{"category": "OTHER"})[0].User)
		require.Len(t, all(t, admin, input{"questionId": at.Question.ID}), 1)
		require.Len(t, all(t, admin, input{"search": "THIS QUESTION"}), 1)
		require.Empty(t, all(t, admin, input{"userId": ident.Global{Kind: ident.KindUser, Key: bob.UserID}.String()}))

		update := func(c servertest.Client, in input) servertest.Answer {
			return c.Ask(t, `mutation ($in: UpdateFeedbackInput!) { updateFeedback(input: $in) { feedback { status note } } }`, input{"in": in})
		}
		require.Equal(t, "FORBIDDEN", update(ada, input{"feedbackId": mine[0].ID, "status": "RESOLVED"}).Code())
		require.Equal(t, "NOT_FOUND", update(admin, input{"feedbackId": mine[0].User.ID, "status": "RESOLVED"}).Code())
		require.Equal(t, "VALIDATION_FAILED", update(admin, input{"feedbackId": mine[0].ID, "note": strings.Repeat("é", 5001)}).Code())
		require.Empty(t, update(admin, input{"feedbackId": mine[0].ID, "status": "RESOLVED", "note": "Reworded."}).Errors)
		require.Equal(t, "RESOLVED", own(t, ada)[0].Status)
		require.Equal(t, "Reworded.", *all(t, admin, input{"status": "RESOLVED"})[0].Note)
		require.Empty(t, update(admin, input{"feedbackId": mine[0].ID, "note": " "}).Errors)
		require.Nil(t, all(t, admin, input{"status": "RESOLVED"})[0].Note)
	})
}

func TestFeedbackThatCannotBe(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		ada, bob := s.Taker(), s.Taker()
		at := ada.StartTest(t)
		for name, c := range map[string]struct {
			in          input
			code, field string
		}{
			"short":         {input{"text": "  too short  "[:8]}, "VALIDATION_FAILED", "text"},
			"nine":          {input{"text": " " + strings.Repeat("é", 9) + " "}, "VALIDATION_FAILED", "text"},
			"long":          {input{"text": strings.Repeat("é", 5001)}, "VALIDATION_FAILED", "text"},
			"long contact":  {input{"contact": strings.Repeat("é", 321)}, "VALIDATION_FAILED", "contact"},
			"lines":         {input{"contact": "a\nb"}, "VALIDATION_FAILED", "contact"},
			"long version":  {input{"appVersion": strings.Repeat("1", 51)}, "VALIDATION_FAILED", "appVersion"},
			"long key":      {input{"clientMutationId": strings.Repeat("1", 201)}, "VALIDATION_FAILED", "clientMutationId"},
			"other's test":  {input{"sessionId": at.Session.ID}, "NOT_FOUND", ""},
			"other's item":  {input{"questionId": at.Question.ID}, "NOT_FOUND", ""},
			"no such test":  {input{"sessionId": "nothing"}, "NOT_FOUND", ""},
			"no such thing": {input{"questionId": at.Session.ID}, "NOT_FOUND", ""},
		} {
			for _, who := range []servertest.Client{bob, s.Anonymous()} {
				in := input{"category": "BUG", "text": "Nothing happens at all."}
				for k, v := range c.in {
					in[k] = v
				}
				a := send(t, who, in)
				require.Equal(t, c.code, a.Code(), name)
				if c.field != "" {
					require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
				}
			}
		}
		require.Empty(t, all(t, s.Admin(), nil), "nothing of it is kept")
		require.Empty(t, send(t, bob, input{"category": "BUG", "text": strings.Repeat("é", 10)}).Errors)
		require.Empty(t, send(t, bob, input{"category": "BUG", "text": strings.Repeat("é", 5000)}).Errors)
	})
}

func TestFeedbackIsKeptOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, bob := s.Taker(), s.SignedIn(account.Registration{})
		in := input{"category": "BUG", "text": "Nothing happens.", "clientMutationId": "one"}
		var sending sync.WaitGroup
		codes := make([]string, 8)
		for i := range codes {
			sending.Go(func() { codes[i] = send(t, ada, in).Code() })
		}
		sending.Wait()
		require.Equal(t, make([]string, 8), codes)
		require.Len(t, own(t, ada), 1)
		require.Equal(t, "CONFLICT", send(t, ada, input{"category": "BUG", "text": "Something happens.", "clientMutationId": "one"}).Code())
		require.Empty(t, send(t, bob, in).Errors, "another's key")
		require.Empty(t, send(t, s.Anonymous(), in).Errors, "nobody's key")
		require.Empty(t, send(t, s.Anonymous(), in).Errors)
		require.Len(t, all(t, s.Admin(), nil), 3)
	})
}

func TestFeedbackIsLimited(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.RateLimits = databaseURL, true
		s := servertest.Configured(t, settings, server.Options{})
		ada := s.Taker()
		for range 5 {
			require.Empty(t, send(t, ada, input{"category": "BUG", "text": "Nothing happens."}).Errors)
		}
		a := send(t, ada, input{"category": "BUG", "text": "Nothing happens."})
		require.Equal(t, "RATE_LIMITED", a.Code())
		require.NotZero(t, a.Errors[0].Extensions["retryAfter"])
		require.Empty(t, send(t, s.Taker(), input{"category": "BUG", "text": "Nothing happens."}).Errors)
	})
}
