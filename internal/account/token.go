package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/refreshtoken"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// How long tokens last.
const (
	accessLife  = 30 * time.Minute
	refreshLife = 7 * 24 * time.Hour
)

// Tokens are what a client shows to be known.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}

// Keys sign and verify access tokens.
type Keys struct {
	id     string
	secret []byte
}

// minSecret is the least length of a signing secret: that of the hash it keys
// (RFC 7518, section 3.2).
const minSecret = sha256.Size

// NewKeys makes keys from a secret of at least 32 bytes.
func NewKeys(secret string) (Keys, error) {
	if len(secret) < minSecret {
		return Keys{}, fmt.Errorf("the signing secret has %d bytes, less than %d", len(secret), minSecret)
	}
	sum := sha256.Sum256([]byte("key id of " + secret))
	return Keys{id: hex.EncodeToString(sum[:4]), secret: []byte(secret)}, nil
}

// The claims that set an AIQ access token apart from any other.
const (
	audience    = "aiq"
	accessToken = "access"
)

type accessClaims struct {
	jwt.RegisteredClaims
	Use string `json:"use"`
	// Guest marks the token of someone without an account: it ends when they
	// get one.
	Guest bool `json:"guest,omitempty"`
}

type verified struct {
	user     ident.User
	guest    bool
	issuedAt time.Time
}

func (k Keys) sign(user ident.User, guest bool, now, until time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: strconv.FormatInt(int64(user), 10), ID: randomText(16), Audience: jwt.ClaimStrings{audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(until),
		},
		Use: accessToken, Guest: guest,
	})
	token.Header["kid"] = k.id
	signed, err := token.SignedString(k.secret)
	if err != nil {
		return "", fmt.Errorf("sign the access token: %w", err)
	}
	return signed, nil
}

// verify reads a token that these keys have signed. A time of issue that lies
// ahead is no reason to refuse it: the clocks of replicas differ.
func (k Keys) verify(token string, now time.Time) (verified, error) {
	var claims accessClaims
	_, err := jwt.ParseWithClaims(token, &claims,
		func(t *jwt.Token) (any, error) {
			if t.Header["kid"] != k.id {
				return nil, errors.New("unknown key id")
			}
			return k.secret, nil
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
	return verified{ident.User(user), claims.Guest, claims.IssuedAt.Time}, nil
}

func invalidToken(cause error) error {
	return fault.New(fault.Unauthenticated, "The token is not valid.").Because(cause)
}

// issue makes an access token and the next refresh token of a family.
func (s *Service) issue(ctx context.Context, tx *store.Tx, user ident.User, family string) (*Tokens, error) {
	now := s.clock()
	out := &Tokens{
		AccessTokenExpiresAt: now.Add(accessLife).Truncate(time.Second),
		RefreshToken:         randomText(32), RefreshTokenExpiresAt: now.Add(refreshLife),
	}
	var err error
	if out.AccessToken, err = s.keys.sign(user, false, now, out.AccessTokenExpiresAt); err != nil {
		return nil, err
	}
	err = tx.RefreshToken.Create().
		SetUserID(user).SetFamily(family).SetTokenHash(tokenHash(out.RefreshToken)).
		SetIssuedAt(now).SetExpiresAt(out.RefreshTokenExpiresAt).
		Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the refresh token: %w", err)
	}
	return out, nil
}

// Refresh exchanges a refresh token for new tokens. It fails with
// UNAUTHENTICATED for a token that is unknown or was revoked, TOKEN_EXPIRED for
// one whose time is over, and TOKEN_REUSED for one that was exchanged before:
// one of its two users is a thief, so the whole family is revoked.
func (s *Service) Refresh(ctx context.Context, refreshToken string) (auth.Viewer, *Tokens, error) {
	var (
		out     auth.Viewer
		tokens  *Tokens
		refusal *fault.Error
	)
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out, tokens, refusal = auth.Viewer{}, nil, nil
		now := s.clock()
		row, err := tx.RefreshToken.Query().
			Where(refreshtoken.TokenHash(tokenHash(refreshToken)), store.ForUpdate).Only(ctx)
		switch {
		case db.IsNotFound(err):
			return invalidToken(nil)
		case err != nil:
			return fmt.Errorf("load the refresh token: %w", err)
		case row.RevokedAt != nil:
			return invalidToken(nil)
		case row.RotatedAt != nil:
			// The revocation is to stay, so the transaction must not fail.
			refusal = fault.New(fault.TokenReused, "The refresh token was used before; sign in again.")
			return s.revoke(ctx, tx, row.Family)
		case !row.ExpiresAt.After(now):
			return fault.New(fault.TokenExpired, "The refresh token has expired; sign in again.")
		}
		if err := tx.RefreshToken.Update().Where(refreshtoken.ID(row.ID)).SetRotatedAt(now).Exec(ctx); err != nil {
			return fmt.Errorf("rotate the refresh token: %w", err)
		}
		if out, err = viewer(ctx, tx, row.UserID); err != nil {
			return err
		}
		tokens, err = s.issue(ctx, tx, row.UserID, row.Family)
		return err
	})
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	if refusal != nil {
		return auth.Viewer{}, nil, refusal
	}
	return out, tokens, nil
}

// SignOut revokes the family of a refresh token; an unknown token is no error.
func (s *Service) SignOut(ctx context.Context, refreshToken string) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.RefreshToken.Query().Where(refreshtoken.TokenHash(tokenHash(refreshToken))).Only(ctx)
		if db.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load the refresh token: %w", err)
		}
		return s.revoke(ctx, tx, row.Family)
	})
}

// revoke ends every token of a family. A token that is being exchanged holds the
// update up until its successor is there, which the update has not seen: so it
// is done again until it finds none.
func (s *Service) revoke(ctx context.Context, tx *store.Tx, family string) error {
	for {
		n, err := tx.RefreshToken.Update().
			Where(refreshtoken.Family(family), refreshtoken.RevokedAtIsNil()).
			SetRevokedAt(s.clock()).Save(ctx)
		if err != nil {
			return fmt.Errorf("revoke the sign-in: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

func newFamily() string { return randomText(16) }

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// randomText is n random bytes as text.
func randomText(n int) string {
	raw := make([]byte, n)
	// The system's source does not fail: since Go 1.24 it ends the program instead.
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
