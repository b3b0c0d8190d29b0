package ctt_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
)

func TestBands(t *testing.T) {
	t.Parallel()
	for r, want := range map[float64]ctt.DiscriminationTier{
		.40: ctt.ExcellentDiscrimination, .399: ctt.GoodDiscrimination, .30: ctt.GoodDiscrimination,
		.20: ctt.AcceptableDiscrimination, .10: ctt.PoorDiscrimination, 0: ctt.VeryPoorDiscrimination,
		-.001: ctt.NegativeDiscrimination,
	} {
		require.Equal(t, want, ctt.TierOf(r), r)
	}
	for r, want := range map[float64]ctt.Band{
		.90: ctt.Excellent, .899: ctt.Good, .80: ctt.Good, .70: ctt.Acceptable, .60: ctt.Questionable, .50: ctt.Poor, .49: ctt.Unacceptable,
	} {
		require.Equal(t, want, ctt.ReliabilityBand(r), r)
	}
	for r, want := range map[float64]ctt.Band{.90: ctt.Excellent, .70: ctt.Good, .50: ctt.Acceptable, .499: ctt.Poor} {
		require.Equal(t, want, ctt.RetestBand(r), r)
	}
	require.Empty(t, ctt.TierOf(math.NaN()))
	require.Empty(t, ctt.ReliabilityBand(math.NaN()))
	require.Empty(t, ctt.RetestBand(math.NaN()))
}

func TestLabelBandMiss(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		band ctt.LabelBand
		p    float64
		want ctt.MissSeverity
	}{
		{ctt.EasyBand(), .70, ctt.NoMiss},
		{ctt.EasyBand(), .90, ctt.NoMiss},
		{ctt.EasyBand(), 1, ctt.MinorMiss},
		{ctt.MediumBand(), .30, ctt.MinorMiss},
		{ctt.MediumBand(), .95, ctt.MajorMiss},
		{ctt.HardBand(), .66, ctt.SevereMiss},
		{ctt.HardBand(), math.NaN(), ctt.NoMiss},
	} {
		_, got := test.band.Miss(test.p)
		require.Equal(t, test.want, got, "%v %v", test.band, test.p)
	}
}

func TestLabelFit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name               string
		easy, medium, hard ctt.LabelCount
		unexpected         int
		aberrant           bool
	}{
		{"as expected", ctt.LabelCount{5, 5}, ctt.LabelCount{12, 8}, ctt.LabelCount{8, 2}, 0, false},
		{"easy wrong, hard right", ctt.LabelCount{5, 1}, ctt.LabelCount{12, 7}, ctt.LabelCount{8, 7}, 11, true},
		{"nothing answered", ctt.LabelCount{}, ctt.LabelCount{}, ctt.LabelCount{}, 0, false},
		{"one of three in a short test", ctt.LabelCount{2, 1}, ctt.LabelCount{1, 1}, ctt.LabelCount{}, 1, false},
		{"counts that cannot be", ctt.LabelCount{2, 3}, ctt.LabelCount{-1, 0}, ctt.LabelCount{}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fit := ctt.NewLabelFit(test.easy, test.medium, test.hard)
			require.Equal(t, test.unexpected, fit.Unexpected)
			require.Equal(t, test.aberrant, fit.Aberrant)
		})
	}
}

func seconds(times ...float64) (answers []ctt.AnswerTime) {
	for _, s := range times {
		answers = append(answers, ctt.AnswerTime{Seconds: &s})
	}
	return answers
}

func TestTimeFlags(t *testing.T) {
	t.Parallel()
	rules := ctt.DefaultTimeRules()
	calm := []float64{60, 60, 60, 60, 60, 60}
	missing := make([]ctt.AnswerTime, 3)
	hard := seconds(calm...)
	for k := range 2 {
		nine := 9.
		hard[k] = ctt.AnswerTime{Seconds: &nine, Correct: true, Hard: true}
	}
	total := 400.
	tooLong := 7201.
	for _, test := range []struct {
		name    string
		answers []ctt.AnswerTime
		total   *float64
		want    []ctt.TimeFlag
	}{
		{"calm", seconds(calm...), nil, nil},
		{"three rapid of six", seconds(2, 2, 2, 100, 100, 100), nil, []ctt.TimeFlag{ctt.RapidAnswers, ctt.ManyRapid}},
		{"rapid in a short test", seconds(2.9, 2, 400), nil, []ctt.TimeFlag{ctt.RapidAnswers, ctt.LongPause, ctt.ManyRapid, ctt.ManyLong}},
		{"hard items right at once", hard, &total, []ctt.TimeFlag{ctt.FastHardRight}},
		{"fast throughout", seconds(14, 14, 14, 14, 14), nil, []ctt.TimeFlag{ctt.TotalTooFast, ctt.Rushed}},
		{"too long", seconds(calm...), &tooLong, []ctt.TimeFlag{ctt.TotalTooSlow}},
		{"half the times missing", append(seconds(60, 60, 60), missing...), nil, []ctt.TimeFlag{ctt.TimesMissing}},
		{"nothing", nil, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, rules.Flags(test.answers, test.total))
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	low := -2.
	fine := 0.
	misfit := ctt.LabelFit{Aberrant: true}
	for _, test := range []struct {
		name     string
		evidence ctt.Evidence
		want     ctt.Validity
	}{
		{"nothing odd", ctt.Evidence{Guttman: ctt.NormalFit, Times: []ctt.TimeFlag{ctt.Rushed}}, ctt.Validity{ctt.Valid, 0, 1}},
		{"elevated only", ctt.Evidence{Guttman: ctt.ElevatedFit}, ctt.Validity{ctt.Valid, 1, .85}},
		{"misfit by label", ctt.Evidence{LabelFit: misfit}, ctt.Validity{ctt.Suspect, 2, .7}},
		{"lz* overrules the label", ctt.Evidence{LzStar: &fine, LabelFit: misfit}, ctt.Validity{ctt.Valid, 0, 1}},
		{"misfit and haste", ctt.Evidence{LzStar: &low, Times: []ctt.TimeFlag{ctt.RapidAnswers}}, ctt.Validity{ctt.Invalid, 4, .4}},
		{
			"everything",
			ctt.Evidence{LzStar: &low, Guttman: ctt.AberrantFit, Times: []ctt.TimeFlag{ctt.RapidAnswers, ctt.FastHardRight, ctt.TotalTooFast}},
			ctt.Validity{ctt.Invalid, 10, 0},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := test.evidence.Judge()
			require.Equal(t, test.want.Status, got.Status)
			require.Equal(t, test.want.Severity, got.Severity)
			require.InDelta(t, test.want.Confidence, got.Confidence, 1e-12)
		})
	}
}

func TestDistractorStatus(t *testing.T) {
	t.Parallel()
	// 200 people; totals 0 to 9 evenly. Option 1 is liked by the best, 2 rare, 3 rarer, 4 never chosen.
	everyone := ctt.ScoreCounts{}
	item := ctt.ItemOptions{ByScore: ctt.ScoreCounts{}, Options: make([]ctt.OptionSums, 5)}
	for i := range 200 {
		total := i % 10
		option := 0
		switch {
		case total == 9:
			option = 1
		case i < 6:
			option = 2
		case i < 8:
			option = 3
		}
		response := ctt.Wrong
		if option == 0 {
			response = ctt.Correct
		}
		everyone.Add(total, 1)
		item.ByScore.Add(total, 1)
		item.Item.Add(response, total-response.Score(), 10)
		item.Options[option].Add(total, total-response.Score())
	}
	a := item.Analyze(everyone, ctt.DefaultDistractorRules())
	var got []ctt.DistractorStatus
	for _, o := range a.Options {
		got = append(got, o.Status)
	}
	require.Equal(t, []ctt.DistractorStatus{ctt.UnknownStatus, ctt.Functioning, ctt.Weak, ctt.NonFunctioning, ctt.NonFunctioning}, got)
	require.True(t, a.Options[1].Inverted)
	require.False(t, a.Options[0].Inverted, "the key is never inverted")
	require.Zero(t, a.Omitted)
}

func TestResponseTimeEffort(t *testing.T) {
	t.Parallel()
	rule := ctt.NT10()
	var slow, quick ctt.TimeSums
	for range 30 {
		slow.Add(150_000)
		quick.Add(40_000)
	}
	quick.Add(-5) // a clock error
	atMost, ok := rule.Threshold(slow)
	require.True(t, ok)
	require.InDelta(t, 10., atMost, 1e-12, "never above ten seconds")
	tenth, ok := rule.Threshold(quick)
	require.True(t, ok)
	require.InDelta(t, 4., tenth, 1e-12)
	quick.Remove(ctt.TimeSums{N: 1, SumMillis: 40_000})
	_, ok = rule.Threshold(quick)
	require.False(t, ok, "29 times are too few")

	at := func(v float64) *float64 { return &v }
	e := ctt.NewEffort([]ctt.TimedAnswer{
		{at(3.9), at(4)}, {at(4), at(4)}, {at(60), at(10)}, {at(12), at(10)},
		{nil, at(4)}, {at(5), nil}, {at(math.NaN()), at(4)},
	})
	require.Equal(t, []int{4, 1, 3}, []int{e.Counted, e.Rapid, e.LeftOut})
	require.InDelta(t, .75, *e.RTE, 1e-12)
	require.True(t, e.Low)
	require.Nil(t, ctt.NewEffort(nil).RTE)
}

func TestMatrixRefusesBadInput(t *testing.T) {
	t.Parallel()
	m := ctt.NewMatrix(2)
	require.ErrorIs(t, m.AddRow([]ctt.Response{ctt.Correct}), ctt.ErrShape)
	require.ErrorIs(t, m.AddRow([]ctt.Response{ctt.Correct, 7}), ctt.ErrResponse)
	require.ErrorIs(t, m.AddPerson([]ctt.Answer{{Item: 2, Response: ctt.Wrong}}), ctt.ErrShape)
	require.ErrorIs(t, m.AddPerson([]ctt.Answer{{Item: 1, Response: ctt.Wrong}, {Item: 1, Response: ctt.Correct}}), ctt.ErrDuplicate)
	require.Zero(t, m.People())
	require.NoError(t, m.AddPerson([]ctt.Answer{{Item: 1, Response: ctt.Wrong}, {Item: 0, Response: ctt.Omitted}}))
	require.Equal(t, []ctt.Answer{{Item: 0, Response: ctt.Omitted}, {Item: 1, Response: ctt.Wrong}}, m.Person(0))
	require.Nil(t, m.Person(1))
	_, err := m.Select([]int{0, 0})
	require.ErrorIs(t, err, ctt.ErrDuplicate)
	_, err = m.DIF(nil)
	require.ErrorIs(t, err, ctt.ErrShape)
	_, err = ctt.Alpha(1, make([]ctt.ItemSums, 3), ctt.NewPairs(2))
	require.ErrorIs(t, err, ctt.ErrShape)
	require.ErrorIs(t, ctt.NewTally(2).Merge(ctt.NewTally(3)), ctt.ErrShape)
	_, err = ctt.Choices{Options: []int{3}, Keys: []int{3}}.Score()
	require.ErrorIs(t, err, ctt.ErrShape)
}
