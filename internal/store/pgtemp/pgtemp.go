// Package pgtemp finds a PostgreSQL server for tests and generators. One that
// TEST_POSTGRES_URL names is used as it is; otherwise a throw-away server is
// started from the installed binaries, with its data in the temporary folder.
//
// All processes of one user share the throw-away server. It stops, and its data
// go, when the last of them has ended, in whatever way it ended.
package pgtemp

import (
	"context"
	"errors"
	"os"
	"sync"
)

// ErrNone tells that no server is named and none can be started here.
var ErrNone = errors.New("no PostgreSQL: set TEST_POSTGRES_URL or install the server (postgres and initdb)")

// URL is the postgres:// URL of a server on which the user may create
// databases. It stays good until this process ends.
func URL(ctx context.Context) (string, error) {
	if url := os.Getenv("TEST_POSTGRES_URL"); url != "" {
		return url, nil
	}
	return shared(ctx)
}

// server is this process's use of the shared server: there is one at most, and
// it ends with the process.
var server struct {
	sync.Mutex
	url string
}

func shared(ctx context.Context) (string, error) {
	server.Lock()
	defer server.Unlock()
	if server.url != "" {
		return server.url, nil
	}
	url, _, err := use(ctx, sharedFolder())
	if err == nil {
		server.url = url
	}
	return url, err
}
