package job

import (
	"context"
	"time"

	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Progress is how far a long job was at one of its versions.
type Progress struct {
	// Of is what the job makes, by which it is known.
	Of      ident.Global
	Kind    vocab.JobKind
	Version int
	State   vocab.JobState
	// Done is how many rows, or whatever the kind of job counts, are done, of Total,
	// which is 0 until they have been counted.
	Done, Total int
	RequestedAt time.Time
	// FinishedAt is nil until then.
	FinishedAt *time.Time
}

// Watch tells how far a job is. Each call of next waits and gives how far: first as
// it is, unless the caller knows that version, and then each time that it has gone
// on; who asks late is told the newest only. It gives nothing more when the job is
// finished or no longer there, and when either context ends. Load loads the row of
// what the job makes, or fails if the viewer may not see it.
func Watch[K ~int64, V any](ctx context.Context, topics *event.Topics[K, V], key K, after int,
	progress func(V) *Progress, load func(context.Context) (V, error),
) (next func(context.Context) (*Progress, bool), err error) {
	watcher, row, err := topics.Open(ctx, key, load)
	if err != nil {
		return nil, err
	}
	now := progress(row)
	if after > now.Version {
		after = 0
	}
	return func(ctx context.Context) (*Progress, bool) {
		if after >= now.Version {
			if now.State == vocab.JobFinished {
				return nil, false
			}
			newer, ok := watcher.Next(ctx, after)
			if !ok {
				return nil, false
			}
			now = progress(newer)
		}
		after = now.Version
		return now, true
	}, nil
}
