package event

import (
	"errors"
	"sync"
)

// link is whether a bus has its connection.
type link struct {
	mu   sync.Mutex
	up   bool
	lost error
}

var errNoConnection = errors.New("there has been no connection yet")

func (l *link) connected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.lost = true, nil
}

// broke notes why there is no connection, and reports whether that is news.
func (l *link) broke(err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	news := l.up || l.lost == nil
	l.up, l.lost = false, err
	return news
}

// Err implements Bus.
func (l *link) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.up && l.lost == nil {
		return errNoConnection
	}
	return l.lost
}
