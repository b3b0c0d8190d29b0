package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/limit"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

const signIn = `mutation($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }`

// eachLimited starts servers that limit rates, as serve does.
func eachLimited(t *testing.T, configure func(*config.Server), fn func(t *testing.T, s *servertest.Server, clock *servertest.Clock)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL, settings.RateLimits = databaseURL, true
		if configure != nil {
			configure(&settings)
		}
		clock := servertest.NewClock()
		fn(t, servertest.Configured(t, settings, server.Options{Clock: clock.Now}), clock)
	})
}

// posted is an answer with its header.
type posted struct {
	servertest.Answer
	header http.Header
}

func post(t *testing.T, c servertest.Client, header http.Header, query string, in map[string]any) posted {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"input": in}})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL, bytes.NewReader(body))
	require.NoError(t, err)
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	p := posted{header: res.Header}
	p.Status = res.StatusCode
	require.NoError(t, json.NewDecoder(res.Body).Decode(&p.Answer))
	return p
}

func (p posted) requireRefused(t *testing.T, retryAfter int) {
	t.Helper()
	require.Equal(t, "RATE_LIMITED", p.Code())
	require.EqualValues(t, retryAfter, p.Errors[0].Extensions["retryAfter"])
	require.Equal(t, strconv.Itoa(retryAfter), p.header.Get("Retry-After"))
}

func TestOperationsAreLimited(t *testing.T) {
	t.Parallel()
	eachLimited(t, nil, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		ada, grace := s.Taker(), s.Taker()
		for i := range 100 {
			p := post(t, ada, nil, whoAmI, nil)
			require.Empty(t, p.Errors)
			require.Equal(t, "100", p.header.Get("RateLimit-Limit"))
			require.Equal(t, strconv.Itoa(99-i), p.header.Get("RateLimit-Remaining"))
			require.Equal(t, "60", p.header.Get("RateLimit-Reset"))
		}
		clock.Advance(time.Second / 2)
		p := post(t, ada, nil, whoAmI, nil)
		p.requireRefused(t, 60)
		require.Equal(t, "0", p.header.Get("RateLimit-Remaining"))
		post(t, ada, nil, `mutation($input: SignOutEverywhereInput!) { signOutEverywhere(input: $input) { signedOut } }`, map[string]any{}).requireRefused(t, 60)
		modern := post(t, ada, http.Header{"Accept": {"application/graphql-response+json"}}, whoAmI, nil)
		require.Equal(t, http.StatusTooManyRequests, modern.Status)
		require.Empty(t, post(t, grace, nil, whoAmI, nil).Errors, "everyone is counted apart")
		require.Empty(t, post(t, s.Anonymous(), nil, whoAmI, nil).Errors, "and so is the address")
		clock.Advance(time.Minute - time.Second/2)
		require.Empty(t, post(t, ada, nil, whoAmI, nil).Errors)
	})
}

// TestReplicasShareTheirLimits asks two servers on one PostgreSQL in turns.
func TestReplicasShareTheirLimits(t *testing.T) {
	t.Parallel()
	settings := config.Defaults()
	settings.DatabaseURL, settings.RateLimits = storetest.URL(t, dialect.Postgres), true
	settings.Operations = limit.Rate{Most: 20, Per: time.Minute}
	settings.Secret = "a secret of more than thirty-two bytes"
	clock := servertest.NewClock()
	one := servertest.Configured(t, settings, server.Options{Clock: clock.Now})
	two := servertest.Configured(t, settings, server.Options{Clock: clock.Now})
	ada := one.Taker()
	elsewhere := ada
	elsewhere.URL = two.URL
	codes := map[string]int{}
	for range 15 {
		codes[post(t, ada, nil, whoAmI, nil).Code()]++
		codes[post(t, elsewhere, nil, whoAmI, nil).Code()]++
	}
	require.Equal(t, map[string]int{"": 20, "RATE_LIMITED": 10}, codes)
	for range 5 {
		require.Equal(t, "UNAUTHENTICATED", post(t, one.Anonymous(), nil, signIn, map[string]any{"email": "a@example.org", "password": "x"}).Code())
	}
	require.Equal(t, "RATE_LIMITED", post(t, two.Anonymous(), nil, signIn, map[string]any{"email": "a@example.org", "password": "x"}).Code())
}

// TestProxiesAreBelievedIfTrusted counts by the address that a client cannot make up.
func TestProxiesAreBelievedIfTrusted(t *testing.T) {
	t.Parallel()
	from := func(list ...string) http.Header { return http.Header{"X-Forwarded-For": list} }
	few := func(c *config.Server) { c.Operations = limit.Rate{Most: 2, Per: time.Minute} }
	remaining := func(t *testing.T, s *servertest.Server, header http.Header) string {
		return post(t, s.Anonymous(), header, whoAmI, nil).header.Get("RateLimit-Remaining")
	}
	eachLimited(t, few, func(t *testing.T, s *servertest.Server, _ *servertest.Clock) {
		require.Equal(t, "1", remaining(t, s, from("203.0.113.1")))
		require.Equal(t, "0", remaining(t, s, from("203.0.113.2")), "nobody is trusted: one address")
	})
	trusting := func(c *config.Server) {
		few(c)
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8")}
	}
	eachLimited(t, trusting, func(t *testing.T, s *servertest.Server, _ *servertest.Clock) {
		require.Equal(t, "1", remaining(t, s, from("203.0.113.1")))
		require.Equal(t, "1", remaining(t, s, from("203.0.113.2")))
		require.Equal(t, "0", remaining(t, s, from("198.51.100.7, 203.0.113.1, 10.1.2.3")), "what stands before is made up")
		require.Equal(t, "0", remaining(t, s, from("198.51.100.7", "203.0.113.2:4711")))
		require.Equal(t, "1", remaining(t, s, from("2001:db8:1:2:3::4")))
		require.Equal(t, "0", remaining(t, s, from("[2001:db8:1:2:ffff::1]:443")), "one customer's network")
		require.Equal(t, "1", remaining(t, s, from("2001:db8:1:3::4")))
		require.Equal(t, "1", remaining(t, s, from("no address")))
		require.Equal(t, "0", remaining(t, s, nil))
	})
}
