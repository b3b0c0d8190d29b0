// Package idtokentest is an OpenID Connect issuer for tests, over HTTP.
package idtokentest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// Issuer issues identity tokens. It stops when the test ends.
type Issuer struct {
	// URL is the issuer's name, and Keys the address of its key set.
	URL, Keys string

	tb testing.TB

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched int
	broken  bool
}

// New starts an issuer with one key.
func New(tb testing.TB) *Issuer {
	tb.Helper()
	i := &Issuer{tb: tb}
	web := httptest.NewServer(i)
	tb.Cleanup(web.Close)
	i.URL, i.Keys = web.URL, web.URL+"/keys"
	i.Rotate()
	return i
}

// keyBits is the size of the keys, the least that the library takes.
const keyBits = 2048

// Rotate replaces the key.
func (i *Issuer) Rotate() {
	i.tb.Helper()
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	require.NoError(i.tb, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, jose.JSONWebKey{Key: private, KeyID: fmt.Sprintf("key %d", len(i.keys)+1), Algorithm: string(jose.RS256), Use: "sig"})
}

// Break makes the key set answer with an error, or no longer.
func (i *Issuer) Break(broken bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.broken = broken
}

// Fetched is how often the key set was asked for.
func (i *Issuer) Fetched() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetched
}

// ServeHTTP answers with the newest key.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetched++
	if i.broken {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	newest := i.keys[len(i.keys)-1]
	w.Header().Set("Content-Type", "application/json")
	// What a set holds of other kinds is nothing to those who do not know them.
	set := map[string]any{"keys": []any{map[string]string{"kty": "unheard of", "kid": newest.KeyID, "alg": "XX512"}, newest.Public()}}
	if err := json.NewEncoder(w).Encode(set); err != nil {
		i.tb.Error(err)
	}
}

// Sign is a token of these claims, signed with the newest key.
func (i *Issuer) Sign(claims map[string]any) string {
	i.tb.Helper()
	i.mu.Lock()
	key := i.keys[len(i.keys)-1]
	i.mu.Unlock()
	return Sign(i.tb, jose.RS256, key, claims)
}

// Sign is a token of these claims, signed with any key.
func Sign(tb testing.TB, algorithm jose.SignatureAlgorithm, key any, claims map[string]any) string {
	tb.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	require.NoError(tb, err)
	payload, err := json.Marshal(claims)
	require.NoError(tb, err)
	signed, err := signer.Sign(payload)
	require.NoError(tb, err)
	text, err := signed.CompactSerialize()
	require.NoError(tb, err)
	return text
}
