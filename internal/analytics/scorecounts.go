package analytics

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/scorecount"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Measure is what score counts are of: the whole score, or the share of right
// answers in a domain.
type Measure string

// WholeScore is the score of the whole test, in bins of one point.
const WholeScore Measure = "SCORE"

// ShareIn is the share of right answers in a domain, in bins of one percent.
func ShareIn(d vocab.Domain) Measure { return Measure(d) }

// scoreBin is the bin of a whole score.
func scoreBin(score float64) int { return int(math.Round(score)) }

// shareBin is the bin of a domain's share of right answers.
func shareBin(d vocab.DomainScore) int {
	return int(math.Round(100 * float64(d.Correct) / float64(max(d.Items, 1))))
}

// AgeBand is the band of age to which a person belonged when a result was
// scored; nil if the year of birth is not known. Of the year of birth alone age
// is the difference of the years.
func AgeBand(u *db.User, r *db.TestResult) *vocab.Population {
	if u.BirthYear == nil {
		return nil
	}
	band := vocab.AgeBand(r.ScoredAt.UTC().Year() - *u.BirthYear)
	return &band
}

// CountScore adds a result to the score counts of everyone and of the person's
// band of age, by one statement. Rows are written in the order of their keys,
// so that two results counted at once wait for each other instead of locking
// each other out.
func CountScore(ctx context.Context, tx *store.Tx, r *db.TestResult, u *db.User) error {
	populations := []vocab.Population{vocab.Everyone}
	if band := AgeBand(u, r); band != nil {
		populations = append(populations, *band)
	}
	type key struct {
		population vocab.Population
		measure    Measure
		bin        int
	}
	var keys []key
	for _, p := range populations {
		keys = append(keys, key{p, WholeScore, scoreBin(r.Score)})
		for _, d := range r.DomainScores {
			keys = append(keys, key{p, ShareIn(d.Domain), shareBin(d)})
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.population, b.population), cmp.Compare(a.measure, b.measure), cmp.Compare(a.bin, b.bin))
	})
	rows := make([]*db.ScoreCountCreate, len(keys))
	for i, k := range keys {
		rows[i] = tx.ScoreCount.Create().SetPopulation(string(k.population)).
			SetMeasure(string(k.measure)).SetBin(k.bin).SetResults(1)
	}
	err := tx.ScoreCount.CreateBulk(rows...).OnConflict(
		sql.ConflictColumns(scorecount.FieldPopulation, scorecount.FieldMeasure, scorecount.FieldBin),
		addTo(scorecount.FieldResults),
	).Exec(ctx)
	if err != nil {
		return fmt.Errorf("count the score: %w", err)
	}
	return nil
}

// Distribution names the counts of one measure in one population.
type Distribution struct {
	Population vocab.Population
	Measure    Measure
}

// DistributionsOf reads score counts, empty ones included, by one statement
// whatever their number. It reads one row for each bin in use and never the
// results.
func DistributionsOf(ctx context.Context, client *db.Client, wanted []Distribution) (map[Distribution]ctt.ScoreCounts, error) {
	out := make(map[Distribution]ctt.ScoreCounts, len(wanted))
	var populations []vocab.Population
	var measures []Measure
	for _, d := range wanted {
		out[d] = ctt.ScoreCounts{}
		populations = append(populations, d.Population)
		measures = append(measures, d.Measure)
	}
	rows, err := client.ScoreCount.Query().Where(
		predicate.ScoreCount(store.InStrings(scorecount.FieldPopulation, distinct(populations))),
		predicate.ScoreCount(store.InStrings(scorecount.FieldMeasure, distinct(measures))),
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load score counts: %w", err)
	}
	for _, row := range rows {
		d := Distribution{vocab.Population(row.Population), Measure(row.Measure)}
		if counts, ok := out[d]; ok {
			counts.Add(row.Bin, row.Results)
		}
	}
	return out, nil
}

func distinct[T cmp.Ordered](values []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}
