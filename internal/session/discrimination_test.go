package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// sums are running sums of a question that n people were given with one other
// question: so many had both right, only this one, only the other, or neither.
type sums struct{ both, this, other, neither int64 }

func (v sums) n() int64 { return v.both + v.this + v.other + v.neither }

func (v sums) save(ctx context.Context, tx *store.Tx, q ident.Question) error {
	return tx.ItemStatistics.Create().SetQuestionID(q).SetAdministered(v.n()).SetCorrect(v.both + v.this).
		SetRestSum(v.both + v.other).SetRestSquareSum(v.both + v.other).SetCorrectRestSum(v.both).Exec(ctx)
}

// What is known of how a question discriminates decides whether it is taken: the
// item-rest correlation from 30 answers on, before that the parameter a, and a
// negative correlation keeps it out of every form.
func TestTheBestQuestionsAreTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(180)) // 10 of each difficulty and domain, a = 1.3
		kind := map[string]string{}
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			for _, difficulty := range []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard} {
				for _, domain := range vocab.Domains() {
					cell := tx.Question.Query().Where(question.DomainEQ(domain), question.DifficultyEQ(difficulty)).
						Order(db.Asc(question.FieldID)).AllX(ctx)
					for i, c := range []struct {
						is   string
						sums sums
					}{
						{"excellent", sums{20, 2, 2, 20}}, // r = .82, more than a = 1.3 promises: .48
						{"poor", sums{11, 9, 9, 11}},      // r = .1, less
						{"negative", sums{2, 20, 20, 2}},
						{"young", sums{0, 14, 15, 0}}, // negative, but of 29 answers
						{"constant", sums{20, 20, 0, 0}},
					} {
						kind[ident.Global{Kind: ident.KindQuestion, Key: int64(cell[i].ID)}.String()] = c.is
						if err := c.sums.save(ctx, tx, cell[i].ID); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		taken := map[string]int{}
		met := 0
		taker := s.Taker()
		for first := true; ; first = false {
			a := taker.Ask(t, servertest.StartForm, nil)
			if a.Code() != "" {
				refused(t, a, "NO_QUESTIONS_AVAILABLE")
				break
			}
			var data resumed
			taker.Get(t, &data, launch, nil)
			form := taker.Form(t, data.Viewer.ActiveSession.ID)
			for _, q := range form.Open {
				taken[kind[q.ID]]++
				met++
			}
			if first {
				// One of each cell that the plan has, 17 of 18.
				require.GreaterOrEqual(t, taken["excellent"], 15)
				require.Zero(t, taken["poor"])
			}
			taker.Abandon(t, form.Session.ID)
		}
		require.Zero(t, taken["negative"])
		require.Equal(t, 18, taken["poor"])
		require.Equal(t, 18, taken["young"])
		require.Equal(t, 18, taken["constant"])
		require.Equal(t, 180-18, met, "all others, each once")
	})
}

func TestAnchorsAreServedFirst(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(180))
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			for _, domain := range vocab.Domains() {
				ids := tx.Question.Query().Where(question.DomainEQ(domain)).Order(db.Desc(question.FieldID)).Limit(2).IDsX(ctx)
				if err := tx.Question.Update().Where(question.IDIn(ids...)).SetAnchor(true).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		taker := s.Taker()
		// Each form takes one anchor of each domain, and may take another for its
		// discrimination: two forms take them all.
		left := 12
		for _, least := range []int{6, 0, 0} {
			form := taker.StartForm(t)
			_, achieved := compositionOf(t, taker, form.Session.ID)
			require.GreaterOrEqual(t, achieved.Anchors, min(least, left))
			require.Equal(t, 25, achieved.Total)
			left -= achieved.Anchors
			taker.Abandon(t, form.Session.ID)
		}
		require.Zero(t, left)
	})
}

// Questions that may not be served are not, nor are those without a wording; those
// without parameters are.
func TestWhatAFormIsMadeOf(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		records := servertest.FormItems(40)
		for i := range records {
			records[i].Stimulus = ""
			if i < 10 {
				records[i].Parameters = nil
			}
			if i >= 10 && i < 20 {
				records[i].Text = ""
			}
		}
		s.UseRecords(records)
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			ids := tx.Question.Query().Order(db.Asc(question.FieldID)).IDsX(ctx)
			if err := tx.Question.Update().Where(question.IDIn(ids[20:25]...)).SetActive(false).Exec(ctx); err != nil {
				return err
			}
			return tx.Question.Update().Where(question.IDIn(ids[25:30]...)).SetQuality(vocab.UnderReview).Exec(ctx)
		})
		taker := s.Taker()
		form := taker.StartForm(t)
		require.Len(t, form.Open, 20)
		answers := make([]servertest.Submitted, len(form.Open))
		for i, q := range form.Open {
			require.NotEmpty(t, q.Text)
			answers[i] = taker.Right(t, form.Session.ID, q, true)
		}
		// A question taken out of use meanwhile is still scored.
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.Question.Update().SetActive(false).SetChangedAt(time.Now()).Exec(ctx)
		})
		require.NoError(t, s.Bank.Refresh(t.Context()))
		end := taker.SubmitTest(t, form.Session.ID, "", answers...).End(t)
		require.Equal(t, 20, end.Result.Correct)
	})
}

func write(t *testing.T, s *servertest.Server, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.Store.Tx(t.Context(), fn))
}
