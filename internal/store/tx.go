package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/fault"
)

// Tx is an open transaction: an ent client whose every statement runs in it.
// It is for one goroutine, and ends with the function that Store.Tx called.
type Tx struct {
	*db.Client
	sql   *sql.Tx
	hooks []func()
}

// AfterCommit has fn called once, after the transaction has been committed, in
// the order of the calls. It is not called when the transaction does not take
// effect, nor for the tries that a retry replaced.
func (t *Tx) AfterCommit(fn func()) { t.hooks = append(t.hooks, fn) }

// SQL is the transaction itself, for libraries that bring their own statements.
// It is not for committing or rolling back, and WithStatements does not see
// what is run on it.
func (t *Tx) SQL() *sql.Tx { return t.sql }

// commitLimit bounds the wait for a commit whose caller has gone.
const commitLimit = 15 * time.Second

// Tx runs fn in a transaction and commits it, or rolls everything back when fn
// returns an error or panics, or ctx ends. Driver errors come out as faults.
//
// When the database refuses the transaction because of another one (a deadlock,
// a serialization failure, a busy database), it is rolled back and fn is called
// again, a bounded number of times. So fn must be safe to repeat: it sets its
// results anew each time and leaves effects elsewhere to AfterCommit. Nothing
// slow or remote belongs in it. What it hands out are values: an entity's edges
// cannot be queried through a transaction that has ended.
//
// Transactions do not nest: a call under fn's context fails. On SQLite one runs
// at a time; on PostgreSQL the isolation is "read committed", so a row that is
// read in order to be changed is read with ForUpdate.
//
// If the connection breaks during the commit, the outcome is not known: the
// error is an UNAVAILABLE fault and no hook runs.
func (s *Store) Tx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if open, ok := ctx.Value(insideKey{s}).(*atomic.Bool); ok && open.Load() {
		return errNested
	}
	var done *Tx
	err := retry(ctx, s.log, func() (err error) {
		done, err = s.try(ctx, fn)
		return err
	})
	if err != nil {
		return Fault(err)
	}
	for _, hook := range done.hooks {
		hook()
	}
	return nil
}

// errNested stands for a wait without end: SQLite's one writing connection is
// taken by the transaction that asks for another.
var errNested = errors.New("store: Tx within Tx: pass the open transaction on")

// insideKey marks a context whose transaction on the Store may still be open.
type insideKey struct{ *Store }

// try runs one transaction, once.
func (s *Store) try(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (*Tx, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// The transaction ends with ctx until its commit begins, and not after: a
	// caller who goes away during the commit must not leave it undecided.
	txCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	detach := context.AfterFunc(ctx, cancel)
	defer detach()

	sqlTx, err := s.writer.BeginTx(txCtx, nil)
	if err != nil {
		return nil, cause(ctx, err)
	}
	// After a commit this does nothing. Its error is of no use: the connection
	// is broken then, and the database rolls back by itself.
	defer func() { _ = sqlTx.Rollback() }()

	var open atomic.Bool
	open.Store(true)
	defer open.Store(false)
	tx := &Tx{Client: newClient(s.dialect, executor{sqlTx}), sql: sqlTx}
	if err := fn(context.WithValue(ctx, insideKey{s}, &open), tx); err != nil {
		return nil, cause(ctx, err)
	}
	if !detach() {
		return nil, ctx.Err()
	}
	defer time.AfterFunc(commitLimit, cancel).Stop()
	err = sqlTx.Commit()
	if errors.Is(err, context.Canceled) { // by commitLimit
		err = fault.New(fault.Unavailable, "The database does not answer. Try again later.").Because(err)
	}
	return tx, err
}

// cause adds the end of ctx to an error that it brought about but that does not
// say so: an interrupted statement, a transaction that was already rolled back.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// The tries of one transaction: enough to get through a crowd, and over within
// two seconds, for the longest wait doubles from 5 ms to 640 ms.
const (
	maxTries  = 9
	firstWait = 5 * time.Millisecond
)

// retry calls fn until it succeeds or fails for a reason that trying again does
// not mend. It waits a random time in between, so that those who collided do
// not collide again.
func retry(ctx context.Context, log *slog.Logger, fn func() error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := fn()
		if err == nil || try == maxTries || !collided(err) {
			return err
		}
		if log != nil {
			log.DebugContext(ctx, "transaction is tried again", "try", try, "cause", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(rand.N(wait)):
			wait *= 2
		}
	}
}
