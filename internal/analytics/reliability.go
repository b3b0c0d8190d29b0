package analytics

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itempair"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// minForReliability is the number of sessions from which a reliability is
// shown as more than a first impression.
const minForReliability = 100

// Reliability is the internal consistency of a set of questions.
type Reliability struct {
	CronbachAlpha            *float64
	StandardizedAlpha        *float64
	MeanInterItemCorrelation *float64
	Sessions                 int
	ItemCount                int
	SmallestPair             int64
	Band                     *ctt.Band
	Sufficient               bool
	Items                    []*ReliabilityItem
}

// ReliabilityItem is one question's part in a reliability.
type ReliabilityItem struct {
	QuestionID     ident.Question
	AlphaIfDropped *float64
}

// ReliabilityOf computes Cronbach's alpha of the questions of a source from the
// pair sums of fixed forms; nil if nobody was asked any. Its sessions are those that
// were counted and asked at least one of the questions, wherever they were taken. It
// costs three statements.
func ReliabilityOf(ctx context.Context, client *db.Client, source string) (*Reliability, error) {
	which := question.Source(source)
	sessions, err := client.TestSession.Query().Where(
		testsession.KindEQ(vocab.Fixed), testsession.StateEQ(vocab.Completed), testsession.CountedAtNotNil(),
		testsession.HasResponsesWith(response.HasQuestionWith(which)),
	).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count sessions: %w", err)
	}
	return reliability(ctx, client, which, sessions, 1)
}

// reliability is that of the questions that at least so many people were asked
// in that number of sessions.
func reliability(ctx context.Context, client *db.Client, which predicate.Question, sessions int, least int64) (*Reliability, error) {
	ids, err := client.Question.Query().Where(which).Order(question.ByID()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list questions: %w", err)
	}
	rows, err := client.ItemPair.Query().Where(
		predicate.ItemPair(store.In(itempair.FieldFirstID, ids)),
		predicate.ItemPair(store.In(itempair.FieldSecondID, ids)),
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load pair sums: %w", err)
	}

	var asked []ident.Question
	items := map[ident.Question]ctt.ItemSums{}
	for _, row := range rows {
		if row.FirstID == row.SecondID && row.People >= least {
			items[row.FirstID] = ctt.ItemSums{Administered: row.People, Correct: row.FirstSum}
		}
	}
	index := map[ident.Question]int{}
	var sums []ctt.ItemSums
	for _, id := range ids {
		if item, ok := items[id]; ok {
			index[id] = len(asked)
			asked = append(asked, id)
			sums = append(sums, item)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	pairs := ctt.NewPairs(len(asked))
	for _, row := range rows {
		first, known := index[row.FirstID]
		second, both := index[row.SecondID]
		if !known || !both || first == second {
			continue
		}
		err := pairs.MergeAt(first, second, ctt.PairSums{
			N: row.People, SumX: row.FirstSum, SumY: row.SecondSum, SumXY: row.ProductSum,
		})
		if err != nil {
			return nil, fmt.Errorf("place pair sums: %w", err)
		}
	}

	alpha, err := ctt.Alpha(int64(sessions), sums, pairs)
	if err != nil {
		return nil, fmt.Errorf("compute alpha: %w", err)
	}
	out := &Reliability{
		CronbachAlpha:            alpha.Raw,
		StandardizedAlpha:        alpha.Standardized,
		MeanInterItemCorrelation: alpha.MeanInterItemR,
		Sessions:                 sessions,
		ItemCount:                alpha.Items,
		SmallestPair:             alpha.MinPairN,
		Sufficient:               sessions >= minForReliability,
	}
	if alpha.Raw != nil {
		band := ctt.ReliabilityBand(*alpha.Raw)
		out.Band = &band
	}
	for i, item := range alpha.ByItem {
		out.Items = append(out.Items, &ReliabilityItem{QuestionID: asked[i], AlphaIfDropped: item.IfDropped})
	}
	return out, nil
}
