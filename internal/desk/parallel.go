package desk

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Progress is told how much of all is done, now and then and from one goroutine
// at a time. It may be nil.
type Progress func(done, total int)

// share is how many people a worker takes at a time.
const share = 256

// forPeople calls do for runs of people that cover n, on all processors.
func forPeople(ctx context.Context, n int, progress Progress, do func(from, to int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := min(runtime.GOMAXPROCS(0), (n+share-1)/share)
	var next, done atomic.Int64
	told := make(chan struct{}, 1)
	for range workers {
		group.Go(func() error {
			for {
				from := int(next.Add(share)) - share
				if from >= n {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				to := min(n, from+share)
				if err := do(from, to); err != nil {
					return err
				}
				finished := int(done.Add(int64(to - from)))
				if progress != nil {
					told <- struct{}{}
					progress(finished, n)
					<-told
				}
			}
		})
	}
	return group.Wait()
}
