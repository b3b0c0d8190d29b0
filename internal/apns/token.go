package apns

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/aiqhq/aiq/internal/clock"
)

// tokenLife is how long a provider token is used. The service takes none that is
// older than an hour, and none that is made anew within twenty minutes.
const tokenLife = 50 * time.Minute

// leastTokenLife is the age from which the service takes another.
const leastTokenLife = 20 * time.Minute

// Key signs provider tokens.
type Key struct{ private *ecdsa.PrivateKey }

// ParseKey reads a signing key as Apple gives it out: a .p8 file, which is PEM.
// Line breaks may be written as \n, as they are where a variable has one line.
func ParseKey(text string) (Key, error) {
	private, err := jwt.ParseECPrivateKeyFromPEM([]byte(strings.ReplaceAll(strings.TrimSpace(text), `\n`, "\n")))
	if err != nil {
		// The cause may quote the key.
		return Key{}, errors.New("apns: the key is not a PEM block with an EC private key, as in Apple's .p8 files")
	}
	if private.Curve != elliptic.P256() {
		return Key{}, errors.New("apns: the key is not on the curve P-256")
	}
	return Key{private}, nil
}

// tokens makes provider tokens and uses each for a while.
type tokens struct {
	clock   clock.Clock
	options Options

	mu   sync.Mutex
	text string
	made time.Time
}

// current is a token that is good now.
func (t *tokens) current() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	if age := now.Sub(t.made); t.text != "" && age >= 0 && age < tokenLife {
		return t.text, nil
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": t.options.TeamID, "iat": now.Unix()})
	token.Header["kid"] = t.options.KeyID
	text, err := token.SignedString(t.options.Key.private)
	if err != nil {
		return "", fmt.Errorf("sign a provider token: %w", err)
	}
	t.text, t.made = text, now
	return text, nil
}

// drop has the next push use another token, if that one is still in use and old
// enough to be replaced.
func (t *tokens) drop(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text == text && t.clock().Sub(t.made) >= leastTokenLife {
		t.text = ""
	}
}
