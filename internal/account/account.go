// Package account is people: registration, signing in and out, and the tokens
// by which a request says who is asking.
package account

import (
	"context"
	_ "embed"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Service keeps accounts.
type Service struct {
	store *store.Store
	clock clock.Clock
	keys  Keys
	guest GuestPolicy
	// decoy is the hash that a password is compared with when there is no
	// account, so that the answer takes as long.
	decoy string
}

// New makes a service that signs access tokens with the keys.
func New(st *store.Store, now clock.Clock, keys Keys, guests GuestPolicy) (*Service, error) {
	decoy, err := hashPassword("no account has this password")
	if err != nil {
		return nil, err
	}
	return &Service{store: st, clock: now, keys: keys, guest: guests, decoy: decoy}, nil
}

// Registration is a new account.
type Registration struct {
	Email       string
	Password    string
	DisplayName *string
	BirthYear   *int
	Country     *string
	// Role is TAKER unless set.
	Role vocab.Role
	// CooldownBypass exempts from the waits between tests.
	CooldownBypass bool
	// GuestToken is that of a guest of whom the account is made, with their
	// tests and results.
	GuestToken *string
}

// Register makes an account and signs it in. It fails with VALIDATION_FAILED
// for bad input and with CONFLICT if the e-mail address is taken. With a guest
// token it fails with TOKEN_EXPIRED or UNAUTHENTICATED if the token is not good,
// and with CONFLICT if an account has the guest's tests already.
func (s *Service) Register(ctx context.Context, r Registration) (auth.Viewer, *Tokens, error) {
	var tokens *Tokens
	u, err := s.create(ctx, r, func(ctx context.Context, tx *store.Tx, u *db.User) (err error) {
		tokens, err = s.issue(ctx, tx, u.ID, newFamily())
		return err
	})
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	return auth.Viewer{User: u}, tokens, nil
}

// Create makes an account without signing it in; it fails as Register does.
func (s *Service) Create(ctx context.Context, r Registration) (*db.User, error) {
	return s.create(ctx, r, func(context.Context, *store.Tx, *db.User) error { return nil })
}

// create makes an account and does what is to happen with it.
func (s *Service) create(ctx context.Context, r Registration, then func(context.Context, *store.Tx, *db.User) error) (*db.User, error) {
	r.Email = strings.TrimSpace(r.Email)
	if err := s.validate(r); err != nil {
		return nil, err
	}
	if r.Role == "" {
		r.Role = vocab.Taker
	}
	guest, err := s.guestOf(r.GuestToken)
	if err != nil {
		return nil, err
	}
	// Hashed before it is known whether the address is free, so that the time
	// the answer takes does not tell.
	hash, err := hashPassword(r.Password)
	if err != nil {
		return nil, err
	}
	var out *db.User
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := s.save(ctx, tx, r, hash, guest)
		if err != nil {
			return err
		}
		out = u
		return then(ctx, tx, u)
	})
	if store.Violated(err, "users_email_key_key") {
		return nil, fault.New(fault.Conflict, "This e-mail address has an account already.").
			With("field", "email").Because(err)
	}
	return out, err
}

// save writes the account: a new one, or the guest's row if there is a guest.
func (s *Service) save(ctx context.Context, tx *store.Tx, r Registration, hash string, guest *ident.User) (*db.User, error) {
	if guest != nil {
		return s.promote(ctx, tx, r, hash, *guest)
	}
	u, err := tx.User.Create().
		SetEmail(r.Email).SetEmailKey(emailKey(r.Email)).SetPasswordHash(hash).
		SetNillableDisplayName(r.DisplayName).SetNillableBirthYear(r.BirthYear).SetNillableCountry(r.Country).
		SetRole(r.Role).SetCooldownBypass(r.CooldownBypass).SetCreatedAt(s.clock()).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the account: %w", err)
	}
	return u, nil
}

// The bounds of what an account may hold.
const (
	minPassword      = 8   // characters
	maxPassword      = 128 // bytes
	maxEmail         = 320 // bytes, RFC 3696 erratum 1690 rounded up
	maxName          = 100 // characters
	earliestBirth    = 1900
	countryCodeWidth = 2
)

//go:embed common_passwords.txt
var commonPasswords string

func (s *Service) validate(r Registration) error {
	switch {
	case !isAddress(r.Email):
		return fault.Invalid("email", "email", "This is not an e-mail address.")
	case utf8.RuneCountInString(r.Password) < minPassword:
		return fault.Invalid("password", "min_length", "The password needs at least %d characters.", minPassword)
	case len(r.Password) > maxPassword:
		return fault.Invalid("password", "max_length", "The password may have at most %d bytes.", maxPassword)
	case slices.Contains(strings.Fields(commonPasswords), strings.ToLower(r.Password)):
		return fault.Invalid("password", "common", "This password is one of the commonest; choose another.")
	case r.DisplayName != nil && utf8.RuneCountInString(*r.DisplayName) > maxName:
		return fault.Invalid("displayName", "max_length", "The name may have at most %d characters.", maxName)
	case r.DisplayName != nil && strings.ContainsFunc(*r.DisplayName, unicode.IsControl):
		return fault.Invalid("displayName", "no_control", "The name may not hold line breaks or other control characters.")
	case r.BirthYear != nil && (*r.BirthYear < earliestBirth || *r.BirthYear > s.clock().Year()):
		return fault.Invalid("birthYear", "range", "The year of birth must be from %d to now.", earliestBirth)
	case r.Country != nil && !isCountryCode(*r.Country):
		return fault.Invalid("country", "iso_3166", "The country must be a two-letter ISO 3166-1 code in capitals.")
	}
	return nil
}

func isAddress(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s && max(len(s), len(emailKey(s))) <= maxEmail
}

func isCountryCode(s string) bool {
	return len(s) == countryCodeWidth && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// emailKey is the form in which addresses are compared.
func emailKey(email string) string { return strings.ToLower(email) }

// SignIn checks a password and issues tokens. An unknown address, an account
// without a password and a wrong password are one answer, UNAUTHENTICATED, and
// take the same time.
func (s *Service) SignIn(ctx context.Context, email, password string) (auth.Viewer, *Tokens, error) {
	refused := fault.New(fault.Unauthenticated, "The e-mail address or the password is wrong.")
	if len(password) > maxPassword {
		return auth.Viewer{}, nil, refused
	}
	u, err := s.byEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	hash := s.decoy
	if u != nil && u.PasswordHash != nil {
		hash = *u.PasswordHash
	}
	right, err := checkPassword(hash, password)
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	if !right || u == nil || u.PasswordHash == nil {
		return auth.Viewer{}, nil, refused
	}
	var tokens *Tokens
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.clock()
		if err := tx.User.Update().Where(user.ID(u.ID)).SetLastLoginAt(now).Exec(ctx); err != nil {
			return fmt.Errorf("note the sign-in: %w", err)
		}
		u.LastLoginAt = &now
		tokens, err = s.issue(ctx, tx, u.ID, newFamily())
		return err
	})
	if err != nil {
		return auth.Viewer{}, nil, err
	}
	return auth.Viewer{User: u}, tokens, nil
}

// byEmail is the account of the address, nil if there is none.
func (s *Service) byEmail(ctx context.Context, email string) (*db.User, error) {
	if !isAddress(email) { // and so of no account; it may hold what a database cannot
		return nil, nil
	}
	u, err := s.store.Reader().User.Query().Where(user.EmailKey(emailKey(email))).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("load the account: %w", store.Fault(err))
	}
	return u, nil
}

// Authenticate is the viewer that an access token stands for. It costs one
// statement. It fails with TOKEN_EXPIRED for a token whose time is over and with
// UNAUTHENTICATED for any other that is not good.
func (s *Service) Authenticate(ctx context.Context, accessToken string) (auth.Viewer, error) {
	claims, err := s.keys.verify(accessToken, s.clock())
	if err != nil {
		return auth.Viewer{}, err
	}
	u, err := s.store.Reader().User.Query().Where(user.ID(claims.user)).Only(ctx)
	switch {
	case db.IsNotFound(err):
		return auth.Viewer{}, invalidToken(err)
	case err != nil:
		return auth.Viewer{}, fmt.Errorf("load the viewer: %w", store.Fault(err))
	case claims.guest != u.Guest, claimed(u):
		return auth.Viewer{}, invalidToken(nil)
	case u.TokensRevokedBefore != nil && claims.issuedAt.Before(*u.TokensRevokedBefore):
		return auth.Viewer{}, invalidToken(nil)
	}
	return auth.Viewer{User: u}, nil
}

// viewer loads the account of that key.
func viewer(ctx context.Context, tx *store.Tx, id ident.User) (auth.Viewer, error) {
	u, err := tx.User.Query().Where(user.ID(id)).Only(ctx)
	if err != nil {
		return auth.Viewer{}, fmt.Errorf("load the account: %w", err)
	}
	return auth.Viewer{User: u}, nil
}
