// Package account is people: registration, signing in and out, and the tokens
// by which a request says who is asking.
package account

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/refreshtoken"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/idtoken"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/mail"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Service keeps accounts.
type Service struct {
	store      *store.Store
	clock      clock.Clock
	keys       Keys
	mail       mail.Sender
	jobs       *job.Queue
	log        *slog.Logger
	resetURL   string
	providers  map[vocab.Provider]*idtoken.Verifier
	lockout    Lockout
	accessLife time.Duration
	tasks      *tasks
	hashing    hashing
	guest      GuestPolicy
	// decoy is the hash that a password is compared with when there is no
	// account, so that the answer takes as long.
	decoy string
}

// Options are what an operator chooses; the zero value sends no mail and knows
// no provider.
type Options struct {
	Mail mail.Sender
	// Jobs takes the Notices to be sent. Without it none are.
	Jobs *job.Queue
	// ResetURL is the link in the message to those who forgot the password, with
	// {token} where the token goes. Without it the message holds the token alone.
	ResetURL string
	// Providers verify the identity tokens of those that are set up.
	Providers map[vocab.Provider]*idtoken.Verifier
	// Lockout is DefaultLockout unless set.
	Lockout *Lockout
	// Guests is what is offered to those without an account.
	Guests GuestPolicy
	// AccessLife is how long access tokens last.
	AccessLife time.Duration
	// Log is slog.Default unless set.
	Log *slog.Logger
}

// New makes a service that signs access tokens with the keys. Close it when done.
func New(st *store.Store, now clock.Clock, keys Keys, o Options) (*Service, error) {
	decoy, err := hashPassword("no account has this password")
	if err != nil {
		return nil, err
	}
	if o.Mail == nil {
		if o.Mail, err = mail.Open("", "", nil); err != nil {
			return nil, err
		}
	}
	lockout := DefaultLockout()
	if o.Lockout != nil {
		lockout = *o.Lockout
	}
	log := cmp.Or(o.Log, slog.Default())
	return &Service{
		store: st, clock: now, keys: keys, mail: o.Mail, jobs: o.Jobs, log: log, resetURL: o.ResetURL, providers: o.Providers,
		lockout: lockout, guest: o.Guests, accessLife: cmp.Or(o.AccessLife, AccessLife), tasks: newTasks(log),
		hashing: newHashing(), decoy: decoy,
	}, nil
}

// Settle waits for the messages that are being sent after the answer, for tests.
func (s *Service) Settle() { s.tasks.settle() }

// Close waits for the messages that are being sent, as long as the context
// lasts.
func (s *Service) Close(ctx context.Context) { s.tasks.close(ctx) }

// Registration is a new account.
type Registration struct {
	Email       string
	Password    string
	DisplayName *string
	BirthYear   *int
	Country     *string
	// Region is the part of the country.
	Region         *string
	EducationLevel *vocab.EducationLevel
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
	return s.create(ctx, r, func(ctx context.Context, tx *store.Tx, u *db.User) error {
		return audit.Record(ctx, tx, auth.Viewer{}, s.clock(), audit.Entry{
			Action: vocab.AccountCreated, Target: ident.Global{Kind: ident.KindUser, Key: int64(u.ID)},
			Changes: []audit.Change{{Field: "role", After: u.Role}},
		})
	})
}

// create makes an account and does what is to happen with it.
func (s *Service) create(ctx context.Context, r Registration, then func(context.Context, *store.Tx, *db.User) error) (*db.User, error) {
	r.Email = strings.TrimSpace(r.Email)
	r.DisplayName, r.Region = trimmed(r.DisplayName), trimmed(r.Region)
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
	hash, err := s.hashing.hash(ctx, r.Password)
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
		SetNillableRegion(r.Region).SetNillableEducationLevel(r.EducationLevel).
		SetRole(r.Role).SetCooldownBypass(r.CooldownBypass).SetCreatedAt(s.clock()).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the account: %w", err)
	}
	return u, nil
}

// maxEmail bounds an address, in bytes: RFC 3696, erratum 1690, rounded up.
const maxEmail = 320

func (s *Service) validate(r Registration) error {
	if !isAddress(r.Email) {
		return fault.Invalid("email", "email", "This is not an e-mail address.")
	}
	if err := validPassword("password", r.Password); err != nil {
		return err
	}
	return s.validProfile(r.DisplayName, r.BirthYear, r.Country, r.Region)
}

func isAddress(s string) bool {
	address, err := netmail.ParseAddress(s)
	return err == nil && address.Address == s && max(len(s), len(emailKey(s))) <= maxEmail
}

// emailKey is the form in which addresses are compared.
func emailKey(email string) string { return strings.ToLower(email) }

// Authenticate is the viewer that an access token stands for. It costs one
// statement. It fails with UNAUTHENTICATED for one that is not good, among them
// those of a sign-in that has ended. Of one that was good until its time was over
// the reason is TOKEN_EXPIRED: the client may refresh.
func (s *Service) Authenticate(ctx context.Context, accessToken string) (auth.Viewer, error) {
	claims, err := s.keys.verify(accessToken, s.clock())
	if fault.CodeOf(err) == fault.TokenExpired {
		err = fault.New(fault.Unauthenticated, "The access token has expired.").With(fault.ReasonDetail, fault.TokenExpired).Because(err)
	}
	if err != nil {
		return auth.Viewer{}, err
	}
	who := []predicate.User{user.ID(claims.user)}
	if claims.family != "" {
		who = append(who, user.HasRefreshTokensWith(refreshtoken.Family(claims.family), refreshtoken.RevokedAtIsNil()))
	}
	u, err := s.store.Reader().User.Query().Where(who...).Only(ctx)
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
	return auth.Viewer{User: u, Until: claims.until}, nil
}

// viewer loads the account of that key.
func viewer(ctx context.Context, tx *store.Tx, id ident.User) (auth.Viewer, error) {
	u, err := tx.User.Query().Where(user.ID(id)).Only(ctx)
	if err != nil {
		return auth.Viewer{}, fmt.Errorf("load the account: %w", err)
	}
	return auth.Viewer{User: u}, nil
}
