package validity_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/validity"
	"github.com/aiqhq/aiq/internal/vocab"
)

func seconds(s float64) *float64 { return &s }

// form is a fixed form of 25 questions from easy to hard, answered at a good
// pace; right says which answers are right.
func form(right func(i int, item irt.Item) bool) validity.Session {
	s := validity.Session{Kind: vocab.Fixed, Answers: make([]validity.Answer, 25), Seconds: seconds(25 * 30)}
	for i := range s.Answers {
		item := irt.TwoPL(1.5, -3+float64(i)/4)
		label := vocab.Medium
		switch {
		case i < 8:
			label = vocab.Easy
		case i >= 17:
			label = vocab.Hard
		}
		s.Answers[i] = validity.Answer{Correct: right(i, item), Item: item, Difficulty: label, Seconds: seconds(30)}
	}
	return s
}

// uncalibrated is the session with labels and nothing else known of its questions.
func uncalibrated(s validity.Session) validity.Session {
	s.Answers = slices.Clone(s.Answers)
	for i := range s.Answers {
		s.Answers[i].Item = irt.Item{}
	}
	return s
}

func upTo(n int) func(int, irt.Item) bool     { return func(i int, _ irt.Item) bool { return i < n } }
func downFrom(n int) func(int, irt.Item) bool { return func(i int, _ irt.Item) bool { return i >= n } }

func judged(t *testing.T, s validity.Session) validity.Judgement {
	t.Helper()
	j, err := validity.Judge(s)
	require.NoError(t, err)
	require.InDelta(t, max(0, 1-.15*float64(j.Severity)), j.Confidence, 1e-12)
	severity := 0
	for _, f := range j.Evidence.Flags {
		severity += f.Severity
	}
	require.Equal(t, j.Severity, severity, "the flags say why")
	return j
}

func flags(j validity.Judgement) []vocab.FlagName {
	names := []vocab.FlagName{}
	for _, f := range j.Evidence.Flags {
		names = append(names, f.Name)
	}
	return names
}

func TestConsistentAnswersAreValid(t *testing.T) {
	t.Parallel()
	for n := range 26 {
		calibrated := judged(t, form(upTo(n)))
		require.Equal(t, vocab.Valid, calibrated.Verdict, "%d right: %v", n, calibrated.Evidence)
		require.Equal(t, vocab.LZStar, *calibrated.Evidence.PersonFitMethod)
		require.Empty(t, calibrated.Evidence.Flags)
	}
	byLabels := judged(t, uncalibrated(form(func(i int, _ irt.Item) bool { return i < 8 || i%2 == 0 && i < 20 })))
	require.Equal(t, vocab.Valid, byLabels.Verdict, byLabels.Evidence)
	require.Equal(t, vocab.LabelFit, *byLabels.Evidence.PersonFitMethod)
	require.Equal(t, 25, byLabels.Evidence.PersonFitAnswers)
}

func TestHardRightAndEasyWrongIsInvalid(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]validity.Session{
		"calibrated": form(downFrom(12)), "by labels": uncalibrated(form(downFrom(12))),
	} {
		j := judged(t, s)
		require.Equal(t, vocab.Invalid, j.Verdict, name)
		require.Equal(t, []vocab.FlagName{vocab.PersonMisfit, vocab.GuttmanAberrant}, flags(j), name)
		require.Equal(t, 4, j.Severity, name)
	}
	misfit := judged(t, form(downFrom(12))).Evidence
	require.Less(t, *misfit.PersonFit, -5.)
	require.Less(t, *misfit.LZ, -5.)
	require.InDelta(t, 1, *misfit.GuttmanErrors, .15)
}

// TestFitTellsGuessingFromAbility draws people who answer as the model says, and
// people who guess among four options whatever the question.
func TestFitTellsGuessingFromAbility(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	const people = 400
	misfits := func(right func(theta float64, item irt.Item) float64) float64 {
		n := 0
		for range people {
			theta := rng.NormFloat64()
			j := judged(t, form(func(_ int, item irt.Item) bool { return rng.Float64() < right(theta, item) }))
			if slices.Contains(flags(j), vocab.PersonMisfit) {
				n++
			}
		}
		return float64(n) / people
	}
	require.Less(t, misfits(func(theta float64, item irt.Item) float64 { return item.P(theta) }), .08)
	require.Greater(t, misfits(func(float64, irt.Item) float64 { return .5 }), .95)
	require.Greater(t, misfits(func(float64, irt.Item) float64 { return .25 }), .80)
}

// In an adaptive test, Guttman errors and labels say nothing: they do not count.
func TestAdaptiveTestsAreJudgedByTheModel(t *testing.T) {
	t.Parallel()
	s := form(downFrom(12))
	s.Kind = vocab.Adaptive
	j := judged(t, s)
	require.Equal(t, []vocab.FlagName{vocab.PersonMisfit}, flags(j))
	require.NotNil(t, j.Evidence.GuttmanErrors)
	require.False(t, j.Evidence.GuttmanWeighed)
	require.Equal(t, vocab.Suspect, j.Verdict)

	few := s
	few.Answers = s.Answers[10:14]
	few.Seconds = seconds(120)
	j = judged(t, few)
	require.Nil(t, j.Evidence.PersonFit)
	require.Nil(t, j.Evidence.PersonFitMethod)
	require.Equal(t, vocab.Valid, j.Verdict, j.Evidence)
}

// TestFitInAdaptiveTests draws adaptive tests by the product's rules: few honest
// ones are taken for misfits, fewer than the nominal 5 %, while people who know
// only the first half of the questions or stop caring are found more often.
func TestFitInAdaptiveTests(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var items []cat.Item
	for i := range 240 {
		items = append(items, cat.Item{ID: int64(i + 1), Domain: i % 6, Params: irt.TwoPL(.8+rng.Float64(), -3+6*rng.Float64())})
	}
	pool, err := cat.NewBank(items, 6)
	require.NoError(t, err)
	engine, err := cat.NewEngine(pool, cat.DefaultRules(slices.Repeat([]float64{1. / 6}, 6)))
	require.NoError(t, err)
	const people = 1000
	misfits := func(p func(n int, theta float64, item irt.Item) float64) float64 {
		found := 0
		for seed := range people {
			theta := rng.NormFloat64()
			state := cat.State{Prior: irt.StandardNormal(), Seed: uint64(seed)}
			s := validity.Session{Kind: vocab.Adaptive}
			for {
				d, err := engine.Next(state)
				require.NoError(t, err)
				if d.Stop {
					break
				}
				right := rng.Float64() < p(len(state.Answers), theta, d.Item.Params)
				state.Answers = append(state.Answers, cat.Answer{Item: d.Item, Correct: right})
				s.Answers = append(s.Answers, validity.Answer{Correct: right, Item: d.Item.Params, Seconds: seconds(30)})
			}
			if slices.Contains(flags(judged(t, s)), vocab.PersonMisfit) {
				found++
			}
		}
		return float64(found) / people
	}
	honest := misfits(func(_ int, theta float64, item irt.Item) float64 { return item.P(theta) })
	careless := misfits(func(n int, theta float64, item irt.Item) float64 {
		if n >= 8 {
			return 0
		}
		return item.P(theta + 1)
	})
	t.Logf("honest %.3f, careless %.3f", honest, careless)
	require.Less(t, honest, .05)
	require.Greater(t, careless, 3*honest)
}

// Half of the answers must be calibrated for lz* to speak for the session.
func TestFitOfAPartlyCalibratedForm(t *testing.T) {
	t.Parallel()
	for calibrated, want := range map[int]vocab.PersonFitMethod{25: vocab.LZStar, 13: vocab.LZStar, 12: vocab.LabelFit, 4: vocab.LabelFit} {
		s := form(upTo(11))
		for i := range s.Answers {
			if i%25*7%25 >= calibrated {
				s.Answers[i].Item = irt.Item{}
			}
		}
		require.Equal(t, want, *judged(t, s).Evidence.PersonFitMethod, "%d calibrated", calibrated)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	pace := func(times ...float64) validity.Session {
		s := form(upTo(12))
		total := 0.
		for i := range s.Answers {
			s.Answers[i].Seconds = seconds(times[i%len(times)])
			total += times[i%len(times)]
		}
		s.Seconds = &total
		return s
	}
	for name, c := range map[string]struct {
		session validity.Session
		flags   []vocab.FlagName
		verdict vocab.Verdict
	}{
		"steady":         {pace(30), nil, vocab.Valid},
		"all in a hurry": {pace(2), []vocab.FlagName{vocab.RapidAnswers, vocab.TotalTooFast, vocab.Rushed, vocab.ManyRapid}, vocab.Invalid},
		"some in a hurry": {
			pace(2, 40, 40, 40, 40, 40, 40), []vocab.FlagName{vocab.RapidAnswers}, vocab.Suspect,
		},
		"brisk":      {pace(13), []vocab.FlagName{vocab.Rushed}, vocab.Valid},
		"short":      {pace(11.9), []vocab.FlagName{vocab.TotalTooFast, vocab.Rushed}, vocab.Suspect},
		"with pause": {pace(301, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20), []vocab.FlagName{vocab.LongPause}, vocab.Valid},
		"very slow":  {pace(301), []vocab.FlagName{vocab.LongPause, vocab.TotalTooSlow, vocab.ManyLong}, vocab.Valid},
	} {
		j := judged(t, c.session)
		require.Equal(t, c.verdict, j.Verdict, "%s: %v", name, j.Evidence.Flags)
		if c.flags == nil {
			c.flags = []vocab.FlagName{}
		}
		require.Equal(t, c.flags, flags(j), name)
		require.Equal(t, 25, j.Evidence.Timed)
	}

	// A shorter test may be over sooner, in proportion.
	short := pace(13)
	short.Answers = short.Answers[:10]
	short.Seconds = seconds(121)
	require.NotContains(t, flags(judged(t, short)), vocab.TotalTooFast)
	short.Seconds = seconds(119)
	require.Contains(t, flags(judged(t, short)), vocab.TotalTooFast)

	// Without times there is nothing to judge, and it is said.
	blind := form(upTo(12))
	blind.Seconds = nil
	for i := range blind.Answers {
		blind.Answers[i].Seconds = nil
	}
	j := judged(t, blind)
	require.Equal(t, []vocab.FlagName{vocab.TimesMissing}, flags(j))
	require.Equal(t, vocab.Valid, j.Verdict)
	require.Nil(t, j.Evidence.TotalSeconds)
	require.Nil(t, j.Evidence.MeanSeconds)

	hard := form(func(i int, _ irt.Item) bool { return i < 19 })
	hard.Answers[17].Seconds, hard.Answers[18].Seconds = seconds(9), seconds(8)
	j = judged(t, hard)
	require.Equal(t, []vocab.FlagName{vocab.FastHardRight}, flags(j))
	require.Equal(t, vocab.Flag{Name: vocab.FastHardRight, Severity: 2, Value: 2, Limit: 2}, j.Evidence.Flags[0])
}

// Effort is judged by the questions' own times, and rapid answers are not counted
// a second time by it.
func TestEffort(t *testing.T) {
	t.Parallel()
	s := form(upTo(12))
	for i := range s.Answers {
		s.Answers[i].Times = ctt.TimeSums{N: 30, SumMillis: 30 * 50_000} // a threshold of 5 s
	}
	j := judged(t, s)
	require.InDelta(t, 1, *j.Evidence.ResponseTimeEffort, 1e-12)
	require.Equal(t, 25, j.Evidence.EffortAnswers)

	for i := range 3 {
		s.Answers[i].Seconds = seconds(4)
	}
	j = judged(t, s)
	require.Equal(t, []vocab.Flag{{Name: vocab.LowEffort, Severity: 2, Value: .88, Limit: .90}}, j.Evidence.Flags)
	require.Equal(t, vocab.Suspect, j.Verdict)

	for i := range 3 {
		s.Answers[i].Seconds = seconds(2)
	}
	j = judged(t, s)
	require.Equal(t, []vocab.FlagName{vocab.LowEffort, vocab.RapidAnswers}, flags(j))
	require.Equal(t, 2, j.Severity)

	for i := range s.Answers {
		s.Answers[i].Times.N = 29
	}
	j = judged(t, s)
	require.Nil(t, j.Evidence.ResponseTimeEffort, "too few times")
}

// Easiness is the share of people who were right once there are enough of them.
func TestGuttmanErrorsGoByWhatPeopleDid(t *testing.T) {
	t.Parallel()
	s := uncalibrated(form(downFrom(12)))
	for i := range s.Answers {
		s.Answers[i].Difficulty = vocab.Medium
	}
	require.InDelta(t, 0, *judged(t, s).Evidence.GuttmanErrors, 1e-12, "one label: no pair differs")
	for i := range s.Answers {
		s.Answers[i].Administered, s.Answers[i].Right = 30, int64(i+1)
	}
	require.InDelta(t, 0, *judged(t, s).Evidence.GuttmanErrors, 1e-12, "the later the easier")
	for i := range s.Answers {
		s.Answers[i].Right = int64(29 - i)
	}
	require.InDelta(t, 1, *judged(t, s).Evidence.GuttmanErrors, 1e-12)
}

func TestNothingAnsweredIsIncomplete(t *testing.T) {
	t.Parallel()
	j := judged(t, validity.Session{Kind: vocab.Fixed})
	require.Equal(t, vocab.Incomplete, j.Verdict)
	require.NotNil(t, j.Evidence.Flags)
}

func TestImpossibleParametersAreAnError(t *testing.T) {
	t.Parallel()
	s := form(upTo(3))
	s.Answers[4].Item.B = math.NaN()
	_, err := validity.Judge(s)
	require.ErrorIs(t, err, irt.ErrItem)
}

func BenchmarkJudge(b *testing.B) {
	s := form(func(i int, _ irt.Item) bool { return i < 8 || i%3 == 0 })
	for b.Loop() {
		if _, err := validity.Judge(s); err != nil {
			b.Fatal(err)
		}
	}
}
