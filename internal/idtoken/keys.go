package idtoken

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"

	"github.com/aiqhq/aiq/internal/clock"
)

const (
	// keysLife is how long keys are trusted without asking for them again.
	keysLife = time.Hour
	// keysBurst and keysPause bound how often they are asked for because a token
	// names one that is not known: made-up names are not to become requests.
	keysBurst, keysPause = 10, 5 * time.Second
	// keysLimit bounds the time of getting them, and maxKeys their bytes.
	keysLimit = 10 * time.Second
	maxKeys   = 1 << 20
)

// keySet is a provider's keys, kept for an hour.
type keySet struct {
	url    string
	client *http.Client
	clock  clock.Clock

	mu    sync.Mutex
	keys  *oidc.RemoteKeySet
	until time.Time
}

func newKeySet(url string, now clock.Clock, client *http.Client) *keySet {
	polite := *client
	polite.Transport = &fetcher{next: client.Transport, limit: rate.NewLimiter(rate.Every(keysPause), keysBurst)}
	polite.Timeout = keysLimit
	return &keySet{url: url, client: &polite, clock: now}
}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.current().VerifySignature(ctx, token)
	if unreachable := new(unreachableError); errors.As(err, &unreachable) {
		if f, ok := ctx.Value(fetchingKey{}).(*fetching); ok {
			f.failed = err
		}
	}
	return payload, err
}

func (k *keySet) current() *oidc.RemoteKeySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.clock(); k.keys == nil || !now.Before(k.until) {
		k.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), k.client), k.url)
		k.until = now.Add(keysLife)
	}
	return k.keys
}

type fetchingKey struct{}

// fetching says of one verification why the keys could not be had. The library
// makes text of the key set's errors, so it goes beside them.
type fetching struct{ failed error }

func withFetching(ctx context.Context) (context.Context, *fetching) {
	f := new(fetching)
	return context.WithValue(ctx, fetchingKey{}, f), f
}

// unreachableError is a failure to get the keys that is not the token's.
type unreachableError struct{ cause error }

func (e *unreachableError) Error() string { return "get the keys: " + e.cause.Error() }
func (e *unreachableError) Unwrap() error { return e.cause }

// errPaused is the answer to asking for the keys too often.
var errPaused = errors.New("the keys were asked for a moment ago")

// fetcher is the transport by which keys are got.
type fetcher struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (f *fetcher) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.limit.Allow() {
		return nil, errPaused
	}
	next := f.next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(r)
	if err != nil {
		return nil, &unreachableError{err}
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(&unreachableError{fmt.Errorf("status %d", res.StatusCode)}, res.Body.Close())
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxKeys), res.Body}
	return res, nil
}
