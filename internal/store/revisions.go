package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// revisions is the history of applied migrations, a table in the database
// itself. Name and columns are those of atlas's command line, which can then
// report on the database.
type revisions struct {
	entsql.ExecQuerier
	dialect string
}

const revisionsTable = "atlas_schema_revisions"

// Ident names the table, so that atlas does not take it for ours.
func (revisions) Ident() *migrate.TableIdent { return &migrate.TableIdent{Name: revisionsTable} }

func (r revisions) create(ctx context.Context) error {
	timestamp, document := "timestamptz", "jsonb"
	if r.dialect == dialect.SQLite {
		timestamp, document = "datetime", "json"
	}
	_, err := r.ExecContext(ctx, fmt.Sprintf(`
CREATE TABLE IF NOT EXISTS %s (
  version          varchar NOT NULL PRIMARY KEY,
  description      varchar NOT NULL,
  type             bigint  NOT NULL DEFAULT 2,
  applied          bigint  NOT NULL DEFAULT 0,
  total            bigint  NOT NULL DEFAULT 0,
  executed_at      %s      NOT NULL,
  execution_time   bigint  NOT NULL,
  error            text,
  error_stmt       text,
  hash             varchar NOT NULL,
  partial_hashes   %s,
  operator_version varchar NOT NULL
)`, revisionsTable, timestamp, document))
	return err
}

// exists tells whether the database has a history at all: asking for a table
// that is not there would end a PostgreSQL transaction.
func (r revisions) exists(ctx context.Context) (bool, error) {
	query := "SELECT to_regclass('" + revisionsTable + "') IS NOT NULL"
	if r.dialect == dialect.SQLite {
		query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '" + revisionsTable + "'"
	}
	rows, err := r.QueryContext(ctx, query)
	if err != nil {
		return false, err
	}
	return entsql.ScanBool(rows)
}

// ReadRevisions gives the history in the order of versions; empty if the
// database has none.
func (r revisions) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	if exists, err := r.exists(ctx); err != nil || !exists {
		return nil, err
	}
	return r.read(ctx, "ORDER BY version")
}

// ReadRevision gives one revision, or migrate.ErrRevisionNotExist.
func (r revisions) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	found, err := r.read(ctx, "WHERE version = $1", version)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, migrate.ErrRevisionNotExist
	}
	return found[0], nil
}

func (r revisions) read(ctx context.Context, which string, args ...any) (list []*migrate.Revision, err error) {
	rows, err := r.QueryContext(ctx, `
SELECT version, description, type, applied, total, executed_at, execution_time,
       error, error_stmt, hash, partial_hashes, operator_version
FROM `+revisionsTable+" "+which, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			v                    migrate.Revision
			message, stmt, parts sql.NullString
		)
		if err := rows.Scan(&v.Version, &v.Description, &v.Type, &v.Applied, &v.Total, &v.ExecutedAt, &v.ExecutionTime,
			&message, &stmt, &v.Hash, &parts, &v.OperatorVersion); err != nil {
			return nil, err
		}
		v.Error, v.ErrorStmt = message.String, stmt.String
		if parts.Valid {
			if err := json.Unmarshal([]byte(parts.String), &v.PartialHashes); err != nil {
				return nil, fmt.Errorf("partial hashes of migration %s: %w", v.Version, err)
			}
		}
		list = append(list, &v)
	}
	return list, rows.Err()
}

// WriteRevision writes or overwrites one revision.
func (r revisions) WriteRevision(ctx context.Context, v *migrate.Revision) error {
	parts, err := json.Marshal(v.PartialHashes)
	if err != nil {
		return err
	}
	_, err = r.ExecContext(ctx, `
INSERT INTO `+revisionsTable+` (version, description, type, applied, total, executed_at, execution_time,
  error, error_stmt, hash, partial_hashes, operator_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (version) DO UPDATE SET
  description = excluded.description, type = excluded.type, applied = excluded.applied, total = excluded.total,
  executed_at = excluded.executed_at, execution_time = excluded.execution_time,
  error = excluded.error, error_stmt = excluded.error_stmt,
  hash = excluded.hash, partial_hashes = excluded.partial_hashes, operator_version = excluded.operator_version`,
		v.Version, v.Description, int64(v.Type), v.Applied, v.Total, v.ExecutedAt.UTC().Truncate(time.Microsecond), int64(v.ExecutionTime),
		nullable(v.Error), nullable(v.ErrorStmt), v.Hash, string(parts), v.OperatorVersion)
	return err
}

// DeleteRevision removes one revision.
func (r revisions) DeleteRevision(ctx context.Context, version string) error {
	_, err := r.ExecContext(ctx, "DELETE FROM "+revisionsTable+" WHERE version = $1", version)
	return err
}

func nullable(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
