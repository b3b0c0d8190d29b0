// Package apikey lets programs ask in their own name: keys are made and revoked by
// administrators, shown once, kept as hashes, and allow what their scopes say.
package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/apikey"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

const (
	// mark begins every key, so that scanners find those that leaked.
	mark = "aiq_"
	// prefixLength is how much of a key is kept in the clear: with some 48 of its
	// 256 random bits it is recognised, and the rest cannot be guessed.
	prefixLength = len(mark) + 8
	// noteEvery is how old a key's last use must be before another is noted.
	noteEvery = time.Minute

	maxName   = 100  // characters
	maxReason = 1000 // characters
)

// Service keeps API keys.
type Service struct {
	store *store.Store
	clock clock.Clock
	log   *slog.Logger
}

// New makes a service.
func New(st *store.Store, now clock.Clock, log *slog.Logger) *Service {
	return &Service{store: st, clock: now, log: log}
}

// Key is a key to be made.
type Key struct {
	// Name has 1 to 100 characters.
	Name   string
	Scopes []vocab.Scope
	// ExpiresAt is nil for a key that does not end by itself.
	ExpiresAt *time.Time
}

// Create makes a key. The secret is the key itself, which cannot be had again.
// It fails with VALIDATION_FAILED.
func (s *Service) Create(ctx context.Context, by auth.Viewer, k Key) (row *db.APIKey, secret string, err error) {
	k.Name = strings.TrimSpace(k.Name)
	slices.Sort(k.Scopes)
	k.Scopes = slices.Compact(k.Scopes)
	now := s.clock()
	switch {
	case k.Name == "", utf8.RuneCountInString(k.Name) > maxName:
		return nil, "", fault.Invalid("name", "length", "A name has 1 to %d characters.", maxName)
	case strings.ContainsFunc(k.Name, unicode.IsControl):
		return nil, "", fault.Invalid("name", "no_control", "The name may not hold line breaks or other control characters.")
	case len(k.Scopes) == 0:
		return nil, "", fault.Invalid("scopes", "min_length", "A key needs a scope.")
	case k.ExpiresAt != nil && !k.ExpiresAt.After(now):
		return nil, "", fault.Invalid("expiresAt", "future", "The key would have ended already.")
	}
	secret = newSecret()
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.APIKey.Create().
			SetName(k.Name).SetScopes(k.Scopes).SetNillableExpiresAt(k.ExpiresAt).
			SetPrefix(secret[:prefixLength]).SetSecretHash(hash(secret)).
			SetCreatedByID(by.ID()).SetCreatedAt(now).Save(ctx)
		if err != nil {
			return fmt.Errorf("save the key: %w", err)
		}
		return audit.Record(ctx, tx, by, now, audit.Entry{
			Action: vocab.APIKeyCreated, Target: target(row.ID),
			Changes: []audit.Change{
				{Field: "name", After: k.Name}, {Field: "scopes", After: k.Scopes}, {Field: "expiresAt", After: k.ExpiresAt},
			},
		})
	})
	if err != nil {
		return nil, "", err
	}
	return row, secret, nil
}

// Revoke ends a key at once; repeating it changes nothing. It fails with
// NOT_FOUND, and with VALIDATION_FAILED for a reason of more than 1,000
// characters.
func (s *Service) Revoke(ctx context.Context, by auth.Viewer, id ident.APIKey, reason string) (row *db.APIKey, err error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) > maxReason {
		return nil, fault.Invalid("reason", "max_length", "A reason has at most %d characters.", maxReason)
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.APIKey.Query().Where(apikey.ID(id), store.ForUpdate).Only(ctx)
		switch {
		case db.IsNotFound(err):
			return fault.Missing("API key")
		case err != nil:
			return fmt.Errorf("load the key: %w", err)
		case row.RevokedAt != nil:
			return nil
		}
		now := s.clock()
		if err := tx.APIKey.Update().Where(apikey.ID(id)).SetRevokedAt(now).Exec(ctx); err != nil {
			return fmt.Errorf("revoke the key: %w", err)
		}
		row.RevokedAt = &now
		return audit.Record(ctx, tx, by, now, audit.Entry{
			Action: vocab.APIKeyRevoked, Target: target(id), Reason: reason,
			Changes: []audit.Change{{Field: "revokedAt", After: now}},
		})
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

// Is reports whether a token is meant to be an API key.
func Is(token string) bool { return strings.HasPrefix(token, mark) }

// farFuture stands for the end of a key that does not end: a stream that was
// opened with it is looked at now and then all the same.
const farFuture = 100 * 365 * 24 * time.Hour

// Authenticate is the viewer that the key stands for. It fails with
// UNAUTHENTICATED for a key that is unknown, revoked or over.
func (s *Service) Authenticate(ctx context.Context, secret string) (auth.Viewer, error) {
	row, err := s.store.Reader().APIKey.Query().Where(apikey.SecretHash(hash(secret))).Only(ctx)
	now := s.clock()
	switch {
	case db.IsNotFound(err), err == nil && (row.RevokedAt != nil || row.ExpiresAt != nil && !row.ExpiresAt.After(now)):
		return auth.Viewer{}, fault.New(fault.Unauthenticated, "The API key is not valid, or no longer.")
	case err != nil:
		return auth.Viewer{}, fmt.Errorf("load the key: %w", store.Fault(err))
	}
	if row.LastUsedAt == nil || now.Sub(*row.LastUsedAt) >= noteEvery {
		s.note(ctx, row.ID, now)
	}
	until := now.Add(farFuture)
	if row.ExpiresAt != nil {
		until = *row.ExpiresAt
	}
	return auth.Viewer{Key: row, Until: until}, nil
}

// note keeps when the key was used. That it could not be noted does not keep the
// service from asking.
func (s *Service) note(ctx context.Context, id ident.APIKey, now time.Time) {
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.APIKey.Update().
			Where(apikey.ID(id), apikey.Or(apikey.LastUsedAtIsNil(), apikey.LastUsedAtLTE(now.Add(-noteEvery)))).
			SetLastUsedAt(now).Exec(ctx)
	})
	if err != nil {
		s.log.WarnContext(ctx, "the use of an API key was not noted", "key", id, "error", err)
	}
}

func target(id ident.APIKey) ident.Global {
	return ident.Global{Kind: ident.KindAPIKey, Key: int64(id)}
}

func newSecret() string {
	var raw [32]byte
	// The system's source does not fail: since Go 1.24 it ends the program instead.
	_, _ = rand.Read(raw[:])
	return mark + base64.RawURLEncoding.EncodeToString(raw[:])
}

// hash is what is kept of a key. A key is random, so that no slow hash is needed.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
