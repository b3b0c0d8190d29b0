package analytics

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itempair"
	"github.com/aiqhq/aiq/ent/db/itemstatistics"
	"github.com/aiqhq/aiq/ent/db/optionscorecount"
	"github.com/aiqhq/aiq/ent/db/optionstatistics"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Answer is what one person did with one question of a completed session.
type Answer struct {
	Question ident.Question
	// Offered are the question's options.
	Offered []vocab.Option
	// Chosen is the id of the option chosen, "" if the question was skipped.
	Chosen  string
	Correct bool
	// TimeMs is the time that the answer took; nil if it is not known.
	TimeMs *int
}

func (a Answer) response() ctt.Response {
	switch {
	case a.Correct:
		return ctt.Correct
	case a.Chosen == "":
		return ctt.Omitted
	default:
		return ctt.Wrong
	}
}

// Sums gathers what completed sessions add to the running sums, so that one
// session or a whole study is saved with the same few statements.
// The zero value is empty and ready for use.
type Sums struct {
	items   map[ident.Question]*ctt.ItemSums
	times   map[ident.Question]*ctt.TimeSums
	options map[optionKey]*ctt.OptionSums
	pairs   map[pairKey]*ctt.PairSums
}

type optionKey struct {
	question ident.Question
	option   string
}

type pairKey struct{ first, second ident.Question }

// Add counts one completed session. Pairs of questions are counted for fixed
// forms only: which questions meet in an adaptive test depends on the answers.
func (s *Sums) Add(kind vocab.SessionKind, answers []Answer) {
	total := 0
	for _, a := range answers {
		total += a.response().Score()
	}
	for _, a := range answers {
		r := a.response()
		rest := total - r.Score()
		at(&s.items, a.Question).Add(r, rest, len(answers)-1)
		if times := at(&s.times, a.Question); a.TimeMs != nil {
			times.Add(int64(*a.TimeMs))
		}
		for _, o := range a.Offered {
			at(&s.options, optionKey{a.Question, o.ID})
		}
		at(&s.options, optionKey{a.Question, a.Chosen}).Add(total, rest)
	}
	if kind != vocab.Fixed {
		return
	}
	for i, a := range answers {
		for _, b := range answers[i:] {
			if b.Question < a.Question {
				at(&s.pairs, pairKey{b.Question, a.Question}).Add(b.response(), a.response())
			} else {
				at(&s.pairs, pairKey{a.Question, b.Question}).Add(a.response(), b.response())
			}
		}
	}
}

// chunk is the number of rows written by one statement; it keeps the widest
// table well below SQLite's limit of 32,766 parameters.
const chunk = 1000

// Save adds what was gathered to the database's sums. Rows are written in the
// order of their keys, so that two sessions that end at once wait for each
// other instead of locking each other out.
func (s *Sums) Save(ctx context.Context, tx *store.Tx) error {
	for _, keys := range chunks(s.items, cmp.Compare) {
		if err := s.saveItems(ctx, tx, keys); err != nil {
			return fmt.Errorf("save item sums: %w", err)
		}
	}
	byOption := func(a, b optionKey) int {
		return cmp.Or(cmp.Compare(a.question, b.question), cmp.Compare(a.option, b.option))
	}
	for _, keys := range chunks(s.options, byOption) {
		if err := s.saveOptions(ctx, tx, keys); err != nil {
			return fmt.Errorf("save option sums: %w", err)
		}
	}
	if err := s.saveScores(ctx, tx, byOption); err != nil {
		return fmt.Errorf("save option score counts: %w", err)
	}
	byPair := func(a, b pairKey) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second))
	}
	for _, keys := range chunks(s.pairs, byPair) {
		if err := s.savePairs(ctx, tx, keys); err != nil {
			return fmt.Errorf("save pair sums: %w", err)
		}
	}
	return nil
}

func (s *Sums) saveItems(ctx context.Context, tx *store.Tx, keys []ident.Question) error {
	rows := make([]*db.ItemStatisticsCreate, len(keys))
	for i, k := range keys {
		v, times := s.items[k], s.times[k]
		rows[i] = tx.ItemStatistics.Create().SetQuestionID(k).
			SetAdministered(v.Administered).SetCorrect(v.Correct).SetOmitted(v.Omitted).
			SetAlone(v.Alone).SetCorrectAlone(v.CorrectAlone).
			SetRestSum(v.SumRest).SetRestSquareSum(v.SumRestSquared).SetCorrectRestSum(v.SumCorrectRest).
			SetTimed(times.N).SetTimeMsSum(times.SumMillis)
	}
	return tx.ItemStatistics.CreateBulk(rows...).OnConflict(
		sql.ConflictColumns(itemstatistics.FieldQuestionID),
		addTo(itemstatistics.FieldAdministered, itemstatistics.FieldCorrect, itemstatistics.FieldOmitted,
			itemstatistics.FieldAlone, itemstatistics.FieldCorrectAlone,
			itemstatistics.FieldRestSum, itemstatistics.FieldRestSquareSum, itemstatistics.FieldCorrectRestSum,
			itemstatistics.FieldTimed, itemstatistics.FieldTimeMsSum),
	).Exec(ctx)
}

func (s *Sums) saveOptions(ctx context.Context, tx *store.Tx, keys []optionKey) error {
	rows := make([]*db.OptionStatisticsCreate, 0, len(keys))
	for _, k := range keys {
		if k.option == "" {
			continue
		}
		v := s.options[k]
		rows = append(rows, tx.OptionStatistics.Create().SetQuestionID(k.question).SetOptionID(k.option).
			SetChosen(v.Chosen).SetTotalSum(v.SumTotal).SetRestSum(v.SumRest))
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.OptionStatistics.CreateBulk(rows...).OnConflict(
		sql.ConflictColumns(optionstatistics.FieldQuestionID, optionstatistics.FieldOptionID),
		addTo(optionstatistics.FieldChosen, optionstatistics.FieldTotalSum, optionstatistics.FieldRestSum),
	).Exec(ctx)
}

func (s *Sums) saveScores(ctx context.Context, tx *store.Tx, order func(a, b optionKey) int) error {
	var rows []*db.OptionScoreCountCreate
	for _, k := range sortedKeys(s.options, order) {
		counts := s.options[k].ByScore
		for _, total := range sortedKeys(counts, cmp.Compare) {
			rows = append(rows, tx.OptionScoreCount.Create().SetQuestionID(k.question).
				SetOptionID(k.option).SetTotal(total).SetPeople(counts[total]))
		}
	}
	for part := range slices.Chunk(rows, chunk) {
		err := tx.OptionScoreCount.CreateBulk(part...).OnConflict(
			sql.ConflictColumns(optionscorecount.FieldQuestionID, optionscorecount.FieldOptionID, optionscorecount.FieldTotal),
			addTo(optionscorecount.FieldPeople),
		).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Sums) savePairs(ctx context.Context, tx *store.Tx, keys []pairKey) error {
	rows := make([]*db.ItemPairCreate, len(keys))
	for i, k := range keys {
		v := s.pairs[k]
		rows[i] = tx.ItemPair.Create().SetFirstID(k.first).SetSecondID(k.second).
			SetPeople(v.N).SetFirstSum(v.SumX).SetSecondSum(v.SumY).SetProductSum(v.SumXY)
	}
	return tx.ItemPair.CreateBulk(rows...).OnConflict(
		sql.ConflictColumns(itempair.FieldFirstID, itempair.FieldSecondID),
		addTo(itempair.FieldPeople, itempair.FieldFirstSum, itempair.FieldSecondSum, itempair.FieldProductSum),
	).Exec(ctx)
}

// addTo makes an insert that meets an existing row add its values to the row's.
func addTo(columns ...string) sql.ConflictOption {
	return sql.ResolveWith(func(u *sql.UpdateSet) {
		for _, column := range columns {
			u.Set(column, sql.ExprFunc(func(b *sql.Builder) {
				b.Ident(u.Table().C(column)).WriteString(" + excluded.").Ident(column)
			}))
		}
	})
}

// at is the entry of m at k, made if there is none.
func at[K comparable, V any](m *map[K]*V, k K) *V {
	if *m == nil {
		*m = map[K]*V{}
	}
	v := (*m)[k]
	if v == nil {
		v = new(V)
		(*m)[k] = v
	}
	return v
}

func sortedKeys[K comparable, V any](m map[K]V, order func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, order)
	return keys
}

func chunks[K comparable, V any](m map[K]V, order func(a, b K) int) [][]K {
	return slices.Collect(slices.Chunk(sortedKeys(m, order), chunk))
}
