package account_test

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// signingSecret is the secret of the server whose tokens are forged.
const signingSecret = "a secret of more than thirty-two bytes"

// transcript is a log that is kept.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// eachLogged starts servers that write all that they do to a log.
func eachLogged(t *testing.T, fn func(t *testing.T, s *servertest.Server, clock *servertest.Clock, log *transcript)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.Secret = databaseURL, signingSecret
		clock, log := servertest.NewClock(), new(transcript)
		handler := slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})
		fn(t, servertest.Logged(t, settings, server.Options{Clock: clock.Now}, slog.New(handler)), clock, log)
	})
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	eachLogged(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock, log *transcript) {
		got := registered(t, s, "ada@example.org")
		signedOut := registered(t, s, "grace@example.org")
		s.Anonymous().Get(t, nil, signOut, servertest.Variables{"input": input{"refreshToken": signedOut.RefreshToken}})
		everywhere := registered(t, s, "mary@example.org")
		as(s, everywhere.AccessToken).Get(t, nil, signOutEverywhere, servertest.Variables{"input": input{}})
		gone := s.SignedIn(account.Registration{})
		require.NoError(t, s.Store.Tx(t.Context(), func(ctx ctx, tx *store.Tx) error {
			if _, err := tx.RefreshToken.Delete().Where(ofUser(gone.UserID)).Exec(ctx); err != nil {
				return err
			}
			return tx.User.DeleteOneID(ident.User(gone.UserID)).Exec(ctx)
		}))

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

		past, ahead := clock.Now().Add(-time.Second).Unix(), clock.Now().Add(time.Hour).Unix()
		parts := strings.Split(got.AccessToken, ".")
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
		table := map[string]string{
			"no algorithm":            forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
			"no signature":            parts[0] + "." + parts[1] + ".",
			"header says none":        none + "." + parts[1] + "." + parts[2],
			"another key":             forge(jwt.SigningMethodHS256, []byte(strings.Repeat("k", 32)), nil, nil),
			"expired":                 forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"exp": past}, nil),
			"another key and expired": forge(jwt.SigningMethodHS256, []byte(strings.Repeat("k", 32)), jwt.MapClaims{"exp": past}, nil),
			"another algorithm":       forge(jwt.SigningMethodHS512, secret, nil, nil),
			"unknown key id":          forge(jwt.SigningMethodHS256, secret, nil, jwt.MapClaims{"kid": "00000000"}),
			"a number as key id":      forge(jwt.SigningMethodHS256, secret, nil, jwt.MapClaims{"kid": 7}),
			"another audience":        forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"aud": "others"}, nil),
			"no audience":             forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"aud": nil}, nil),
			"another use":             forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"use": "refresh"}, nil),
			"no use":                  forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"use": nil}, nil),
			"not yet valid":           forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"nbf": ahead}, nil),
			"no end":                  forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"exp": nil}, nil),
			"another's sign-in":       forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sid": "somebody else's"}, nil),
			"unknown user":            forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sub": "999999"}, nil),
			"no user":                 forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sub": nil}, nil),
			"a user of words":         forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"sub": "1 OR 1=1"}, nil),
			"no time of issue":        forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"iat": nil}, nil),
			"a time of issue in text": forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"iat": "now"}, nil),
			"a time of issue too far": forge(jwt.SigningMethodHS256, secret, jwt.MapClaims{"iat": 1e300}, nil),
			"changed claims":          parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`)) + "." + parts[2],
			"signed out":              signedOut.AccessToken,
			"signed out everywhere":   everywhere.AccessToken,
			"deleted user":            gone.Token,
			"the refresh token":       got.RefreshToken,
			"only spaces":             "  ",
			"not a token":             "a.b.c",
			"the token and spaces":    got.AccessToken[:20] + " " + got.AccessToken[20:],
		}
		for name, token := range table {
			require.Equal(t, "UNAUTHENTICATED", as(s, token).Ask(t, whoAmI, nil).Code(), name)
			require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, "x"+token), name)
		}
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s, got.AccessToken), "the access token as refresh token")

		// Of a token that was good the reason is told, so that the client refreshes it.
		expired := as(s, table["expired"]).Ask(t, whoAmI, nil)
		require.Equal(t, "TOKEN_EXPIRED", expired.Reason())
		for _, name := range []string{"another key and expired", "not yet valid", "deleted user"} {
			require.Empty(t, as(s, table[name]).Ask(t, whoAmI, nil).Reason(), name)
		}

		// The clock of the replica that issued it may be ahead of this one's.
		early := jwt.MapClaims{"iat": clock.Now().Add(2 * time.Second).Unix(), "nbf": nil}
		require.Equal(t, "", as(s, forge(jwt.SigningMethodHS256, secret, early, nil)).Ask(t, whoAmI, nil).Code())

		table["good"] = got.AccessToken
		require.Contains(t, log.String(), `"msg":"request"`)
		for name, token := range table {
			for part := range strings.SplitSeq(token, ".") {
				if len(part) > 10 {
					require.NotContains(t, log.String(), part, name)
				}
			}
		}
	})
}
