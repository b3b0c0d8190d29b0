package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// trendLength is the most results that a trend is made of.
const trendLength = 100

// trends are the courses of people's scores.
func trends(ctx context.Context, people []ident.User) ([]*analytics.Trend, error) {
	pages, err := loader.For(ctx).ResultsOfUsers(ctx, people, loader.FirstPage(trendLength))
	if err != nil {
		return nil, err
	}
	return each(pages, func(page *loader.Connection[*db.TestResult]) *analytics.Trend {
		return analytics.TrendOf(page.Nodes)
	}), nil
}

// benchmarks compare people's newest results with those of others, all from one
// load of counts.
func benchmarks(ctx context.Context, people []*db.User) ([]*analytics.Benchmark, error) {
	results, err := loader.For(ctx).LastResultOfUsers(ctx, each(people, userKey))
	if err != nil {
		return nil, err
	}
	var wanted []analytics.Distribution
	for i, r := range results {
		if r != nil {
			wanted = append(wanted, analytics.BenchmarkDistributions(people[i], r)...)
		}
	}
	counts, err := loader.For(ctx).ScoreCounts(ctx, wanted)
	if err != nil {
		return nil, err
	}
	out := make([]*analytics.Benchmark, len(people))
	for i, r := range results {
		if r == nil {
			continue
		}
		n := len(analytics.BenchmarkDistributions(people[i], r))
		out[i], counts = analytics.NewBenchmark(people[i], r, counts[:n]), counts[n:]
	}
	return out, nil
}

// sharePercentiles are where domain scores lie in the population.
func sharePercentiles(ctx context.Context, scores []*vocab.DomainScore) ([]*float64, error) {
	counts, err := loader.For(ctx).ScoreCounts(ctx, each(scores, func(d *vocab.DomainScore) analytics.Distribution {
		return analytics.Distribution{Population: vocab.Everyone, Measure: analytics.ShareIn(d.Domain)}
	}))
	if err != nil {
		return nil, err
	}
	out := make([]*float64, len(scores))
	for i, d := range scores {
		out[i] = analytics.SharePercentile(*d, counts[i])
	}
	return out, nil
}
