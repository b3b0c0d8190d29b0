package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	// atOnce is the number of jobs that one process works at the same time. They
	// share the database's connections with those who are waiting for an answer.
	atOnce = 4
	// fetchCooldown is the shortest time between two looks for jobs, and bounds
	// how many are worked in a second: atOnce / fetchCooldown.
	fetchCooldown = 10 * time.Millisecond
	// settlePoll is how often Settle looks for jobs.
	settlePoll = 5 * time.Millisecond
)

// unfinished are the states of a job that is still to be done.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}
}

// Run works jobs, those of Every included, until the context ends. Then no job
// is begun, those being worked are given the grace to finish, and those that do
// not are cancelled and left for another try.
func (q *Queue) Run(ctx context.Context, grace time.Duration) error {
	config := q.config()
	config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}}
	config.FetchCooldown = fetchCooldown
	config.PeriodicJobs = q.periodic
	config.SoftStopTimeout = grace
	client, err := river.NewClient(driver(q.store), config)
	if err != nil {
		return fmt.Errorf("work jobs: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("work jobs: %w", err)
	}
	<-client.Stopped()
	return nil
}

// Settle works every job that was enqueued and returns when none is left. It
// fails as soon as one of them fails. Those of Every are not its concern, nor are
// those that wait for their time after After.
func (q *Queue) Settle(ctx context.Context) (err error) {
	config := q.config()
	config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}}
	config.FetchCooldown, config.FetchPollInterval = settlePoll, settlePoll
	config.PollOnly, config.LeaderElectionDisabled = true, true
	client, err := river.NewClient(driver(q.store), config)
	if err != nil {
		return fmt.Errorf("settle jobs: %w", err)
	}
	left, err := q.left(ctx, client)
	if err != nil || !left {
		return err
	}
	events, unsubscribe := client.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed)
	defer unsubscribe()
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("settle jobs: %w", err)
	}
	defer func() { err = errors.Join(err, client.Stop(context.WithoutCancel(ctx))) }()
	for left {
		select {
		case e := <-events:
			if e.Kind == river.EventKindJobFailed {
				return fmt.Errorf("settle jobs: %s %d: %s", e.Job.Kind, e.Job.ID, e.Job.Errors[len(e.Job.Errors)-1].Error)
			}
		case <-time.After(10 * settlePoll): // another process may have done the last
		case <-ctx.Done():
			return fmt.Errorf("settle jobs: %w", ctx.Err())
		}
		if left, err = q.left(ctx, client); err != nil {
			return err
		}
	}
	return nil
}

// left reports whether jobs are still to be done now.
func (q *Queue) left(ctx context.Context, client *river.Client[*sql.Tx]) (bool, error) {
	now := slices.DeleteFunc(unfinished(), func(s rivertype.JobState) bool { return s == rivertype.JobStateScheduled })
	jobs, err := client.JobList(ctx, river.NewJobListParams().States(now...).First(1))
	if err != nil {
		return false, fmt.Errorf("look for jobs: %w", err)
	}
	return len(jobs.Jobs) > 0, nil
}
