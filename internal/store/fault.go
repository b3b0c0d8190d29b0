package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/migrate"
	"github.com/aiqhq/aiq/internal/fault"
)

// Fault turns an error of ent or of a driver into the fault that a caller may
// act on, with the error as its cause:
//
//   - nothing found: NOT_FOUND;
//   - a unique or a foreign key refused the change: CONFLICT. Violated says
//     which unique key it was;
//   - the database cannot be reached, is busy, or took too long: UNAVAILABLE.
//     The same call may succeed later.
//
// Anything else is returned as it is: faults, the end of a context, and errors
// that only a mistake in the code can cause, such as a broken check.
func Fault(err error) error {
	var (
		known   *fault.Error
		missing *db.NotFoundError
	)
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case lost(err):
		return fault.New(fault.Unavailable, "The database is not available. Try again later.").Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &missing):
		return fault.Missing(label(missing)).Because(err)
	case errors.Is(err, sql.ErrNoRows):
		return fault.Missing("Record").Because(err)
	}
	switch kindOf(err) {
	case uniqueKey:
		return fault.New(fault.Conflict, "Such a record already exists.").Because(err)
	case foreignKey:
		return fault.New(fault.Conflict, "A record that this one belongs to is missing, or is still needed by others.").Because(err)
	case collision, overload:
		return fault.New(fault.Unavailable, "The database is busy. Try again.").Because(err)
	}
	return err
}

// label is the name of what was not found, as a sentence begins: the entity's
// name is the only thing that ent's error tells, and only in its text.
func label(err *db.NotFoundError) string {
	name := strings.TrimSuffix(strings.TrimPrefix(err.Error(), "db: "), " not found")
	name = strings.ReplaceAll(name, "_", " ")
	if name == "" {
		return "Record"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// kind is what a database's refusal means here.
type kind int

const (
	other kind = iota
	uniqueKey
	foreignKey
	collision // with another transaction: worth another try
	overload  // out of time or room
)

func collided(err error) bool { return kindOf(err) == collision }

func kindOf(err error) kind {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return postgresKind(pg.Code)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return sqliteKind(lite.Code())
	}
	return other
}

// postgresKind reads an SQLSTATE (PostgreSQL manual, appendix A).
func postgresKind(state string) kind {
	switch state {
	case "23505":
		return uniqueKey
	case "23503":
		return foreignKey
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return collision
	case "55P03", "57014", "25P03", // lock, statement and idle-in-transaction timeouts
		"25006": // a server that has become a standby
		return overload
	}
	switch state[:min(2, len(state))] {
	case "08", "53", "57", "58": // connection, resources, operator intervention, system
		return overload
	}
	return other
}

// sqliteKind reads an extended result code (sqlite.org/rescode.html).
func sqliteKind(code int) kind {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return uniqueKey
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return foreignKey
	}
	switch code & 0xff { // the primary result code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return collision
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return overload
	}
	return other
}

// lost tells of a connection that broke or was never made.
func lost(err error) bool {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		// Its own time limit shows as an expired context; the caller's leaving
		// shows as a cancelled one.
		return !errors.Is(err, context.Canceled)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var network net.Error
	return errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}

// Violated reports whether err comes from the unique key or the check of that
// name refusing a change.
//
// SQLite tells a unique key only by its columns: of two keys on the same columns
// of a table, both count as violated.
func Violated(err error, name string) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName == name && (pg.Code == "23505" || pg.Code == "23514")
	}
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	// "constraint failed: UNIQUE constraint failed: responses.session_id, responses.position (2067)"
	_, what, _ := strings.Cut(lite.Error(), " constraint failed: ")
	what, _, _ = strings.Cut(what, " (")
	switch lite.Code() {
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		return what == name
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		columns := uniqueColumns(name)
		return columns != "" && what == columns
	}
	return false
}

// uniqueColumns spells the columns of the unique key of that name as SQLite
// does: "table.first, table.second". It is empty for an unknown name.
func uniqueColumns(name string) string {
	for _, table := range migrate.Tables {
		for _, index := range table.Indexes {
			if index.Unique && index.Name == name {
				columns := make([]string, len(index.Columns))
				for i, column := range index.Columns {
					columns[i] = table.Name + "." + column.Name
				}
				return strings.Join(columns, ", ")
			}
		}
		for _, column := range table.Columns {
			// The name that a column's own unique key gets on both databases.
			if column.Unique && name == table.Name+"_"+column.Name+"_key" {
				return table.Name + "." + column.Name
			}
		}
	}
	return ""
}
