package job_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// visit is a job about a person.
type visit struct {
	User int64 `json:"user"`
}

// Kind implements job.Args.
func (visit) Kind() string { return "visit" }

func TestForgetRemovesJobsAboutSomebody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		visited, leave := make(chan int64, 10), make(chan struct{})
		q := open(t, s, job.Options{}, func(context.Context, greet) error { return nil })
		job.Handle(q, func(_ context.Context, v visit) error {
			visited <- v.User
			if v.User == 7 {
				<-leave
			}
			return nil
		})
		add := func(users ...int64) {
			require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for _, u := range users {
					if err := q.Enqueue(ctx, tx, visit{u}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		forget := func(user int64) error {
			return s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return q.Forget(ctx, tx, "user", user) })
		}
		add(5, 55, 5)
		enqueue(t, s, q, "5")
		require.NoError(t, forget(5))
		require.NoError(t, forget(6), "of whom there are none")
		require.NoError(t, q.Settle(t.Context()))
		require.Equal(t, int64(55), receive(t, visited))
		require.Empty(t, visited, "what is forgotten is not worked")

		add(7)
		stop := run(t, q)
		require.Equal(t, int64(7), receive(t, visited))
		require.ErrorContains(t, forget(7), "being worked")
		close(leave)
		require.Eventually(t, func() bool { return forget(7) == nil }, limit, time.Millisecond)
		stop()
	})
}
