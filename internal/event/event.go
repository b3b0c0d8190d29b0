// Package event tells watchers that something changed. What travels is the
// thing's key and its version, never its content: a watcher reads the content
// itself, under its own permissions, and a missed notice is made good by the
// next one.
package event

import (
	"context"
	"sync"

	"github.com/aiqhq/aiq/internal/ident"
)

// Bus carries notices of changed test sessions to those who watch them.
type Bus interface {
	// Publish says that the session has reached the version. Call it after the
	// change is committed. It never blocks on a watcher.
	Publish(session ident.Session, version int)
	// Subscribe gives a channel that holds the newest version published since it
	// was last read; versions in between are skipped. It is closed when the
	// context ends or the bus closes.
	Subscribe(ctx context.Context, session ident.Session) <-chan int
	// Close ends every subscription.
	Close()
}

// Memory is a Bus within one process.
type Memory struct {
	mu     sync.Mutex
	closed bool
	subs   map[ident.Session]map[*subscription]struct{}
}

type subscription struct {
	// latest holds at most one version; a newer one replaces it. It is sent to
	// and closed only under the bus's lock.
	latest chan int
}

// NewMemory makes a bus without watchers.
func NewMemory() *Memory {
	return &Memory{subs: map[ident.Session]map[*subscription]struct{}{}}
}

// Publish implements Bus.
func (m *Memory) Publish(session ident.Session, version int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for s := range m.subs[session] {
		newest := version
		select {
		case pending := <-s.latest:
			newest = max(version, pending)
		default:
		}
		s.latest <- newest
	}
}

// Subscribe implements Bus.
func (m *Memory) Subscribe(ctx context.Context, session ident.Session) <-chan int {
	s := &subscription{latest: make(chan int, 1)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || ctx.Err() != nil {
		close(s.latest)
		return s.latest
	}
	if m.subs[session] == nil {
		m.subs[session] = map[*subscription]struct{}{}
	}
	m.subs[session][s] = struct{}{}
	context.AfterFunc(ctx, func() { m.remove(session, s) })
	return s.latest
}

// Close implements Bus.
func (m *Memory) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for _, subs := range m.subs {
		for s := range subs {
			close(s.latest)
		}
	}
	clear(m.subs)
}

func (m *Memory) remove(session ident.Session, s *subscription) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, live := m.subs[session][s]; !live {
		return
	}
	close(s.latest)
	delete(m.subs[session], s)
	if len(m.subs[session]) == 0 {
		delete(m.subs, session)
	}
}
