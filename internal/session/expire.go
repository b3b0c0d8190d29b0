package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// expiredAtOnce is the number of tests that one transaction closes: few enough
// that those who wait for one of them do not wait long.
const expiredAtOnce = 200

// Expire closes the tests in progress that nobody has touched for the idle time;
// their answers are kept. A test that is answered at the same moment either
// keeps going or refuses the answer. It costs two statements for every 200
// tests.
func (s *Service) Expire(ctx context.Context, idle time.Duration) error {
	for {
		n, err := s.expire(ctx, s.clock().Add(-idle))
		if err != nil {
			return fmt.Errorf("expire tests: %w", err)
		}
		if n < expiredAtOnce {
			return nil
		}
	}
}

// expire closes some of the tests last touched at the moment or before, and says
// how many.
func (s *Service) expire(ctx context.Context, touched time.Time) (n int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Waiting for a test that is being answered, PostgreSQL looks again at
		// whether it is idle.
		idle, err := tx.TestSession.Query().
			Where(testsession.StateEQ(vocab.InProgress), testsession.LastActivityAtLTE(touched), store.ForUpdate).
			Order(db.Asc(testsession.FieldID)).Limit(expiredAtOnce).
			Select(testsession.FieldID, testsession.FieldVersion).All(ctx)
		if err != nil {
			return fmt.Errorf("find idle tests: %w", err)
		}
		n = len(idle)
		if n == 0 {
			return nil
		}
		ids := make([]ident.Session, n)
		for i, t := range idle {
			ids[i] = t.ID
			tx.AfterCommit(func() { s.tests.Publish(t.ID, t.Version+1) })
		}
		err = tx.TestSession.Update().Where(predicate.TestSession(store.In(testsession.FieldID, ids))).
			SetState(vocab.Expired).SetEndedAt(s.clock()).AddVersion(1).ClearOpenQuestionID().
			Exec(ctx)
		if err != nil {
			return fmt.Errorf("close idle tests: %w", err)
		}
		return nil
	})
	return n, err
}
