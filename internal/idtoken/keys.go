package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
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

// keySet is a provider's keys, kept for an hour. The library's own set keeps its
// keys for ever, and for a moment goes on to answer with a request that failed.
type keySet struct {
	url     string
	client  *http.Client
	clock   clock.Clock
	limit   *rate.Limiter
	getting singleflight.Group

	mu    sync.Mutex
	keys  []jose.JSONWebKey
	until time.Time
}

func newKeySet(url string, now clock.Clock, client *http.Client) *keySet {
	bounded := *client
	bounded.Timeout = keysLimit
	return &keySet{url: url, client: &bounded, clock: now, limit: rate.NewLimiter(rate.Every(keysPause), keysBurst)}
}

// VerifySignature implements oidc.KeySet. A token that no known key has signed
// may be of a new key, so the keys are got again.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	if payload, ok := signedBy(signed, k.known()); ok {
		return payload, nil
	}
	if err := k.renew(ctx); err != nil {
		if f, ok := ctx.Value(fetchingKey{}).(*fetching); ok && !errors.Is(err, errPaused) {
			f.failed = err
		}
		return nil, err
	}
	payload, ok := signedBy(signed, k.known())
	if !ok {
		return nil, errors.New("no key of the provider has signed the token")
	}
	return payload, nil
}

// signedBy is what the token holds, if one of the keys that it may name has
// signed it. It names none if the provider has only one (OpenID Connect Core
// 1.0, section 10.1).
func signedBy(token *jose.JSONWebSignature, keys []jose.JSONWebKey) (payload []byte, ok bool) {
	named := token.Signatures[0].Header.KeyID
	for _, key := range keys {
		if named != "" && named != key.KeyID {
			continue
		}
		if payload, err := token.Verify(key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// known is the keys that are still trusted.
func (k *keySet) known() []jose.JSONWebKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.clock().Before(k.until) {
		return nil
	}
	return k.keys
}

// renew asks the provider for its keys, once for all who ask at the same time.
// Nobody's giving up ends the request of the others.
func (k *keySet) renew(ctx context.Context) error {
	asked := k.getting.DoChan("", func() (any, error) {
		if !k.limit.Allow() {
			return nil, errPaused
		}
		keys, err := k.get(context.WithoutCancel(ctx))
		if err != nil {
			return nil, fmt.Errorf("get the keys: %w", err)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.keys, k.until = keys, k.clock().Add(keysLife)
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case answer := <-asked:
		return answer.Err
	}
}

// errPaused is the answer to asking for the keys too often.
var errPaused = errors.New("the keys were asked for a moment ago")

func (k *keySet) get(ctx context.Context) (keys []jose.JSONWebKey, err error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := k.client.Do(ask)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxKeys)).Decode(&set); err != nil {
		return nil, err
	}
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		// A key of a kind that is not known here is none of ours (RFC 7517, section 5).
		if json.Unmarshal(text, &key) == nil && key.IsPublic() {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

type fetchingKey struct{}

// fetching says of one verification why the keys could not be had. The library
// makes text of the key set's errors, so it goes beside them.
type fetching struct{ failed error }

func withFetching(ctx context.Context) (context.Context, *fetching) {
	f := new(fetching)
	return context.WithValue(ctx, fetchingKey{}, f), f
}
