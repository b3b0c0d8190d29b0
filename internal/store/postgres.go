package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"entgo.io/ent/dialect"
)

// openPostgres opens one pool of connections, used by ent and by whoever asks
// for Pool.
func openPostgres(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	config, err := poolConfig(databaseURL, o.MaxConns)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, Fault(err)
	}
	// OpenDBFromPool lets database/sql keep no idle connections, and so it must
	// stay: idle ones would hold the pool's and starve it. Only the pool is sized.
	sqlDB := stdlib.OpenDBFromPool(pool)
	return &Store{dialect: dialect.Postgres, writer: sqlDB, readers: sqlDB, pool: pool}, nil
}

// poolConfig fills in what the URL leaves open. Whatever it sets, libpq's and
// pgxpool's parameters in the URL override, but for the size that Options ask.
func poolConfig(databaseURL string, maxConns int) (*pgxpool.Config, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		// The parser's error repeats the URL, password and all.
		return nil, errors.New("the postgres:// URL cannot be parsed")
	}
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	given := u.Query()
	switch {
	case maxConns > math.MaxInt32:
		return nil, fmt.Errorf("MaxConns is %d, more than a pool can hold", maxConns)
	case maxConns > 0:
		config.MaxConns = int32(maxConns)
	case !given.Has("pool_max_conns"):
		config.MaxConns = defaultMaxConns
	}
	if !given.Has("pool_max_conn_lifetime_jitter") {
		// Connections opened together at the start are not all renewed together.
		config.MaxConnLifetimeJitter = config.MaxConnLifetime / 10
	}
	if !given.Has("pool_max_conn_idle_time") {
		config.MaxConnIdleTime = 10 * time.Minute
	}
	if !given.Has("pool_health_check_period") {
		config.HealthCheckPeriod = 30 * time.Second
	}
	if !given.Has("connect_timeout") {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.PingTimeout = 5 * time.Second
	// They bound what one statement or one stuck client can hold up.
	for name, value := range map[string]string{
		"application_name":                    "aiq",
		"statement_timeout":                   "30s",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "60s",
	} {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	config.AfterConnect = readTimesInUTC
	return config, nil
}

// readTimesInUTC makes times come back in UTC, as from SQLite, and not in the
// zone of the machine that reads them.
func readTimesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
