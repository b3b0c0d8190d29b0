package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatHasEndedIsRemoved(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		old := registered(t, s.Server, "ada@example.org")
		s.forgot(t, "ada@example.org")
		s.sign(t, "nobody@example.org", "a wrong guess")
		rows := func() []int {
			r := s.Store.Reader()
			return []int{
				r.RefreshToken.Query().CountX(t.Context()), r.PasswordResetToken.Query().CountX(t.Context()),
				r.SignInFailures.Query().CountX(t.Context()),
			}
		}
		before := rows()
		require.NoError(t, s.Accounts.Purge(t.Context()))
		require.Equal(t, before, rows())
		require.NotContains(t, before, 0)

		s.clock.Advance(7 * 24 * time.Hour)
		require.NoError(t, s.Accounts.Purge(t.Context()))
		require.Equal(t, "TOKEN_EXPIRED", refreshCode(t, s.Server, old.RefreshToken), "told apart for a day")
		s.clock.Advance(24*time.Hour + time.Microsecond)
		require.NoError(t, s.Accounts.Purge(t.Context()))
		require.Equal(t, []int{0, 0, 0}, rows())
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s.Server, old.RefreshToken))
	})
}
