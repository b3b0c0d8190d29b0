package servertest

import (
	"sync"
	"testing"
	"time"

	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock that shows a moment with a fraction of a second, which
// careless formats lose.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, time.March, 1, 9, 30, 0, 123456000, time.UTC)}
}

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock and says what it shows then.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// EachAt is Each with servers that go by a clock that the test moves.
func EachAt(t *testing.T, fn func(t *testing.T, s *Server, clock *Clock)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		clock := NewClock()
		fn(t, New(t, databaseURL, server.Options{Clock: clock.Now}), clock)
	})
}

// EachWith is Each with servers of these options.
func EachWith(t *testing.T, o server.Options, fn func(t *testing.T, s *Server)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) { fn(t, New(t, databaseURL, o)) })
}
