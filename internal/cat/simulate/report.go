package simulate

import (
	"cmp"
	"math"
	"slices"

	"github.com/aiqhq/aiq/internal/cat"
)

// exposureLimit is the rate above which an item counts as over-exposed.
const exposureLimit = .15

// Report says how well a simulated population was measured, and at which cost in
// items.
type Report struct {
	// Overall is over all examinees; Deciles and Quintiles are over tenths and fifths
	// of them by true ability, lowest first, of sizes that differ by at most one.
	Overall   Summary   `json:"overall"`
	Deciles   []Summary `json:"deciles"`
	Quintiles []Summary `json:"quintiles"`
	Exposure  Exposure  `json:"exposure"`
	// Items is the use of every item, ordered by id.
	Items []ItemUse `json:"items"`
	// Tests is every test, in the order of the plan.
	Tests []Test `json:"-"`
}

// Summary is over a group of examinees. Abilities are in units of theta.
type Summary struct {
	Examinees int `json:"examinees"`
	// Lowest, MeanTrue and Highest are of the true abilities.
	Lowest   float64 `json:"lowest"`
	MeanTrue float64 `json:"meanTrue"`
	Highest  float64 `json:"highest"`
	// Bias is the mean, and RMSE the root mean square, of estimated less true ability.
	Bias float64 `json:"bias"`
	RMSE float64 `json:"rmse"`
	// MeanSE is the mean standard error that the engine reported.
	MeanSE float64 `json:"meanSE"`
	// Coverage is the share of examinees whose true ability lies within 1.96 standard
	// errors of the estimate; .95 when the standard errors are right.
	Coverage float64 `json:"coverage"`
	// MeanItems is the mean length of a test.
	MeanItems float64 `json:"meanItems"`
	// Stops counts tests by the reason for which they ended.
	Stops map[cat.StopReason]int `json:"stops"`
}

// Exposure says how evenly the bank was used. Rates are tests with the item,
// divided by all tests.
type Exposure struct {
	Max float64 `json:"max"`
	// ChiSquare is the sum over items of (r-m)^2/m, r being the item's rate and m the
	// mean rate (Chang & Ying 1999): 0 when all are used alike.
	ChiSquare float64 `json:"chiSquare"`
	// Over is the share of items with a rate above .15, Unused that of items never given.
	Over   float64 `json:"over"`
	Unused float64 `json:"unused"`
	// Overlap is the mean number of items that two tests share, over all pairs of
	// tests, divided by the mean length (Chen, Ankenmann & Spray 2003): the
	// share of a test that its taker could have learnt from another.
	Overlap float64 `json:"overlap"`
}

// ItemUse is the use of one item.
type ItemUse struct {
	ID   int64   `json:"id"`
	Rate float64 `json:"rate"`
}

func (s *simulation) report() *Report {
	byAbility := slices.Clone(s.tests)
	slices.SortStableFunc(byAbility, func(x, y Test) int { return cmp.Compare(x.True, y.True) })
	r := &Report{
		Overall:   summarize(s.tests),
		Deciles:   groups(byAbility, 10),
		Quintiles: groups(byAbility, 5),
		Items:     make([]ItemUse, s.bank.Len()),
		Tests:     s.tests,
	}
	for place, item := range s.bank.Items() {
		r.Items[place] = ItemUse{ID: item.ID, Rate: float64(s.given[place]) / float64(len(s.tests))}
	}
	r.Exposure = exposure(s.given, len(s.tests))
	return r
}

// groups cuts tests into n parts and leaves out empty ones.
func groups(tests []Test, n int) []Summary {
	var all []Summary
	for g := range n {
		if part := tests[g*len(tests)/n : (g+1)*len(tests)/n]; len(part) > 0 {
			all = append(all, summarize(part))
		}
	}
	return all
}

func summarize(tests []Test) Summary {
	const z95 = 1.959963984540054
	s := Summary{
		Examinees: len(tests), Lowest: math.Inf(1), Highest: math.Inf(-1),
		Stops: make(map[cat.StopReason]int),
	}
	n := float64(len(tests))
	for _, t := range tests {
		e := t.Theta - t.True
		s.Lowest, s.Highest = min(s.Lowest, t.True), max(s.Highest, t.True)
		s.MeanTrue += t.True / n
		s.Bias += e / n
		s.RMSE += e * e / n
		s.MeanSE += t.SE / n
		s.MeanItems += float64(t.Items) / n
		if math.Abs(e) <= z95*t.SE {
			s.Coverage++
		}
		s.Stops[t.Reason]++
	}
	s.RMSE = math.Sqrt(s.RMSE)
	s.Coverage /= n
	return s
}

// exposure is computed from the number of tests in which each item was given.
func exposure(given []int, tests int) Exposure {
	var e Exposure
	var total, pairs float64
	for _, n := range given {
		total += float64(n)
		pairs += float64(n) * float64(n-1)
	}
	if total == 0 {
		return Exposure{Unused: min(1, float64(len(given)))}
	}
	items, n := float64(len(given)), float64(tests)
	mean := total / n / items
	for _, count := range given {
		rate := float64(count) / n
		e.Max = max(e.Max, rate)
		e.ChiSquare += (rate - mean) * (rate - mean) / mean
		if rate > exposureLimit {
			e.Over += 1 / items
		}
		if count == 0 {
			e.Unused += 1 / items
		}
	}
	if tests > 1 {
		e.Overlap = pairs / (total * (n - 1))
	}
	return e
}
