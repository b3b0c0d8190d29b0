package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/ent/migrations"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store/pgtemp"
)

// connections is the most that one store may hold in a test: whatever number of
// packages and tests run at once, the server's limit is not reached.
const connections = 10

// prefix begins the names of test databases; the time of their making follows.
const prefix = "aiq_test_"

// empty is what a database without tables is made from: whatever the locale of
// the server, text is sorted the same way in every test.
const empty = "template0 ENCODING 'UTF8' LOCALE 'C'"

// postgresDatabase creates a database and drops it when the test ends.
func postgresDatabase(tb testing.TB, migrate bool) string {
	tb.Helper()
	server := serverURL(tb)
	origin := empty
	if migrate {
		template, err := postgresTemplate()
		require.NoError(tb, err)
		origin = pgx.Identifier{template}.Sanitize()
	}
	database := prefix + strconv.FormatInt(time.Now().Unix(), 10) + "_" + strings.ToLower(rand.Text()[:10])
	ctx := tb.Context()
	require.NoError(tb, onServer(ctx, server, func(conn *pgx.Conn) error {
		return execute(ctx, conn, "CREATE DATABASE %s TEMPLATE "+origin, database)
	}))
	tb.Cleanup(func() {
		ctx := context.Background() // the test's own has ended
		require.NoError(tb, onServer(ctx, server, func(conn *pgx.Conn) error {
			return execute(ctx, conn, "DROP DATABASE %s WITH (FORCE)", database)
		}))
	})
	databaseURL, err := inDatabase(server, database)
	require.NoError(tb, err)
	return databaseURL
}

// postgresTemplate is the name of a migrated database on the server, made by
// the first process that needs it and copied for each test.
var postgresTemplate = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	server, err := pgtemp.URL(ctx)
	if err != nil {
		return "", err
	}
	name, err := templateName()
	if err != nil {
		return "", err
	}
	return name, onServer(ctx, server, func(conn *pgx.Conn) error {
		// Released with the connection. The key is "aiq" and "test" in ASCII.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(0x616971_74657374)); err != nil {
			return err
		}
		dropLeftovers(ctx, conn)
		var exists bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
		if err != nil || exists {
			return err
		}
		return makeTemplate(ctx, conn, server, name)
	})
})

// templateName tells templates apart by the migrations that made them.
func templateName() (string, error) {
	files, err := migrations.Files(dialect.Postgres)
	if err != nil {
		return "", err
	}
	sum, err := fs.ReadFile(files, "atlas.sum")
	if err != nil {
		return "", err
	}
	jobs, err := job.Version(dialect.Postgres)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(strconv.AppendInt(sum, int64(jobs), 10))
	return "aiq_template_" + hex.EncodeToString(hash[:8]), nil
}

// makeTemplate gives the template its name last: what has the name is complete.
func makeTemplate(ctx context.Context, conn *pgx.Conn, server, name string) error {
	making := name + "_making"
	if err := execute(ctx, conn, "DROP DATABASE IF EXISTS %s", making); err != nil {
		return err
	}
	if err := execute(ctx, conn, "CREATE DATABASE %s TEMPLATE "+empty, making); err != nil {
		return err
	}
	databaseURL, err := inDatabase(server, making)
	if err != nil {
		return err
	}
	if err := migrated(ctx, databaseURL); err != nil {
		return err
	}
	// A template that nobody can connect to can always be copied.
	if err := execute(ctx, conn, "ALTER DATABASE %s ALLOW_CONNECTIONS false", making); err != nil {
		return err
	}
	return execute(ctx, conn, "ALTER DATABASE %s RENAME TO %s", making, name)
}

// dropLeftovers drops the databases of runs that ended hours ago without
// cleaning up, as far as it can.
func dropLeftovers(ctx context.Context, conn *pgx.Conn) {
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
	if err != nil {
		return
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	for _, name := range names {
		stamp, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "_")
		made, err := strconv.ParseInt(stamp, 10, 64)
		if err == nil && time.Since(time.Unix(made, 0)) > 2*time.Hour {
			_ = execute(ctx, conn, "DROP DATABASE %s WITH (FORCE)", name)
		}
	}
}

func onServer(ctx context.Context, server string, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	return errors.Join(fn(conn), conn.Close(ctx))
}

// execute runs a command about databases, whose names cannot be parameters.
func execute(ctx context.Context, conn *pgx.Conn, command string, names ...string) error {
	quoted := make([]any, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	_, err := conn.Exec(ctx, fmt.Sprintf(command, quoted...))
	return err
}

// inDatabase is the URL of another database on the same server.
func inDatabase(server, database string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + database
	query := u.Query()
	query.Set("pool_max_conns", strconv.Itoa(connections))
	u.RawQuery = query.Encode()
	return u.String(), nil
}
