package session_test

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// overdue makes the test's time over.
func overdue(t *testing.T, s *servertest.Server, global string) {
	t.Helper()
	change(t, s, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(ctx, "UPDATE test_sessions SET due_at = started_at WHERE id = $1", keyOf(t, global))
		return err
	})
}

// patchy takes a form with answers in time and late, one by one and together, with
// skipped questions and with some left out; the bank changes meanwhile.
func patchy(t *testing.T, s *servertest.Server, taker servertest.Client, round int) servertest.Step {
	t.Helper()
	form := taker.StartForm(t)
	id := form.Session.ID
	taker.Answer(t, form.Step, true)
	upheaval(t, s, 2*round, form.Open[1].ID)
	overdue(t, s, id)
	second := form.Step
	second.Question = &form.Open[1]
	require.True(t, taker.Answer(t, second, false).Session.TimeLimitExceeded)
	requireAgrees(t, replayOf(t, s, id))

	var answers []servertest.Submitted
	for i, q := range form.Open[2:14] {
		if (i+round)%4 == 0 {
			answers = append(answers, servertest.Submitted{QuestionID: q.ID})
			continue
		}
		answers = append(answers, taker.Right(t, id, q, i%3 != 0))
	}
	end := taker.SubmitTest(t, id, "", answers...).End(t)
	require.Equal(t, 14, end.Session.Answered)
	require.Equal(t, 25, end.Result.Total)
	return end
}

// Every way of scoring is told with the result, and replayed by what was true when
// the test was scored.
func TestReplayOfPatchyForms(t *testing.T) {
	t.Parallel()
	for choice, method := range map[score.Choice]string{
		score.Auto: "EAP", score.ByAccuracy: "ACCURACY", score.ByWeightedAccuracy: "WEIGHTED_ACCURACY",
		score.ByEAP: "EAP", score.ByWLE: "WLE",
	} {
		t.Run(string(choice), func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, databaseURL string) {
				settings := config.Defaults()
				settings.DatabaseURL, settings.Scoring = databaseURL, choice
				s := servertest.Configured(t, settings, server.Options{})
				s.UseRecords(servertest.FormItems(240))
				taker := s.Taker()
				for round := range 2 {
					end := patchy(t, s, taker, round)
					require.Equal(t, method, end.Result.Scoring)
					upheaval(t, s, 2*round+1, end.Session.ID)
					r := replayOf(t, s, end.Session.ID)
					requireAgrees(t, r)
					require.Len(t, r.Steps, 14)
					require.Equal(t, end.Result.Score, *r.Stored)
				}
			})
		})
	}
}

// Domain scores agree as other reals do: another processor may have computed them.
func TestReplayForgivesTheLastDigitOfADomainScore(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(240))
		end := patchy(t, s, s.Taker(), 0)
		id := keyOf(t, end.Session.ID)
		add := func(difference func(float64) float64) {
			change(t, s, func(ctx context.Context, tx *store.Tx) error {
				domains := tx.TestResult.Query().Where(testresult.SessionID(ident.Session(id))).OnlyX(ctx).DomainScores
				for i := range domains {
					moved := difference(*domains[i].Score)
					domains[i].Score = &moved
				}
				raw, err := json.Marshal(domains)
				if err != nil {
					return err
				}
				_, err = tx.SQL().ExecContext(ctx, "UPDATE test_results SET domain_scores = $2 WHERE session_id = $1", id, string(raw))
				return err
			})
		}
		add(func(v float64) float64 { return math.Nextafter(v, 200) })
		requireAgrees(t, replayOf(t, s, end.Session.ID))
		add(func(v float64) float64 { return v + 1e-6 })
		r := replayOf(t, s, end.Session.ID)
		require.Len(t, r.Disagreements, 1)
		require.Equal(t, "domain scores", r.Disagreements[0].About)
	})
}
