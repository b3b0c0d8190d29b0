package privacy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

const watchJob = `subscription ($id: ID!, $after: Int) {
  jobProgress(id: $id, afterVersion: $after) { kind version state done total finishedAt subject { ... on DataExport { id state } } }
}`

type jobProgress struct {
	Kind, State          string
	Version, Done, Total int
	FinishedAt           *string
	Subject              struct{ ID, State string }
}

func nextProgress(t *testing.T, stream *servertest.Stream) jobProgress {
	t.Helper()
	var data struct{ JobProgress jobProgress }
	stream.Event(t, &data)
	return data.JobProgress
}

// The person sees an export from its being asked for to its end, whenever they
// come, and nobody else does.
func TestAnExportIsWatched(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, w *world) {
		for _, over := range servertest.Transports() {
			asked := requested(t, w.ada)
			watching := func(after int) *servertest.Stream {
				return w.ada.Subscribe(t, over, watchJob, servertest.Variables{"id": asked.ID, "after": after})
			}
			stream, knows := watching(0), watching(1)
			first := nextProgress(t, stream)
			require.Equal(t, "DATA_EXPORT", first.Kind)
			require.Equal(t, "QUEUED", first.State)
			require.Equal(t, asked.ID, first.Subject.ID)
			w.Settle()

			at, last := first, nextProgress(t, knows)
			require.Greater(t, last.Version, 1)
			for at.State != "FINISHED" {
				p := nextProgress(t, stream)
				require.Greater(t, p.Version, at.Version)
				require.GreaterOrEqual(t, p.Done, at.Done)
				at = p
			}
			require.Equal(t, at.Total, at.Done)
			require.Positive(t, at.Done)
			require.NotNil(t, at.FinishedAt)
			require.Equal(t, "READY", at.Subject.State)
			stream.Completed(t)

			late := watching(0)
			require.Equal(t, at, nextProgress(t, late))
			late.Completed(t)
			watching(at.Version).Completed(t)
			ahead := watching(at.Version + 7)
			require.Equal(t, at, nextProgress(t, ahead))

			for name, c := range map[string]servertest.Client{"another": w.Taker(), "an administrator": w.Admin()} {
				for _, id := range []string{asked.ID, "RGF0YUV4cG9ydDo5OTk5OTk", "?"} {
					event, more := c.Subscribe(t, over, watchJob, servertest.Variables{"id": id}).Next(t)
					require.True(t, more, name)
					require.Equal(t, "NOT_FOUND", event.Code(), name)
				}
			}
			event, _ := w.Anonymous().Subscribe(t, over, watchJob, servertest.Variables{"id": asked.ID}).Next(t)
			require.Equal(t, "UNAUTHENTICATED", event.Code())
		}
	})
}
