package account

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/mail"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Notice is the job of telling a person by mail what happened to their account.
// It holds no address: the person may have another, or none, by then.
type Notice struct {
	User  ident.User `json:"user"`
	About happening  `json:"about"`
	// At is when it happened.
	At time.Time `json:"at"`
	// Provider was linked, and PasswordRemoved with it.
	Provider        vocab.Provider `json:"provider,omitempty"`
	PasswordRemoved bool           `json:"passwordRemoved,omitempty"`
}

// Kind implements job.Args.
func (Notice) Kind() string { return "account_notice" }

// happening is what a notice is about. It is stored.
type happening string

const (
	passwordChanged happening = "password_changed"
	signedOut       happening = "signed_out_everywhere"
	linked          happening = "linked"
)

// staleNotice is the age at which a notice that could not be sent is dropped: it
// would alarm more than it helps.
const staleNotice = 48 * time.Hour

// message is what the notice says.
func (n Notice) message() mail.Message {
	switch n.About {
	case passwordChanged:
		return mail.Message{
			Subject: "Your password was changed",
			Text: "The password of your account was changed, and every other device was signed out.\n\n" +
				"If that was not you, ask for a new password in the app at once.\n",
		}
	case signedOut:
		return mail.Message{
			Subject: "You were signed out everywhere",
			Text: "Every device was signed out of your account, as you asked for.\n\n" +
				"If that was not you, sign in and change your password.\n",
		}
	default:
		return linkedMessage(named(n.Provider), n.PasswordRemoved)
	}
}

// notify has the person told, if and only if the transaction takes effect. That
// they have been told is not a condition of what has happened.
func (s *Service) notify(ctx context.Context, tx *store.Tx, n Notice) error {
	if s.jobs == nil {
		return nil
	}
	n.At = s.clock()
	return s.jobs.Enqueue(ctx, tx, n)
}

// SendNotice works a Notice. One whose person is gone or has no address is done.
// A message may be sent twice, if the process dies before the job is known to be
// done.
func (s *Service) SendNotice(ctx context.Context, n Notice) error {
	if s.clock().Sub(n.At) > staleNotice {
		s.log.WarnContext(ctx, "a notice could not be sent in time", "user", n.User, "about", n.About)
		return nil
	}
	u, err := s.store.Reader().User.Query().Where(user.ID(n.User)).Only(ctx)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the account: %w", err)
	}
	return s.send(ctx, u, n.message())
}
