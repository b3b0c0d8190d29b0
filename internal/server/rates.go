package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/limit"
	"github.com/aiqhq/aiq/internal/store"
)

// rates limits how much viewers, or else addresses, may do.
type rates struct {
	// operations counts operations of every kind, and actions those with a rate of
	// their own.
	operations, actions limit.Limiter
	// shared is where replicas count together; nil if there is one process.
	shared   *limit.Shared
	settings config.Rates
	// fields is how many fields count as one operation.
	fields int
}

// newRates is nil if rates are not limited.
func newRates(st *store.Store, c config.Server, now clock.Clock) *rates {
	if !c.RateLimits {
		return nil
	}
	// The largest operation uses up all of the rate.
	r := &rates{settings: c.Rates, fields: max(c.MaxComplexity/c.Operations.Most, 1)}
	if pool := st.Pool(); pool != nil {
		r.shared = limit.NewShared(pool, now)
		r.operations, r.actions = limit.NewLeased(r.shared, now), r.shared
		return r
	}
	memory := limit.NewMemory(now)
	r.operations, r.actions = memory, memory
	return r
}

// action is a mutation that has a rate of its own.
type action struct {
	// name is what mutations share that are counted together.
	name string
	rate limit.Rate
	// account is whether it is counted for each account named by e-mail address.
	account bool
}

// actionOf is the action of a mutation's field.
func (r *rates) actionOf(field string) (action, bool) {
	s := r.settings
	a, ok := map[string]action{
		"signIn":               {"signIn", s.SignIn, true},
		"signInWithApple":      {"signInWith", s.SignIn, false},
		"signInWithGoogle":     {"signInWith", s.SignIn, false},
		"changePassword":       {"changePassword", s.SignIn, false},
		"resetPassword":        {"resetPassword", s.SignIn, false},
		"requestPasswordReset": {"reset", s.Reset, false},
		"register":             {"register", s.Register, false},
		"refreshTokens":        {"refresh", s.Refresh, false},
		"startTest":            {"start", s.Start, false},
		"startGuestTest":       {"start", s.Start, false},
		"submitTest":           {"submit", s.Submit, false},
		"sendFeedback":         {"feedback", s.Feedback, false},
		"deleteAccount":        {"deleteAccount", s.SignIn, false},
		"requestDataExport":    {"export", s.Export, false},
	}[field]
	return a, ok
}

// charge counts the operation, and refuses it with RATE_LIMITED if it is too
// much. A request that is counted nowhere, for it comes from within the process,
// passes.
func (s *Server) charge(ctx context.Context, op *graphql.OperationContext, fields int) error {
	who := asker(ctx)
	if s.rates == nil || who == "" {
		return nil
	}
	ctx, cancel := s.inTime(ctx)
	defer cancel()
	header, _ := ctx.Value(headerKey{}).(http.Header)
	cost := 1 + (fields-1)/s.rates.fields
	window, err := s.rates.operations.Take(ctx, limit.KeyOf("operation", who), s.rates.settings.Operations, cost)
	if err := admit(header, window, err); err != nil {
		return err
	}
	if op.Operation.Operation != "mutation" {
		return nil
	}
	tightest := window
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"}) {
		action, ok := s.rates.actionOf(field.Name)
		if !ok {
			continue
		}
		key := limit.KeyOf(action.name, who)
		if action.account {
			key = limit.KeyOf(action.name, "address:"+auth.Address(ctx), emailOf(field.ArgumentMap(op.Variables)))
		}
		window, err := s.rates.actions.Take(ctx, key, action.rate, 1)
		if err := admit(header, window, err); err != nil {
			return err
		}
		if window.Remaining < tightest.Remaining {
			tightest = window
		}
	}
	return admit(header, tightest, nil)
}

// asker is by whom is counted: the viewer, or else the address.
func asker(ctx context.Context) string {
	switch viewer := auth.From(ctx); {
	case viewer.Key != nil:
		return fmt.Sprint("key:", int64(viewer.Key.ID))
	case !viewer.Anonymous():
		return fmt.Sprint("user:", viewer.ID())
	}
	if address := auth.Address(ctx); address != "" {
		return "address:" + address
	}
	return ""
}

func emailOf(arguments map[string]any) string {
	input, _ := arguments["input"].(map[string]any)
	email, _ := input["email"].(string)
	return strings.ToLower(strings.TrimSpace(email))
}

// admit tells the client of its window, and refuses if it is used up.
func admit(header http.Header, w limit.Window, err error) error {
	if err != nil {
		return fault.New(fault.Unavailable, "The server cannot count operations at the moment. Try again later.").Because(store.Fault(err))
	}
	if header == nil {
		header = http.Header{} // of a request that has no answer of its own, such as a socket's
	}
	reset := strconv.FormatInt(int64((w.Reset+time.Second-1)/time.Second), 10)
	header.Set("RateLimit-Limit", strconv.Itoa(w.Most))
	header.Set("RateLimit-Remaining", strconv.Itoa(w.Remaining))
	header.Set("RateLimit-Reset", reset)
	if w.Allowed {
		return nil
	}
	header.Set("Retry-After", reset)
	return fault.RetryAfter(w.Reset, "That was too much at once.")
}

type headerKey struct{}

// answering puts the header of the answer in the context, for what is known only
// when the operation has been read.
func answering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if r.Header.Get("Upgrade") == "" {
			ctx = context.WithValue(ctx, headerKey{}, w.Header())
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// purgeEvery is how often what has ended is removed from the database.
const purgeEvery = time.Hour

// purge removes what has ended, now and then, until the context ends.
func (s *Server) purge(ctx context.Context) {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		err := s.Accounts.Purge(ctx)
		if s.rates != nil && s.rates.shared != nil {
			err = errors.Join(err, s.rates.shared.Purge(ctx))
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "what has ended was not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
