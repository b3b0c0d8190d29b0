package account

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/requestid"
	"github.com/aiqhq/aiq/internal/store"
)

const (
	// maxTasks is how many tasks may wait, and atOnce how many run.
	maxTasks, atOnce = 1000, 4
	// taskLimit bounds the time of one try of a task, from when it runs.
	taskLimit = time.Minute
	// A task is tried so often while what it needs is not available, for some ten
	// minutes: the longest wait doubles from the first on.
	maxTaskTries             = 20
	firstPause, longestPause = 250 * time.Millisecond, time.Minute
)

// tasks is work that is done after the answer, in this process: what is waiting
// when the process dies is lost, so it is for what a person can ask for again.
type tasks struct {
	log     *slog.Logger
	waiting chan struct{}
	running chan struct{}
	done    sync.WaitGroup
	// stopped ends the tasks; end brings that about.
	stopped context.Context
	end     context.CancelFunc
	// pause waits, until the context ends at the longest.
	pause func(context.Context, time.Duration)
}

func newTasks(log *slog.Logger) *tasks {
	stopped, end := context.WithCancel(context.Background())
	return &tasks{
		log: log, waiting: make(chan struct{}, maxTasks), running: make(chan struct{}, atOnce),
		stopped: stopped, end: end, pause: clock.Pause,
	}
}

// add has the task run soon, under a context of its own that keeps the id of the
// request and nothing else: what it costs is not the answer's. While the database or
// the mail server is not available the task is tried again, so it must be safe to
// repeat. It fails with UNAVAILABLE if too many are waiting. The error of a task is
// logged.
func (t *tasks) add(ctx context.Context, task func(context.Context) error) error {
	select {
	case t.waiting <- struct{}{}:
	default:
		return fault.New(fault.Unavailable, "There is too much to do at the moment. Try again later.")
	}
	ctx = requestid.With(context.Background(), requestid.From(ctx))
	t.done.Go(func() {
		defer func() { <-t.waiting }()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(t.stopped, cancel)()
		if err := t.run(ctx, task); err != nil {
			t.log.ErrorContext(ctx, "a task of the accounts failed", "error", err)
		}
	})
	return nil
}

// settle waits for the tasks.
func (t *tasks) settle() { t.done.Wait() }

// run tries the task until it is done, or fails for another reason than that what it
// needs is not available.
func (t *tasks) run(ctx context.Context, task func(context.Context) error) error {
	wait := firstPause
	for try := 1; ; try++ {
		err := t.try(ctx, task)
		if err == nil || try == maxTaskTries || !passing(err) {
			return err
		}
		t.log.DebugContext(ctx, "a task of the accounts is tried again", "try", try, "cause", err)
		t.pause(ctx, wait)
		if ctx.Err() != nil {
			return err
		}
		wait = min(2*wait, longestPause)
	}
}

// try runs the task once, when there is room.
func (t *tasks) try(ctx context.Context, task func(context.Context) error) error {
	t.running <- struct{}{}
	defer func() { <-t.running }()
	ctx, cancel := context.WithTimeout(ctx, taskLimit)
	defer cancel()
	return task(ctx)
}

// passing reports whether the same call may succeed later.
func passing(err error) bool {
	return fault.CodeOf(store.Fault(err)) == fault.Unavailable || errors.Is(err, context.DeadlineExceeded)
}

// close waits for the tasks as long as the context lasts, and then ends them.
func (t *tasks) close(ctx context.Context) {
	defer context.AfterFunc(ctx, t.end)()
	t.done.Wait()
	t.end()
}
