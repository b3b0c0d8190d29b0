package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/aiqhq/aiq/internal/store/pgtemp"
)

// openScratch opens an empty database. The function it returns closes it and
// leaves nothing behind.
func openScratch(ctx context.Context, d string) (*entsql.Driver, func() error, error) {
	if d == dialect.SQLite {
		conn, err := sql.Open("sqlite", "file::memory:?_pragma=foreign_keys(1)")
		if err != nil {
			return nil, nil, err
		}
		conn.SetMaxOpenConns(1) // each connection has a memory of its own
		return entsql.OpenDB(d, conn), conn.Close, nil
	}
	url, err := pgtemp.URL(ctx)
	if err != nil {
		return nil, nil, err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, err
	}
	server := stdlib.OpenDB(*config)
	name := "aiq_scratch_" + rand.Text()
	if _, err := server.ExecContext(ctx, `CREATE DATABASE "`+name+`" TEMPLATE template0`); err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	config.Database = name
	conn := stdlib.OpenDB(*config)
	drop := func() error {
		err := conn.Close()
		_, dropErr := server.ExecContext(context.WithoutCancel(ctx), `DROP DATABASE "`+name+`" WITH (FORCE)`)
		return errors.Join(err, dropErr, server.Close())
	}
	return entsql.OpenDB(d, conn), drop, nil
}
