package bank_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/bank/starter"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

func rules() cat.Rules { return cat.DefaultRules(session.DefaultWeights()) }

func opened(t *testing.T, st *store.Store, rules cat.Rules) *bank.Bank {
	t.Helper()
	b, err := bank.Open(t.Context(), st, rules)
	require.NoError(t, err)
	require.NotZero(t, b.Snapshot().EngineRevision)
	return b
}

func revisions(t *testing.T, st *store.Store) []*db.EngineRevision {
	t.Helper()
	return st.Reader().EngineRevision.Query().AllX(t.Context())
}

func write(t *testing.T, st *store.Store, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, st.Tx(t.Context(), fn))
}

func TestARevisionIsRecordedOnceForEachContent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		records, err := starter.Records()
		require.NoError(t, err)
		_, err = bank.Import(t.Context(), st, clock.System, records)
		require.NoError(t, err)

		b := opened(t, st, rules())
		first := b.Snapshot().EngineRevision
		require.Equal(t, first, opened(t, st, rules()).Snapshot().EngineRevision, "another replica")
		require.Len(t, revisions(t, st), 1)

		// What the engine does not hold makes no revision, what it holds does.
		ids := st.Reader().Question.Query().Order(db.Asc(question.FieldID)).Limit(2).IDsX(t.Context())
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			return tx.Question.UpdateOneID(ids[0]).SetText("Reworded.").SetChangedAt(clock.System()).Exec(ctx)
		})
		before := b.Snapshot()
		require.NoError(t, b.Refresh(t.Context()))
		require.NotSame(t, before, b.Snapshot())
		require.Equal(t, first, b.Snapshot().EngineRevision)

		active := func(on bool) {
			write(t, st, func(ctx context.Context, tx *store.Tx) error {
				return tx.Question.UpdateOneID(ids[0]).SetActive(on).SetChangedAt(clock.System()).Exec(ctx)
			})
			require.NoError(t, b.Refresh(t.Context()))
		}
		active(false)
		second := b.Snapshot().EngineRevision
		require.NotEqual(t, first, second)
		active(true)
		require.Equal(t, first, b.Snapshot().EngineRevision, "as it was before")

		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			err := tx.ItemParameters.Update().Where(itemparameters.QuestionID(ids[1])).SetCurrent(false).Exec(ctx)
			if err != nil {
				return err
			}
			return tx.ItemParameters.Create().SetQuestionID(ids[1]).SetModel("TWO_PL").SetDiscrimination(1.1).
				SetDifficulty(1. / 3).SetProvisional(false).SetCreatedAt(clock.System()).Exec(ctx)
		})
		require.NoError(t, b.Refresh(t.Context()))
		third := b.Snapshot().EngineRevision
		require.NotContains(t, []any{first, second}, third)

		other := rules()
		other.Randomesque = 1
		require.NotEqual(t, third, opened(t, st, other).Snapshot().EngineRevision)
		require.Len(t, revisions(t, st), 4)

		// The engine comes back as it was.
		for revision, want := range map[*bank.Snapshot]cat.Rules{b.Snapshot(): rules(), opened(t, st, other).Snapshot(): other} {
			engine, err := bank.EngineOf(t.Context(), st.Reader(), revision.EngineRevision)
			require.NoError(t, err)
			require.Equal(t, want, engine.Rules())
			require.Equal(t, revision.Engine.Bank().Items(), engine.Bank().Items())
			state := cat.State{Prior: irt.StandardNormal(), Seed: 7}
			a, err := engine.Next(state)
			require.NoError(t, err)
			b, err := revision.Engine.Next(state)
			require.NoError(t, err)
			require.Equal(t, b, a)
		}
	})
}

func TestCostOfARefresh(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		_, err := bank.Import(t.Context(), st, clock.System, servertest.Items(60, 1.3))
		require.NoError(t, err)
		b := opened(t, st, rules())
		refreshing := func(want int) {
			t.Helper()
			ctx, statements := store.WithStatements(t.Context())
			require.NoError(t, b.Refresh(ctx))
			require.Equal(t, want, statements.Count(), statements.Texts())
		}
		refreshing(2)
		set := func(active bool) {
			write(t, st, func(ctx context.Context, tx *store.Tx) error {
				return tx.Question.Update().Where(question.ExternalRef("test:00000")).
					SetActive(active).SetChangedAt(clock.System()).Exec(ctx)
			})
		}
		set(false)
		refreshing(7)
		set(true)
		refreshing(5)
	})
}

func TestReplicasRecordOneRevision(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		_, err := bank.Import(t.Context(), st, clock.System, servertest.Items(60, 1.3))
		require.NoError(t, err)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				b, err := bank.Open(t.Context(), st, rules())
				if err == nil && b.Snapshot().EngineRevision == 0 {
					err = b.Refresh(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Len(t, revisions(t, st), 1)
	})
}

// A bank that cannot record what it holds chooses all the same, and records it
// as soon as it can.
func TestABankThatCannotRecord(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		_, err := bank.Import(t.Context(), st, clock.System, servertest.Items(60, 1.3))
		require.NoError(t, err)
		run := func(statement string) {
			t.Helper()
			write(t, st, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.SQL().ExecContext(ctx, statement)
				return err
			})
		}
		run("ALTER TABLE engine_revisions RENAME TO away")
		b, err := bank.Open(t.Context(), st, rules())
		require.NoError(t, err)
		require.Equal(t, 60, b.Snapshot().Len())
		require.Nil(t, b.Snapshot().Recorded())
		require.Error(t, b.Refresh(t.Context()))

		run("ALTER TABLE away RENAME TO engine_revisions")
		require.NoError(t, b.Refresh(t.Context()))
		require.NotNil(t, b.Snapshot().Recorded())
	})
}

func TestDamagedRevisions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		b := opened(t, st, rules()) // an empty bank has a revision too
		id := b.Snapshot().EngineRevision
		_, err := bank.EngineOf(t.Context(), st.Reader(), id)
		require.NoError(t, err)
		_, err = bank.EngineOf(t.Context(), st.Reader(), id+1)
		require.ErrorIs(t, err, bank.ErrRevision)
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(ctx, "UPDATE engine_revisions SET digest = 'x'")
			return err
		})
		_, err = bank.EngineOf(t.Context(), st.Reader(), id)
		require.ErrorIs(t, err, bank.ErrRevision)
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(ctx, "UPDATE engine_revisions SET content = $1", []byte{1, 2, 3})
			return err
		})
		_, err = bank.EngineOf(t.Context(), st.Reader(), id)
		require.ErrorIs(t, err, bank.ErrRevision)
	})
}

func TestALargeBankMakesASmallRevision(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, storetest.Dialects()[0])
	records := servertest.Items(10_000, 1.3)
	for i := range records { // as many digits as a calibration gives
		records[i].Parameters.A = 1 + float64(i%997)/1009
		records[i].Parameters.B = -2.5 + float64(i)/2003
	}
	_, err := bank.Import(t.Context(), st, clock.System, records)
	require.NoError(t, err)
	opened(t, st, rules())
	require.Less(t, len(revisions(t, st)[0].Content), 250_000)
}

func BenchmarkRefreshWithANewRevision(b *testing.B) {
	st := storetest.Open(b, storetest.Dialects()[0])
	_, err := bank.Import(b.Context(), st, clock.System, servertest.Items(10_000, 1.3))
	require.NoError(b, err)
	for n := 0; b.Loop(); n++ {
		other := rules()
		other.StableTheta = float64(n) / 1e6
		_, err := bank.Open(b.Context(), st, other)
		require.NoError(b, err)
	}
}

func BenchmarkRefreshWithAKnownRevision(b *testing.B) {
	st := storetest.Open(b, storetest.Dialects()[0])
	_, err := bank.Import(b.Context(), st, clock.System, servertest.Items(10_000, 1.3))
	require.NoError(b, err)
	for b.Loop() {
		_, err := bank.Open(b.Context(), st, rules())
		require.NoError(b, err)
	}
}
