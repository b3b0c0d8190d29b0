package breadth

import (
	"context"
	"sync"
)

// meeting is where the root fields of a query meet. A field that has neither arrived nor left is expected.
type meeting struct {
	complete chan struct{} // closed when none is expected
	resolved chan struct{} // closed when those that arrived have been resolved

	mu       sync.Mutex
	expected int
	arrived  map[int]context.Context
	gone     map[int]bool // those that left without having arrived
	begun    bool
	late     error // what those are told that arrive after it has begun
}

func newMeeting(expected int) *meeting {
	return &meeting{
		complete: make(chan struct{}), resolved: make(chan struct{}),
		expected: expected, arrived: map[int]context.Context{}, gone: map[int]bool{},
	}
}

// arrive is called by field j and returns when it has been resolved; or it has not, and err says why if anybody is still
// to be told.
func (m *meeting) arrive(ctx context.Context, j int) (resolved bool, err error) {
	m.mu.Lock()
	if m.begun || m.gone[j] {
		defer m.mu.Unlock()
		if m.gone[j] {
			return false, nil
		}
		return false, m.late
	}
	m.arrived[j] = ctx
	m.count()
	m.mu.Unlock()
	<-m.resolved
	return true, nil
}

// left is called when the middleware of field j has returned.
func (m *meeting) left(j int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, came := m.arrived[j]; !came {
		m.gone[j] = true
		m.count()
	}
}

func (m *meeting) count() {
	m.expected--
	if m.expected == 0 {
		close(m.complete)
	}
}

// hold waits until no field is expected or ctx ends, resolves those that have arrived, and lets them go.
func (m *meeting) hold(ctx context.Context, resolve func(arrived map[int]context.Context)) {
	defer close(m.resolved)
	select {
	case <-m.complete:
	case <-ctx.Done():
	}
	m.mu.Lock()
	m.begun, m.late = true, ctx.Err()
	m.mu.Unlock()
	resolve(m.arrived)
}
