package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io/fs"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/ent/migrations"
)

// The reasons why a database is not migrated, beside those of the database.
var (
	// ErrSchemaNewer: the database has had migrations that this program does
	// not know. It belongs to a later version of the program.
	ErrSchemaNewer = errors.New("the database schema is newer than this program")
	// ErrMigrationEdited: a migration is not the file that its checksum
	// vouches for, or not the one that was applied to this database.
	ErrMigrationEdited = errors.New("a migration was edited")
)

// MigrationStatus compares a database with the migrations of this program. All
// are versions, in order.
type MigrationStatus struct {
	Applied []string
	Pending []string
	Unknown []string // applied by a later version of the program
}

// Migrate applies the migrations that the database has not had, all or none.
// Many processes may call it at once: one applies, the others wait for it and
// find nothing to do. It changes nothing and fails with ErrSchemaNewer or
// ErrMigrationEdited when the database and the program do not belong together.
func (s *Store) Migrate(ctx context.Context) error {
	files, err := migrations.Files(s.dialect)
	if err != nil {
		return err
	}
	return s.migrate(ctx, files)
}

// MigrationStatus tells which migrations the database has had and which it
// waits for. It changes nothing.
func (s *Store) MigrationStatus(ctx context.Context) (MigrationStatus, error) {
	files, err := migrations.Files(s.dialect)
	if err != nil {
		return MigrationStatus{}, err
	}
	dir, err := verified(files)
	if err != nil {
		return MigrationStatus{}, err
	}
	applied, err := revisions{s.readers, s.dialect}.ReadRevisions(ctx)
	if err != nil {
		return MigrationStatus{}, Fault(err)
	}
	return compare(dir, applied)
}

func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	dir, err := verified(files)
	if err != nil {
		return err
	}
	err = s.Exclusively(ctx, func(tx *sql.Tx) error { return s.apply(ctx, tx, dir) })
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Exclusively runs fn in a transaction like that of Migrate, which one
// connection to the database can be in at a time: for libraries that migrate
// tables of their own. fn is called again if the database was busy.
func (s *Store) Exclusively(ctx context.Context, fn func(*sql.Tx) error) error {
	return Fault(retry(ctx, s.log, func() error { return s.exclusively(ctx, fn) }))
}

// verified copies migrations to where atlas can use them, and checks them
// against their atlas.sum.
func verified(files fs.FS) (migrate.Dir, error) {
	dir := &migrate.MemDir{}
	names, err := fs.Glob(files, "*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if err := dir.WriteFile(name, content); err != nil {
			return nil, err
		}
	}
	if err := migrate.Validate(dir); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMigrationEdited, err)
	}
	return dir, nil
}

// compare sets the migrations of the program against those that the database
// has had.
func compare(dir migrate.Dir, applied []*migrate.Revision) (MigrationStatus, error) {
	files, err := dir.Files()
	if err != nil {
		return MigrationStatus{}, err
	}
	sums, err := dir.Checksum()
	if err != nil {
		return MigrationStatus{}, err
	}
	var status MigrationStatus
	had := make(map[string]*migrate.Revision, len(applied))
	for _, revision := range applied {
		had[revision.Version] = revision
		status.Applied = append(status.Applied, revision.Version)
	}
	for _, file := range files {
		revision, ok := had[file.Version()]
		if !ok {
			status.Pending = append(status.Pending, file.Version())
			continue
		}
		delete(had, file.Version())
		sum, err := sums.SumByName(file.Name())
		if err != nil {
			return status, err
		}
		if sum != revision.Hash {
			return status, fmt.Errorf("%w: %s differs from the file that was applied to this database", ErrMigrationEdited, file.Name())
		}
	}
	for _, version := range status.Applied {
		if _, unknown := had[version]; unknown {
			status.Unknown = append(status.Unknown, version)
		}
	}
	return status, nil
}

// apply runs the pending migrations in a transaction that excludes all others.
func (s *Store) apply(ctx context.Context, tx *sql.Tx, dir migrate.Dir) error {
	history := revisions{tx, s.dialect}
	applied, err := history.ReadRevisions(ctx)
	if err != nil {
		return err
	}
	status, err := compare(dir, applied)
	switch {
	case err != nil:
		return err
	case len(status.Unknown) > 0:
		return fmt.Errorf("%w: it has had %v", ErrSchemaNewer, status.Unknown)
	case len(status.Pending) == 0:
		return nil
	}
	if err := history.create(ctx); err != nil {
		return err
	}
	open := postgres.Open
	if s.dialect == dialect.SQLite {
		open = sqlite.Open
	}
	driver, err := open(tx)
	if err != nil {
		return err
	}
	// "Dirty" is a database with tables but no history. The history's own
	// table makes it so; and other libraries keep tables beside ours.
	executor, err := migrate.NewExecutor(driver, dir, history, migrate.WithAllowDirty(true))
	if err != nil {
		return err
	}
	if err := executor.ExecuteN(ctx, 0); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "database migrated", "versions", status.Pending)
	return nil
}

// exclusively runs fn in a transaction that one connection to the database can
// be in at a time.
func (s *Store) exclusively(ctx context.Context, fn func(*sql.Tx) error) (err error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if s.dialect == dialect.SQLite {
		// SQLite changes a table by making it anew, which its foreign keys would
		// hinder. They can be switched only outside a transaction.
		if _, err := conn.ExecContext(ctx, "PRAGMA foreign_keys = off"); err != nil {
			return err
		}
		defer func() {
			if _, onErr := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA foreign_keys = on"); onErr != nil {
				// Not back to the pool: it would not check foreign keys.
				_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
				err = errors.Join(err, onErr)
			}
		}()
	}
	tx, err := conn.BeginTx(ctx, nil) // on SQLite this alone excludes the others
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if s.dialect == dialect.Postgres {
		err = lockMigrations(ctx, tx)
	}
	if err == nil {
		err = fn(tx)
	}
	if err == nil && s.dialect == dialect.SQLite {
		err = checkForeignKeys(ctx, tx)
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

// migrationLock is the key of the advisory lock: "aiq" and "migr" in ASCII.
const migrationLock = 0x616971_6d696772

// lockMigrations waits, as long as ctx allows, for those who migrate now. A
// migration may then take its time to rewrite a table, but not to get hold of
// it: all who use the table would queue up behind it.
func lockMigrations(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range []string{
		"SET LOCAL statement_timeout = 0",
		"SET LOCAL lock_timeout = 0",
		fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(migrationLock)),
		"SET LOCAL lock_timeout = '10s'",
		// Only who opens a relation learns which tables others have made since the
		// transaction began.
		"SELECT FROM pg_catalog.pg_class LIMIT 1",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// checkForeignKeys fails if a row refers to one that does not exist.
func checkForeignKeys(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		var table, parent string
		var row sql.NullInt64
		var key int
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		return fmt.Errorf("row %d of %s refers to a row of %s that does not exist", row.Int64, table, parent)
	}
	return rows.Err()
}
