// Package eventtest is what tests of several processes need: a NATS server, and
// an end to the connections by which they listen to PostgreSQL.
package eventtest

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

const (
	// limit is how long to wait for what must come to be, looking so often.
	limit = time.Minute
	often = 10 * time.Millisecond
)

// NATS is a real NATS server. It stops when the test ends.
type NATS struct {
	// URL stays the same when it restarts.
	URL string

	tb     testing.TB
	port   int
	server *natsserver.Server
}

// StartNATS starts a server on a free port.
func StartNATS(tb testing.TB) *NATS {
	tb.Helper()
	n := &NATS{tb: tb, port: natsserver.RANDOM_PORT}
	n.Start()
	tb.Cleanup(n.Stop)
	return n
}

// Start starts the server again, once it is stopped.
func (n *NATS) Start() {
	n.tb.Helper()
	s, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: n.port, NoLog: true, NoSigs: true})
	require.NoError(n.tb, err)
	s.Start()
	require.True(n.tb, s.ReadyForConnections(limit))
	n.server, n.port = s, s.Addr().(*net.TCPAddr).Port
	n.URL = fmt.Sprintf("nats://127.0.0.1:%d", n.port)
}

// Stop ends the server, and with it all connections.
func (n *NATS) Stop() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}

// Restart ends all connections.
func (n *NATS) Restart() {
	n.tb.Helper()
	n.Stop()
	n.Start()
}

// AwaitSubscribers waits until so many have subscribed.
func (n *NATS) AwaitSubscribers(subscribers uint32) {
	n.tb.Helper()
	require.Eventually(n.tb, func() bool { return n.server.NumSubscriptions() >= subscribers }, limit, often)
}

// Database is a connection to PostgreSQL, or a pool of them.
type Database interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Listeners are the backends of the database whose clients listen for changes.
func Listeners(tb testing.TB, in Database) (backends []int) {
	tb.Helper()
	rows, err := in.Query(tb.Context(), `
		SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN aiq_changes'`)
	require.NoError(tb, err)
	backends, err = pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(tb, err)
	return backends
}

// CutListeners waits until so many clients listen, and ends their connections.
func CutListeners(tb testing.TB, in Database, n int) {
	tb.Helper()
	var backends []int
	require.Eventually(tb, func() bool {
		backends = Listeners(tb, in)
		return len(backends) == n
	}, limit, often)
	rows, err := in.Query(tb.Context(), `SELECT pid FROM unnest($1::int[]) AS pid WHERE pg_terminate_backend(pid)`, backends)
	require.NoError(tb, err)
	ended, err := pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(tb, err)
	require.Len(tb, ended, n)
}
