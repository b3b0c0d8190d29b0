package apns_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/apns"
	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/clock"
)

func push(n int) apns.Push {
	return apns.Push{
		Token: fmt.Sprintf("%064x", n), ID: fmt.Sprintf("00000000-0000-4000-8000-%012x", n),
		Payload: apns.Payload{Title: "Title", Body: "Body", Thread: "reminders", Data: map[string]string{"kind": "DUE"}},
	}
}

func TestAPushArrives(t *testing.T) {
	t.Parallel()
	service := apnstest.New(t, clock.System)
	p := push(1)
	p.Collapse, p.Expires = "due 1", time.Unix(1_800_000_000, 0)
	require.NoError(t, service.Client().Send(t.Context(), p))
	require.Equal(t, []apnstest.Shown{{
		Token: p.Token, ID: p.ID, Collapse: "due 1", Title: "Title", Body: "Body",
		Data: map[string]string{"kind": "DUE"}, Expires: 1_800_000_000, Times: 1,
	}}, service.Shown())
}

func TestWhatFollowsAnAnswer(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, time.March, 1, 9, 30, 0, 0, time.UTC)
	for reason, c := range map[string]struct {
		status int
		class  apns.Class
	}{
		"BadDeviceToken":              {400, apns.Gone},
		"DeviceTokenNotForTopic":      {400, apns.Gone},
		"Unregistered":                {410, apns.Gone},
		"ExpiredToken":                {410, apns.Gone},
		"PayloadEmpty":                {400, apns.Permanent},
		"BadTopic":                    {400, apns.Permanent},
		"BadPath":                     {404, apns.Permanent},
		"PayloadTooLarge":             {413, apns.Permanent},
		"InvalidProviderToken":        {403, apns.Temporary},
		"TooManyProviderTokenUpdates": {429, apns.Temporary},
		"TooManyRequests":             {429, apns.Temporary},
		"InternalServerError":         {500, apns.Temporary},
		"ServiceUnavailable":          {503, apns.Temporary},
		"Shutdown":                    {503, apns.Temporary},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			service := apnstest.New(t, clock.System)
			p := push(1)
			reply := apnstest.Reply{Status: c.status, Reason: reason, RetryAfter: "90"}
			if c.status == http.StatusGone {
				reply.Since = since
			}
			service.Answer(p.Token, reply)
			client := service.Client()
			err := client.Send(t.Context(), p)
			var got *apns.Error
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.class, got.Class)
			require.Equal(t, c.status, got.Status)
			require.Equal(t, reason, got.Reason)
			require.Equal(t, c.class == apns.Temporary, got.RetryAfter == 90*time.Second, got.RetryAfter)
			require.Equal(t, reply.Since, got.Since)
			require.NotContains(t, err.Error(), p.Token)
			require.Empty(t, service.Shown())

			require.NoError(t, client.Send(t.Context(), p))
			require.Len(t, service.Shown(), 1)
		})
	}
}

func TestHowLongTheServiceWantsToBeLeftAlone(t *testing.T) {
	t.Parallel()
	service := apnstest.New(t, clock.System)
	client := service.Client()
	asked := func(header string) time.Duration {
		service.Answer(push(1).Token, apnstest.Reply{Status: 429, Reason: "TooManyRequests", RetryAfter: header})
		return apns.Of(client.Send(t.Context(), push(1))).RetryAfter
	}
	require.Zero(t, asked(""))
	require.Zero(t, asked("soon"))
	require.Zero(t, asked("-5"))
	require.Equal(t, 5*time.Second, asked("5"))
	require.InDelta(t, time.Hour, asked(clock.System().Add(time.Hour).Format(http.TimeFormat)), float64(10*time.Minute))
	require.Zero(t, asked(clock.System().Add(-time.Hour).Format(http.TimeFormat)))
}

// A connection that breaks, a service that does not answer, and one that is not
// there are temporary, whether or not the push was taken.
func TestNoAnswerIsTemporary(t *testing.T) {
	t.Parallel()
	service := apnstest.New(t, clock.System)
	o := service.Options()
	o.Timeout = 100 * time.Millisecond
	impatient, err := apns.New(clock.System, o)
	require.NoError(t, err)
	defer impatient.Close()
	client := service.Client()
	nobody := service.Options()
	nobody.URL = "https://127.0.0.1:1"
	lonely, err := apns.New(clock.System, nobody)
	require.NoError(t, err)
	stranger := service.Options()
	stranger.Roots = x509.NewCertPool()
	wary, err := apns.New(clock.System, stranger)
	require.NoError(t, err)
	ended, end := context.WithCancel(t.Context())
	end()

	service.Answer(push(1).Token, apnstest.Reply{Hang: true})
	service.Answer(push(2).Token, apnstest.Reply{Break: true})
	service.Answer(push(3).Token, apnstest.Reply{Break: true, Taken: true})
	for name, err := range map[string]error{
		"slow":          impatient.Send(t.Context(), push(1)),
		"broken":        client.Send(t.Context(), push(2)),
		"lost answer":   client.Send(t.Context(), push(3)),
		"nobody there":  lonely.Send(t.Context(), push(4)),
		"not vouched":   wary.Send(t.Context(), push(4)),
		"ended context": client.Send(ended, push(5)),
	} {
		require.Error(t, err, name)
		require.Equal(t, apns.Temporary, apns.Of(err).Class, name)
		require.NotContains(t, err.Error(), strings.Repeat("0", 60), name)
	}
	for n := range 3 {
		require.NoError(t, client.Send(t.Context(), push(n+1)))
	}
	shown := service.Shown()
	require.Len(t, shown, 3)
	for _, n := range shown {
		require.Equal(t, n.Token == push(3).Token, n.Times == 2, "the same push takes the place of the one before")
	}
}

func TestManyPushesShareAConnectionAndAToken(t *testing.T) {
	t.Parallel()
	service := apnstest.New(t, clock.System)
	client := service.Client()
	var sending sync.WaitGroup
	for n := range 200 {
		sending.Go(func() {
			if err := client.Send(t.Context(), push(n)); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	require.Len(t, service.Shown(), 200)
	require.Equal(t, 1, service.ProviderTokens())
}

// hands are a clock that the test moves.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) read() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func TestProviderTokensAreMadeAnew(t *testing.T) {
	t.Parallel()
	at := &hands{now: clock.System()}
	service := apnstest.New(t, at.read)
	client := service.Client()
	for i, wait := range []time.Duration{0, 49 * time.Minute, time.Minute, 49 * time.Minute, 3 * time.Hour} {
		at.advance(wait)
		require.NoError(t, client.Send(t.Context(), push(i)))
		require.Equal(t, []int{1, 1, 2, 2, 3}[i], service.ProviderTokens())
	}

	// One that the service holds for expired is replaced, unless it is too young for that.
	expired := apnstest.Reply{Status: http.StatusForbidden, Reason: "ExpiredProviderToken"}
	service.Answer(push(9).Token, expired, apnstest.Reply{}, expired)
	require.Error(t, client.Send(t.Context(), push(9)))
	require.NoError(t, client.Send(t.Context(), push(9)))
	require.Equal(t, 3, service.ProviderTokens())
	at.advance(20 * time.Minute)
	require.Equal(t, apns.Temporary, apns.Of(client.Send(t.Context(), push(9))).Class)
	require.NoError(t, client.Send(t.Context(), push(9)))
	require.Equal(t, 4, service.ProviderTokens())
}

func TestClientsThatCannotBe(t *testing.T) {
	t.Parallel()
	service := apnstest.New(t, clock.System)
	for name, change := range map[string]func(*apns.Options){
		"no key":     func(o *apns.Options) { o.Key = apns.Key{} },
		"no key id":  func(o *apns.Options) { o.KeyID = "" },
		"no team":    func(o *apns.Options) { o.TeamID = "" },
		"no topic":   func(o *apns.Options) { o.Topic = "" },
		"no address": func(o *apns.Options) { o.URL = "nowhere" },
		"no TLS":     func(o *apns.Options) { o.URL = "http://127.0.0.1" },
	} {
		o := service.Options()
		change(&o)
		_, err := apns.New(clock.System, o)
		require.ErrorContains(t, err, "apns", name)
	}
	_, err := apns.ParseKey(strings.ReplaceAll(service.KeyPEM(), "\n", `\n`))
	require.NoError(t, err, "on one line")
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(wide)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"nothing": "", "text": "a secret", "another curve": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	} {
		_, err := apns.ParseKey(text)
		require.ErrorContains(t, err, "apns: the key", name)
		require.NotContains(t, err.Error(), "secret")
	}
	require.Nil(t, apns.Of(nil))
	require.Equal(t, apns.Temporary, apns.Of(errors.New("anything else")).Class)
	large := push(1)
	large.Payload.Body = strings.Repeat("a", 5000)
	require.Equal(t, apns.Permanent, apns.Of(service.Client().Send(t.Context(), large)).Class)
	require.Zero(t, service.Asked())
}
