package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
)

// newClient makes every ent client of this package, so that all statements,
// in transactions and outside, pass the same way.
func newClient(dialectName string, conn entsql.ExecQuerier) *db.Client {
	return db.NewClient(db.Driver(driver{
		Driver: entsql.NewDriver(dialectName, entsql.Conn{ExecQuerier: conn}),
	}))
}

// driver is ent's driver on a connection that this package has opened. Ent
// begins a transaction of its own when one change needs several statements;
// here that joins the transaction that is already open.
type driver struct{ *entsql.Driver }

func (d driver) Tx(ctx context.Context) (dialect.Tx, error) { return d.BeginTx(ctx, nil) }

func (d driver) BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error) {
	if _, outside := d.ExecQuerier.(readOnly); outside {
		return nil, errReadOnly
	}
	return dialect.NopTx(d), nil
}

// Close does nothing: the Store closes what it has opened.
func (driver) Close() error { return nil }

// executor runs statements, notes them for WithStatements, and binds times the
// way both databases keep and compare them.
type executor struct{ entsql.ExecQuerier }

func (e executor) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	record(ctx, query)
	return e.ExecQuerier.ExecContext(ctx, query, bound(args)...)
}

func (e executor) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	record(ctx, query)
	return e.ExecQuerier.QueryContext(ctx, query, bound(args)...)
}

// bound gives times in UTC and whole microseconds: PostgreSQL keeps no more,
// and SQLite compares times as text.
func bound(args []any) []any {
	for i, arg := range args {
		if t, ok := arg.(time.Time); ok {
			args[i] = t.UTC().Truncate(time.Microsecond)
		}
	}
	return args
}

// readOnly refuses writes on both databases alike. It saves a caller from a
// mistake; it is no barrier against a statement made to pass it.
type readOnly struct{ executor }

var errReadOnly = errors.New("store: Reader only reads: write in Tx")

func (r readOnly) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errReadOnly
}

func (r readOnly) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	query = strings.TrimSpace(query)
	if end := strings.IndexFunc(query, unicode.IsSpace); end > 0 {
		switch strings.ToUpper(query[:end]) {
		case "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "TRUNCATE":
			return nil, errReadOnly
		}
	}
	return r.executor.QueryContext(ctx, query, args...)
}
