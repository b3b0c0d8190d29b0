package account_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/idtoken/idtokentest"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

const (
	withApple  = `mutation Apple($input: SignInWithAppleInput!) { payload: signInWithApple(input: $input) { created viewer { user { id email displayName } } ` + tokens + ` } }`
	withGoogle = `mutation Google($input: SignInWithGoogleInput!) { payload: signInWithGoogle(input: $input) { created viewer { user { id email displayName } } ` + tokens + ` } }`
)

type welcomed struct {
	Payload struct {
		Created bool
		Viewer  struct {
			User struct {
				ID, Email   string
				DisplayName *string
			}
		}
		Tokens issued
	}
}

// provided is a server with providers that tests sign for.
type provided struct {
	mailing
	apple, google *idtokentest.Issuer
}

func eachProvided(t *testing.T, fn func(t *testing.T, s provided)) {
	t.Helper()
	apple, google := idtokentest.New(t), idtokentest.New(t)
	eachMailing(t, func(c *config.Server) {
		c.AppleIssuer, c.AppleKeys, c.AppleAudiences = apple.URL, apple.Keys, []string{"org.example.app", "org.example.web"}
		c.GoogleIssuer, c.GoogleKeys, c.GoogleAudiences = google.URL, google.Keys, []string{"client.example.org"}
	}, func(t *testing.T, s mailing) { fn(t, provided{s, apple, google}) })
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// claims are those of a good token of Apple's, with changes; nil leaves one out.
func (s provided) claims(changes map[string]any) map[string]any {
	out := map[string]any{
		"iss": s.apple.URL, "aud": "org.example.app", "sub": "001.ada", "nonce": hexSum("a nonce"),
		"iat": s.clock.Now().Unix(), "exp": s.clock.Now().Add(10 * time.Minute).Unix(),
		"email": "ada@example.org", "email_verified": "true",
	}
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_ string, value any) bool { return value == nil })
	return out
}

func (s provided) withApple(t *testing.T, changes map[string]any) servertest.Answer {
	t.Helper()
	return ask(t, s.Server, withApple, input{"idToken": s.apple.Sign(s.claims(changes)), "nonce": "a nonce", "displayName": "Ada"})
}

func (s provided) withGoogle(t *testing.T, changes map[string]any) servertest.Answer {
	t.Helper()
	claims := s.claims(map[string]any{"iss": s.google.URL, "aud": "client.example.org", "nonce": nil, "name": "Ada L.", "email_verified": true})
	maps.Copy(claims, changes)
	return ask(t, s.Server, withGoogle, input{"idToken": s.google.Sign(claims)})
}

func welcomeOf(t *testing.T, a servertest.Answer) (out welcomed) {
	t.Helper()
	require.Empty(t, a.Errors)
	require.NoError(t, json.Unmarshal(a.Data, &out))
	return out
}

func TestAKnownIdentitySignsIn(t *testing.T) {
	t.Parallel()
	eachProvided(t, func(t *testing.T, s provided) {
		first := welcomeOf(t, s.withApple(t, nil)).Payload
		require.True(t, first.Created)
		require.Equal(t, "ada@example.org", first.Viewer.User.Email)
		require.Equal(t, "Ada", *first.Viewer.User.DisplayName)
		as(s.Server, first.Tokens.AccessToken).Get(t, nil, whoAmI, nil)
		refreshed(t, s.Server, first.Tokens.RefreshToken)

		// From then on the subject counts, whatever the address.
		for name, changes := range map[string]map[string]any{
			"again": nil, "no address": {"email": nil}, "another address": {"email": "grace@example.org"},
			"unverified": {"email_verified": "false"}, "two audiences": {"aud": []string{"elsewhere", "org.example.web"}},
		} {
			again := welcomeOf(t, s.withApple(t, changes)).Payload
			require.False(t, again.Created, name)
			require.Equal(t, first.Viewer.User.ID, again.Viewer.User.ID, name)
		}
		// An account without a password has none that could be guessed.
		require.Equal(t, "UNAUTHENTICATED", s.sign(t, "ada@example.org", "").Code())
		s.Settle()
		require.True(t, s.mail.Empty())

		// The same subject of another provider is someone else, with the same address.
		google := welcomeOf(t, s.withGoogle(t, nil)).Payload
		require.Equal(t, first.Viewer.User.ID, google.Viewer.User.ID)
		require.Equal(t, "Your account is linked with Google", s.notice(t).Subject)
		other := welcomeOf(t, s.withGoogle(t, map[string]any{"sub": "grace", "email": "grace@example.org"})).Payload
		require.True(t, other.Created)
		require.Equal(t, "Ada L.", *other.Viewer.User.DisplayName)
	})
}

// TestLinking signs in with an identity whose address has an account.
func TestLinking(t *testing.T) {
	t.Parallel()
	eachProvided(t, func(t *testing.T, s provided) {
		mine := registered(t, s.Server, "ADA@example.org")
		require.Equal(t, "CONFLICT", s.withApple(t, map[string]any{"email_verified": false}).Code())
		require.Equal(t, "CONFLICT", s.withGoogle(t, map[string]any{"email_verified": nil}).Code())
		none := s.withApple(t, map[string]any{"email": nil})
		require.Equal(t, "VALIDATION_FAILED", none.Code())
		require.Equal(t, "idToken", none.Errors[0].Extensions["field"])
		require.Equal(t, "VALIDATION_FAILED", s.withApple(t, map[string]any{"email": "not an address"}).Code())
		as(s.Server, mine.AccessToken).Get(t, nil, whoAmI, nil)

		// Nobody has shown before that the address is theirs: whoever made the
		// account keeps neither password nor tokens.
		linked := welcomeOf(t, s.withApple(t, nil)).Payload
		require.False(t, linked.Created)
		notice := s.notice(t)
		require.Equal(t, "ADA@example.org", notice.To)
		require.Contains(t, notice.Subject, "Apple")
		require.Contains(t, notice.Text, "no longer good")
		require.Equal(t, "UNAUTHENTICATED", s.sign(t, "ada@example.org", servertest.Password).Code())
		require.Equal(t, "UNAUTHENTICATED", as(s.Server, mine.AccessToken).Ask(t, whoAmI, nil).Code())
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s.Server, mine.RefreshToken))
		as(s.Server, linked.Tokens.AccessToken).Get(t, nil, whoAmI, nil)

		// Who resets the password has shown it: linking takes nothing away.
		require.Empty(t, s.reset(t, s.forgot(t, "ada@example.org"), another).Errors)
		s.notice(t)
		welcomeOf(t, s.withGoogle(t, nil))
		require.NotContains(t, s.notice(t).Text, "no longer good")
		require.Empty(t, s.sign(t, "ada@example.org", another).Errors)
	})
}

func TestOnePersonOnTwoDevicesIsOneAccount(t *testing.T) {
	t.Parallel()
	eachProvided(t, func(t *testing.T, s provided) {
		token := s.apple.Sign(s.claims(nil))
		made := map[bool]int{}
		ids := map[string]bool{}
		for _, a := range atOnce(t, 8, func() (servertest.Answer, error) {
			return s.Anonymous().Do(t.Context(), withApple, servertest.Variables{"input": input{"idToken": token, "nonce": "a nonce"}})
		}) {
			in := welcomeOf(t, a).Payload
			made[in.Created]++
			ids[in.Viewer.User.ID] = true
		}
		require.Equal(t, map[bool]int{true: 1, false: 7}, made)
		require.Len(t, ids, 1)
	})
}

func TestBadIdentityTokensAreRefused(t *testing.T) {
	t.Parallel()
	eachProvided(t, func(t *testing.T, s provided) {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		good := s.claims(nil)
		parts := strings.Split(s.apple.Sign(good), ".")
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
		byClaims := func(changes map[string]any) string { return s.apple.Sign(s.claims(changes)) }
		ours := registered(t, s.Server, "grace@example.org")
		for name, token := range map[string]string{
			"no algorithm":     none + "." + parts[1] + ".",
			"no signature":     parts[0] + "." + parts[1] + ".",
			"another key":      idtokentest.Sign(t, jose.RS256, private, good),
			"a known key id":   idtokentest.Sign(t, jose.RS256, jose.JSONWebKey{Key: private, KeyID: "key 1"}, good),
			"a shared secret":  idtokentest.Sign(t, jose.HS256, []byte(strings.Repeat("s", 32)), good),
			"another provider": s.google.Sign(good),
			"another issuer":   byClaims(map[string]any{"iss": "https://appleid.example.org"}),
			"no issuer":        byClaims(map[string]any{"iss": nil}),
			"another audience": byClaims(map[string]any{"aud": "org.example.other"}),
			"no audience":      byClaims(map[string]any{"aud": nil}),
			"expired":          byClaims(map[string]any{"exp": s.clock.Now().Add(-time.Second).Unix()}),
			"no end":           byClaims(map[string]any{"exp": nil}),
			"not yet valid":    byClaims(map[string]any{"nbf": s.clock.Now().Add(time.Hour).Unix()}),
			"another nonce":    byClaims(map[string]any{"nonce": hexSum("another")}),
			"no nonce":         byClaims(map[string]any{"nonce": nil}),
			"no subject":       byClaims(map[string]any{"sub": nil}),
			"a long subject":   byClaims(map[string]any{"sub": strings.Repeat("s", 256)}),
			"changed claims":   parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x"}`)) + "." + parts[2],
			"an access token":  ours.AccessToken,
			"nothing":          "",
			"not a token":      "a.b.c",
		} {
			a := ask(t, s.Server, withApple, input{"idToken": token, "nonce": "a nonce"})
			require.Equal(t, "UNAUTHENTICATED", a.Code(), name)
		}
		require.Equal(t, "UNAUTHENTICATED", ask(t, s.Server, withApple, input{"idToken": byClaims(map[string]any{"nonce": ""}), "nonce": ""}).Code())
		require.Equal(t, "UNAUTHENTICATED", s.withGoogle(t, map[string]any{"nonce": "unasked"}).Code())
		require.Empty(t, ask(t, s.Server, withApple, input{"idToken": byClaims(map[string]any{"nonce": "a nonce"}), "nonce": "a nonce"}).Errors)
		bad := ask(t, s.Server, withApple, input{"idToken": byClaims(nil), "nonce": "a nonce", "displayName": strings.Repeat("n", 101)})
		require.Equal(t, "displayName", bad.Errors[0].Extensions["field"])
	})
}

// TestWhoLiesInWaitGetsNothing makes an account under another's address, which
// the provider does not vouch for, before the owner comes.
func TestWhoLiesInWaitGetsNothing(t *testing.T) {
	t.Parallel()
	eachProvided(t, func(t *testing.T, s provided) {
		for owner, comes := range map[string]func(email string){
			"ada@example.org": func(email string) {
				welcomeOf(t, s.withGoogle(t, map[string]any{"sub": "google ada", "email": email}))
				require.Equal(t, "Your account is linked with Google", s.notice(t).Subject)
			},
			"grace@example.org": func(email string) {
				require.Empty(t, s.reset(t, s.forgot(t, email), another).Errors)
				s.notice(t)
			},
		} {
			waiting := map[string]any{"sub": "mallory for " + owner, "email": owner, "email_verified": false}
			tokens := welcomeOf(t, s.withApple(t, waiting)).Payload.Tokens
			comes(owner)
			require.Equal(t, "UNAUTHENTICATED", as(s.Server, tokens.AccessToken).Ask(t, whoAmI, nil).Code())
			require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s.Server, tokens.RefreshToken))
			require.Equal(t, "CONFLICT", s.withApple(t, waiting).Code())
		}
	})
}
