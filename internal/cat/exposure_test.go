package cat_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/irt"
)

// firstItems counts the first items of n tests that differ only in their seed.
func firstItems(t *testing.T, e *cat.Engine, n int) map[int64]int {
	t.Helper()
	counts := map[int64]int{}
	for seed := range uint64(n) {
		d, err := e.Next(cat.State{Prior: irt.StandardNormal(), Seed: seed})
		require.NoError(t, err)
		counts[d.Item.ID]++
	}
	return counts
}

// byInformation is the ids of items in descending order of information at 0.
func byInformation(items []cat.Item) []int64 {
	sorted := slices.SortedFunc(slices.Values(items), func(x, y cat.Item) int {
		return cmp.Compare(y.Params.Information(0), x.Params.Information(0))
	})
	var ids []int64
	for _, item := range sorted {
		ids = append(ids, item.ID)
	}
	return ids
}

// Counts are binomial; limits are four and more standard deviations away.

func TestRandomesqueDrawsEvenlyAmongTheBest(t *testing.T) {
	t.Parallel()
	items := drawItems(100, 1, 3)
	rules := oneDomain()
	rules.Randomesque = 5
	counts := firstItems(t, newEngine(t, newBank(t, items, 1), rules), 5000)
	require.Len(t, counts, 5)
	for _, id := range byInformation(items)[:5] {
		require.InDelta(t, 1000, counts[id], 120)
	}
}

func TestSympsonHetterAdmitsWithItsProbability(t *testing.T) {
	t.Parallel()
	items := drawItems(100, 1, 3)
	best := byInformation(items)
	rules := oneDomain()
	rules.Exposure = cat.SympsonHetter
	e := newEngine(t, newBank(t, items, 1), rules)
	require.Equal(t, map[int64]int{best[0]: 10}, firstItems(t, e, 10))

	e, err := e.WithAdmission(map[int64]float64{best[0]: .25, best[1]: .5, -1: .5})
	require.NoError(t, err)
	counts := firstItems(t, e, 8000)
	require.InDelta(t, 2000, counts[best[0]], 160)
	require.InDelta(t, 3000, counts[best[1]], 180)
	require.InDelta(t, 3000, counts[best[2]], 180)
}

func TestAnItemTurnedAwayStaysAway(t *testing.T) {
	t.Parallel()
	items := drawItems(240, 6, 3)
	rules := cat.DefaultRules(blueprint())
	rules.Exposure = cat.SympsonHetter
	admission := map[int64]float64{}
	for _, item := range items {
		admission[item.ID] = .5
	}
	e, err := newEngine(t, newBank(t, items, 6), rules).WithAdmission(admission)
	require.NoError(t, err)
	for seed := range uint64(30) {
		_, decisions := take(t, e, cat.State{Prior: irt.StandardNormal(), Seed: seed}, 0)
		passed := map[int64]bool{}
		for _, d := range decisions {
			for _, id := range d.Passed {
				passed[id] = true
			}
			require.False(t, passed[d.Item.ID])
		}
	}
}

func TestExposureControlYieldsRatherThanEndATest(t *testing.T) {
	t.Parallel()
	items := drawItems(30, 6, 3)
	none, all := map[int64]float64{}, map[int64]float64{}
	for _, item := range items {
		none[item.ID], all[item.ID] = 0, 1
	}
	rules := cat.DefaultRules(blueprint())
	rules.Exposure = cat.SympsonHetter
	closed, err := newEngine(t, newBank(t, items, 6), rules).WithAdmission(none)
	require.NoError(t, err)
	rules.Exposure = cat.ProgressiveRestricted
	spent, err := newEngine(t, newBank(t, items, 6), rules).WithRates(all)
	require.NoError(t, err)
	for _, e := range []*cat.Engine{closed, spent} {
		s, _ := take(t, e, cat.State{Prior: irt.StandardNormal()}, 0)
		require.GreaterOrEqual(t, len(s.Answers), 8)
	}
}

func TestProgressiveRestricted(t *testing.T) {
	t.Parallel()
	items := drawItems(200, 1, 3)
	best := byInformation(items)
	rules := oneDomain()
	rules.Exposure, rules.TargetSE, rules.StableSE = cat.ProgressiveRestricted, 0, 0
	e := newEngine(t, newBank(t, items, 1), rules)

	// The first choice is all chance: 200 items, 4000 draws.
	counts := firstItems(t, e, 4000)
	require.Len(t, counts, 200)
	require.Less(t, slices.Max(mapValues(counts)), 45)

	// The last is all information.
	s, decisions := take(t, e, cat.State{Prior: irt.StandardNormal(), Seed: 2}, 0)
	last := decisions[len(decisions)-2]
	for _, item := range items {
		if !slices.ContainsFunc(s.Answers, func(a cat.Answer) bool { return a.Item.ID == item.ID }) {
			require.LessOrEqual(t, item.Params.Information(last.Theta), last.Information)
		}
	}

	// Over-exposed items are withheld.
	limited, err := e.WithRates(map[int64]float64{best[0]: .16, best[1]: .15})
	require.NoError(t, err)
	counts = firstItems(t, limited, 4000)
	require.Zero(t, counts[best[0]])
	require.Positive(t, counts[best[1]])
}

func mapValues(m map[int64]int) []int {
	var values []int
	for _, v := range m {
		values = append(values, v)
	}
	return values
}

func TestExposureParametersOutOfRange(t *testing.T) {
	t.Parallel()
	e := newEngine(t, newBank(t, drawItems(10, 1, 1), 1), oneDomain())
	for _, bad := range []float64{-.1, 1.1} {
		_, err := e.WithAdmission(map[int64]float64{1000: bad})
		require.ErrorIs(t, err, cat.ErrExposure)
		_, err = e.WithRates(map[int64]float64{1000: bad})
		require.ErrorIs(t, err, cat.ErrExposure)
	}
}
