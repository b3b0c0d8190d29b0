package idtoken_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/idtoken"
	"github.com/aiqhq/aiq/internal/idtoken/idtokentest"
)

// TestKeysAreKeptForAnHour counts how often the provider is asked.
func TestKeysAreKeptForAnHour(t *testing.T) {
	t.Parallel()
	issuer := idtokentest.New(t)
	now := time.Date(2026, time.March, 1, 9, 30, 0, 0, time.UTC)
	verifier := idtoken.New(idtoken.Provider{Issuer: issuer.URL, Keys: issuer.Keys, Audiences: []string{"app"}},
		func() time.Time { return now }, http.DefaultClient)
	sign := func() string {
		return issuer.Sign(map[string]any{"iss": issuer.URL, "aud": "app", "sub": "ada", "exp": now.Add(3 * time.Hour).Unix()})
	}
	verify := func(token string) fault.Code {
		_, err := verifier.Verify(t.Context(), token, "")
		return fault.CodeOf(err)
	}

	issuer.Break(true)
	require.Equal(t, fault.Unavailable, verify(sign()))
	issuer.Break(false)
	asked := issuer.Fetched()
	first := sign()
	for range 5 {
		require.Empty(t, verify(first))
	}
	require.Equal(t, asked+1, issuer.Fetched())

	// A new key is got when a token names it.
	issuer.Rotate()
	require.Empty(t, verify(sign()))
	require.Equal(t, asked+2, issuer.Fetched())
	require.Equal(t, fault.Unauthenticated, verify(first), "the old key is gone")

	// What the provider says counts for an hour, even if it cannot be reached.
	last := sign()
	require.Empty(t, verify(last))
	issuer.Break(true)
	now = now.Add(time.Hour - time.Second)
	require.Empty(t, verify(last))
	now = now.Add(time.Second)
	require.Equal(t, fault.Unavailable, verify(last))
	issuer.Break(false)
	require.Empty(t, verify(last))

	// Made-up keys do not become as many requests.
	stranger := idtokentest.New(t)
	forged := stranger.Sign(map[string]any{"iss": issuer.URL, "aud": "app", "sub": "ada", "exp": now.Add(time.Hour).Unix()})
	stranger.Rotate()
	before := issuer.Fetched()
	for range 100 {
		require.Equal(t, fault.Unauthenticated, verify(forged))
	}
	require.LessOrEqual(t, issuer.Fetched()-before, 11)
	require.Empty(t, verify(last))
}
