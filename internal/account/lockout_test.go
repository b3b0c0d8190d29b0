package account_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// TestWhoGuessesWaits fails to sign in to an account and to an address without
// one: both are answered alike all the way.
func TestWhoGuessesWaits(t *testing.T) {
	t.Parallel()
	patient := func(c *config.Server) { c.LockoutAddress = 1000 }
	eachMailing(t, patient, func(t *testing.T, s mailing) {
		registered(t, s.Server, "ada@example.org")
		both := func(password string) servertest.Answer {
			known := s.sign(t, "ADA@example.org", password)
			require.Equal(t, known, s.sign(t, "unknown@example.org", password))
			return known
		}
		for range 5 {
			require.Equal(t, "UNAUTHENTICATED", both("a wrong guess").Code())
		}
		wait := 30 * time.Second
		for range 3 {
			a := both("a wrong guess")
			require.Equal(t, "RATE_LIMITED", a.Code())
			require.EqualValues(t, wait.Seconds(), a.Errors[0].Extensions["retryAfter"])
			require.Equal(t, "RATE_LIMITED", s.sign(t, "ada@example.org", servertest.Password).Code(), "the right password too")
			s.clock.Advance(wait - time.Microsecond)
			require.EqualValues(t, 1, both("a wrong guess").Errors[0].Extensions["retryAfter"])
			s.clock.Advance(time.Microsecond)
			require.Equal(t, "UNAUTHENTICATED", both("a wrong guess").Code())
			wait *= 2
		}
		s.clock.Advance(wait)
		require.Empty(t, s.sign(t, "ada@example.org", servertest.Password).Errors)
		for range 4 {
			require.Equal(t, "UNAUTHENTICATED", s.sign(t, "ada@example.org", "a wrong guess").Code(), "forgotten")
		}
		require.Empty(t, s.sign(t, "ada@example.org", servertest.Password).Errors)

		// The longest wait is an hour, and an hour after it all is forgotten.
		for range 12 {
			a := s.sign(t, "unknown@example.org", "a wrong guess")
			if a.Code() == "RATE_LIMITED" {
				after := a.Errors[0].Extensions["retryAfter"].(float64)
				require.LessOrEqual(t, after, time.Hour.Seconds())
				s.clock.Advance(time.Duration(after) * time.Second)
			}
		}
		s.clock.Advance(2 * time.Hour)
		for range 5 {
			require.Equal(t, "UNAUTHENTICATED", s.sign(t, "unknown@example.org", "a wrong guess").Code())
		}
	})
}

func TestManyGuessesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		registered(t, s.Server, "ada@example.org")
		codes := map[string]int{}
		for _, a := range atOnce(t, 20, func() (servertest.Answer, error) {
			return s.Anonymous().Do(t.Context(), signIn, servertest.Variables{"input": input{"email": "ada@example.org", "password": "a wrong guess"}})
		}) {
			codes[a.Code()]++
		}
		require.Equal(t, map[string]int{"UNAUTHENTICATED": 5, "RATE_LIMITED": 15}, codes)
	})
}

// TestAnAddressThatTriesManyAccountsWaits sprays one password, and signs in to
// an own account in between, which does not help.
func TestAnAddressThatTriesManyAccountsWaits(t *testing.T) {
	t.Parallel()
	eachMailing(t, nil, func(t *testing.T, s mailing) {
		registered(t, s.Server, "mallory@example.org")
		for i := range 20 {
			require.Equal(t, "UNAUTHENTICATED", s.sign(t, string(rune('a'+i))+"@example.org", "a common guess").Code())
			if i == 10 {
				require.Empty(t, s.sign(t, "mallory@example.org", servertest.Password).Errors)
			}
		}
		require.Equal(t, "RATE_LIMITED", s.sign(t, "z@example.org", "a common guess").Code())
		require.Equal(t, "RATE_LIMITED", s.sign(t, "mallory@example.org", servertest.Password).Code())
	})
}

// TestTimeDoesNotTellWhoHasAnAccount compares how long wrong sign-ins to known
// and to unknown addresses take, in turns. Hashing is nearly all of it, so that
// one that were left out would show as many times less; only a difference of
// twice, in each of five rounds, is taken for one.
func TestTimeDoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	patient := func(c *config.Server) { c.LockoutAfter, c.LockoutAddress = 1_000_000, 1_000_000 }
	eachMailing(t, patient, func(t *testing.T, s mailing) {
		registered(t, s.Server, "ada@example.org")
		require.Equal(t, s.sign(t, "ada@example.org", "a wrong guess"), s.sign(t, "unknown@example.org", "a wrong guess"),
			"as many statements, too")
		const rounds, tries = 5, 15
		for range rounds {
			var known, unknown []time.Duration
			for range tries {
				for email, times := range map[string]*[]time.Duration{"ada@example.org": &known, "unknown@example.org": &unknown} {
					began := time.Now()
					s.sign(t, email, "a wrong guess")
					*times = append(*times, time.Since(began))
				}
			}
			slices.Sort(known)
			slices.Sort(unknown)
			if a, b := known[tries/2], unknown[tries/2]; a < 2*b && b < 2*a {
				return
			}
		}
		require.Fail(t, "known and unknown addresses can be told apart")
	})
}

// BenchmarkSignInRefused shows the time of a wrong sign-in with and without an
// account.
func BenchmarkSignInRefused(b *testing.B) {
	for _, email := range []string{"known@example.org", "unknown@example.org"} {
		b.Run(email, func(b *testing.B) {
			s := benchServer(b)
			for b.Loop() {
				_, _, _ = s.Accounts.SignIn(b.Context(), email, "a wrong guess")
			}
		})
	}
}
