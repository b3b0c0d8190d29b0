package account_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

func refreshed(t *testing.T, s *servertest.Server, token string) issued {
	t.Helper()
	return get(t, s, refresh, input{"refreshToken": token}).Payload.Tokens
}

// refreshCode is the code with which a refresh token is refused, "" if it is not.
func refreshCode(t *testing.T, s *servertest.Server, token string) string {
	t.Helper()
	return ask(t, s, refresh, input{"refreshToken": token}).Code()
}

func TestRefreshTokensRotate(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		first := registered(t, s, "ada@example.org")
		other := get(t, s, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
		second := refreshed(t, s, first.RefreshToken)
		require.NotEqual(t, first.RefreshToken, second.RefreshToken)
		require.NotEqual(t, first.AccessToken, second.AccessToken)
		as(s, second.AccessToken).Get(t, nil, whoAmI, nil)
		third := refreshed(t, s, second.RefreshToken)

		// The first comes back: its whole family ends, and no other.
		require.Equal(t, "TOKEN_REUSED", refreshCode(t, s, first.RefreshToken))
		for _, dead := range []issued{first, second, third} {
			require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, dead.RefreshToken))
		}
		refreshed(t, s, other.RefreshToken)
		for name, token := range map[string]string{
			"unknown": "no such token", "empty": "", "an access token": other.AccessToken,
		} {
			require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, token), name)
		}
	})
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		got := registered(t, s, "ada@example.org")
		clock.Advance(got.AccessTokenExpiresAt.Sub(clock.Now()) - time.Microsecond)
		as(s, got.AccessToken).Get(t, nil, whoAmI, nil)
		clock.Advance(time.Microsecond)
		a := as(s, got.AccessToken).Ask(t, whoAmI, nil)
		require.Equal(t, "UNAUTHENTICATED", a.Code())
		require.Equal(t, "TOKEN_EXPIRED", a.Reason())

		// The refresh token is for that.
		got = refreshed(t, s, got.RefreshToken)
		as(s, got.AccessToken).Get(t, nil, whoAmI, nil)

		clock.Advance(got.RefreshTokenExpiresAt.Sub(clock.Now()) - time.Microsecond)
		got = refreshed(t, s, got.RefreshToken)
		clock.Advance(got.RefreshTokenExpiresAt.Sub(clock.Now()))
		require.Equal(t, "TOKEN_EXPIRED", refreshCode(t, s, got.RefreshToken))
		require.Equal(t, "TOKEN_EXPIRED", refreshCode(t, s, got.RefreshToken), "that is no reuse")
	})
}

func TestSignOutEndsTheFamily(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		first := registered(t, s, "ada@example.org")
		other := get(t, s, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
		second := refreshed(t, s, first.RefreshToken)
		for _, token := range []string{second.RefreshToken, second.RefreshToken, first.RefreshToken, "no such token", ""} {
			var data struct{ SignOut struct{ SignedOut bool } }
			s.Anonymous().Get(t, &data, signOut, servertest.Variables{"input": input{"refreshToken": token}})
			require.True(t, data.SignOut.SignedOut)
		}
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, second.RefreshToken))
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, first.RefreshToken))
		refreshed(t, s, other.RefreshToken)
	})
}

func TestOneOfManyRefreshesWins(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		got := registered(t, s, "ada@example.org")
		codes := map[string]int{}
		var won issued
		for _, a := range atOnce(t, 50, func() (servertest.Answer, error) {
			return s.Anonymous().Do(t.Context(), refresh, servertest.Variables{"input": input{"refreshToken": got.RefreshToken}})
		}) {
			codes[a.Code()]++
			if a.Code() == "" {
				var data payload
				require.NoError(t, json.Unmarshal(a.Data, &data))
				won = data.Payload.Tokens
			}
		}
		// The first that comes late ends the family; for those after it the
		// token is no longer good.
		require.Equal(t, map[string]int{"": 1, "TOKEN_REUSED": 1, "UNAUTHENTICATED": 48}, codes)
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, won.RefreshToken))
	})
}

// TestNoTokenOutlivesItsFamily ends a family while its newest token is being
// exchanged: whichever comes first, nothing is left of it.
func TestNoTokenOutlivesItsFamily(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		got := registered(t, s, "ada@example.org")
		signedIn := func() issued {
			// A new family by the shortest way: no password to hash.
			return get(t, s, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
		}
		for round := range 20 {
			if round > 0 {
				got = signedIn()
			}
			second := refreshed(t, s, got.RefreshToken)
			end, in := signOut, input{"refreshToken": second.RefreshToken}
			if round%2 == 0 {
				end, in = refresh, input{"refreshToken": got.RefreshToken}
			}
			turn := make(chan int, 2)
			turn <- 0
			turn <- 1
			for _, a := range atOnce(t, 2, func() (servertest.Answer, error) {
				if <-turn == 0 {
					return s.Anonymous().Do(t.Context(), end, servertest.Variables{"input": in})
				}
				return s.Anonymous().Do(t.Context(), refresh, servertest.Variables{"input": input{"refreshToken": second.RefreshToken}})
			}) {
				require.Contains(t, []string{"", "TOKEN_REUSED", "UNAUTHENTICATED"}, a.Code())
				var data payload
				if json.Unmarshal(a.Data, &data) == nil && data.Payload.Tokens.RefreshToken != "" {
					require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, data.Payload.Tokens.RefreshToken))
				}
			}
		}
	})
}

func TestKeysNeedALongSecret(t *testing.T) {
	t.Parallel()
	_, err := account.NewKeys(strings.Repeat("a", 31))
	require.Error(t, err)
	_, err = account.NewKeys(strings.Repeat("a", 32))
	require.NoError(t, err)
}

// TestAnExchangeMayBeRepeatedByItsName loses answers: the client that named the
// exchange gets another, and nobody else does.
func TestAnExchangeMayBeRepeatedByItsName(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		named := func(token, name string) servertest.Answer {
			return ask(t, s, refresh, input{"refreshToken": token, "clientMutationId": name})
		}
		tokensOf := func(a servertest.Answer) issued {
			require.Empty(t, a.Errors)
			var data payload
			require.NoError(t, json.Unmarshal(a.Data, &data))
			return data.Payload.Tokens
		}
		first := registered(t, s, "ada@example.org")
		lost := tokensOf(named(first.RefreshToken, "launch 7f3a"))
		lostToo := tokensOf(named(first.RefreshToken, "launch 7f3a"))
		clock.Advance(time.Minute)
		second := tokensOf(named(first.RefreshToken, "launch 7f3a"))
		as(s, second.AccessToken).Get(t, nil, whoAmI, nil)
		third := refreshed(t, s, second.RefreshToken)
		require.NotEqual(t, lost.RefreshToken, lostToo.RefreshToken)

		// What was lost is found by a thief: the family ends.
		require.Equal(t, "TOKEN_REUSED", refreshCode(t, s, lost.RefreshToken))
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, third.RefreshToken))
		require.Equal(t, "UNAUTHENTICATED", as(s, third.AccessToken).Ask(t, whoAmI, nil).Code())

		for name, c := range map[string]struct {
			name string
			wait time.Duration
			used bool
		}{
			"another name":      {name: "guessed"},
			"no name":           {name: ""},
			"too late":          {name: "exchange", wait: time.Minute + time.Microsecond},
			"the new one used":  {name: "exchange", used: true},
			"a name and a half": {name: "exchange exchange"},
		} {
			old := get(t, s, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
			next := tokensOf(named(old.RefreshToken, "exchange"))
			if c.used {
				next = refreshed(t, s, next.RefreshToken)
			}
			clock.Advance(c.wait)
			require.Equal(t, "TOKEN_REUSED", named(old.RefreshToken, c.name).Code(), name)
			require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, next.RefreshToken), name)
		}
		require.Equal(t, "VALIDATION_FAILED", named(first.RefreshToken, strings.Repeat("n", 101)).Code())
	})
}

func TestASignInEndsWithItsAccessTokens(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		first := registered(t, s, "ada@example.org")
		other := get(t, s, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
		second := refreshed(t, s, first.RefreshToken)
		as(s, first.AccessToken).Get(t, nil, whoAmI, nil)
		s.Anonymous().Get(t, nil, signOut, servertest.Variables{"input": input{"refreshToken": second.RefreshToken}})
		for _, dead := range []issued{first, second} {
			require.Equal(t, "UNAUTHENTICATED", as(s, dead.AccessToken).Ask(t, whoAmI, nil).Code())
		}
		as(s, other.AccessToken).Get(t, nil, whoAmI, nil)
		require.Equal(t, "UNAUTHENTICATED", s.Anonymous().Ask(t, signOutEverywhere, servertest.Variables{"input": input{}}).Code())
		as(s, other.AccessToken).Get(t, nil, signOutEverywhere, servertest.Variables{"input": input{}})
		require.Equal(t, "UNAUTHENTICATED", as(s, other.AccessToken).Ask(t, whoAmI, nil).Code())
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, other.RefreshToken))
		again := get(t, s, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
		as(s, again.AccessToken).Get(t, nil, whoAmI, nil)
	})
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		old, next := strings.Repeat("o", 32), strings.Repeat("n", 32)
		serving := func(secret string, older ...string) *account.Service {
			keys, err := account.NewKeys(secret, older...)
			require.NoError(t, err)
			people, err := account.New(s.Store, clock.System, keys, account.Options{})
			require.NoError(t, err)
			return people
		}
		before, during, after := serving(old), serving(next, old), serving(next)
		_, issued, err := before.Register(t.Context(), account.Registration{Email: "ada@example.org", Password: servertest.Password})
		require.NoError(t, err)
		_, err = during.Authenticate(t.Context(), issued.AccessToken)
		require.NoError(t, err)
		_, fresh, err := during.Refresh(t.Context(), issued.RefreshToken, "")
		require.NoError(t, err)
		_, err = after.Authenticate(t.Context(), fresh.AccessToken)
		require.NoError(t, err, "the newest key signs")
		_, err = after.Authenticate(t.Context(), issued.AccessToken)
		require.Equal(t, fault.Unauthenticated, fault.CodeOf(err))
		_, err = before.Authenticate(t.Context(), fresh.AccessToken)
		require.Equal(t, fault.Unauthenticated, fault.CodeOf(err))
	})
}
