package loader

import (
	"context"

	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/ctt"
)

// ScoreCounts loads how many results lie in each bin of each distribution.
func (l *Loaders) ScoreCounts(ctx context.Context, keys []analytics.Distribution) ([]ctt.ScoreCounts, error) {
	return load(ctx, l, id{relation: "score counts"}, keys,
		func(ctx context.Context, keys []analytics.Distribution) (map[analytics.Distribution]ctt.ScoreCounts, error) {
			return analytics.DistributionsOf(ctx, l.client, keys)
		})
}
