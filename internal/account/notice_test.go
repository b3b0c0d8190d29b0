package account_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/mail"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// brokenMail sends nothing.
type brokenMail struct{}

func (brokenMail) Send(context.Context, mail.Message) error {
	return errors.New("the mail server is away")
}

func TestANoticeIsTriedAgainAndDroppedWhenStale(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		me := s.Taker()
		people, err := account.New(s.Store, clock.System, account.Keys{}, account.Options{Mail: brokenMail{}, Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		n := account.Notice{User: ident.User(me.UserID), About: "password_changed", At: time.Now()}
		require.ErrorContains(t, people.SendNotice(t.Context(), n), "away", "so that the job is tried again")

		n.At = time.Now().Add(-72 * time.Hour)
		require.NoError(t, people.SendNotice(t.Context(), n))
		n = account.Notice{User: ident.User(me.UserID + 1000), About: "password_changed", At: time.Now()}
		require.NoError(t, people.SendNotice(t.Context(), n), "nobody is there to be told")
	})
}
