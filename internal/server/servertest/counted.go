package servertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemstatistics"
	"github.com/aiqhq/aiq/ent/db/optionstatistics"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// counts are the sums of a question, or of one option of it.
type counts struct{ people, correct, total, rest int64 }

type optionOf struct {
	question ident.Question
	option   string
}

// RequireCounted compares the statistics with the stored tests: the questions of every
// completed one are counted, once, answered or not, and no others.
func RequireCounted(tb testing.TB, st *store.Store) {
	tb.Helper()
	ctx, client := tb.Context(), st.Reader()
	tests, err := client.TestSession.Query().
		WithResponses().Order(testsession.ByID()).All(ctx)
	require.NoError(tb, err)
	items, options := map[ident.Question]counts{}, map[optionOf]counts{}
	for _, t := range tests {
		require.Equal(tb, t.State == vocab.Completed, t.CountedAt != nil, "test %d is counted", t.ID)
		if t.State != vocab.Completed {
			continue
		}
		total := int64(0)
		for _, r := range t.Edges.Responses {
			total += point(r)
		}
		for _, r := range t.Edges.Responses {
			rest := total - point(r)
			add(items, r.QuestionID, counts{1, point(r), 0, rest})
			if r.OptionID != nil {
				add(options, optionOf{r.QuestionID, *r.OptionID}, counts{people: 1, total: total, rest: rest})
			}
		}
	}

	itemRows, err := client.ItemStatistics.Query().Order(itemstatistics.ByID()).All(ctx)
	require.NoError(tb, err)
	countedItems := map[ident.Question]counts{}
	for _, row := range itemRows {
		countedItems[row.QuestionID] = counts{row.Administered, row.Correct, 0, row.RestSum}
	}
	require.Equal(tb, items, countedItems, "sums of the questions")

	optionRows, err := client.OptionStatistics.Query().Where(optionstatistics.ChosenGT(0)).All(ctx)
	require.NoError(tb, err)
	countedOptions := map[optionOf]counts{}
	for _, row := range optionRows {
		at := optionOf{row.QuestionID, row.OptionID}
		countedOptions[at] = counts{people: row.Chosen, total: row.TotalSum, rest: row.RestSum}
	}
	require.Equal(tb, options, countedOptions, "sums of the options")
}

func point(r *db.Response) int64 {
	if r.IsCorrect != nil && *r.IsCorrect {
		return 1
	}
	return 0
}

func add[K comparable](m map[K]counts, k K, more counts) {
	c := m[k]
	m[k] = counts{c.people + more.people, c.correct + more.correct, c.total + more.total, c.rest + more.rest}
}
