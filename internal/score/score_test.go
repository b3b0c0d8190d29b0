package score_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/vocab"
)

// TestFromAbility compares with 100 + 15 theta, with 1.959964, the normal
// quantile of .975, and with tabled values of the normal distribution function.
func TestFromAbility(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in                              irt.Estimate
		value, percentile, lower, upper float64
	}{
		"the mean":               {irt.Estimate{Theta: 0, SE: 1. / 3}, 100, 50, 90.20018, 109.79982},
		"one above":              {irt.Estimate{Theta: 1, SE: .3}, 115, 84.1, 106.180162, 123.819838},
		"two below":              {irt.Estimate{Theta: -2, SE: .4}, 70, 2.3, 58.240216, 81.759784},
		"the bounds":             {irt.Estimate{Theta: 4, SE: 0}, 160, 100, 160, 160},
		"beyond the top":         {irt.Estimate{Theta: 5, SE: .5}, 160, 100, 160, 160},
		"beyond the floor":       {irt.Estimate{Theta: -6, SE: .2}, 40, 0, 40, 40},
		"an interval cut above":  {irt.Estimate{Theta: 3.5, SE: .5}, 152.5, 100, 137.80027, 160},
		"an interval cut below":  {irt.Estimate{Theta: -3, SE: 1}, 55, .1, 40, 84.39946},
		"nothing known about it": {irt.Estimate{Theta: 0, SE: 1}, 100, 50, 70.60054, 129.39946},
	} {
		got := score.FromAbility(vocab.EAP, c.in)
		require.InDelta(t, c.value, got.Value, 1e-9, name)
		require.InDelta(t, c.percentile, got.Percentile, 1e-9, name)
		p := got.Precision(score.Reliability{})
		require.Equal(t, vocab.Sufficient, p.Status)
		require.InDelta(t, 15*c.in.SE, *p.SEM, 1e-9, name)
		require.InDelta(t, c.lower, *p.Lower, 1e-5, name)
		require.InDelta(t, c.upper, *p.Upper, 1e-5, name)
		require.Nil(t, p.Reliability)
	}
}

func TestFromShare(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]score.Score{
		0:   {Value: 85, Percentile: 15.9},
		.5:  {Value: 100, Percentile: 50},
		.75: {Value: 107.5, Percentile: 69.1},
		1:   {Value: 115, Percentile: 84.1},
	} {
		want.Method = vocab.Accuracy
		require.Equal(t, want, score.FromShare(vocab.Accuracy, share))
	}
}

// TestPrecisionOfShares: with a reliability of .84 the SEM is 15 √.16 = 6.
func TestPrecisionOfShares(t *testing.T) {
	t.Parallel()
	known := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		forms score.Reliability
		want  vocab.IntervalStatus
	}{
		"unknown":          {score.Reliability{}, vocab.InsufficientData},
		"undefined":        {score.Reliability{Sessions: 500}, vocab.InsufficientData},
		"too few sessions": {score.Reliability{Value: known(.84), Sessions: 99}, vocab.InsufficientData},
		"enough sessions":  {score.Reliability{Value: known(.84), Sessions: 100}, vocab.Sufficient},
		"too unreliable":   {score.Reliability{Value: known(.5999), Sessions: 100}, vocab.BelowThreshold},
		"below 0":          {score.Reliability{Value: known(-.2), Sessions: 100}, vocab.BelowThreshold},
		"just enough":      {score.Reliability{Value: known(.60), Sessions: 100}, vocab.Sufficient},
	} {
		p := score.FromShare(vocab.Accuracy, .75).Precision(c.forms)
		require.Equal(t, c.want, p.Status, name)
		if c.want == vocab.InsufficientData {
			require.Nil(t, p.Reliability, name)
		} else {
			require.Equal(t, c.forms.Value, p.Reliability, name)
		}
		if c.want != vocab.Sufficient {
			require.Nil(t, p.SEM, name)
			require.Nil(t, p.Lower, name)
			require.Nil(t, p.Upper, name)
		}
	}
	p := score.FromShare(vocab.Accuracy, .75).Precision(score.Reliability{Value: known(.84), Sessions: 100})
	require.InDelta(t, 6, *p.SEM, 1e-12)
	require.InDelta(t, 107.5-11.759784, *p.Lower, 1e-6)
	require.InDelta(t, 107.5+11.759784, *p.Upper, 1e-6)
}

// steps are answers, calibrated with a = 1 and b = 0 if asked for.
func steps(calibrated bool, d vocab.Domain, answers ...bool) []vocab.Step {
	out := make([]vocab.Step, len(answers))
	for i, right := range answers {
		out[i] = vocab.Step{Domain: d, Correct: right}
		if calibrated {
			out[i].Discrimination = 1
		}
	}
	return out
}

func TestDomains(t *testing.T) {
	t.Parallel()
	none, err := score.Domains(nil, vocab.Accuracy)
	require.NoError(t, err)
	require.Empty(t, none)
	form := append(steps(false, vocab.Memory, true), steps(false, vocab.Logic, true, false, true)...)
	form = append(form, steps(false, vocab.Math, false, false)...)
	got, err := score.Domains(form, vocab.Accuracy)
	require.NoError(t, err)
	scored := func(v float64) *float64 { return &v }
	require.Equal(t, []vocab.DomainScore{
		{Domain: vocab.Logic, Items: 3, Correct: 2, Accuracy: .667, Score: scored(shareScore(2. / 3))},
		{Domain: vocab.Math, Items: 2, Correct: 0, Accuracy: 0, Score: scored(85)},
		{Domain: vocab.Memory, Items: 1, Correct: 1, Accuracy: 1, Score: scored(115)},
	}, got)
	require.Equal(t, vocab.Memory, *score.Strongest(got))
	require.Equal(t, vocab.Math, *score.Weakest(got))

	// Of equals the first counts; where all are equal, none is better than another.
	tied := []vocab.DomainScore{
		{Domain: vocab.Logic, Accuracy: .5}, {Domain: vocab.Spatial, Accuracy: .5}, {Domain: vocab.Verbal}, {Domain: vocab.Memory},
	}
	require.Equal(t, vocab.Logic, *score.Strongest(tied))
	require.Equal(t, vocab.Verbal, *score.Weakest(tied))
	for _, equal := range [][]vocab.DomainScore{nil, got[:1], tied[:2], tied[2:]} {
		require.Nil(t, score.Strongest(equal))
		require.Nil(t, score.Weakest(equal))
	}
}

func shareScore(share float64) float64 { return 100 + 30*(share-.5) }

// A domain of a test scored by ability has the ability in its questions alone;
// one whose questions are not calibrated has no score.
func TestDomainsByAbility(t *testing.T) {
	t.Parallel()
	form := append(steps(true, vocab.Logic, true, false), steps(true, vocab.Math, true)...)
	form = append(form, steps(false, vocab.Verbal, true)...)
	got, err := score.Domains(form, vocab.EAP)
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.InDelta(t, 100, *got[0].Score, 1e-9, "one right and one wrong of equal items")
	require.Greater(t, *got[1].Score, 100.)
	require.Less(t, *got[1].Score, 115., "one question says little")
	require.Greater(t, *got[1].StandardErrorOfMeasurement, *got[0].StandardErrorOfMeasurement)
	require.Less(t, *got[1].StandardErrorOfMeasurement, 15.)
	require.Equal(t, vocab.Verbal, got[2].Domain)
	require.Nil(t, got[2].Score)
	require.Nil(t, got[2].StandardErrorOfMeasurement)
}
