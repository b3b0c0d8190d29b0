package analytics

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemstatistics"
	"github.com/aiqhq/aiq/ent/db/optionscorecount"
	"github.com/aiqhq/aiq/ent/db/optionstatistics"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// minForTier is the number of answers from which a discrimination is put in words.
const minForTier = 30

// ItemStatistics is how people answered one question.
type ItemStatistics struct {
	ID                   ident.ItemStatistics
	QuestionID           ident.Question
	Administered         int64
	Correct              int64
	Omitted              int64
	PValue               *float64
	ItemRestCorrelation  *float64
	ItemTotalCorrelation *float64
	// DiscriminationTier is nil below 30 answers.
	DiscriminationTier *ctt.DiscriminationTier
}

// NewItemStatistics reads a question's figures off its sums.
func NewItemStatistics(row *db.ItemStatistics) *ItemStatistics {
	sums := itemSums(row)
	out := &ItemStatistics{
		ID: row.ID, QuestionID: row.QuestionID,
		Administered: row.Administered, Correct: row.Correct, Omitted: row.Omitted,
		PValue:               defined(sums.P()),
		ItemRestCorrelation:  defined(sums.ItemRest()),
		ItemTotalCorrelation: defined(sums.ItemTotal()),
	}
	if r := out.ItemRestCorrelation; r != nil && row.Administered >= minForTier {
		tier := ctt.TierOf(*r)
		out.DiscriminationTier = &tier
	}
	return out
}

// OptionStatistics is how one option of a question was chosen. Shares are of
// the people who were asked the question; quarters are of the same people by
// number right, with ties inside.
type OptionStatistics struct {
	ID                  ident.OptionStatistics
	QuestionID          ident.Question
	OptionID            string
	IsKey               bool
	Chosen              int64
	Share               *float64
	ShareBottom         *float64
	ShareTop            *float64
	DiscriminationIndex *float64
	PointBiserialTotal  *float64
	PointBiserialRest   *float64
	// Status is nil for the key and below 50 answers.
	Status   *ctt.DistractorStatus
	Inverted bool
}

// OptionsOf gives the option statistics of each question, in the order of its
// options; questions that nobody was asked are absent. It costs four statements
// whatever the number of questions.
func OptionsOf(ctx context.Context, client *db.Client, questions []ident.Question) (map[ident.Question][]*OptionStatistics, error) {
	items, err := client.Question.Query().
		Where(predicate.Question(store.In(question.FieldID, questions))).
		Select(question.FieldID, question.FieldOptions, question.FieldKey).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load questions: %w", err)
	}
	sums, err := client.ItemStatistics.Query().
		Where(predicate.ItemStatistics(store.In(itemstatistics.FieldQuestionID, questions))).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load item sums: %w", err)
	}
	options, err := client.OptionStatistics.Query().
		Where(predicate.OptionStatistics(store.In(optionstatistics.FieldQuestionID, questions))).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load option sums: %w", err)
	}
	counts, err := client.OptionScoreCount.Query().
		Where(predicate.OptionScoreCount(store.In(optionscorecount.FieldQuestionID, questions))).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load option score counts: %w", err)
	}

	type place struct {
		question ident.Question
		option   string
	}
	itemOf := make(map[ident.Question]*db.ItemStatistics, len(sums))
	for _, row := range sums {
		itemOf[row.QuestionID] = row
	}
	optionOf := make(map[place]*db.OptionStatistics, len(options))
	for _, row := range options {
		optionOf[place{row.QuestionID, row.OptionID}] = row
	}
	byScore := map[place]ctt.ScoreCounts{}
	everyone := map[ident.Question]ctt.ScoreCounts{}
	for _, row := range counts {
		at := place{row.QuestionID, row.OptionID}
		addCount(byScore, at, row.Total, row.People)
		addCount(everyone, row.QuestionID, row.Total, row.People)
	}

	out := make(map[ident.Question][]*OptionStatistics, len(items))
	for _, q := range items {
		item := itemOf[q.ID]
		if item == nil {
			continue
		}
		table := ctt.ItemOptions{Item: itemSums(item), ByScore: everyone[q.ID], Key: -1}
		rows := make([]*db.OptionStatistics, len(q.Options))
		for i, o := range q.Options {
			if o.ID == q.Key {
				table.Key = i
			}
			option := ctt.OptionSums{ByScore: byScore[place{q.ID, o.ID}]}
			if row := optionOf[place{q.ID, o.ID}]; row != nil {
				rows[i] = row
				option.Chosen, option.SumTotal, option.SumRest = row.Chosen, row.TotalSum, row.RestSum
			}
			table.Options = append(table.Options, option)
		}
		analysis := table.Analyze(everyone[q.ID], ctt.DefaultDistractorRules())
		for i, stats := range analysis.Options {
			if rows[i] == nil {
				continue
			}
			out[q.ID] = append(out[q.ID], newOptionStatistics(rows[i], stats))
		}
	}
	return out, nil
}

func newOptionStatistics(row *db.OptionStatistics, s ctt.OptionStats) *OptionStatistics {
	out := &OptionStatistics{
		ID: row.ID, QuestionID: row.QuestionID, OptionID: row.OptionID,
		IsKey: s.IsKey, Chosen: s.Count,
		Share: s.Share, ShareBottom: s.ShareBottom, ShareTop: s.ShareTop,
		DiscriminationIndex: s.Discrimination,
		PointBiserialTotal:  s.PointBiserialTotal, PointBiserialRest: s.PointBiserialRest,
		Inverted: s.Inverted,
	}
	if s.Status != ctt.UnknownStatus && !s.IsKey {
		out.Status = &s.Status
	}
	return out
}

func itemSums(row *db.ItemStatistics) ctt.ItemSums {
	return ctt.ItemSums{
		Administered: row.Administered, Correct: row.Correct, Omitted: row.Omitted,
		Alone: row.Alone, CorrectAlone: row.CorrectAlone,
		SumRest: row.RestSum, SumRestSquared: row.RestSquareSum, SumCorrectRest: row.CorrectRestSum,
	}
}

func addCount[K comparable](m map[K]ctt.ScoreCounts, at K, total int, people int64) {
	if m[at] == nil {
		m[at] = ctt.ScoreCounts{}
	}
	m[at][total] += people
}

// defined turns a statistic that may not be defined into an optional one.
func defined(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}
