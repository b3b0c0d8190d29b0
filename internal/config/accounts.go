package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aiqhq/aiq/internal/limit"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Accounts is how people sign in and are written to.
type Accounts struct {
	AccessLife      time.Duration `help:"How long access tokens last." default:"30m" env:"AIQ_ACCESS_LIFE"`
	SignInCheck     time.Duration `help:"How often open sockets and streams look whether their sign-in has ended." default:"1m" env:"AIQ_SIGN_IN_CHECK"`
	LockoutAfter    int           `help:"Failed sign-ins in a row to one account that bring a wait." default:"5" env:"AIQ_LOCKOUT_AFTER"`
	LockoutAddress  int           `help:"Failed sign-ins in a row from one address that bring a wait." default:"20" env:"AIQ_LOCKOUT_ADDRESS"`
	LockoutFirst    time.Duration `help:"The first wait; each further failure doubles it." default:"30s" env:"AIQ_LOCKOUT_FIRST"`
	LockoutLongest  time.Duration `help:"The longest wait." default:"1h" env:"AIQ_LOCKOUT_LONGEST"`
	Erasure         string        `help:"What becomes of the tests of people who are deleted: erase, or deidentify to keep them for the statistics under nobody's name." enum:"erase,deidentify" default:"erase" env:"AIQ_ERASURE"`
	MailFrom        string        `help:"Address that mail comes from. The way to send it is in AIQ_MAIL_URL." env:"AIQ_MAIL_FROM"`
	ResetURL        string        `help:"Link for those who forgot the password, with {token} in it." name:"reset-url" env:"AIQ_RESET_URL"`
	AppleAudiences  []string      `help:"Client ids of the apps whose Apple tokens are good; none turns Apple off." env:"AIQ_APPLE_AUDIENCES"`
	AppleIssuer     string        `help:"Issuer of Apple's tokens." default:"https://appleid.apple.com" env:"AIQ_APPLE_ISSUER"`
	AppleKeys       string        `help:"Address of Apple's keys." default:"https://appleid.apple.com/auth/keys" env:"AIQ_APPLE_KEYS"`
	GoogleAudiences []string      `help:"Client ids of the apps whose Google tokens are good; none turns Google off." env:"AIQ_GOOGLE_AUDIENCES"`
	GoogleIssuer    string        `help:"Issuer of Google's tokens." default:"https://accounts.google.com" env:"AIQ_GOOGLE_ISSUER"`
	GoogleKeys      string        `help:"Address of Google's keys." default:"https://www.googleapis.com/oauth2/v3/certs" env:"AIQ_GOOGLE_KEYS"`
}

func defaultAccounts() Accounts {
	return Accounts{
		AccessLife: 30 * time.Minute, SignInCheck: time.Minute,
		Erasure: "erase", LockoutAfter: 5, LockoutAddress: 20, LockoutFirst: 30 * time.Second, LockoutLongest: time.Hour,
		AppleIssuer: "https://appleid.apple.com", AppleKeys: "https://appleid.apple.com/auth/keys",
		GoogleIssuer: "https://accounts.google.com", GoogleKeys: "https://www.googleapis.com/oauth2/v3/certs",
	}
}

func (a Accounts) validate() error {
	err := cmp.Or(
		above0(number[time.Duration]{"sign-in-check", a.SignInCheck}, number[time.Duration]{"lockout-first", a.LockoutFirst}),
		above0(number[int]{"lockout-after", a.LockoutAfter}, number[int]{"lockout-address", a.LockoutAddress}),
	)
	switch {
	case err != nil:
		return err
	case a.AccessLife < time.Second:
		return errors.New("access-life: access tokens must last a second at least")
	case a.LockoutLongest < a.LockoutFirst:
		return errors.New("lockout-longest: the longest wait must be no shorter than the first")
	case a.ErasureMode() == "":
		return fmt.Errorf("erasure: %q is neither erase nor deidentify", a.Erasure)
	case a.ResetURL != "" && !strings.Contains(a.ResetURL, "{token}"):
		return errors.New("reset-url: the link needs {token} in it")
	}
	for name, address := range map[string]string{"apple-keys": a.AppleKeys, "google-keys": a.GoogleKeys} {
		if u, err := url.Parse(address); err != nil || u.Host == "" {
			return fmt.Errorf("%s: %q is not an address", name, address)
		}
	}
	return nil
}

// ErasureMode is what becomes of the tests of people who are deleted; "" for a
// setting that is none.
func (a Accounts) ErasureMode() vocab.ErasureMode {
	return map[string]vocab.ErasureMode{"erase": vocab.Erase, "deidentify": vocab.Deidentify}[a.Erasure]
}

// Rates are how much viewers, or else addresses, may do.
type Rates struct {
	RateLimits     bool           `help:"Limit how much viewers and addresses may do." default:"true" negatable:"" env:"AIQ_RATE_LIMITS"`
	Operations     limit.Rate     `help:"Operations of any kind; large ones count as several." name:"rate-operations" default:"100/1m" env:"AIQ_RATE_OPERATIONS"`
	SignIn         limit.Rate     `help:"Sign-ins to one account from one address." name:"rate-sign-in" default:"5/5m" env:"AIQ_RATE_SIGN_IN"`
	Register       limit.Rate     `help:"Registrations." name:"rate-register" default:"3/1h" env:"AIQ_RATE_REGISTER"`
	Reset          limit.Rate     `help:"Password resets asked for." name:"rate-reset" default:"3/1h" env:"AIQ_RATE_RESET"`
	Refresh        limit.Rate     `help:"Exchanges of refresh tokens." name:"rate-refresh" default:"10/1m" env:"AIQ_RATE_REFRESH"`
	Start          limit.Rate     `help:"Tests started." name:"rate-start" default:"10/1h" env:"AIQ_RATE_START"`
	Submit         limit.Rate     `help:"Fixed tests submitted." name:"rate-submit" default:"5/1m" env:"AIQ_RATE_SUBMIT"`
	Feedback       limit.Rate     `help:"Feedback sent." name:"rate-feedback" default:"5/1h" env:"AIQ_RATE_FEEDBACK"`
	Export         limit.Rate     `help:"Exports of a person's data asked for." name:"rate-export" default:"3/24h" env:"AIQ_RATE_EXPORT"`
	TrustedProxies []netip.Prefix `help:"Networks of the proxies whose X-Forwarded-For is believed." env:"AIQ_TRUSTED_PROXIES"`
}

func defaultRates() Rates {
	return Rates{
		Operations: limit.Rate{Most: 100, Per: time.Minute},
		SignIn:     limit.Rate{Most: 5, Per: 5 * time.Minute},
		Register:   limit.Rate{Most: 3, Per: time.Hour},
		Reset:      limit.Rate{Most: 3, Per: time.Hour},
		Refresh:    limit.Rate{Most: 10, Per: time.Minute},
		Start:      limit.Rate{Most: 10, Per: time.Hour},
		Submit:     limit.Rate{Most: 5, Per: time.Minute},
		Feedback:   limit.Rate{Most: 5, Per: time.Hour},
		Export:     limit.Rate{Most: 3, Per: 24 * time.Hour},
	}
}

func (r Rates) validate() error {
	for _, rate := range []struct {
		name string
		limit.Rate
	}{
		{"operations", r.Operations}, {"sign-in", r.SignIn}, {"register", r.Register}, {"reset", r.Reset}, {"refresh", r.Refresh},
		{"start", r.Start}, {"submit", r.Submit}, {"feedback", r.Feedback}, {"export", r.Export},
	} {
		if rate.Most <= 0 || rate.Per <= 0 {
			return fmt.Errorf("rate-%s: must be above 0, not %s", rate.name, rate.Rate)
		}
	}
	return nil
}

// Secrets are what no flag may show: they come from the environment or from
// files, by ReadSecrets.
type Secrets struct {
	// Secret signs access tokens, and OldSecrets, the newest first, still verify.
	Secret     string   `kong:"-"`
	OldSecrets []string `kong:"-"`
	// MailURL is the way to send mail, with its password; see mail.Open.
	MailURL string `kong:"-"`
	// APNsKey signs for Apple's push service; see apns.ParseKey.
	APNsKey string `kong:"-"`
}

// BeforeApply reads the secrets before the settings are validated.
func (s *Secrets) BeforeApply() error { return s.ReadSecrets(os.Getenv) }

// ReadSecrets reads the secrets from the variables AIQ_SECRET, AIQ_SECRETS_OLD
// (separated by spaces), AIQ_MAIL_URL and AIQ_APNS_KEY. In place of the first two,
// AIQ_SECRET_FILE names a file with a secret on each line, the newest first; in
// place of the others, AIQ_MAIL_URL_FILE and AIQ_APNS_KEY_FILE name a file.
func (s *Secrets) ReadSecrets(getenv func(string) string) error {
	s.Secret, s.OldSecrets, s.MailURL = getenv("AIQ_SECRET"), strings.Fields(getenv("AIQ_SECRETS_OLD")), getenv("AIQ_MAIL_URL")
	if path := getenv("AIQ_SECRET_FILE"); path != "" {
		lines, err := readLines(path)
		if err != nil {
			return fmt.Errorf("secret: read AIQ_SECRET_FILE: %w", err)
		}
		if len(lines) == 0 {
			return errors.New("secret: AIQ_SECRET_FILE has no secret")
		}
		if s.Secret != "" {
			return errors.New("secret: set AIQ_SECRET or AIQ_SECRET_FILE, not both")
		}
		s.Secret, s.OldSecrets = lines[0], append(lines[1:], s.OldSecrets...)
	}
	if path := getenv("AIQ_MAIL_URL_FILE"); path != "" {
		lines, err := readLines(path)
		if err != nil {
			return fmt.Errorf("mail: read AIQ_MAIL_URL_FILE: %w", err)
		}
		if len(lines) != 1 {
			return errors.New("mail: AIQ_MAIL_URL_FILE wants one line")
		}
		s.MailURL = lines[0]
	}
	s.APNsKey = getenv("AIQ_APNS_KEY")
	if path := getenv("AIQ_APNS_KEY_FILE"); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("apns: read AIQ_APNS_KEY_FILE: %w", err)
		}
		if s.APNsKey != "" {
			return errors.New("apns: set AIQ_APNS_KEY or AIQ_APNS_KEY_FILE, not both")
		}
		if s.APNsKey = strings.TrimSpace(string(text)); s.APNsKey == "" {
			return errors.New("apns: AIQ_APNS_KEY_FILE has no key")
		}
	}
	return nil
}

// readLines are the lines of a file that are not empty.
func readLines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// strong fails if anyone could guess the secrets.
func (s Secrets) strong() error {
	if s.Secret == "" {
		return errors.New("secret: production needs AIQ_SECRET or AIQ_SECRET_FILE, at least 32 random bytes")
	}
	for _, secret := range append([]string{s.Secret}, s.OldSecrets...) {
		if len(secret) < minSecret {
			return fmt.Errorf("secret: it has %d bytes, and production needs at least %d random ones", len(secret), minSecret)
		}
		distinct := map[byte]struct{}{}
		for i := range len(secret) {
			distinct[secret[i]] = struct{}{}
		}
		lower := strings.ToLower(secret)
		for _, word := range []string{"changeme", "change-me", "change_me", "default", "example", "password", "secret", "development"} {
			if strings.Contains(lower, word) {
				return errors.New("secret: it is made of words; production needs at least 32 random bytes, such as of: openssl rand -base64 33")
			}
		}
		if len(distinct) < minDistinct {
			return errors.New("secret: it repeats itself; production needs at least 32 random bytes, such as of: openssl rand -base64 33")
		}
	}
	if strings.HasPrefix(s.MailURL, "log:") {
		return errors.New("mail: production does not write mail to the log, for it holds tokens")
	}
	return nil
}

// validateMail fails for half a configuration: in production there is no way to send
// mail unless one is set.
func (c Server) validateMail() error {
	if c.Mode == Production && c.MailURL == "" && (c.MailFrom != "" || c.ResetURL != "") {
		return errors.New("mail: mail-from and reset-url need AIQ_MAIL_URL or AIQ_MAIL_URL_FILE, the way to send it, too")
	}
	return nil
}

const (
	minSecret = 32
	// minDistinct is the least number of different bytes: of 32 random hexadecimal
	// digits, fewer are different once in a million.
	minDistinct = 8
)
