package server

import (
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/idtoken"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/mail"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// openAccounts puts the accounts together as the configuration says.
func openAccounts(st *store.Store, c config.Server, o Options, keys account.Keys, jobs *job.Queue, log *slog.Logger) (*account.Service, error) {
	sender := o.Mail
	if sender == nil {
		if mailURL(c) == "" {
			log.Warn("no way to send mail is set up: nobody can reset a password, or is told of changes to an account", "setting", "AIQ_MAIL_URL")
		}
		var err error
		if sender, err = mail.Open(mailURL(c), c.MailFrom, log); err != nil {
			return nil, err
		}
	}
	lockout := account.DefaultLockout()
	lockout.PerAccount, lockout.PerAddress = c.LockoutAfter, c.LockoutAddress
	lockout.First, lockout.Longest = c.LockoutFirst, c.LockoutLongest
	return account.New(st, o.Clock, keys, account.Options{
		Mail: sender, Jobs: jobs, ResetURL: c.ResetURL, Providers: providers(c, o.Clock), AccessLife: c.AccessLife, Lockout: &lockout, Log: log,
		Guests: account.GuestPolicy{Tests: c.GuestTests, TokenLife: c.GuestTokenLife},
	})
}

// mailURL is the configured way to send mail; development writes it to the log.
func mailURL(c config.Server) string {
	if c.MailURL == "" && c.Mode == config.Development {
		return "log:"
	}
	return c.MailURL
}

// providers are those who may vouch for people: the ones with an audience.
func providers(c config.Server, now clock.Clock) map[vocab.Provider]*idtoken.Verifier {
	out := map[vocab.Provider]*idtoken.Verifier{}
	for name, p := range map[vocab.Provider]idtoken.Provider{
		vocab.Apple:  {Issuer: c.AppleIssuer, Keys: c.AppleKeys, Audiences: c.AppleAudiences, Nonce: true},
		vocab.Google: {Issuer: c.GoogleIssuer, Keys: c.GoogleKeys, Audiences: c.GoogleAudiences},
	} {
		if len(p.Audiences) > 0 {
			out[name] = idtoken.New(p, now, http.DefaultClient)
		}
	}
	return out
}

// signingKeys are those of the configured secrets; development makes one up.
func signingKeys(c config.Server) (account.Keys, error) {
	secret := c.Secret
	if secret == "" {
		secret = rand.Text() + rand.Text()
	}
	return account.NewKeys(secret, c.OldSecrets...)
}
