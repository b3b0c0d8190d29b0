package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/aiqhq/aiq/internal/clock"
)

// Shared counts for all replicas, in PostgreSQL: one statement for each Take.
type Shared struct {
	pool  *pgxpool.Pool
	clock clock.Clock
}

// NewShared counts in the table rate_windows.
func NewShared(pool *pgxpool.Pool, now clock.Clock) *Shared { return &Shared{pool, now} }

// take does the whole in one statement: where the rate does not allow, nothing
// is updated and the window is read as it stands.
const take = `
WITH taken AS (
	INSERT INTO rate_windows AS w (key, used, ends_at) VALUES ($1, $2, $3)
	ON CONFLICT (key) DO UPDATE SET
		used = CASE WHEN w.ends_at <= $4 THEN excluded.used ELSE w.used + excluded.used END,
		ends_at = CASE WHEN w.ends_at <= $4 THEN excluded.ends_at ELSE w.ends_at END
	WHERE w.ends_at <= $4 OR w.used + excluded.used <= $5
	RETURNING used, ends_at
)
SELECT used, ends_at, true FROM taken
UNION ALL
SELECT used, ends_at, false FROM rate_windows WHERE key = $1 AND NOT EXISTS (SELECT FROM taken)`

// Take implements Limiter.
func (s *Shared) Take(ctx context.Context, key Key, r Rate, n int) (Window, error) {
	now := s.clock()
	var (
		used    int
		ends    time.Time
		allowed bool
	)
	err := s.pool.QueryRow(ctx, take, key[:], min(n, r.Most), now.Add(r.Per), now, r.Most).Scan(&used, &ends, &allowed)
	if errors.Is(err, pgx.ErrNoRows) {
		// Others have opened the window and used it up since the statement began.
		return Window{Most: r.Most, Reset: r.Per}, nil
	}
	if err != nil {
		return Window{}, fmt.Errorf("count the operation: %w", err)
	}
	return Window{Allowed: allowed, Most: r.Most, Remaining: max(r.Most-used, 0), Reset: ends.Sub(now)}, nil
}

// Purge removes windows that have ended.
func (s *Shared) Purge(ctx context.Context) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM rate_windows WHERE ends_at <= $1`, s.clock()); err != nil {
		return fmt.Errorf("remove windows that have ended: %w", err)
	}
	return nil
}

// Leased counts for all replicas and asks another limiter, such as Shared, only
// once in a while: it takes a tenth of the rate at a time and gives it out from
// memory. What a replica has taken and not given out is lost to the others until
// the window ends, so that they allow somewhat less than the rate, never more.
type Leased struct {
	from  Limiter
	clock clock.Clock

	mu      sync.Mutex
	leases  map[Key]lease
	sweepAt int
}

type lease struct {
	left, remaining int
	ends            time.Time
}

// NewLeased gives out what the other limiter allows.
func NewLeased(from Limiter, now clock.Clock) *Leased {
	return &Leased{from: from, clock: now, leases: map[Key]lease{}, sweepAt: firstSweep}
}

// shares is into how many parts the rate is cut.
const shares = 10

// Take implements Limiter.
func (l *Leased) Take(ctx context.Context, key Key, r Rate, n int) (Window, error) {
	n = min(n, r.Most)
	if w, ok := l.held(key, r, n); ok {
		return w, nil
	}
	share := max(n, r.Most/shares)
	w, err := l.from.Take(ctx, key, r, share)
	if err == nil && !w.Allowed && share > n {
		// Near the end of the window less than a share is left.
		share = n
		w, err = l.from.Take(ctx, key, r, n)
	}
	if err != nil || !w.Allowed {
		return w, err
	}
	return l.keep(key, w, share-n), nil
}

// held takes from what is held of the key, if it is enough.
func (l *Leased) held(key Key, r Rate, n int) (Window, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	have, ok := l.leases[key]
	if !ok || !have.ends.After(now) || have.left < n {
		return Window{}, false
	}
	have.left -= n
	l.leases[key] = have
	return Window{Allowed: true, Most: r.Most, Remaining: have.remaining + have.left, Reset: have.ends.Sub(now)}, true
}

// keep adds what is left of a share to what is held.
func (l *Leased) keep(key Key, w Window, left int) Window {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if len(l.leases) >= l.sweepAt {
		for key, have := range l.leases {
			if !have.ends.After(now) {
				delete(l.leases, key)
			}
		}
		l.sweepAt = max(firstSweep, 2*len(l.leases))
	}
	if have := l.leases[key]; have.ends.After(now) {
		left += have.left
	}
	l.leases[key] = lease{left: left, remaining: w.Remaining, ends: now.Add(w.Reset)}
	w.Remaining += left
	return w
}
