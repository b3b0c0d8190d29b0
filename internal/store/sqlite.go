package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openSQLite opens one connection that writes and a pool that reads. With a
// second writing connection SQLite would answer "busy" under load; with one,
// writers queue here, and readers never wait for them (write-ahead log).
func openSQLite(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	path, err := sqlitePath(databaseURL)
	if err != nil {
		return nil, err
	}
	if err := createFile(path); err != nil {
		return nil, err
	}
	writer, err := sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	conns := o.MaxConns
	if conns == 0 {
		conns = defaultMaxConns
	}
	readers.SetMaxOpenConns(conns)
	readers.SetMaxIdleConns(conns)

	// The writer goes first: it makes the log that readers may not make.
	// Several processes that start at once may be told "busy" by its making,
	// whatever the timeout.
	err = retry(ctx, nil, func() error { return writer.PingContext(ctx) })
	if err == nil {
		err = readers.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), readers.Close(), writer.Close())
	}
	return &Store{dialect: dialect.SQLite, writer: writer, readers: readers}, nil
}

// sqlitePath is what follows sqlite://, taken as it stands: no host, no escapes.
func sqlitePath(databaseURL string) (string, error) {
	path := strings.TrimPrefix(databaseURL, "sqlite://")
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return "", errors.New("sqlite:// needs the path of a file, such as sqlite://aiq.db or sqlite:///var/lib/aiq.db")
	case strings.Contains(path, ":memory:"):
		return "", errors.New("sqlite://:memory: cannot be shared by several connections: name a file")
	case strings.Contains(path, "?"):
		return "", errors.New("sqlite:// takes a path only, without parameters")
	}
	return path, nil
}

// createFile makes an empty database that only its owner can read: it holds
// e-mail addresses and password hashes. SQLite gives its log the same mode.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("create the folder of %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return f.Close()
}

func sqliteDSN(path string, extra string) string {
	// In a file: URI these three are not part of a path unless escaped.
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?" + strings.Join([]string{
		"_pragma=" + url.QueryEscape("busy_timeout(10000)"),
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(NORMAL)", // a power cut may lose the last commits, never the database
		"_pragma=foreign_keys(1)",
		"_time_format=sqlite",
		"_timezone=UTC",
		extra,
	}, "&")
}
