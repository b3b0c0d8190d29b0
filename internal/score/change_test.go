package score_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/vocab"
)

func number(v float64) *float64 { return &v }

// TestReliableChange is worked by hand. The first case is that of Jacobson &
// Truax (1991, p. 14): 32.5 after 47.5, with a standard error of measurement of
// 3.35 both times, gives -15/4.74 = -3.16.
func TestReliableChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second score.Measured
		index         *float64
		verdict       vocab.Change
	}{
		"Jacobson and Truax": {score.Measured{Value: 47.5, SEM: number(3.35)}, score.Measured{Value: 32.5, SEM: number(3.35)}, number(-3.166), vocab.Declined},
		"3-4-5":              {score.Measured{Value: 100, SEM: number(3)}, score.Measured{Value: 110, SEM: number(4)}, number(2), vocab.Improved},
		"not enough":         {score.Measured{Value: 100, SEM: number(3)}, score.Measured{Value: 109.8, SEM: number(4)}, number(1.96), vocab.Stable},
		"nothing":            {score.Measured{Value: 100, SEM: number(3)}, score.Measured{Value: 100, SEM: number(4)}, number(0), vocab.Stable},
		"first unknown":      {score.Measured{Value: 100}, score.Measured{Value: 120, SEM: number(4)}, nil, ""},
		"second unknown":     {score.Measured{Value: 100, SEM: number(4)}, score.Measured{Value: 120}, nil, ""},
		"no error at all":    {score.Measured{Value: 100, SEM: number(0)}, score.Measured{Value: 120, SEM: number(0)}, nil, ""},
	} {
		got := score.Between(c.first, c.second)
		require.InDelta(t, c.second.Value-c.first.Value, got.Difference, 1e-12, name)
		if c.index == nil {
			require.Nil(t, got.Index, name)
			require.Nil(t, got.Verdict, name)
			continue
		}
		require.InDelta(t, *c.index, *got.Index, 5e-4, name)
		require.Equal(t, c.verdict, *got.Verdict, name)
	}
}

// TestDomainChanges: for 1 of 6 and then 6 of 6, Agresti & Caffo's shares are
// 2/8 and 7/8, their variances .1875/8 and .109375/8, and the index is
// .625/.192638 = 3.2444; the difference in points is 30 · 5/6.
func TestDomainChanges(t *testing.T) {
	t.Parallel()
	form := func(right int) []vocab.DomainScore {
		answers := make([]bool, 6)
		for i := range right {
			answers[i] = true
		}
		d, err := score.Domains(steps(false, vocab.Math, answers...), vocab.Accuracy)
		require.NoError(t, err)
		return d
	}
	got := score.DomainChanges(form(1), form(6))
	require.Len(t, got, 1)
	require.Equal(t, vocab.Math, got[0].Domain)
	require.InDelta(t, 25, got[0].Difference, 1e-9)
	require.InDelta(t, 3.24443, *got[0].Index, 1e-4)
	require.Equal(t, vocab.Improved, *got[0].Verdict)
	require.Equal(t, vocab.Declined, *score.DomainChanges(form(6), form(1))[0].Verdict)
	require.Zero(t, *score.DomainChanges(form(6), form(6))[0].Index)

	byAbility := []vocab.DomainScore{
		{Domain: vocab.Logic, Items: 3, Score: number(100), StandardErrorOfMeasurement: number(9)},
		{Domain: vocab.Math, Items: 3, Score: number(100), StandardErrorOfMeasurement: number(3)},
		{Domain: vocab.Memory, Items: 3},
	}
	later := []vocab.DomainScore{
		{Domain: vocab.Math, Items: 3, Score: number(90), StandardErrorOfMeasurement: number(4)},
		{Domain: vocab.Memory, Items: 3, Score: number(90), StandardErrorOfMeasurement: number(4)},
	}
	got = score.DomainChanges(byAbility, later)
	require.Len(t, got, 1, "domains that both score")
	require.InDelta(t, -2, *got[0].Index, 1e-12)
	require.Equal(t, vocab.Declined, *got[0].Verdict)

	mixed := score.DomainChanges(byAbility, form(6))
	require.Len(t, mixed, 1)
	require.InDelta(t, 15, mixed[0].Difference, 1e-9)
	require.Nil(t, mixed[0].Index, "methods that do not compare")
}

func TestPerYear(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	at := func(days int, value float64) score.Measured {
		return score.Measured{At: begin.Add(time.Duration(days) * 24 * time.Hour), Value: value}
	}
	require.Nil(t, score.PerYear(nil))
	require.Nil(t, score.PerYear([]score.Measured{at(0, 100)}))
	require.Nil(t, score.PerYear([]score.Measured{at(0, 100), at(89, 110)}), "too short a time")
	require.InDelta(t, 10*365.25/90, *score.PerYear([]score.Measured{at(0, 100), at(90, 110)}), 1e-9)
	// The slope of 1, 3, 2 over 0, 1, 2 is 1/2; the order does not matter.
	require.InDelta(t, .5*365.25/100, *score.PerYear([]score.Measured{at(200, 102), at(0, 101), at(100, 103)}), 1e-9)
}
