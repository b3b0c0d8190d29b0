// Package config is what an operator sets, checked once at start.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aiqhq/aiq/internal/score"
)

// Mode says how much the server trusts those who talk to it.
type Mode string

// The modes.
const (
	// Development serves GraphiQL and introspection, shows the cost of each
	// operation, and makes up a signing secret that lasts until it stops.
	Development Mode = "development"
	// Production does none of that, and refuses to start without a secret.
	Production Mode = "production"
)

// Documents says which operations are executed.
type Documents string

// The choices.
const (
	AnyDocument      Documents = "any"
	TrustedDocuments Documents = "trusted"
)

// Introspection says whether clients may read the schema.
type Introspection string

// The choices.
const (
	// IntrospectionAuto is on in development and off in production.
	IntrospectionAuto Introspection = "auto"
	IntrospectionOn   Introspection = "on"
	IntrospectionOff  Introspection = "off"
)

// Server is the configuration of a serving process. The tags name the flags and
// the environment variables, and explain them.
type Server struct {
	Listen              string        `help:"Address to listen on." default:"127.0.0.1:8080" env:"AIQ_LISTEN"`
	DatabaseURL         string        `help:"sqlite://PATH or postgres://…" default:"sqlite://aiq.db" env:"DATABASE_URL" name:"database-url"`
	MaxConns            int           `help:"Most database connections; 0 leaves it to the URL or the default." default:"0" env:"AIQ_DATABASE_MAX_CONNS"`
	Mode                Mode          `help:"development or production." enum:"development,production" default:"development" env:"AIQ_MODE"`
	LogLevel            slog.Level    `help:"debug, info, warn or error." default:"info" env:"AIQ_LOG_LEVEL"`
	BankRefresh         time.Duration `help:"How often to look for changes of the item bank." default:"10s" env:"AIQ_BANK_REFRESH"`
	RequestTimeout      time.Duration `help:"Longest time that a query or mutation may take." default:"30s" env:"AIQ_REQUEST_TIMEOUT"`
	ShutdownGrace       time.Duration `help:"Longest wait for requests in flight when stopping." default:"15s" env:"AIQ_SHUTDOWN_GRACE"`
	JobTimeout          time.Duration `help:"Longest time that a job in the background may take; one whose process died is taken up again after twice as long." default:"30s" env:"AIQ_JOB_TIMEOUT"`
	SessionIdle         time.Duration `help:"How long a test may lie untouched before it expires." default:"24h" env:"AIQ_SESSION_IDLE"`
	ExpiryInterval      time.Duration `help:"How often to look for tests that have expired." default:"5m" env:"AIQ_EXPIRY_INTERVAL"`
	ReliabilityInterval time.Duration `help:"How often to compute the reliability of the bank's own tests." default:"1h" env:"AIQ_RELIABILITY_INTERVAL"`
	Documents           Documents     `help:"Which operations are executed: any, or trusted ones only." enum:"any,trusted" default:"any" env:"AIQ_DOCUMENTS"`
	DocumentsDir        string        `help:"Folder of further trusted documents (.graphql), besides those that come with AIQ." env:"AIQ_DOCUMENTS_DIR"`
	GuestTests          int           `help:"Most tests without an account that a device can start, ever." default:"3" env:"AIQ_GUEST_TESTS"`
	GuestTokenLife      time.Duration `help:"How long a guest's access token is valid." default:"45m" env:"AIQ_GUEST_TOKEN_LIFE"`
	EventRetention      time.Duration `help:"How long what apps tell of their use is kept." default:"9600h" env:"AIQ_EVENT_RETENTION"`
	MaxBody             int64         `help:"Largest request body in bytes." default:"1048576" env:"AIQ_MAX_BODY"`
	Scoring             score.Choice  `help:"How fixed forms are scored: auto, accuracy, weighted, eap or wle; wle is for adaptive tests too." enum:"auto,accuracy,weighted,eap,wle" default:"auto" env:"AIQ_SCORING"`
	MaxComplexity       int           `help:"Most fields an operation may ask for, pages counted in full." default:"1000000" env:"AIQ_MAX_COMPLEXITY"`
	MaxDepth            int           `help:"Most fields that lie one below the other in an operation." default:"24" env:"AIQ_MAX_DEPTH"`
	MaxAliases          int           `help:"Most fields that an operation asks for under another name, or more than once in a selection." default:"100" env:"AIQ_MAX_ALIASES"`
	Introspection       Introspection `help:"Whether clients may read the schema: on, off, or auto, in development alone." enum:"auto,on,off" default:"auto" env:"AIQ_INTROSPECTION"`
	Tests               Tests         `embed:"" prefix:"test-" envprefix:"AIQ_TEST_"`

	Accounts `embed:""`
	Rates    `embed:""`
	Streams  `embed:""`
	Secrets  `embed:""`

	Push      `embed:""`
	Reminders `embed:""`
}

// Validate reports the first setting that cannot be.
func (c Server) Validate() error {
	switch {
	case c.Listen == "":
		return errors.New("listen: an address is needed")
	case c.DatabaseURL == "":
		return errors.New("database-url: a URL is needed")
	case c.Mode != Development && c.Mode != Production:
		return fmt.Errorf("mode: %q is neither development nor production", c.Mode)
	case c.Documents != AnyDocument && c.Documents != TrustedDocuments:
		return fmt.Errorf("documents: %q is neither any nor trusted", c.Documents)
	case c.Introspection != IntrospectionAuto && c.Introspection != IntrospectionOn && c.Introspection != IntrospectionOff:
		return fmt.Errorf("introspection: %q is none of auto, on and off", c.Introspection)
	case !c.Scoring.Valid():
		return fmt.Errorf("scoring: %q is none of auto, accuracy, weighted, eap and wle", c.Scoring)
	}
	if c.Mode == Production {
		if err := c.strong(); err != nil {
			return err
		}
	}
	return errors.Join(c.validateBounds(), c.Tests.validate(), c.Accounts.validate(), c.Rates.validate(), c.Streams.validate(),
		c.Reminders.validate(), c.validateMail(), c.validatePush())
}

// validateBounds reports the first number or time of its own that is too small.
func (c Server) validateBounds() error {
	return cmp.Or(
		above0(
			number[time.Duration]{"bank-refresh", c.BankRefresh},
			number[time.Duration]{"request-timeout", c.RequestTimeout},
			number[time.Duration]{"shutdown-grace", c.ShutdownGrace},
			number[time.Duration]{"job-timeout", c.JobTimeout},
			number[time.Duration]{"session-idle", c.SessionIdle},
			number[time.Duration]{"expiry-interval", c.ExpiryInterval},
			number[time.Duration]{"reliability-interval", c.ReliabilityInterval},
			number[time.Duration]{"guest-token-life", c.GuestTokenLife},
			number[time.Duration]{"event-retention", c.EventRetention},
		),
		above0(number[int64]{"max-body", c.MaxBody}),
		above0(number[int]{"max-complexity", c.MaxComplexity}, number[int]{"max-depth", c.MaxDepth}),
		notBelow0(
			number[int]{"max-aliases", c.MaxAliases},
			number[int]{"max-conns", c.MaxConns},
			number[int]{"guest-tests", c.GuestTests},
		),
	)
}

// Introspects reports whether clients may read the schema.
func (c Server) Introspects() bool {
	return c.Introspection == IntrospectionOn || c.Introspection == IntrospectionAuto && c.Mode == Development
}

// Defaults are the settings of a server that nobody has configured and that
// strangers do not reach: rates are not limited.
func Defaults() Server {
	return Server{
		Listen: "127.0.0.1:8080", DatabaseURL: "sqlite://aiq.db", Mode: Development, Documents: AnyDocument,
		LogLevel: slog.LevelInfo, BankRefresh: 10 * time.Second, RequestTimeout: 30 * time.Second,
		ShutdownGrace: 15 * time.Second, JobTimeout: 30 * time.Second, SessionIdle: 24 * time.Hour,
		ExpiryInterval: 5 * time.Minute, ReliabilityInterval: time.Hour, MaxBody: 1 << 20, MaxComplexity: 1_000_000,
		MaxDepth: 24, MaxAliases: 100, Introspection: IntrospectionAuto,
		Scoring: score.Auto, Tests: defaultTests(),
		GuestTests: 3, GuestTokenLife: 45 * time.Minute, EventRetention: 400 * 24 * time.Hour,
		Accounts: defaultAccounts(), Rates: defaultRates(), Streams: defaultStreams(), Reminders: defaultReminders(),
	}
}
