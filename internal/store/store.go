// Package store is the way to the database: it opens one from a URL, keeps its
// pools, runs transactions with retry and after-commit hooks, applies the
// versioned migrations, and turns the errors of drivers into faults.
//
// Two databases are served by one code. SQLite, embedded and in pure Go, has
// one connection that writes and a pool that reads. PostgreSQL has one pool.
// What differs between them is settled in this package, and a caller who does
// as the functions here say sees the same behaviour on both.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/ent/db"
)

// Options are the settings of a Store. The zero value is a good one.
type Options struct {
	// MaxConns is the most connections held open at once: on PostgreSQL all of
	// them, on SQLite those that read. 0 means pool_max_conns of the URL, or
	// else 10.
	MaxConns int
	// Logger hears of retries and migrations. Nil is slog.Default().
	Logger *slog.Logger
}

// defaultMaxConns keeps a few replicas well within the 100 connections that a
// PostgreSQL server allows when nobody has set it up.
const defaultMaxConns = 10

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect string
	log     *slog.Logger
	writer  *sql.DB // every transaction
	readers *sql.DB // reads outside transactions; the same as writer on PostgreSQL
	pool    *pgxpool.Pool
	reader  *db.Client
}

// Open opens the database that the URL names and makes sure that it answers.
// It does not migrate.
//
//	sqlite://aiq.db               a file in the working folder
//	sqlite:///var/lib/aiq/aiq.db  a file by its absolute path
//	postgres://user@host/aiq      PostgreSQL, also as postgresql://
//
// The SQLite file and its folder are created when they do not exist. A
// PostgreSQL URL takes the parameters of libpq and of pgxpool.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MaxConns < 0 {
		return nil, fmt.Errorf("open database: MaxConns is %d, want 0 or more", o.MaxConns)
	}
	scheme, _, found := strings.Cut(databaseURL, "://")
	if !found {
		// The text may be a password put in the wrong place: it is not repeated.
		return nil, errors.New("open database: the URL has no scheme: want sqlite://PATH or postgres://…")
	}
	var (
		s   *Store
		err error
	)
	switch scheme {
	case "sqlite":
		s, err = openSQLite(ctx, databaseURL, o)
	case "postgres", "postgresql":
		s, err = openPostgres(ctx, databaseURL, o)
	default:
		return nil, fmt.Errorf("open database: unknown scheme %q: want sqlite://PATH or postgres://…", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s.log = o.Logger
	s.reader = newClient(s.dialect, readOnly{executor{s.readers}})
	return s, nil
}

// Reader is the client for reads outside transactions. It refuses to write and
// to begin transactions; those belong in Tx.
func (s *Store) Reader() *db.Client { return s.reader }

// Dialect is dialect.SQLite or dialect.Postgres.
func (s *Store) Dialect() string { return s.dialect }

// SQL are the connections that write, for libraries that bring their own
// statements outside of Tx. On SQLite there is one: whoever holds it keeps every
// other writer waiting. WithStatements does not see what is run on them.
func (s *Store) SQL() *sql.DB { return s.writer }

// Pool is the pool of PostgreSQL connections, for LISTEN and COPY; nil on
// SQLite.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return Fault(s.readers.PingContext(ctx))
}

// Close waits for the connections in use and closes them all.
func (s *Store) Close() error {
	if s.dialect == dialect.Postgres {
		err := s.writer.Close()
		s.pool.Close()
		return err
	}
	// The last connection to close folds SQLite's log into the database, which
	// only one that may write can do.
	return errors.Join(s.readers.Close(), s.writer.Close())
}
