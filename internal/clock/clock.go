// Package clock gives the time as the databases keep it.
package clock

import "time"

// Clock tells the time.
type Clock func() time.Time

// System is the machine's clock in UTC, cut to microseconds, which is what
// PostgreSQL keeps: a row just written and the same row read again agree.
func System() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
