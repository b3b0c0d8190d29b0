package account

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/requestid"
)

const (
	// maxTasks is how many tasks may wait, and atOnce how many run.
	maxTasks, atOnce = 1000, 4
	// taskLimit bounds the time of one task, from when it runs.
	taskLimit = time.Minute
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
}

func newTasks(log *slog.Logger) *tasks {
	stopped, end := context.WithCancel(context.Background())
	return &tasks{
		log: log, waiting: make(chan struct{}, maxTasks), running: make(chan struct{}, atOnce),
		stopped: stopped, end: end,
	}
}

// add has the task run soon, under a context of its own that keeps the id of the
// request and nothing else: what it costs is not the answer's. It fails with UNAVAILABLE if too many are waiting. The
// error of a task is logged.
func (t *tasks) add(ctx context.Context, task func(context.Context) error) error {
	select {
	case t.waiting <- struct{}{}:
	default:
		return fault.New(fault.Unavailable, "There is too much to do at the moment. Try again later.")
	}
	ctx = requestid.With(context.Background(), requestid.From(ctx))
	t.done.Go(func() {
		defer func() { <-t.waiting }()
		t.running <- struct{}{}
		defer func() { <-t.running }()
		ctx, cancel := context.WithTimeout(ctx, taskLimit)
		defer cancel()
		defer context.AfterFunc(t.stopped, cancel)()
		if err := task(ctx); err != nil {
			t.log.ErrorContext(ctx, "a task of the accounts failed", "error", err)
		}
	})
	return nil
}

// settle waits for the tasks.
func (t *tasks) settle() { t.done.Wait() }

// close waits for the tasks as long as the context lasts, and then ends them.
func (t *tasks) close(ctx context.Context) {
	defer context.AfterFunc(ctx, t.end)()
	t.done.Wait()
	t.end()
}
