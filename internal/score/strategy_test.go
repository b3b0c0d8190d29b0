package score_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/vocab"
)

// blueprint is the product's, in the order of vocab.Domains.
func blueprint() []float64 { return []float64{.22, .20, .16, .13, .19, .10} }

// TestWeightedAccuracy: 1/2 of logic (.20) and all of memory (.10) make
// (.20 · .5 + .10 · 1)/.30 = 2/3, and so 105; by the plain share, 2 of 3, too.
// With 3 of 4 in logic the weighted mean is .8333 and the plain one .8.
func TestWeightedAccuracy(t *testing.T) {
	t.Parallel()
	fixed := func(form []vocab.Step, c score.Choice) score.Score {
		s, err := score.Of(form, c.For(vocab.Fixed, blueprint())...)
		require.NoError(t, err)
		return s
	}
	form := append(steps(false, vocab.Logic, true, false), steps(false, vocab.Memory, true)...)
	require.InDelta(t, 105, fixed(form, score.ByWeightedAccuracy).Value, 1e-9)
	form = append(steps(false, vocab.Logic, true, false, true, true), steps(false, vocab.Memory, true)...)
	weighted := fixed(form, score.ByWeightedAccuracy)
	require.Equal(t, vocab.WeightedAccuracy, weighted.Method)
	require.InDelta(t, shareScore((.2*.75+.1)/.3), weighted.Value, 1e-9)
	require.InDelta(t, shareScore(.8), fixed(form, score.ByAccuracy).Value, 1e-9)
	require.Nil(t, weighted.Ability)
}

// TestAbilities compares with closed forms. Warm's (1989) estimate of n right
// and m wrong of equal Rasch items is the logit of (n + 1/2)/(n + m + 1); one
// right item at 0 moves the EAP to the mean of theta weighted by the logistic
// function, 0.413242 for N(0, 1).
func TestAbilities(t *testing.T) {
	t.Parallel()
	form := steps(true, vocab.Logic, true, true, true, true, true, true, false, false)
	warm, err := score.Of(form, score.ByWLE.For(vocab.Fixed, blueprint())...)
	require.NoError(t, err)
	require.Equal(t, vocab.WLE, warm.Method)
	theta := math.Log(6.5 / 2.5)
	require.InDelta(t, theta, warm.Ability.Theta, 1e-6)
	require.InDelta(t, 100+15*theta, warm.Value, 1e-4)
	p := 6.5 / 9
	require.InDelta(t, 1/math.Sqrt(8*p*(1-p)), warm.Ability.SE, 1e-6)

	one, err := score.Of(steps(true, vocab.Logic, true), score.Auto.For(vocab.Fixed, blueprint())...)
	require.NoError(t, err)
	require.Equal(t, vocab.EAP, one.Method)
	require.InDelta(t, logisticMean(), one.Ability.Theta, 1e-6)
}

// logisticMean is 2 ∫ θ φ(θ)/(1 + e^−θ) dθ by the trapezoid rule.
func logisticMean() float64 {
	var sum float64
	const step = .001
	for x := -8.; x <= 8; x += step {
		sum += step * 2 * x * math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) / (1 + math.Exp(-x))
	}
	return sum
}

// Which method a test ends up with, by what was chosen and what is calibrated.
func TestChoice(t *testing.T) {
	t.Parallel()
	whole := steps(true, vocab.Logic, slices.Repeat([]bool{true, false}, 5)...)
	part := append(slices.Clone(whole), steps(false, vocab.Math, true)...)
	few := append(slices.Clone(whole[:7]), steps(false, vocab.Math, true)...)
	raw := steps(false, vocab.Math, true, false)
	for _, c := range []struct {
		choice                 score.Choice
		whole, part, few, none vocab.ScoringMethod
	}{
		{score.Auto, vocab.EAP, vocab.Accuracy, vocab.Accuracy, vocab.Accuracy},
		{"", vocab.EAP, vocab.Accuracy, vocab.Accuracy, vocab.Accuracy},
		{score.ByAccuracy, vocab.Accuracy, vocab.Accuracy, vocab.Accuracy, vocab.Accuracy},
		{score.ByWeightedAccuracy, vocab.WeightedAccuracy, vocab.WeightedAccuracy, vocab.WeightedAccuracy, vocab.WeightedAccuracy},
		{score.ByEAP, vocab.EAP, vocab.EAP, vocab.Accuracy, vocab.Accuracy},
		{score.ByWLE, vocab.WLE, vocab.WLE, vocab.Accuracy, vocab.Accuracy},
	} {
		for _, form := range []struct {
			steps []vocab.Step
			want  vocab.ScoringMethod
		}{{whole, c.whole}, {part, c.part}, {few, c.few}, {raw, c.none}, {nil, c.none}} {
			if form.steps == nil && c.choice == score.ByWeightedAccuracy {
				form.want = vocab.Accuracy
			}
			got, err := score.Of(form.steps, c.choice.For(vocab.Fixed, blueprint())...)
			require.NoError(t, err)
			require.Equal(t, form.want, got.Method, "%q of %d questions", c.choice, len(form.steps))
			again, err := score.Of(form.steps, score.By(got.Method, blueprint()))
			require.NoError(t, err)
			require.Equal(t, got, again, "the same from what was recorded")
		}
		adaptive, err := score.Of(whole[:2], c.choice.For(vocab.Adaptive, blueprint())...)
		require.NoError(t, err)
		want := vocab.EAP
		if c.choice == score.ByWLE {
			want = vocab.WLE
		}
		require.Equal(t, want, adaptive.Method, "%q", c.choice)
	}
	require.True(t, score.ByWLE.Valid())
	require.False(t, score.Choice("guess").Valid())
}

// Leaving a question out is never better than answering it, by any strategy.
func TestLeavingOutGainsNothing(t *testing.T) {
	t.Parallel()
	form := steps(true, vocab.Logic, slices.Repeat([]bool{true, false}, 5)...)
	answered := slices.Clone(form)
	answered[1].Correct = true
	for _, choice := range []score.Choice{score.Auto, score.ByAccuracy, score.ByWeightedAccuracy, score.ByEAP, score.ByWLE} {
		strategies := choice.For(vocab.Fixed, blueprint())
		without, err := score.Of(form, strategies...)
		require.NoError(t, err)
		with, err := score.Of(answered, strategies...)
		require.NoError(t, err)
		require.Greater(t, with.Value, without.Value, "%q", choice)
	}
}

// Whatever the answers, a score and its interval lie on the scale.
func TestScoresLieOnTheScale(t *testing.T) {
	t.Parallel()
	for _, right := range []bool{true, false} {
		for _, choice := range []score.Choice{score.ByAccuracy, score.ByWeightedAccuracy, score.ByEAP, score.ByWLE} {
			form := steps(true, vocab.Logic, slices.Repeat([]bool{right}, 40)...)
			for i := range form {
				form[i].Discrimination, form[i].Difficulty = 3, float64(i%9)-4
			}
			s, err := score.Of(form, choice.For(vocab.Fixed, blueprint())...)
			require.NoError(t, err)
			require.GreaterOrEqual(t, s.Value, 40.)
			require.LessOrEqual(t, s.Value, 160.)
			if p := s.Precision(score.Reliability{}); p.Status == vocab.Sufficient {
				require.LessOrEqual(t, *p.Lower, s.Value)
				require.GreaterOrEqual(t, *p.Upper, s.Value)
				require.False(t, math.IsInf(*p.SEM, 0) || math.IsNaN(*p.SEM))
			}
		}
	}
}
