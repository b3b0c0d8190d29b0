package limit

import (
	"context"
	"crypto/sha256"
	"time"
)

// Limiter counts what is done in windows of time. A window begins with what is
// done first and ends when the rate's time is over; then all is open again. So
// at most twice the rate is done in any such time, at the turn of two windows.
// It is safe for concurrent use.
type Limiter interface {
	// Take does n of what the key names, if the rate allows, and else nothing. n
	// is at least 1; more than the rate's most counts as its most.
	Take(ctx context.Context, key Key, r Rate, n int) (Window, error)
}

// Key says who did what: the hash of both.
type Key [sha256.Size]byte

// KeyOf is the key of these words, in this order.
func KeyOf(words ...string) Key {
	sum := sha256.New()
	for _, word := range words {
		own := sha256.Sum256([]byte(word))
		sum.Write(own[:])
	}
	return Key(sum.Sum(nil))
}

// Window is what a Take found.
type Window struct {
	// Allowed is whether it was done.
	Allowed bool
	// Most is the rate's, and Remaining what may still be done in this window.
	Most, Remaining int
	// Reset is how long the window still lasts.
	Reset time.Duration
}
