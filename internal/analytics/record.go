package analytics

import (
	"context"
	"fmt"
	"math"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/reliabilitymetric"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// A question counts for the reliability of our own tests when it was asked in
// 30 sessions, or in 30 % of them.
const (
	minForAlpha      = 30
	minShareForAlpha = .3
)

// RecordReliability computes Cronbach's alpha of the questions that can be
// served, over the fixed forms taken here, and adds it to its history if any was
// counted since it was last computed. It costs two statements if none was and
// five if some were.
func RecordReliability(ctx context.Context, st *store.Store, now clock.Clock) error {
	client := st.Reader() // it takes a while: nobody should wait to write meanwhile
	sessions, err := client.TestSession.Query().Where(
		testsession.KindEQ(vocab.Fixed), testsession.StateEQ(vocab.Completed),
		testsession.SourceIsNil(), testsession.CountedAtNotNil(),
	).Count(ctx)
	if err != nil {
		return fmt.Errorf("count sessions: %w", err)
	}
	last, err := LatestReliability(ctx, client)
	if err != nil {
		return err
	}
	if sessions == 0 || last != nil && last.Sessions == int64(sessions) {
		return nil
	}
	least := min(minForAlpha, int64(math.Ceil(minShareForAlpha*float64(sessions))))
	found, err := reliability(ctx, client, question.TextNotNil(), sessions, least)
	if err != nil || found == nil {
		return err
	}
	return st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.ReliabilityMetric.Create().SetMeasure(vocab.CronbachAlpha).SetNillableValue(found.CronbachAlpha).
			SetSessions(int64(sessions)).SetItems(found.ItemCount).SetComputedAt(now()).
			Exec(ctx)
		if err != nil {
			return fmt.Errorf("save the reliability: %w", err)
		}
		return nil
	})
}

// LatestReliability is the newest Cronbach's alpha in the history of our own
// tests; nil if there is none yet. Its value is nil if the data did not define
// it. It costs one statement.
func LatestReliability(ctx context.Context, client *db.Client) (*db.ReliabilityMetric, error) {
	rows, err := client.ReliabilityMetric.Query().
		Where(reliabilitymetric.MeasureEQ(vocab.CronbachAlpha)).
		Order(db.Desc(reliabilitymetric.FieldID)).Limit(1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the reliability: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0], nil
}
