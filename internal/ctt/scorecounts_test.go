package ctt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
)

// TestPercentileRank is by definition: of 2, 1 and 1 people at 90, 100 and 110,
// 2 lie below 100 and one is there.
func TestPercentileRank(t *testing.T) {
	t.Parallel()
	counts := ctt.ScoreCounts{90: 2, 100: 1, 110: 1}
	for score, want := range map[int]float64{80: 0, 90: 25, 95: 50, 100: 62.5, 110: 87.5, 120: 100} {
		got, ok := counts.PercentileRank(score)
		require.True(t, ok)
		require.Equal(t, want, got, "%d", score)
	}
	_, ok := ctt.ScoreCounts{}.PercentileRank(100)
	require.False(t, ok)
}
