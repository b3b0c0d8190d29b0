// Package idtoken verifies the identity tokens of OpenID Connect providers such
// as Apple and Google, by the keys that they publish.
package idtoken

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
)

// Provider is who issues identity tokens.
type Provider struct {
	// Issuer is what the tokens say of their origin.
	Issuer string
	// Keys is the address of the provider's key set (JWKS).
	Keys string
	// Audiences are the apps whose tokens are good, by their client ids.
	Audiences []string
	// Nonce is whether every token must be bound to a nonce.
	Nonce bool
}

// Identity is what a good token says of a person.
type Identity struct {
	// Subject is the provider's own key of the person.
	Subject string
	// Email is "" if the token tells none.
	Email string
	// EmailVerified is whether the provider vouches for the address.
	EmailVerified bool
	Name          string
}

// Verifier verifies the tokens of one provider. It is safe for concurrent use.
type Verifier struct {
	provider Provider
	verifier *oidc.IDTokenVerifier
}

// New makes a verifier. The client gets the keys, when they are first needed
// and again when they are an hour old or a token names one that is not known.
func New(p Provider, now clock.Clock, client *http.Client) *Verifier {
	return &Verifier{p, oidc.NewVerifier(p.Issuer, newKeySet(p.Keys, now, client), &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256},
		SkipClientIDCheck:    true, // there are several; see Verify
		Now:                  now,
	})}
}

// claims are what is read of a token beyond what the library reads.
type claims struct {
	Email         string `json:"email"`
	EmailVerified flag   `json:"email_verified"`
	Name          string `json:"name"`
}

// flag is a boolean that Apple also writes as a string.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(text []byte) error {
	*f = flag(string(bytes.Trim(text, `"`)) == "true")
	return nil
}

// Verify is who the token speaks of. The token must be of the issuer, for one of
// the audiences, in its time, and bound to the nonce, as it is or as its SHA-256
// in hexadecimal. It fails with UNAUTHENTICATED for one that is not, and with
// UNAVAILABLE if the provider's keys cannot be had.
func (v *Verifier) Verify(ctx context.Context, token, nonce string) (Identity, error) {
	ctx, fetching := withFetching(ctx)
	good, err := v.verifier.Verify(ctx, token)
	switch {
	case fetching.failed != nil:
		return Identity{}, fault.New(fault.Unavailable, "The provider cannot be reached. Try again later.").Because(fetching.failed)
	case err != nil:
		return Identity{}, refuse(err)
	case good.Subject == "" || len(good.Subject) > maxSubject:
		return Identity{}, refuse(errors.New("no usable subject"))
	case !slices.ContainsFunc(good.Audience, func(a string) bool { return slices.Contains(v.provider.Audiences, a) }):
		return Identity{}, refuse(errors.New("another audience"))
	case (v.provider.Nonce || good.Nonce != "" || nonce != "") && !bound(good.Nonce, nonce):
		return Identity{}, refuse(errors.New("another nonce"))
	}
	var c claims
	if err := good.Claims(&c); err != nil {
		return Identity{}, refuse(fmt.Errorf("read the claims: %w", err))
	}
	return Identity{Subject: good.Subject, Email: strings.TrimSpace(c.Email), EmailVerified: bool(c.EmailVerified), Name: c.Name}, nil
}

// maxSubject is the longest subject (OpenID Connect Core 1.0, section 2).
const maxSubject = 255

func bound(claimed, nonce string) bool {
	sum := sha256.Sum256([]byte(nonce))
	return nonce != "" && (same(claimed, nonce) || same(strings.ToLower(claimed), hex.EncodeToString(sum[:])))
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func refuse(cause error) error {
	return fault.New(fault.Unauthenticated, "The identity token is not valid.").Because(cause)
}
