package account

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
)

// Keys sign and verify access tokens: the first signs, all verify. So a new key
// is put first, and the old one is taken away once its last token has ended.
type Keys struct {
	signing key
	byID    map[string]key
}

type key struct {
	id     string
	secret []byte
}

// minSecret is the least length of a signing secret: that of the hash it keys
// (RFC 7518, section 3.2).
const minSecret = sha256.Size

// NewKeys makes keys from secrets of at least 32 bytes, the newest first.
func NewKeys(secret string, older ...string) (Keys, error) {
	keys := Keys{byID: map[string]key{}}
	for i, text := range append([]string{secret}, older...) {
		if len(text) < minSecret {
			return Keys{}, fmt.Errorf("the signing secret has %d bytes, less than %d", len(text), minSecret)
		}
		sum := sha256.Sum256([]byte("key id of " + text))
		k := key{id: hex.EncodeToString(sum[:4]), secret: []byte(text)}
		if i == 0 {
			keys.signing = k
		}
		keys.byID[k.id] = k
	}
	return keys, nil
}

// The claims that set an AIQ access token apart from any other.
const (
	audience    = "aiq"
	accessToken = "access"
)

type accessClaims struct {
	jwt.RegisteredClaims
	// IssuedAt stands for that of RegisteredClaims, which is cut to seconds: too
	// coarse to tell a token from before a revocation from one after it.
	IssuedAt *instant `json:"iat,omitempty"`
	Use      string   `json:"use"`
	// Family is the sign-in that the token comes from, and ends with.
	Family string `json:"sid,omitempty"`
	// Guest marks the token of someone without an account: it ends when they
	// get one.
	Guest bool `json:"guest,omitempty"`
}

// instant is a time as a JWT writes it (RFC 7519, section 2), in microseconds.
type instant time.Time

// MarshalJSON implements json.Marshaler.
func (i instant) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(i).UnixMicro())/1e6, 'f', 6, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	if math.Abs(seconds) > math.MaxInt32*10 {
		return errors.New("the time is out of range")
	}
	*i = instant(time.UnixMicro(int64(math.Round(seconds * 1e6))))
	return nil
}

// verified is what an access token says.
type verified struct {
	user            ident.User
	family          string
	guest           bool
	issuedAt, until time.Time
}

func (k Keys) sign(user ident.User, family string, guest bool, now, until time.Time) (string, error) {
	issued := instant(now)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: strconv.FormatInt(int64(user), 10), ID: randomText(16), Audience: jwt.ClaimStrings{audience},
			ExpiresAt: jwt.NewNumericDate(until),
		},
		IssuedAt: &issued, Use: accessToken, Family: family, Guest: guest,
	})
	token.Header["kid"] = k.signing.id
	signed, err := token.SignedString(k.signing.secret)
	if err != nil {
		return "", fmt.Errorf("sign the access token: %w", err)
	}
	return signed, nil
}

// verify reads a token that one of these keys has signed. A time of issue that
// lies ahead is no reason to refuse it: the clocks of replicas differ.
func (k Keys) verify(token string, now time.Time) (verified, error) {
	var claims accessClaims
	_, err := jwt.ParseWithClaims(token, &claims,
		func(t *jwt.Token) (any, error) {
			id, _ := t.Header["kid"].(string)
			key, known := k.byID[id]
			if !known {
				return nil, errors.New("unknown key id")
			}
			return key.secret, nil
		},
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return verified{}, fault.New(fault.TokenExpired, "The access token has expired.").Because(err)
	}
	if err != nil || claims.Use != accessToken || claims.IssuedAt == nil {
		return verified{}, invalidToken(err)
	}
	user, err := strconv.ParseInt(claims.Subject, 10, 64)
	if err != nil {
		return verified{}, invalidToken(err)
	}
	return verified{ident.User(user), claims.Family, claims.Guest, time.Time(*claims.IssuedAt), claims.ExpiresAt.Time}, nil
}

// invalidToken tells nothing of the token but that it is not good; nor does its
// cause, which is logged.
func invalidToken(cause error) error {
	return fault.New(fault.Unauthenticated, "The token is not valid.").Because(cause)
}
