package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
)

const another = "a different password"

func TestAForgottenPasswordIsReset(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		before := registered(t, s.Server, "Ada@example.org")
		replaced := s.forgot(t, "ada@example.org")
		token := s.forgot(t, " ADA@example.org")
		require.Equal(t, "UNAUTHENTICATED", s.reset(t, replaced, another).Code(), "replaced")
		require.Equal(t, "UNAUTHENTICATED", s.reset(t, "no such token", another).Code())
		require.Equal(t, "UNAUTHENTICATED", s.reset(t, "", another).Code())

		// A password that may not be one leaves the token good.
		a := s.reset(t, token, "short")
		require.Equal(t, "VALIDATION_FAILED", a.Code())
		require.Equal(t, "newPassword", a.Errors[0].Extensions["field"])

		s.clock.Advance(30*time.Minute - time.Microsecond)
		require.Empty(t, s.reset(t, token, another).Errors)
		require.Equal(t, "Your password was changed", s.notice(t).Subject)
		require.Equal(t, "UNAUTHENTICATED", s.reset(t, token, "yet another password").Code(), "used")
		require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s.Server, before.RefreshToken))
		require.Equal(t, "UNAUTHENTICATED", s.sign(t, "ada@example.org", servertest.Password).Code())
		require.Empty(t, s.sign(t, "ada@example.org", another).Errors)

		late := s.forgot(t, "ada@example.org")
		s.clock.Advance(30 * time.Minute)
		require.Equal(t, "UNAUTHENTICATED", s.reset(t, late, another).Code())
	})
}

func TestOneOfManyResetsWins(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		registered(t, s.Server, "ada@example.org")
		token := s.forgot(t, "ada@example.org")
		codes := map[string]int{}
		for _, a := range atOnce(t, 8, func() (servertest.Answer, error) {
			return s.Anonymous().Do(t.Context(), resetPassword, servertest.Variables{"input": input{"token": token, "newPassword": another}})
		}) {
			codes[a.Code()]++
		}
		require.Equal(t, map[string]int{"": 1, "UNAUTHENTICATED": 7}, codes)
	})
}

// TestAResetIsAskedForByAnyone asks for addresses with and without an account:
// the answers are the same to the byte, and so is the work before them, so that
// their time tells nothing either.
func TestAResetIsAskedForByAnyone(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		registered(t, s.Server, "ada@example.org")
		known := ask(t, s.Server, requestReset, input{"email": "ada@example.org"})
		require.Empty(t, known.Errors)
		require.Zero(t, known.Extensions.Statements)
		s.mail.Next(t)
		for _, email := range []string{"grace@example.org", "", "not an address", strings.Repeat("a", 1000) + "@example.org"} {
			require.Equal(t, known, ask(t, s.Server, requestReset, input{"email": email}), email)
		}
		// A person is written to ten times in half an hour, and no more.
		s.clock.Advance(30 * time.Minute)
		for range 10 {
			s.forgot(t, "ada@example.org")
		}
		require.Equal(t, known, ask(t, s.Server, requestReset, input{"email": "ada@example.org"}))
		s.Accounts.Close(t.Context())
		require.True(t, s.mail.Empty(), "nobody else was written to")
	})
}

// TestTokensAreKeptAsHashes looks for tokens where they are kept.
func TestTokensAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		registered(t, s.Server, "ada@example.org")
		token := s.forgot(t, "ada@example.org")
		row := s.Store.Reader().PasswordResetToken.Query().OnlyX(t.Context())
		require.Len(t, row.TokenHash, 32)
		require.NotContains(t, string(row.TokenHash), token)
		require.NotContains(t, row.String(), string(row.TokenHash))
	})
}

func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		mine := registered(t, s.Server, "ada@example.org")
		other := get(t, s.Server, signIn, input{"email": "ada@example.org", "password": servertest.Password}).Payload.Tokens
		mailed := s.forgot(t, "ada@example.org")
		change := func(token, current, next string) servertest.Answer {
			return as(s.Server, token).Ask(t, changePassword, servertest.Variables{"input": input{"currentPassword": current, "newPassword": next}})
		}
		require.Equal(t, "UNAUTHENTICATED", change("", servertest.Password, another).Code())
		for field, passwords := range map[string][2]string{
			"currentPassword": {"not the password", another},
			"newPassword":     {servertest.Password, "password"},
		} {
			a := change(mine.AccessToken, passwords[0], passwords[1])
			require.Equal(t, "VALIDATION_FAILED", a.Code(), field)
			require.Equal(t, field, a.Errors[0].Extensions["field"])
		}
		var out payload
		as(s.Server, mine.AccessToken).Get(t, &out, changePassword,
			servertest.Variables{"input": input{"currentPassword": servertest.Password, "newPassword": another}})
		require.Equal(t, "Your password was changed", s.notice(t).Subject)
		as(s.Server, out.Payload.Tokens.AccessToken).Get(t, nil, whoAmI, nil)
		refreshed(t, s.Server, out.Payload.Tokens.RefreshToken)
		for _, dead := range []issued{mine, other} {
			require.Equal(t, "UNAUTHENTICATED", as(s.Server, dead.AccessToken).Ask(t, whoAmI, nil).Code())
			require.Equal(t, "UNAUTHENTICATED", refreshCode(t, s.Server, dead.RefreshToken))
		}
		require.Equal(t, "UNAUTHENTICATED", s.reset(t, mailed, "yet another password").Code())
		require.Empty(t, s.sign(t, "ada@example.org", another).Errors)
	})
}

func TestCommonPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		for _, password := range []string{"12345678", "PASSWORD", "Iloveyou", "trustno1", "dragon2024", "Baseball!", "monkey123!", "qwertyuiop"} {
			a := ask(t, s, register, input{"email": "ada@example.org", "password": password})
			require.Equal(t, "VALIDATION_FAILED", a.Code(), password)
			require.Equal(t, "common", a.Errors[0].Extensions["rule"], password)
		}
		require.Empty(t, ask(t, s, register, input{"email": "ada@example.org", "password": "monkeys ate the dragon"}).Errors)
	})
}

func TestBcryptHashesAreUpgraded(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		registered(t, s, "ada@example.org")
		long := strings.Repeat("long ", 20) // bcrypt has read its first 72 bytes
		for _, password := range []string{"brought along", long} {
			old, err := bcrypt.GenerateFromPassword([]byte(password)[:min(len(password), 72)], bcrypt.MinCost)
			require.NoError(t, err)
			require.NoError(t, s.Store.Tx(t.Context(), func(ctx ctx, tx *store.Tx) error {
				return tx.User.Update().Where(user.EmailKey("ada@example.org")).SetPasswordHash(string(old)).Exec(ctx)
			}))
			hash := func() string { return *s.Store.Reader().User.Query().OnlyX(t.Context()).PasswordHash }
			require.Equal(t, "UNAUTHENTICATED", ask(t, s, signIn, input{"email": "ada@example.org", "password": "wrong"}).Code())
			require.Equal(t, string(old), hash())
			for range 2 {
				require.Empty(t, ask(t, s, signIn, input{"email": "ada@example.org", "password": password}).Errors)
				require.True(t, strings.HasPrefix(hash(), "$argon2id$"))
			}
		}
	})
}
