// Package notify reminds people of their next test, by pushes to their devices:
// who wants to be reminded where and when, which reminders are due, and sending
// each of them once.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aiqhq/aiq/internal/apns"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Late is how long after its time a reminder is still of use. One whose time was
// before, as of tests that ended long before a server was set up to send, is not
// queued, and one that could not be sent for so long is dropped.
const Late = 72 * time.Hour

// Policy says when people are reminded, by the time since the end of a completed
// test.
type Policy struct {
	// DueAfter is when the next test can be taken.
	DueAfter time.Duration
	// Advance is how long before that the person is told.
	Advance time.Duration
	// NudgeAfter is how long after that they are told once more; 0 is never.
	NudgeAfter time.Duration
	// EncouragementAfter is when they are encouraged on the way; 0 is never.
	EncouragementAfter time.Duration
}

// Validate reports what cannot be.
func (p Policy) Validate() error {
	switch {
	case p.Advance < 0, p.NudgeAfter < 0, p.EncouragementAfter < 0:
		return errors.New("reminders: times must not be below 0")
	case p.Advance >= p.DueAfter:
		return errors.New("reminders: the advance must be shorter than the wait between tests")
	case p.EncouragementAfter >= p.DueAfter-p.Advance:
		return errors.New("reminders: encouragement must come before the reminder that a test is due")
	}
	return nil
}

// after is how long after a test a reminder of the kind comes, 0 if it does not.
func (p Policy) after(kind vocab.NotificationKind) time.Duration {
	switch {
	case kind == vocab.Due:
		return p.DueAfter - p.Advance
	case kind == vocab.Nudge && p.NudgeAfter > 0:
		return p.DueAfter + p.NudgeAfter
	case kind == vocab.Encouragement:
		return p.EncouragementAfter
	default:
		return 0
	}
}

// Pusher sends pushes, as apns.Client does.
type Pusher interface {
	// Send is nil once the push was taken. Its errors are as those of apns.Client.
	Send(ctx context.Context, p apns.Push) error
}

// Options are the settings of a Service.
type Options struct {
	Policy Policy
	// Push sends; nil if the server is not set up for it, and then nothing is sent.
	Push Pusher
	// Logger hears of pushes that are refused. Nil is slog.Default().
	Logger *slog.Logger
	// Pushed is told of every push that was tried: "taken", or what followed. It may
	// be nil.
	Pushed func(outcome string)
}

// Service keeps the devices and the settings of people, and reminds them.
type Service struct {
	store  *store.Store
	clock  clock.Clock
	jobs   *job.Queue
	policy Policy
	push   Pusher
	log    *slog.Logger
	pushed func(string)
}

// New makes a service.
func New(st *store.Store, now clock.Clock, jobs *job.Queue, o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Pushed == nil {
		o.Pushed = func(string) {}
	}
	return &Service{store: st, clock: now, jobs: jobs, policy: o.Policy, push: o.Push, log: o.Logger, pushed: o.Pushed}
}

// Sends reports whether the server is set up to send pushes.
func (s *Service) Sends() bool { return s.push != nil }

// send sends a push and counts it.
func (s *Service) send(ctx context.Context, p apns.Push) *apns.Error {
	err := apns.Of(s.push.Send(ctx, p))
	if err == nil {
		s.pushed("taken")
	} else {
		s.pushed(err.Class.String())
	}
	return err
}
