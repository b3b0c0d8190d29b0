// Package job is work that is done later: a job is enqueued in the transaction
// of the rows that it is about, exists if and only if that transaction takes
// effect, and is worked by any process that serves the database. It rests on
// River (riverqueue.com), on SQLite and on PostgreSQL.
//
// A job is worked at least once: it is tried again after an error, a panic and
// the death of its process. What it does must therefore have its effect once
// however often it runs, which a mark on the row that it is about, set in the
// transaction of the effect, achieves.
package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/aiqhq/aiq/internal/store"
)

// Args say what a job is about. They are kept as JSON until the job is done.
type Args interface {
	// Kind names the kind of job, for the zero value too. It is stored: a kind
	// that has been used keeps its name.
	Kind() string
}

// Options are the settings of a Queue. The zero value is a good one.
type Options struct {
	// Timeout is the longest time that a job may take; 30 seconds unless set. A
	// job whose process died is taken up again after twice as long.
	Timeout time.Duration
	// Logger hears of jobs that fail. Nil is slog.Default().
	Logger *slog.Logger
	// Worked is told of every try to work a job: how long it took, and whether
	// it succeeded. It may be nil.
	Worked func(kind string, took time.Duration, ok bool)
}

// Queue takes jobs and works them. Enqueue is safe for concurrent use; Handle
// and Every come before all else.
type Queue struct {
	store    *store.Store
	options  Options
	workers  *river.Workers
	periodic []*river.PeriodicJob
	// inserter never works: one that works is made for each Run and Settle.
	inserter *river.Client[*sql.Tx]
}

// New makes a queue on a migrated database.
func New(st *store.Store, o Options) (*Queue, error) {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Worked == nil {
		o.Worked = func(string, time.Duration, bool) {}
	}
	q := &Queue{store: st, options: o, workers: river.NewWorkers()}
	var err error
	q.inserter, err = river.NewClient(driver(st), q.config())
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return q, nil
}

// driver lets River share the store's connections. On PostgreSQL it takes one
// more for as long as it works, to hear of new jobs.
func driver(st *store.Store) riverdriver.Driver[*sql.Tx] {
	if st.Dialect() == dialect.SQLite {
		return riversqlite.New(st.SQL())
	}
	return riverdatabasesql.NewWithPgxListener(st.SQL(), st.Pool())
}

func (q *Queue) config() *river.Config {
	return &river.Config{
		Workers:              q.workers,
		JobTimeout:           q.options.Timeout,
		RescueStuckJobsAfter: 2 * q.options.Timeout,
		Logger:               slog.New(atLeast{q.options.Logger.Handler(), slog.LevelWarn}),
	}
}

// Enqueue adds a job to the transaction: it is worked, soon, after the commit,
// and never if there is none. Its kind must have been given to Handle.
func (q *Queue) Enqueue(ctx context.Context, tx *store.Tx, args Args) error {
	if _, err := q.inserter.InsertTx(ctx, tx.SQL(), args, nil); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// EnqueueAll is Enqueue for many jobs of one kind, in few statements.
func EnqueueAll[A Args](ctx context.Context, q *Queue, tx *store.Tx, args []A) error {
	if len(args) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		jobs[i].Args = a
	}
	if _, err := q.inserter.InsertManyFastTx(ctx, tx.SQL(), jobs); err != nil {
		return fmt.Errorf("enqueue %d of %s: %w", len(args), args[0].Kind(), err)
	}
	return nil
}

// After is what a job returns to be worked again once the time has passed, or a
// little later. It is no failure.
func After(wait time.Duration) error { return river.JobSnooze(max(wait, 0)) }

// Forget removes all jobs whose args have the member with the key, those that are
// not done yet included. It fails while one of them is being worked.
func (q *Queue) Forget(ctx context.Context, tx *store.Tx, member string, key int64) error {
	about := `args ->> CAST($1 AS text) = $2`
	if q.store.Dialect() == dialect.SQLite {
		about = `CAST(json_extract(args, '$.' || $1) AS text) = $2`
	}
	value := strconv.FormatInt(key, 10)
	if _, err := tx.SQL().ExecContext(ctx, `DELETE FROM river_job WHERE `+about+` AND state <> 'running'`, member, value); err != nil {
		return fmt.Errorf("forget jobs: %w", err)
	}
	var running int
	err := tx.SQL().QueryRowContext(ctx, `SELECT count(*) FROM river_job WHERE `+about, member, value).Scan(&running)
	if err != nil {
		return fmt.Errorf("forget jobs: %w", err)
	}
	if running > 0 {
		return fmt.Errorf("forget jobs: %d are being worked", running)
	}
	return nil
}

// Handle has jobs of A's kind worked by fn. When fn fails or panics, the job is
// tried again: after a second, then after ever longer waits, for three weeks. When
// it returns After, that is when.
func Handle[A Args](q *Queue, fn func(context.Context, A) error) {
	river.AddWorker(q.workers, &worker[A]{queue: q, fn: fn})
}

// Every has fn called once in each interval, by one process of all that serve
// the database, and as soon as there is one. A call that fails is not repeated
// before the next is due.
func (q *Queue) Every(kind string, interval time.Duration, fn func(context.Context) error) {
	river.AddWorkerArgs(q.workers, tick{kind}, &worker[tick]{
		queue: q, fn: func(ctx context.Context, _ tick) error { return fn(ctx) },
	})
	q.periodic = append(q.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) {
			return tick{kind}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished()}}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
}

// tick is the job of one interval. It is about nothing but its kind.
type tick struct{ kind string }

// Kind implements Args.
func (t tick) Kind() string { return t.kind }

// worker has River work jobs of one kind.
type worker[A Args] struct {
	river.WorkerDefaults[A]
	queue *Queue
	fn    func(context.Context, A) error
}

// Work implements river.Worker.
func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	ok, began := false, time.Now()
	// A panic passes here on its way to River, which logs it.
	defer func() { w.queue.options.Worked(job.Kind, time.Since(began), ok) }()
	err := w.fn(ctx, job.Args)
	var later *river.JobSnoozeError
	if errors.As(err, &later) {
		ok = true
		return err
	}
	if err != nil {
		w.queue.options.Logger.WarnContext(ctx, "job failed",
			"kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
		return err
	}
	ok = true
	return nil
}

// atLeast is a handler that hears only records of a level and above.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
