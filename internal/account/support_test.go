package account_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/refreshtoken"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/mail"
	"github.com/aiqhq/aiq/internal/mail/mailtest"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

type ctx = context.Context

func ofUser(id int64) predicate.RefreshToken { return refreshtoken.UserID(ident.User(id)) }

// mailing is a server whose mail is kept and whose clock the test moves.
type mailing struct {
	*servertest.Server
	clock *servertest.Clock
	mail  *mailtest.Outbox
}

func eachMailing(t *testing.T, configure func(*config.Server), fn func(t *testing.T, s mailing)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL = databaseURL
		settings.ResetURL = "https://app.example.org/reset?token={token}"
		if configure != nil {
			configure(&settings)
		}
		clock, outbox := servertest.NewClock(), mailtest.New()
		s := servertest.Configured(t, settings, server.Options{Clock: clock.Now, Mail: outbox})
		fn(t, mailing{s, clock, outbox})
	})
}

func (s mailing) sign(t *testing.T, email, password string) servertest.Answer {
	t.Helper()
	return ask(t, s.Server, signIn, input{"email": email, "password": password})
}

// forgot asks for a reset and gives back the token that was mailed.
func (s mailing) forgot(t *testing.T, email string) string {
	t.Helper()
	s.Anonymous().Get(t, nil, requestReset, servertest.Variables{"input": input{"email": email}})
	return resetToken(t, s.mail.Next(t))
}

// notice has the jobs worked and gives back the message that one of them sent.
func (s mailing) notice(t *testing.T) mail.Message {
	t.Helper()
	s.Settle()
	return s.mail.Next(t)
}

func (s mailing) reset(t *testing.T, token, password string) servertest.Answer {
	t.Helper()
	return ask(t, s.Server, resetPassword, input{"token": token, "newPassword": password})
}

func resetToken(t *testing.T, m mail.Message) string {
	t.Helper()
	found := regexp.MustCompile(`https://app\.example\.org/reset\?token=([A-Za-z0-9_-]{43})\n`).FindStringSubmatch(m.Text)
	require.NotNil(t, found, m.Text)
	return found[1]
}

// benchServer has one account and no patience limit.
func benchServer(b *testing.B) *servertest.Server {
	b.Helper()
	settings := config.Defaults()
	settings.DatabaseURL = storetest.URL(b, storetest.Dialects()[0])
	settings.LockoutAfter = 1 << 40
	s := servertest.Configured(b, settings, server.Options{})
	s.SignedIn(account.Registration{Email: "known@example.org"})
	return s
}
