package session

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// paper is a fixed form as its taker leaves it.
type paper struct {
	// questions it has, of which some were answered and the rest left out.
	questions, answered, right int
	// calibrated are how many of the questions, the first ones, have parameters.
	calibrated int
	scoring    score.Choice
	late       bool
}

// taken completes a form of a person and gives its result. The domains take
// turns over the questions; the first answers are the right ones.
func (f paper) taken(t *testing.T, st *store.Store, user ident.User) *db.TestResult {
	t.Helper()
	ctx, now := t.Context(), clock.System()
	var session *db.TestSession
	require.NoError(t, st.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		session, err = f.save(ctx, tx, user, now)
		return err
	}))
	items, err := bank.Open(ctx, st, cat.DefaultRules(DefaultWeights()))
	require.NoError(t, err)
	policy := DefaultPolicy()
	policy.Scoring = f.scoring
	jobs, err := job.New(st, job.Options{})
	require.NoError(t, err)
	job.Handle(jobs, func(context.Context, Completion) error { return nil })
	s := New(st, items, event.NewHub(event.Alone{}, event.Options{}), jobs, clock.System, policy, func() int64 { return 1 })
	require.NoError(t, st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.complete(ctx, tx, session) }))
	result, err := st.Reader().TestResult.Query().Where(testresult.SessionID(session.ID)).Only(ctx)
	require.NoError(t, err)
	return result
}

func (f paper) save(ctx context.Context, tx *store.Tx, user ident.User, now time.Time) (*db.TestSession, error) {
	steps := make([]vocab.Step, 0, f.answered)
	questions := make([]*db.Question, f.questions)
	for i := range questions {
		ref := fmt.Sprintf("form:%d:%d:%d", user, now.UnixNano(), i)
		// The first option is what is chosen, and the key where that is right.
		key := "b"
		if i < f.right {
			key = "a"
		}
		q, err := tx.Question.Create().SetExternalRef(ref).SetSource("form").SetText(ref).
			SetOptions([]vocab.Option{{ID: "a"}, {ID: "b"}}).SetKey(key).
			SetDomain(vocab.Domains()[i%len(vocab.Domains())]).SetDifficulty(vocab.Medium).
			SetCreatedAt(now).SetChangedAt(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		questions[i] = q
		step := vocab.Step{Question: q.ID, Domain: q.Domain, Correct: i < f.right, ElapsedMs: int64(i+1) * 20_000}
		// Those of a question that is not calibrated are no longer in force.
		parameters := tx.ItemParameters.Create().SetQuestionID(q.ID).SetModel(vocab.TwoParameter).
			SetDiscrimination(1.2).SetDifficulty(0).SetProvisional(false).SetCurrent(i < f.calibrated).SetCreatedAt(now)
		if err := parameters.Exec(ctx); err != nil {
			return nil, err
		}
		if i < f.calibrated {
			step.Discrimination = 1.2
		}
		if i < f.answered {
			steps = append(steps, step)
		}
	}
	session, err := tx.TestSession.Create().SetUserID(user).SetKind(vocab.Fixed).SetState(vocab.Completed).
		SetSeed(1).SetMaximum(f.questions).SetAnswered(f.answered).SetSteps(steps).SetSeen([]ident.Question{}).
		SetTimeLimitExceeded(f.late).SetStartedAt(now).SetLastActivityAt(now).SetEndedAt(now).Save(ctx)
	if err != nil {
		return nil, err
	}
	for i, q := range questions {
		served := tx.Response.Create().SetSessionID(session.ID).SetUserID(user).SetQuestionID(q.ID).
			SetPosition(i + 1).SetServedAt(now)
		if i < f.answered {
			served.SetAnsweredAt(now).SetIsCorrect(i < f.right).SetOptionID(q.Options[0].ID)
		}
		if err := served.Exec(ctx); err != nil {
			return nil, err
		}
	}
	return session, nil
}

func someone(t *testing.T, st *store.Store) (id ident.User) {
	t.Helper()
	require.NoError(t, st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.User.Create().SetCreatedAt(clock.System()).Save(ctx)
		if err == nil {
			id = u.ID
		}
		return err
	}))
	return id
}

func foundReliable(t *testing.T, st *store.Store, alpha *float64, sessions int64) {
	t.Helper()
	require.NoError(t, st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.ReliabilityMetric.Create().SetMeasure(vocab.CronbachAlpha).SetNillableValue(alpha).
			SetSessions(sessions).SetItems(25).SetComputedAt(clock.System()).Exec(ctx)
	}))
}

// Questions left out count as not right, whatever the strategy; a strategy that
// does not apply gives way to the plain share, and the result says so.
func TestScoreOfAFixedForm(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		share := paper{questions: 12, answered: 9, right: 6, scoring: score.ByAccuracy, late: true}.taken(t, st, someone(t, st))
		require.Equal(t, vocab.Accuracy, share.Method)
		require.Equal(t, 12, share.Total)
		require.Equal(t, 6, share.Correct)
		require.InDelta(t, 100, share.Score, 1e-9)
		require.Equal(t, 50., share.Percentile)
		require.Nil(t, share.Theta)
		require.True(t, share.TimeLimitExceeded)
		require.EqualValues(t, 9*20_000, share.DurationMs)
		require.Len(t, share.DomainScores, 6)
		for _, d := range share.DomainScores {
			require.Equal(t, 2, d.Items)
		}

		whole := paper{questions: 12, answered: 12, right: 6, calibrated: 12}.taken(t, st, someone(t, st))
		require.Equal(t, vocab.EAP, whole.Method)
		require.InDelta(t, 0, *whole.Theta, 1e-9, "half of equal items")
		leftOut := paper{questions: 12, answered: 6, right: 6, calibrated: 12}.taken(t, st, someone(t, st))
		require.Equal(t, vocab.EAP, leftOut.Method)
		require.InDelta(t, *whole.Theta, *leftOut.Theta, 1e-9, "left out is wrong")
		require.Equal(t, 12, leftOut.Total)

		partly := paper{questions: 12, answered: 12, right: 6, calibrated: 11}
		require.Equal(t, vocab.Accuracy, partly.taken(t, st, someone(t, st)).Method)
		partly.scoring = score.ByWLE
		require.Equal(t, vocab.WLE, partly.taken(t, st, someone(t, st)).Method)
		partly.calibrated = 7
		require.Equal(t, vocab.Accuracy, partly.taken(t, st, someone(t, st)).Method)
	})
}

// A share of right answers has an interval only once the forms are known to be
// reliable; the newest coefficient decides. A change between two scores is judged
// only if both have one.
func TestPrecisionOfAFixedForm(t *testing.T) {
	t.Parallel()
	number := func(v float64) *float64 { return &v }
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := someone(t, st)
		f := paper{questions: 6, answered: 6, right: 3}
		first := f.taken(t, st, user)
		require.Equal(t, vocab.InsufficientData, first.IntervalStatus)
		require.Nil(t, first.StandardErrorOfMeasurement)
		require.Nil(t, first.PreviousID)

		for _, known := range []struct {
			alpha    *float64
			sessions int64
			want     vocab.IntervalStatus
		}{
			{number(.84), 99, vocab.InsufficientData},
			{nil, 200, vocab.InsufficientData},
			{number(.59), 200, vocab.BelowThreshold},
		} {
			foundReliable(t, st, known.alpha, known.sessions)
			r := f.taken(t, st, someone(t, st))
			require.Equal(t, known.want, r.IntervalStatus)
			require.Nil(t, r.IntervalLower)
			require.Nil(t, r.IntervalUpper)
			require.Nil(t, r.IntervalLevel)
		}

		foundReliable(t, st, number(.84), 100) // 15 √.16 = 6
		second := f.taken(t, st, user)
		require.Equal(t, vocab.Sufficient, second.IntervalStatus)
		require.InDelta(t, 6, *second.StandardErrorOfMeasurement, 1e-9)
		require.InDelta(t, .84, *second.Reliability, 1e-12)
		require.InDelta(t, 100-11.759784, *second.IntervalLower, 1e-6)
		require.InDelta(t, 100+11.759784, *second.IntervalUpper, 1e-6)
		require.Equal(t, first.ID, *second.PreviousID)
		require.Zero(t, *second.Change)
		require.Nil(t, second.ChangeIndex, "the first had no error of measurement")

		f.right = 6
		third := f.taken(t, st, user)
		require.Equal(t, second.ID, *third.PreviousID)
		require.InDelta(t, 15, *third.Change, 1e-9)
		require.InDelta(t, 15/8.485281, *third.ChangeIndex, 1e-6) // √(6² + 6²)
		require.Equal(t, vocab.Stable, *third.ChangeVerdict)
	})
}

// A result counts among those that others are compared with, unless its session
// was judged invalid.
func TestInvalidSessionsAreNotCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		f := paper{questions: 6, answered: 6, right: 3}
		for verdict, counted := range map[vocab.Verdict]int{vocab.Valid: 7, vocab.Suspect: 7, vocab.Invalid: 0} {
			r := f.taken(t, st, someone(t, st))
			require.NoError(t, st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.ScoreCount.Delete().Exec(ctx)
				if err != nil {
					return err
				}
				if _, err := tx.SessionValidity.Delete().Exec(ctx); err != nil {
					return err
				}
				err = tx.SessionValidity.Create().SetSessionID(r.SessionID).SetVerdict(verdict).SetSeverity(0).
					SetConfidence(1).SetEvidence(vocab.Evidence{}).SetJudgedAt(clock.System()).Exec(ctx)
				if err != nil {
					return err
				}
				return countScore(ctx, tx, &completed{TestSession: &db.TestSession{ID: r.SessionID}})
			}))
			n, err := st.Reader().ScoreCount.Query().Count(t.Context())
			require.NoError(t, err)
			require.Equal(t, counted, n, "%s: the score and six domains", verdict)
		}
	})
}
