package analytics

import (
	"math"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/vocab"
)

// minForComparison is the number of results from which others are compared
// with: among fewer, what is said of all says too much of each.
const minForComparison = 30

// BenchmarkStatus says whether there are enough others to compare with.
type BenchmarkStatus string

// The benchmark statuses.
const (
	// Compared: the figures are there.
	Compared BenchmarkStatus = "COMPARED"
	// Suppressed: there are too few results, and how many is not told.
	Suppressed BenchmarkStatus = "SUPPRESSED"
)

// Comparison is how a score compares with a population's. The figures are nil
// if it is suppressed.
type Comparison struct {
	Population vocab.Population
	Status     BenchmarkStatus
	// Percentile is the percentage of the results below, half of those at the
	// score included, with one decimal.
	Percentile *float64
	// Mean of the results, with one decimal.
	Mean *float64
	// Size is the number of results.
	Size *int64
}

// Benchmark is how a person's newest result compares with the results of
// others.
type Benchmark struct {
	Result     *db.TestResult
	Population *Comparison
	// AgeBand is nil if the person's year of birth is not known.
	AgeBand *Comparison
}

// BenchmarkDistributions are the score counts that a benchmark of the result
// rests on: of everyone and, where the year of birth is known, of the person's
// band of age when the result was scored.
func BenchmarkDistributions(u *db.User, r *db.TestResult) []Distribution {
	out := []Distribution{{vocab.Everyone, WholeScore}}
	if band := AgeBand(u, r); band != nil {
		out = append(out, Distribution{*band, WholeScore})
	}
	return out
}

// NewBenchmark compares a result with the counts of BenchmarkDistributions.
func NewBenchmark(u *db.User, r *db.TestResult, counts []ctt.ScoreCounts) *Benchmark {
	of := BenchmarkDistributions(u, r)
	b := &Benchmark{Result: r, Population: compare(r.Score, of[0].Population, counts[0])}
	if len(of) > 1 {
		b.AgeBand = compare(r.Score, of[1].Population, counts[1])
	}
	return b
}

func compare(score float64, population vocab.Population, counts ctt.ScoreCounts) *Comparison {
	c := &Comparison{Population: population, Status: Suppressed}
	n := counts.N()
	if n < minForComparison {
		return c
	}
	mean := oneDecimal(float64(counts.Sum()) / float64(n))
	c.Status, c.Mean, c.Size = Compared, &mean, &n
	c.Percentile = percentileRank(counts, scoreBin(score))
	return c
}

// SharePercentile is the percentage of the population whose share of right
// answers in the domain is lower, half of those who have the same included,
// with one decimal; nil below 30 results.
func SharePercentile(d vocab.DomainScore, counts ctt.ScoreCounts) *float64 {
	if counts.N() < minForComparison {
		return nil
	}
	return percentileRank(counts, shareBin(d))
}

func percentileRank(counts ctt.ScoreCounts, bin int) *float64 {
	rank, ok := counts.PercentileRank(bin)
	if !ok {
		return nil
	}
	rank = oneDecimal(rank)
	return &rank
}

func oneDecimal(v float64) float64 { return math.Round(10*v) / 10 }
