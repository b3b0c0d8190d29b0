package store_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Letters are compared as they are: who wants "ada" to equal "Ada" folds both.
func TestLetterCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, email := range []string{"Ada@example.com", "ada@example.com", "ädä@example.com", "ÄDÄ@example.com"} {
			write(t, s, func(ctx context.Context, tx *store.Tx) error {
				return tx.User.Create().SetEmailKey(email).SetCreatedAt(noon).Exec(ctx)
			})
			n, err := s.Reader().User.Query().Where(user.EmailKey(email)).Count(ctx)
			require.NoError(t, err)
			require.Equal(t, 1, n, email)
		}
	})
}

func TestTimesAreUTCInMicroseconds(t *testing.T) {
	t.Parallel()
	kathmandu := time.FixedZone("", 5*3600+45*60)
	moments := map[string]time.Time{
		"nanoseconds":          noon,
		"another zone":         noon.In(kathmandu),
		"a whole second":       noon.Truncate(time.Second),
		"before the epoch":     time.Date(1905, 7, 8, 9, 10, 11, 999_999_999, time.UTC),
		"a far future":         time.Date(9999, 12, 31, 23, 59, 59, 1000, time.UTC),
		"another day in UTC":   time.Date(2026, 1, 1, 2, 0, 0, 0, kathmandu),
		"with a local clock":   time.Now(),
		"in a leap year's day": time.Date(2028, 2, 29, 23, 59, 59, 999_999_000, time.UTC),
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, moment := range moments {
			want := moment.UTC().Truncate(time.Microsecond)
			var created, inside *db.User
			write(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
				if created, err = tx.User.Create().SetCreatedAt(moment).SetLastLoginAt(moment).Save(ctx); err != nil {
					return err
				}
				inside, err = tx.User.Get(ctx, created.ID)
				return err
			})
			outside, err := s.Reader().User.Query().Where(user.ID(created.ID), user.CreatedAt(moment),
				user.LastLoginAtGTE(moment), user.LastLoginAtLTE(moment.In(kathmandu))).Only(t.Context())
			require.NoError(t, err, "%s: found by the same moment, whatever its zone and its nanoseconds", name)
			for _, u := range []*db.User{inside, outside} {
				require.Equal(t, want, u.CreatedAt, name)
				require.Equal(t, want, *u.LastLoginAt, name)
			}
		}
	})
}

func TestTimesAreOrdered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		base := noon.Truncate(time.Second)
		zone := time.FixedZone("", -9*3600)
		moments := []time.Time{ // in order, though not as text
			base.Add(-time.Nanosecond * 1000), base.In(zone), base.Add(time.Microsecond), base.Add(90 * time.Millisecond),
			base.Add(100 * time.Millisecond).In(zone), base.Add(time.Second), base.Add(time.Hour).In(zone),
		}
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			for _, i := range []int{3, 0, 6, 2, 5, 1, 4} {
				if err := tx.User.Create().SetBirthYear(i).SetCreatedAt(moments[i]).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		var order []int
		require.NoError(t, s.Reader().User.Query().Order(user.ByCreatedAt()).Select(user.FieldBirthYear).Scan(t.Context(), &order))
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, order)
		for i, moment := range moments {
			n, err := s.Reader().User.Query().Where(user.CreatedAtLT(moment)).Count(t.Context())
			require.NoError(t, err)
			require.Equal(t, i, n, "earlier than number %d", i)
		}
	})
}

// As in the C locale. A PostgreSQL database in another locale sorts text its own
// way, so what must be in a certain order has a key that is not text.
func TestTextIsOrderedByCodePoint(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := []string{"", "A", "Z", "a", "z", "Ä", "ß", "日本"}
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			for _, i := range []int{5, 2, 7, 0, 4, 1, 6, 3} {
				if err := tx.User.Create().SetDisplayName(want[i]).SetCreatedAt(noon).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		names, err := s.Reader().User.Query().Order(user.ByDisplayName()).Select(user.FieldDisplayName).Strings(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, names)
	})
}

func TestAbsentIsNotEmpty(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			for _, c := range []*db.UserCreate{
				tx.User.Create(), tx.User.Create(), // a unique key takes any number of absent values
				tx.User.Create().SetDisplayName("").SetBirthYear(0),
			} {
				if err := c.SetCreatedAt(noon).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		list, err := s.Reader().User.Query().Order(user.ByID()).All(ctx)
		require.NoError(t, err)
		require.Len(t, list, 3)
		require.Nil(t, list[0].DisplayName)
		require.Nil(t, list[0].EmailKey)
		require.Nil(t, list[0].LastLoginAt)
		require.Equal(t, "", *list[2].DisplayName)
		require.Zero(t, *list[2].BirthYear)

		absent, err := s.Reader().User.Query().Where(user.DisplayNameIsNil()).Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, absent)
		others, err := s.Reader().User.Query().Where(user.DisplayNameNEQ("x")).Count(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, others, "what is absent is neither equal nor different")
	})
}

func TestJSON(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		options := []vocab.Option{{ID: "a", Label: `"quoted" \ <b>&amp;</b>`}, {ID: "b", Label: "∑ 日本 🙂\n\t"}, {ID: "c"}}
		steps := []vocab.Step{
			{Question: math.MaxInt64, Domain: vocab.Math, Discrimination: 0.1 + 0.2, Difficulty: -math.SmallestNonzeroFloat64, Correct: true},
			{Question: 1, Domain: vocab.Verbal, Discrimination: math.Pi, Difficulty: 1e-300, Guessing: 1. / 3},
		}
		seen := []ident.Question{math.MaxInt64, math.MaxInt64 - 1, 1}
		person := addUser(t, s)
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Question.Create().SetSource("test").SetKey("a").SetOptions(options).
				SetDomain(vocab.Verbal).SetDifficulty(vocab.Hard).SetCreatedAt(noon).SetChangedAt(noon).Exec(ctx); err != nil {
				return err
			}
			return startSession(tx, person).SetSteps(steps).SetSeen(seen).Exec(ctx)
		})
		q, err := s.Reader().Question.Query().Where(question.Source("test")).Only(t.Context())
		require.NoError(t, err)
		require.Equal(t, options, q.Options)
		session, err := s.Reader().TestSession.Query().Only(t.Context())
		require.NoError(t, err)
		require.Equal(t, steps, session.Steps, "numbers come back to the last bit")
		require.Equal(t, seen, session.Seen)
	})
}

func TestNumbersKeepEveryBit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		person := addUser(t, s)
		var id ident.Session
		theta := math.Nextafter(-1.2345678901234567, 0)
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			session, err := startSession(tx, person).SetSeed(math.MinInt64).SetTheta(theta).SetStandardError(math.SmallestNonzeroFloat64).Save(ctx)
			if err == nil {
				id = session.ID
			}
			return err
		})
		session, err := s.Reader().TestSession.Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, int64(math.MinInt64), session.Seed)
		require.Equal(t, theta, session.Theta)
		require.Equal(t, math.SmallestNonzeroFloat64, session.StandardError)
	})
}
