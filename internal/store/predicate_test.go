package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

func TestInIsOneStatement(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := addQuestions(t, s, 5)
		many := make([]ident.Question, 10_000)
		for i := range many {
			many[i] = ids[4] + ident.Question(i) // the last question, and 9,999 that do not exist
		}
		ctx, statements := store.WithStatements(t.Context())
		for _, tc := range []struct {
			keys []ident.Question
			want []ident.Question
		}{
			{nil, nil},
			{[]ident.Question{}, nil},
			{ids[2:3], ids[2:3]},
			{[]ident.Question{ids[3], ids[1], ids[3]}, []ident.Question{ids[1], ids[3]}},
			{many, ids[4:]},
		} {
			got, err := s.Reader().Question.Query().Where(store.In(question.FieldID, tc.keys)).Order(question.ByID()).IDs(ctx)
			require.NoError(t, err)
			require.ElementsMatch(t, tc.want, got)
		}
		texts := statements.Texts()
		require.Len(t, texts, 5)
		for _, text := range texts {
			require.Equal(t, texts[0], text)
		}
	})
}

func TestInStrings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		addQuestions(t, s, 3)
		for _, tc := range []struct {
			domains []vocab.Domain
			want    int
		}{
			{nil, 0},
			{[]vocab.Domain{vocab.Math}, 0},
			{[]vocab.Domain{vocab.Math, vocab.Logic}, 3},
			{[]vocab.Domain{`"`, `'; DROP TABLE questions; --`, `\`, "<&>", "LOGIC"}, 3},
		} {
			n, err := s.Reader().Question.Query().Where(store.InStrings(question.FieldDomain, tc.domains)).Count(t.Context())
			require.NoError(t, err)
			require.Equal(t, tc.want, n, tc.domains)
		}
	})
}

func TestInJoinsOtherPredicates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := addQuestions(t, s, 4)
		got, err := s.Reader().Question.Query().
			Where(question.Or(question.ID(ids[0]), question.And(store.In(question.FieldID, ids[1:3]), question.IDNEQ(ids[2])))).
			Order(question.ByID()).IDs(t.Context())
		require.NoError(t, err)
		require.Equal(t, ids[:2], got)

		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Question.Update().Where(store.In(question.FieldID, ids[2:])).SetActive(false).Save(ctx)
			require.Equal(t, 2, n)
			return err
		})
	})
}

func TestStatementsAreCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		outside, all := store.WithStatements(t.Context())
		ctx, some := store.WithStatements(outside)
		require.Zero(t, some.Count())

		require.NoError(t, s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			require.Zero(t, some.Count(), "the begin is no statement")
			if err := tx.User.Create().SetCreatedAt(noon).Exec(ctx); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE users SET country = 'DE'"); err != nil {
				return err
			}
			rows, err := tx.QueryContext(ctx, "SELECT 1")
			if err != nil {
				return err
			}
			return rows.Close()
		}))
		require.Equal(t, 3, some.Count(), "nor is the end")
		require.Contains(t, some.Texts()[0], "INSERT INTO")
		require.Equal(t, []string{"UPDATE users SET country = 'DE'", "SELECT 1"}, some.Texts()[1:])

		// One statement for the people and one for all their sessions.
		_, err := s.Reader().User.Query().WithSessions().All(ctx)
		require.NoError(t, err)
		require.Equal(t, 5, some.Count())
		_, err = s.Reader().User.Query().Count(outside)
		require.NoError(t, err)
		require.Equal(t, 5, some.Count())
		require.Equal(t, 6, all.Count(), "what the inner context notes, the outer one notes too")
		_, err = s.Reader().User.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, 6, all.Count())
	})
}

// A bulk insert with edges, for which ent would begin a transaction of its own.
func TestSeveralStatementsJoinTheTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.MapCreateBulk(make([]int, 3), func(c *db.UserCreate, i int) {
				c.SetBirthYear(i).SetCreatedAt(noon)
			}).Exec(ctx)
		})
		first, err := s.Reader().User.Query().Where(user.BirthYear(0)).Only(t.Context())
		require.NoError(t, err)
		session := addSession(t, s, first.ID)
		questions := addQuestions(t, s, 1)
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.TestSession.UpdateOneID(session).SetOpenQuestionID(questions[0]).SetAnswered(1).Exec(ctx)
		})
	})
}
