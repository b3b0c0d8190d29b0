package session_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/study"
	"github.com/aiqhq/aiq/internal/vocab"
)

// change writes to the server's database past its rules.
func change(t *testing.T, s *servertest.Server, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.Store.Tx(t.Context(), fn))
}

// upheaval changes much of the bank while tests are taken: wordings, the
// parameters of every third question, and which questions are in use. The open
// question is among them.
func upheaval(t *testing.T, s *servertest.Server, round int, open string) {
	t.Helper()
	now := clock.System()
	change(t, s, func(ctx context.Context, tx *store.Tx) error {
		ids, err := tx.Question.Query().Order(db.Asc(question.FieldID)).IDs(ctx)
		if err != nil {
			return err
		}
		for i, id := range ids {
			if (i+round)%3 != 0 && int64(id) != keyOf(t, open) {
				continue
			}
			if err := tx.ItemParameters.Update().Where(itemparameters.QuestionID(id)).SetCurrent(false).Exec(ctx); err != nil {
				return err
			}
			err := tx.ItemParameters.Create().SetQuestionID(id).SetModel(vocab.ThreeParameter).
				SetDiscrimination(.8 + float64(i%5)/7).SetDifficulty(float64(i%13)/3 - 2 + float64(round)/10).SetGuessing(.1).
				SetProvisional(false).SetCreatedAt(now).Exec(ctx)
			if err != nil {
				return err
			}
			err = tx.Question.UpdateOneID(id).SetText("Reworded " + fmt.Sprint(id)).SetChangedAt(now).
				SetActive((i+round)%2 == 0).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, s.Bank.Refresh(t.Context()))
}

// keyOf is the number behind a global id.
func keyOf(t *testing.T, global string) int64 {
	t.Helper()
	var id ident.Global
	require.NoError(t, id.UnmarshalGQL(global))
	return id.Key
}

func replayOf(t *testing.T, s *servertest.Server, global string) *session.Replay {
	t.Helper()
	r, err := session.NewReplayer(s.Store).Replay(t.Context(), ident.Session(keyOf(t, global)))
	require.NoError(t, err)
	return r
}

func requireAgrees(t *testing.T, r *session.Replay) {
	t.Helper()
	require.True(t, r.Agrees(), r.Disagreements)
	require.Zero(t, r.Unchecked)
	for _, step := range r.Steps {
		require.True(t, step.Agrees)
	}
}

func TestReplayAgreesWhateverBecameOfTheBank(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(240, 1.3)
		taker := s.Taker()
		round := 0
		for test := range 3 { // also with earlier tests behind
			at := taker.StartTest(t)
			for at.Question != nil {
				requireAgrees(t, replayOf(t, s, at.Session.ID))
				if (at.Session.Answered+test)%4 == 2 {
					round++
					upheaval(t, s, round, at.Question.ID)
				}
				at = taker.Answer(t, at, (at.Session.Answered*7+test)%3 != 0)
			}
			upheaval(t, s, round, at.Session.ID)
			r := replayOf(t, s, at.Session.ID)
			requireAgrees(t, r)
			require.Len(t, r.Steps, at.Result.Total)
			require.Equal(t, at.Result.Score, *r.Stored)
			require.Equal(t, *r.Stored, *r.Replayed)
		}

		given := taker.StartTest(t)
		given = taker.Answer(t, given, true)
		taker.Abandon(t, given.Session.ID)
		r := replayOf(t, s, given.Session.ID)
		requireAgrees(t, r)
		require.Nil(t, r.Stored)

		revisions, err := s.Store.Reader().EngineRevision.Query().Count(t.Context())
		require.NoError(t, err)
		require.Greater(t, revisions, 4)
	})
}

func TestReplayOfAFixedForm(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		sapa, err := study.SAPA()
		require.NoError(t, err)
		sapa.People = sapa.People[:20]
		_, err = study.Import(t.Context(), s.Store, clock.System, sapa)
		require.NoError(t, err)
		ids := s.Store.Reader().TestSession.Query().IDsX(t.Context())
		require.Len(t, ids, 20)
		replayer := session.NewReplayer(s.Store)
		for _, id := range ids {
			r, err := replayer.Replay(t.Context(), id)
			require.NoError(t, err)
			requireAgrees(t, r)
		}
		change(t, s, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(ctx, "UPDATE responses SET is_correct = NOT is_correct WHERE session_id = $1 AND position = 3", int64(ids[4]))
			return err
		})
		r, err := replayer.Replay(t.Context(), ids[4])
		require.NoError(t, err)
		require.Len(t, r.Disagreements, 1)
		require.Equal(t, 3, r.Disagreements[0].Position)
		require.False(t, r.Steps[2].Agrees)
	})
}

func TestReplayFindsWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	steps := func(change func([]vocab.Step)) func(context.Context, *store.Tx, *db.TestSession) error {
		return func(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
			change(t.Steps)
			return tx.TestSession.Update().Where(testsession.ID(t.ID)).SetSteps(t.Steps).Exec(ctx)
		}
	}
	sql := func(statement string) func(context.Context, *store.Tx, *db.TestSession) error {
		return func(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
			_, err := tx.SQL().ExecContext(ctx, statement, int64(t.ID))
			return err
		}
	}
	const unused = "(SELECT max(id) FROM questions)"
	cases := map[string]struct {
		tamper func(context.Context, *store.Tx, *db.TestSession) error
		about  string
		at     int
	}{
		"option":            {sql("UPDATE responses SET option_id = 'z' WHERE session_id = $1 AND position = 2"), "option in the response", 2},
		"no option":         {sql("UPDATE responses SET option_id = NULL WHERE session_id = $1 AND position = 2"), "option in the response", 2},
		"outcome":           {sql("UPDATE responses SET is_correct = NOT is_correct WHERE session_id = $1 AND position = 2"), "right or wrong in the response", 2},
		"answer undone":     {sql("UPDATE responses SET answered_at = NULL WHERE session_id = $1 AND position = 2"), "response", 2},
		"response's theta":  {sql("UPDATE responses SET theta = theta + 1e-6 WHERE session_id = $1 AND position = 2"), "theta of the response", 2},
		"question swapped":  {sql("UPDATE responses SET question_id = " + unused + " WHERE session_id = $1 AND position = 2"), "response", 2},
		"score":             {sql("UPDATE test_results SET score = score + .01 WHERE session_id = $1"), "score", 0},
		"percentile":        {sql("UPDATE test_results SET percentile = percentile + .1 WHERE session_id = $1"), "percentile", 0},
		"result's theta":    {sql("UPDATE test_results SET theta = theta + .01 WHERE session_id = $1"), "theta of the result", 0},
		"bound":             {sql("UPDATE test_results SET interval_upper = interval_upper + 1 WHERE session_id = $1"), "upper bound of the score", 0},
		"number right":      {sql("UPDATE test_results SET correct = correct - 1 WHERE session_id = $1"), "number right", 0},
		"domain scores":     {sql("UPDATE test_results SET domain_scores = '[]' WHERE session_id = $1"), "domain scores", 0},
		"result gone":       {sql("DELETE FROM test_results WHERE session_id = $1"), "result", 0},
		"seed":              {sql("UPDATE test_sessions SET seed = seed + 1 WHERE id = $1"), "question", -1},
		"prior":             {sql("UPDATE test_sessions SET prior_mean = .5 WHERE id = $1"), "theta", 1},
		"stop reason":       {sql("UPDATE test_sessions SET stop_reason = 'BANK_EXHAUSTED' WHERE id = $1"), "end of the test", 0},
		"session's theta":   {sql("UPDATE test_sessions SET theta = 2.5 WHERE id = $1"), "theta of the session", 0},
		"step's outcome":    {steps(func(s []vocab.Step) { s[1].Correct = !s[1].Correct }), "right or wrong by the key", 2},
		"key":               {steps(func(s []vocab.Step) { s[1].Key = s[1].Option }), "right or wrong by the key", 2},
		"step's question":   {steps(func(s []vocab.Step) { s[1].Question = s[1].Question + 1 }), "question", 2},
		"step's parameters": {steps(func(s []vocab.Step) { s[1].Difficulty += .1 }), "item parameters", 2},
		"step's estimate":   {steps(func(s []vocab.Step) { s[1].StandardError *= .9 }), "standard error", 2},
		"steps reordered":   {steps(func(s []vocab.Step) { s[1], s[2] = s[2], s[1] }), "question", 2},
		"a step missing": {func(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
			return tx.TestSession.Update().Where(testsession.ID(t.ID)).SetSteps(t.Steps[:len(t.Steps)-1]).Exec(ctx)
		}, "number of answers", 0},
		"revision": {steps(func(s []vocab.Step) { s[1].Revision = 1 << 40 }), "engine revision", 2},
	}
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(240, 1.3)
		takers := s.Takers(len(cases))
		for name, c := range cases {
			taker := takers[0]
			takers = takers[1:]
			end := taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%3 != 1 })
			id := ident.Session(keyOf(t, end.Session.ID))
			requireAgrees(t, replayOf(t, s, end.Session.ID))
			change(t, s, func(ctx context.Context, tx *store.Tx) error {
				return c.tamper(ctx, tx, tx.TestSession.GetX(ctx, id))
			})
			r := replayOf(t, s, end.Session.ID)
			require.False(t, r.Agrees(), name)
			found := false
			for _, d := range r.Disagreements {
				if d.About == c.about && (c.at < 0 || d.Position == c.at) {
					found = true
					require.NotEqual(t, d.Stored, d.Replayed, name)
				}
			}
			require.True(t, found, "%s: %v", name, r.Disagreements)
		}
	})
}

// A choice whose engine is not known is said to be unchecked, and everything
// else is checked all the same.
func TestReplayWithoutTheEngine(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		taker := s.Taker()
		end := taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%2 == 0 })
		id := ident.Session(keyOf(t, end.Session.ID))
		change(t, s, func(ctx context.Context, tx *store.Tx) error {
			at := tx.TestSession.GetX(ctx, id)
			for i := range at.Steps {
				at.Steps[i].Revision = 0
			}
			return tx.TestSession.Update().Where(testsession.ID(id)).SetSteps(at.Steps).Exec(ctx)
		})
		r := replayOf(t, s, end.Session.ID)
		require.True(t, r.Agrees(), r.Disagreements)
		require.Equal(t, end.Result.Total, r.Unchecked)
		require.Equal(t, end.Result.Score, *r.Replayed)

		_, err := session.NewReplayer(s.Store).Replay(t.Context(), 1<<40)
		require.Equal(t, fault.NotFound, fault.CodeOf(err))
	})
}

// Replaying costs the same number of statements however long the test, and an
// engine is read once.
func TestCostOfAReplay(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(240, 1.3)
		replayer := session.NewReplayer(s.Store)
		for i, taker := range s.Takers(3) {
			at := taker.StartTest(t)
			for range 4 * i {
				at = taker.Answer(t, at, true)
			}
			ctx, statements := store.WithStatements(t.Context())
			_, err := replayer.Replay(ctx, ident.Session(keyOf(t, at.Session.ID)))
			require.NoError(t, err)
			want := 3
			if i == 0 {
				want++ // the engine
			}
			require.Equal(t, want, statements.Count(), statements.Texts())
		}
	})
}
