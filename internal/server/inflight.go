package server

import (
	"context"
	"net/http"
	"sync"
)

// inFlight counts what has begun and not yet ended. Unlike a sync.WaitGroup it
// may be waited for while more begins, and no longer than a context lasts.
type inFlight struct {
	mu    sync.Mutex
	count int
	// idle is closed when the count comes to 0; nil unless someone waits.
	idle chan struct{}
}

// begin counts one more until the function that it returns is called.
func (f *inFlight) begin() (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return f.end
}

func (f *inFlight) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count--
	if f.count == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

// wait returns when nothing is in flight, or when the context ends.
func (f *inFlight) wait(ctx context.Context) {
	f.mu.Lock()
	if f.count == 0 {
		f.mu.Unlock()
		return
	}
	if f.idle == nil {
		f.idle = make(chan struct{})
	}
	idle := f.idle
	f.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// counted counts the requests that the handler answers, among them sockets,
// which a web server forgets once they are taken over.
func (f *inFlight) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer f.begin()()
		next.ServeHTTP(w, r)
	})
}
