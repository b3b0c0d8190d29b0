// Package clock gives the time as the databases keep it, and waits.
package clock

import (
	"context"
	"time"
)

// Clock tells the time.
type Clock func() time.Time

// System is the machine's clock in UTC, cut to microseconds, which is what
// PostgreSQL keeps: a row just written and the same row read again agree.
func System() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Pause waits for so long, or until the context ends.
func Pause(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}
