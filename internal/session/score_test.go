package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/vocab"
)

// TestScoreOf compares with 100 + 15 theta, with 1.959964, the normal quantile
// of .975, and with tabled values of the normal distribution function.
func TestScoreOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   irt.Estimate
		want session.Score
	}{
		"the mean":               {irt.Estimate{Theta: 0, SE: 1. / 3}, session.Score{Value: 100, Lower: 90.20018, Upper: 109.79982, Percentile: 50}},
		"one above":              {irt.Estimate{Theta: 1, SE: .3}, session.Score{Value: 115, Lower: 106.180162, Upper: 123.819838, Percentile: 84.1}},
		"two below":              {irt.Estimate{Theta: -2, SE: .4}, session.Score{Value: 70, Lower: 58.240216, Upper: 81.759784, Percentile: 2.3}},
		"the bounds":             {irt.Estimate{Theta: 4, SE: 0}, session.Score{Value: 160, Lower: 160, Upper: 160, Percentile: 100}},
		"beyond the top":         {irt.Estimate{Theta: 5, SE: .5}, session.Score{Value: 160, Lower: 160, Upper: 160, Percentile: 100}},
		"beyond the floor":       {irt.Estimate{Theta: -6, SE: .2}, session.Score{Value: 40, Lower: 40, Upper: 40, Percentile: 0}},
		"an interval cut above":  {irt.Estimate{Theta: 3.5, SE: .5}, session.Score{Value: 152.5, Lower: 137.80027, Upper: 160, Percentile: 100}},
		"an interval cut below":  {irt.Estimate{Theta: -3, SE: 1}, session.Score{Value: 55, Lower: 40, Upper: 84.39946, Percentile: .1}},
		"nothing known about it": {irt.Estimate{Theta: 0, SE: 1}, session.Score{Value: 100, Lower: 70.60054, Upper: 129.39946, Percentile: 50}},
	} {
		got := session.ScoreOf(c.in)
		require.InDelta(t, c.want.Value, got.Value, 1e-9, name)
		require.InDelta(t, c.want.Lower, got.Lower, 1e-5, name)
		require.InDelta(t, c.want.Upper, got.Upper, 1e-5, name)
		require.InDelta(t, c.want.Percentile, got.Percentile, 1e-9, name)
	}
}

func TestAccuracyScore(t *testing.T) {
	t.Parallel()
	for accuracy, want := range map[float64]session.Score{
		0:   {Value: 85, Lower: 85, Upper: 85, Percentile: 15.9},
		.5:  {Value: 100, Lower: 100, Upper: 100, Percentile: 50},
		.75: {Value: 107.5, Lower: 107.5, Upper: 107.5, Percentile: 69.1},
		1:   {Value: 115, Lower: 115, Upper: 115, Percentile: 84.1},
	} {
		require.Equal(t, want, session.AccuracyScore(accuracy))
	}
}

func TestDomainScores(t *testing.T) {
	t.Parallel()
	require.Empty(t, session.DomainScores(nil))
	var steps []vocab.Step
	add := func(d vocab.Domain, answers ...bool) {
		for _, correct := range answers {
			steps = append(steps, vocab.Step{Domain: d, Correct: correct})
		}
	}
	add(vocab.Memory, true)
	add(vocab.Logic, true, false, true)
	add(vocab.Math, false, false)
	got := session.DomainScores(steps)
	require.Equal(t, []vocab.DomainScore{
		{Domain: vocab.Logic, Items: 3, Correct: 2, Accuracy: .667},
		{Domain: vocab.Math, Items: 2, Correct: 0, Accuracy: 0},
		{Domain: vocab.Memory, Items: 1, Correct: 1, Accuracy: 1},
	}, got)
	require.Equal(t, vocab.Memory, *session.Strongest(got))
	require.Equal(t, vocab.Math, *session.Weakest(got))

	// Of equals the first counts; one domain alone is neither.
	equal := []vocab.DomainScore{{Domain: vocab.Spatial, Accuracy: .5}, {Domain: vocab.Verbal, Accuracy: .5}}
	require.Equal(t, vocab.Spatial, *session.Strongest(equal))
	require.Equal(t, vocab.Spatial, *session.Weakest(equal))
	for _, few := range [][]vocab.DomainScore{nil, got[:1]} {
		require.Nil(t, session.Strongest(few))
		require.Nil(t, session.Weakest(few))
	}
}
