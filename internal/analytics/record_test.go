package analytics_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
)

// TestReliabilityIsRecorded compares with the reliability of the same tests as a
// study, before they are made our own.
func TestReliabilityIsRecorded(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ctx := t.Context()
		record := func() *db.ReliabilityMetric {
			require.NoError(t, analytics.RecordReliability(ctx, s.Store, clock.System))
			last, err := analytics.LatestReliability(ctx, s.Store.Reader())
			require.NoError(t, err)
			return last
		}
		questions := s.AddQuestions("our own", 8)
		s.AddTests(questions, s.AddUsers(40), servertest.Tests{Sessions: 1, Responses: 8})
		require.Nil(t, record(), "a study is not ours")
		want, err := analytics.ReliabilityOf(ctx, s.Store.Reader(), "our own")
		require.NoError(t, err)
		adopt := func() {
			_, err := s.Store.SQL().ExecContext(ctx, "UPDATE test_sessions SET source = NULL")
			require.NoError(t, err)
		}
		adopt()
		first := record()
		require.EqualValues(t, 40, first.Sessions)
		require.Equal(t, 8, first.Items)
		require.InDelta(t, *want.CronbachAlpha, *first.Value, 1e-12)
		again, err := analytics.ReliabilityOf(ctx, s.Store.Reader(), "our own")
		require.NoError(t, err)
		require.Equal(t, want, again, "whose tests they are makes no difference")

		// Nothing new was counted.
		counting, statements := store.WithStatements(ctx)
		require.NoError(t, analytics.RecordReliability(counting, s.Store, clock.System))
		require.Equal(t, 2, statements.Count())
		require.Equal(t, first.ID, record().ID)

		// A question that few were asked does not count.
		rare := s.AddQuestions("rare", 1)
		s.AddTests(rare, s.AddUsers(3), servertest.Tests{Sessions: 1, Responses: 1})
		adopt()
		counting, statements = store.WithStatements(ctx)
		require.NoError(t, analytics.RecordReliability(counting, s.Store, clock.System))
		require.Equal(t, 5, statements.Count())
		second := record()
		require.NotEqual(t, first.ID, second.ID)
		require.EqualValues(t, 43, second.Sessions)
		for source, sessions := range map[string]int{"our own": 40, "rare": 3} {
			of, err := analytics.ReliabilityOf(ctx, s.Store.Reader(), source)
			require.NoError(t, err)
			require.Equal(t, sessions, of.Sessions, "that asked a question of %s", source)
		}
		require.Equal(t, 8, second.Items)
		require.InDelta(t, *first.Value, *second.Value, 1e-12)
		n, err := s.Store.Reader().ReliabilityMetric.Query().Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, n, "the history is kept")
	})
}
