package limit

import (
	"context"
	"sync"
	"time"

	"github.com/aiqhq/aiq/internal/clock"
)

// Memory counts within one process.
type Memory struct {
	clock clock.Clock

	mu      sync.Mutex
	windows map[Key]window
	// sweepAt is the number of windows at which those that have ended are removed.
	sweepAt int
}

type window struct {
	used int
	ends time.Time
}

// NewMemory counts by the clock.
func NewMemory(now clock.Clock) *Memory {
	return &Memory{clock: now, windows: map[Key]window{}, sweepAt: firstSweep}
}

const firstSweep = 1000

// Take implements Limiter. It never fails.
func (m *Memory) Take(_ context.Context, key Key, r Rate, n int) (Window, error) {
	now := m.clock()
	m.mu.Lock()
	defer m.mu.Unlock()
	w, running := m.windows[key]
	if !running || !w.ends.After(now) {
		if !running {
			m.sweep(now)
		}
		w = window{ends: now.Add(r.Per)}
	}
	allowed := w.used+min(n, r.Most) <= r.Most
	if allowed {
		w.used += min(n, r.Most)
	}
	m.windows[key] = w
	return Window{Allowed: allowed, Most: r.Most, Remaining: max(r.Most-w.used, 0), Reset: w.ends.Sub(now)}, nil
}

// sweep removes windows that have ended whenever their number has doubled, so
// that it costs each new one a constant share.
func (m *Memory) sweep(now time.Time) {
	if len(m.windows) < m.sweepAt {
		return
	}
	for key, w := range m.windows {
		if !w.ends.After(now) {
			delete(m.windows, key)
		}
	}
	m.sweepAt = max(firstSweep, 2*len(m.windows))
}
