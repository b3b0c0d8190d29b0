package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

const oneInProgress = "testsession_one_in_progress"

func TestOneSessionInProgress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		user := addUser(t, s)
		start := func() error {
			return s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return startSession(tx, user).Exec(ctx)
			})
		}
		var started atomic.Int32
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				err := start()
				switch {
				case err == nil:
					started.Add(1)
				case fault.CodeOf(err) != fault.Conflict || !store.Violated(err, oneInProgress):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, started.Load())

		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.TestSession.Update().Where(testsession.UserID(user)).
				SetState(vocab.Abandoned).SetEndedAt(noon).Exec(ctx)
		})
		require.NoError(t, start(), "once the first has ended")
		other := addUser(t, s)
		addSession(t, s, other)
	})
}

// What the database refuses, and what it says then: the same on both.
func TestConstraints(t *testing.T) {
	t.Parallel()
	type world struct {
		user      ident.User
		session   ident.Session
		questions []ident.Question
	}
	respond := func(ctx context.Context, tx *store.Tx, w world, session ident.Session, question ident.Question, position int) error {
		return tx.Response.Create().SetUserID(w.user).SetSessionID(session).SetQuestionID(question).
			SetPosition(position).SetServedAt(noon).Exec(ctx)
	}
	cases := map[string]struct {
		code   fault.Code
		name   string
		broken func(ctx context.Context, tx *store.Tx, w world) error
	}{
		"a position of a session twice": {fault.Conflict, "response_session_id_position", func(ctx context.Context, tx *store.Tx, w world) error {
			return respond(ctx, tx, w, w.session, w.questions[1], 1)
		}},
		"a question twice for one person": {fault.Conflict, "response_user_id_question_id", func(ctx context.Context, tx *store.Tx, w world) error {
			return respond(ctx, tx, w, w.session, w.questions[0], 2)
		}},
		"an e-mail twice": {fault.Conflict, "users_email_key_key", func(ctx context.Context, tx *store.Tx, _ world) error {
			return tx.User.Create().SetEmailKey("ada@example.com").SetCreatedAt(noon).Exec(ctx)
		}},
		"an import twice": {fault.Conflict, "users_external_ref_key", func(ctx context.Context, tx *store.Tx, _ world) error {
			return tx.User.Create().SetExternalRef("study:1").SetCreatedAt(noon).Exec(ctx)
		}},
		"a session that does not exist": {fault.Conflict, "", func(ctx context.Context, tx *store.Tx, w world) error {
			return respond(ctx, tx, w, w.session+1000, w.questions[1], 2)
		}},
		"a person who is still needed": {fault.Conflict, "", func(ctx context.Context, tx *store.Tx, w world) error {
			return tx.User.DeleteOneID(w.user).Exec(ctx)
		}},
		"more answers than the maximum": {fault.Internal, "answered_within_maximum", func(ctx context.Context, tx *store.Tx, w world) error {
			return tx.TestSession.UpdateOneID(w.session).SetAnswered(11).Exec(ctx)
		}},
		"an end without a final state": {fault.Internal, "ended_when_final", func(ctx context.Context, tx *store.Tx, w world) error {
			return tx.TestSession.UpdateOneID(w.session).SetEndedAt(noon).Exec(ctx)
		}},
		"a final state without an end": {fault.Internal, "ended_when_final", func(ctx context.Context, tx *store.Tx, w world) error {
			return tx.TestSession.UpdateOneID(w.session).SetState(vocab.Completed).Exec(ctx)
		}},
		"nobody to change": {fault.NotFound, "", func(ctx context.Context, tx *store.Tx, w world) error {
			return tx.User.UpdateOneID(w.user + 1000).SetCountry("DE").Exec(ctx)
		}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := world{user: addUser(t, s), questions: addQuestions(t, s, 2)}
		w.session = addSession(t, s, w.user)
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			if err := respond(ctx, tx, w, w.session, w.questions[0], 1); err != nil {
				return err
			}
			return tx.User.Create().SetEmailKey("ada@example.com").SetExternalRef("study:1").SetCreatedAt(noon).Exec(ctx)
		})
		for name, tc := range cases {
			err := s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tc.broken(ctx, tx, w) })
			require.Error(t, err, name)
			require.Equal(t, tc.code, fault.CodeOf(err), "%s: %v", name, err)
			for _, constraint := range []string{
				"response_session_id_position", "response_user_id_question_id", "users_email_key_key",
				"users_external_ref_key", "answered_within_maximum", "ended_when_final", oneInProgress,
			} {
				require.Equal(t, constraint == tc.name, store.Violated(err, constraint), "%s: %s: %v", name, constraint, err)
			}
		}
	})
}
