package account_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
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
		require.Equal(t, "TOKEN_EXPIRED", a.Code())

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
		for _, a := range atOnce(t, 20, func() (servertest.Answer, error) {
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
		require.Equal(t, map[string]int{"": 1, "TOKEN_REUSED": 1, "UNAUTHENTICATED": 18}, codes)
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

// signingSecret is the secret of the server whose tokens are forged.
const signingSecret = "a secret of more than thirty-two bytes"

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.Secret = databaseURL, signingSecret
		clock := servertest.NewClock()
		s := servertest.Configured(t, settings, server.Options{Clock: clock.Now})
		got := registered(t, s, "ada@example.org")

		good, _, err := jwt.NewParser().ParseUnverified(got.AccessToken, jwt.MapClaims{})
		require.NoError(t, err)
		header, claims := good.Header, good.Claims.(jwt.MapClaims)
		forge := func(method jwt.SigningMethod, key any, changed, headers jwt.MapClaims) string {
			token := jwt.NewWithClaims(method, jwt.MapClaims{})
			for _, from := range []jwt.MapClaims{claims, changed} {
				for name, value := range from {
					token.Claims.(jwt.MapClaims)[name] = value
					if value == nil {
						delete(token.Claims.(jwt.MapClaims), name)
					}
				}
			}
			token.Header["kid"] = header["kid"]
			for name, value := range headers {
				token.Header[name] = value
			}
			text, err := token.SignedString(key)
			require.NoError(t, err)
			return text
		}
		secret := []byte(signingSecret)
		require.Equal(t, "", as(s, forge(jwt.SigningMethodHS256, secret, nil, nil)).Ask(t, whoAmI, nil).Code())

		parts := strings.Split(got.AccessToken, ".")
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
		for name, token := range map[string]string{
			"no algorithm":         forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
			"no signature":         parts[0] + "." + parts[1] + ".",
			"header says none":     none + "." + parts[1] + "." + parts[2],
			"another key":          forge(jwt.SigningMethodHS256, []byte(strings.Repeat("k", 32)), nil, nil),
			"another algorithm":    forge(jwt.SigningMethodHS512, secret, nil, nil),
			"unknown key id":       forge(jwt.SigningMethodHS256, secret, nil, jwt.MapClaims{"kid": "00000000"}),
			"another audience":     forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"aud": "others"}, nil),
			"no audience":          forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"aud": nil}, nil),
			"another use":          forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"use": "refresh"}, nil),
			"no use":               forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"use": nil}, nil),
			"no end":               forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"exp": nil}, nil),
			"unknown user":         forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sub": "999999"}, nil),
			"no user":              forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sub": nil}, nil),
			"a user of words":      forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sub": "1 OR 1=1"}, nil),
			"no time of issue":     forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"iat": nil}, nil),
			"changed claims":       parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`)) + "." + parts[2],
			"the refresh token":    got.RefreshToken,
			"only spaces":          "  ",
			"not a token":          "a.b.c",
			"the token and spaces": got.AccessToken[:20] + " " + got.AccessToken[20:],
		} {
			require.Equal(t, "UNAUTHENTICATED", as(s, token).Ask(t, whoAmI, nil).Code(), name)
		}

		// The clock of the replica that issued it may be ahead of this one's.
		ahead := jwt.MapClaims{"iat": clock.Now().Add(2 * time.Second).Unix(), "nbf": nil}
		require.Equal(t, "", as(s, forge(jwt.SigningMethodHS256, secret, ahead, nil)).Ask(t, whoAmI, nil).Code())
	})
}

func TestKeysNeedALongSecret(t *testing.T) {
	t.Parallel()
	_, err := account.NewKeys(strings.Repeat("a", 31))
	require.Error(t, err)
	_, err = account.NewKeys(strings.Repeat("a", 32))
	require.NoError(t, err)
}
