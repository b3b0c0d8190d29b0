package account_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// issued are the tokens of a payload.
type issued struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}

const tokens = `tokens { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }`

// The operations, which all name their payload the same.
const (
	register          = `mutation Register($input: RegisterInput!) { payload: register(input: $input) { viewer { user { id email displayName birthYear country role } } ` + tokens + ` } }`
	signIn            = `mutation SignIn($input: SignInInput!) { payload: signIn(input: $input) { viewer { user { id email lastLoginAt } } ` + tokens + ` } }`
	refresh           = `mutation Refresh($input: RefreshTokensInput!) { payload: refreshTokens(input: $input) { viewer { user { id email } } ` + tokens + ` } }`
	signOut           = `mutation SignOut($input: SignOutInput!) { signOut(input: $input) { signedOut } }`
	signOutEverywhere = `mutation Everywhere($input: SignOutEverywhereInput!) { signOutEverywhere(input: $input) { signedOut } }`
	changePassword    = `mutation Change($input: ChangePasswordInput!) { payload: changePassword(input: $input) { viewer { user { id email } } ` + tokens + ` } }`
	requestReset      = `mutation Forgot($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { accepted } }`
	resetPassword     = `mutation Reset($input: ResetPasswordInput!) { resetPassword(input: $input) { reset } }`
	whoAmI            = `{ viewer { user { id email } } }`
)

type payload struct {
	Payload struct {
		Viewer struct {
			User struct {
				ID, Email   string
				DisplayName *string
				BirthYear   *int
				Country     *string
				Role        string
				LastLoginAt *time.Time
			}
		}
		Tokens issued
	}
}

type input = map[string]any

func ask(t *testing.T, s *servertest.Server, operation string, in input) servertest.Answer {
	t.Helper()
	return s.Anonymous().Ask(t, operation, servertest.Variables{"input": in})
}

func get(t *testing.T, s *servertest.Server, operation string, in input) payload {
	t.Helper()
	var out payload
	s.Anonymous().Get(t, &out, operation, servertest.Variables{"input": in})
	return out
}

// registered is a new account's tokens.
func registered(t *testing.T, s *servertest.Server, email string) issued {
	t.Helper()
	return get(t, s, register, input{"email": email, "password": servertest.Password}).Payload.Tokens
}

// as is a client with an access token.
func as(s *servertest.Server, accessToken string) servertest.Client {
	c := s.Anonymous()
	c.Token = accessToken
	return c
}

func TestRegisterRefusesBadInput(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		for name, c := range map[string]struct {
			change      input
			field, rule string
		}{
			"no email":             {input{"email": ""}, "email", "email"},
			"no at":                {input{"email": "ada"}, "email", "email"},
			"no host":              {input{"email": "ada@"}, "email", "email"},
			"a name with it":       {input{"email": "Ada <ada@example.org>"}, "email", "email"},
			"two of them":          {input{"email": "a@example.org, b@example.org"}, "email", "email"},
			"long email":           {input{"email": strings.Repeat("a", 320) + "@example.org"}, "email", "email"},
			"short password":       {input{"password": "7 chars"}, "password", "min_length"},
			"seven runes":          {input{"password": "äöüäöüä"}, "password", "min_length"},
			"long password":        {input{"password": strings.Repeat("a", 129)}, "password", "max_length"},
			"long password, bytes": {input{"password": strings.Repeat("ä", 65)}, "password", "max_length"},
			"common password":      {input{"password": "Password123"}, "password", "common"},
			"long name":            {input{"displayName": strings.Repeat("é", 101)}, "displayName", "max_length"},
			"line break in name":   {input{"displayName": "A\nB"}, "displayName", "no_control"},
			"born too early":       {input{"birthYear": 1899}, "birthYear", "range"},
			"not born yet":         {input{"birthYear": clock.Now().Year() + 1}, "birthYear", "range"},
			"lower-case country":   {input{"country": "gb"}, "country", "iso_3166"},
			"long country":         {input{"country": "GBR"}, "country", "iso_3166"},
			"empty country":        {input{"country": ""}, "country", "iso_3166"},
			"letters from afar":    {input{"country": "ÄÖ"}, "country", "iso_3166"},
		} {
			in := input{"email": "ada@example.org", "password": servertest.Password}
			for field, value := range c.change {
				in[field] = value
			}
			a := ask(t, s, register, in)
			require.Equal(t, "VALIDATION_FAILED", a.Code(), name)
			require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
			require.Equal(t, c.rule, a.Errors[0].Extensions["rule"], name)
		}
		// The bounds themselves are within.
		get(t, s, register, input{
			"email": "ada@example.org", "password": strings.Repeat("ä", 64),
			"displayName": strings.Repeat("é", 100), "birthYear": clock.Now().Year(), "country": "ZW",
		})
		get(t, s, register, input{"email": "b@example.org", "password": "8 chars!", "birthYear": 1900})
	})
}

func TestAddressIsTakenInAnyLetterCase(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		registered(t, s, "ada@example.org")
		for _, email := range []string{"ada@example.org", "ADA@example.org", "Ada@EXAMPLE.ORG", " ada@example.org"} {
			a := ask(t, s, register, input{"email": email, "password": servertest.Password})
			require.Equal(t, "CONFLICT", a.Code(), email)
			require.Equal(t, "email", a.Errors[0].Extensions["field"])
		}
		// Of many at once one wins.
		codes := map[string]int{}
		for _, a := range atOnce(t, 8, func() (servertest.Answer, error) {
			return s.Anonymous().Do(t.Context(), register, servertest.Variables{
				"input": input{"email": "grace@example.org", "password": servertest.Password},
			})
		}) {
			codes[a.Code()]++
		}
		require.Equal(t, map[string]int{"": 1, "CONFLICT": 7}, codes)
	})
}

// atOnce calls the function n times at the same time.
func atOnce(t *testing.T, n int, fn func() (servertest.Answer, error)) []servertest.Answer {
	t.Helper()
	var done sync.WaitGroup
	start := make(chan struct{})
	answers, errs := make([]servertest.Answer, n), make([]error, n)
	for i := range n {
		done.Go(func() {
			<-start
			answers[i], errs[i] = fn()
		})
	}
	close(start)
	done.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return answers
}
