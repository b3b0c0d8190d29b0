package simulate_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/cat/simulate"
	"github.com/aiqhq/aiq/internal/irt"
)

// engine is one over n 2PL items in six domains, under the product's blueprint
// and the default rules as changed.
func engine(tb testing.TB, n int, change func(*cat.Rules)) *cat.Engine {
	tb.Helper()
	rng := rand.New(rand.NewPCG(11, 1))
	items := make([]cat.Item, n)
	for i := range items {
		a, b := math.Exp(.3+.25*rng.NormFloat64()), 1.2*rng.NormFloat64()
		items[i] = cat.Item{ID: int64(i + 1), Params: irt.TwoPL(a, b), Domain: i % 6}
	}
	bank, err := cat.NewBank(items, 6)
	require.NoError(tb, err)
	rules := cat.DefaultRules([]float64{.22, .20, .16, .13, .19, .10})
	if change != nil {
		change(&rules)
	}
	e, err := cat.NewEngine(bank, rules)
	require.NoError(tb, err)
	return e
}

func run(tb testing.TB, e *cat.Engine, plan simulate.Plan) *simulate.Report {
	tb.Helper()
	report, err := simulate.Run(context.Background(), e, plan)
	require.NoError(tb, err)
	return report
}

func TestReportDoesNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	for _, exposure := range []cat.Exposure{cat.Randomesque, cat.ProgressiveRestricted} {
		e := engine(t, 120, func(r *cat.Rules) { r.Exposure = exposure })
		plan := simulate.DefaultPlan(400, 3)
		plan.Workers = 1
		want := run(t, e, plan)
		for _, workers := range []int{0, 2, 7} {
			plan.Workers = workers
			require.Equal(t, want, run(t, e, plan))
		}
		plan.Seed++
		require.NotEqual(t, want.Overall, run(t, e, plan).Overall)
	}
}

// On a good bank a longer test recovers ability within the prior's shrinkage: the
// EAP's bias at theta is about -theta*SE^2 under a standard normal prior (Bock &
// Mislevy 1982), here below .1 up to two standard deviations, and none on average.
func TestRecovery(t *testing.T) {
	t.Parallel()
	e := engine(t, 600, func(r *cat.Rules) { r.MaxItems, r.TargetSE, r.StableTheta = 40, .2, 0 })
	plan := simulate.DefaultPlan(2000, 1)
	overall := run(t, e, plan).Overall
	require.InDelta(t, 0, overall.Bias, .02)
	require.InDelta(t, .2, overall.RMSE, .03)
	require.InDelta(t, overall.MeanSE, overall.RMSE, .02)
	require.InDelta(t, .95, overall.Coverage, .015)

	for _, theta := range []float64{-2, -1, 0, 1, 2} {
		plan.Thetas = make([]float64, 500)
		for i := range plan.Thetas {
			plan.Thetas[i] = theta
		}
		s := run(t, e, plan).Overall
		require.InDelta(t, -theta*s.MeanSE*s.MeanSE, s.Bias, .04, "at %v", theta)
	}
}

// More information must pay: the rules in the order of their measured precision
// at a fixed length.
func TestSelectionRulesRankByPrecision(t *testing.T) {
	t.Parallel()
	rmse := func(selection cat.Selection) float64 {
		e := engine(t, 300, func(r *cat.Rules) {
			r.Selection, r.Randomesque, r.MinItems = selection, 1, 15
		})
		return run(t, e, simulate.DefaultPlan(800, 1)).Overall.RMSE
	}
	random := rmse(cat.Random)
	for _, selection := range []cat.Selection{cat.Fisher, cat.KullbackLeibler, cat.AStratified} {
		require.Less(t, rmse(selection), .9*random, "%s", selection)
	}
}

func TestExposureControlSpreadsTheBank(t *testing.T) {
	t.Parallel()
	uncontrolled := run(t, engine(t, 300, func(r *cat.Rules) { r.Randomesque = 1 }), simulate.DefaultPlan(1000, 1))
	require.Greater(t, uncontrolled.Exposure.Max, .4)
	for name, change := range map[string]func(*cat.Rules){
		"randomesque":            func(r *cat.Rules) {},
		"progressive-restricted": func(r *cat.Rules) { r.Exposure = cat.ProgressiveRestricted },
		"a-stratified":           func(r *cat.Rules) { r.Selection = cat.AStratified },
		"random":                 func(r *cat.Rules) { r.Selection = cat.Random },
	} {
		e := run(t, engine(t, 300, change), simulate.DefaultPlan(1000, 1)).Exposure
		require.Less(t, e.Max, uncontrolled.Exposure.Max, name)
		require.Less(t, e.ChiSquare, uncontrolled.Exposure.ChiSquare, name)
		require.Less(t, e.Overlap, uncontrolled.Exposure.Overlap, name)
		require.Less(t, e.Unused, uncontrolled.Exposure.Unused, name)
	}
}

func TestRestrictedItemsStayNearTheLimit(t *testing.T) {
	t.Parallel()
	e := engine(t, 300, func(r *cat.Rules) {
		r.Exposure, r.MaxExposure = cat.ProgressiveRestricted, .12
	})
	plan := simulate.DefaultPlan(1500, 1)
	plan.RefreshEvery = 50
	require.Less(t, run(t, e, plan).Exposure.Max, .14)
}

func TestFindAdmissionReachesItsTarget(t *testing.T) {
	t.Parallel()
	e := engine(t, 300, func(r *cat.Rules) { r.Exposure = cat.SympsonHetter })
	plan := simulate.DefaultPlan(1000, 5)
	calls, last := 0, 0
	plan.Progress = func(done, total int) {
		calls++
		require.GreaterOrEqual(t, done, last)
		require.LessOrEqual(t, done, total)
		last = done
	}
	found, err := simulate.FindAdmission(context.Background(), e, plan, simulate.AdmissionTarget{MaxExposure: .2, Tolerance: .2, Rounds: 15})
	require.NoError(t, err)
	require.True(t, found.Reached, "%v", found.MaxExposure)
	require.Positive(t, calls)
	require.Greater(t, found.MaxExposure[0], .4)

	controlled, err := e.WithAdmission(found.Probability)
	require.NoError(t, err)
	others := simulate.DefaultPlan(2000, 999)
	report := run(t, controlled, others)
	require.Less(t, report.Exposure.Max, .2*1.3)
	require.Less(t, report.Overall.RMSE, 1.15*run(t, e, others).Overall.RMSE)
}

func TestFindAdmissionRefuses(t *testing.T) {
	t.Parallel()
	ctx, plan := context.Background(), simulate.DefaultPlan(10, 1)
	_, err := simulate.FindAdmission(ctx, engine(t, 30, nil), plan, simulate.DefaultAdmissionTarget(.2))
	require.ErrorIs(t, err, simulate.ErrPlan)
	e := engine(t, 30, func(r *cat.Rules) { r.Exposure = cat.SympsonHetter })
	for _, target := range []simulate.AdmissionTarget{
		{}, simulate.DefaultAdmissionTarget(0), simulate.DefaultAdmissionTarget(math.NaN()), {MaxExposure: .2, Tolerance: -1, Rounds: 1},
	} {
		_, err := simulate.FindAdmission(ctx, e, plan, target)
		require.ErrorIs(t, err, simulate.ErrPlan)
	}
	unreachable, err := simulate.FindAdmission(ctx, e, plan, simulate.AdmissionTarget{MaxExposure: .01, Rounds: 3})
	require.NoError(t, err)
	require.False(t, unreachable.Reached)
	require.Len(t, unreachable.MaxExposure, 3)
}

// Every figure again from the single tests and from the definitions.
func TestReportAddsUp(t *testing.T) {
	t.Parallel()
	const n = 503
	r := run(t, engine(t, 100, nil), simulate.DefaultPlan(n, 1))
	require.Len(t, r.Tests, n)
	require.Len(t, r.Deciles, 10)
	require.Len(t, r.Quintiles, 5)
	var items, bias, square float64
	for _, test := range r.Tests {
		items += float64(test.Items)
		bias += test.Theta - test.True
		square += math.Pow(test.Theta-test.True, 2)
		require.Positive(t, test.SE)
	}
	require.InDelta(t, items/n, r.Overall.MeanItems, 1e-12)
	require.InDelta(t, bias/n, r.Overall.Bias, 1e-12)
	require.InDelta(t, math.Sqrt(square/n), r.Overall.RMSE, 1e-12)

	var rates, squares, pairs float64
	for _, item := range r.Items {
		rates += item.Rate
		squares += item.Rate * item.Rate
		pairs += item.Rate * n * (item.Rate*n - 1) / 2
	}
	require.InDelta(t, items/n, rates, 1e-9)
	mean := rates / 100
	require.InDelta(t, (squares-100*mean*mean)/mean, r.Exposure.ChiSquare, 1e-9)
	require.InDelta(t, pairs/(n*(n-1)/2)/rates, r.Exposure.Overlap, 1e-9)

	for _, part := range [][]simulate.Summary{r.Deciles, r.Quintiles} {
		total, stops, highest := 0, 0, math.Inf(-1)
		for _, s := range part {
			require.GreaterOrEqual(t, s.Lowest, highest)
			highest = s.Highest
			total += s.Examinees
			for _, count := range s.Stops {
				stops += count
			}
		}
		require.Equal(t, n, total)
		require.Equal(t, n, stops)
	}
}

func TestRunOnBanksTooSmall(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 5} {
		r := run(t, engine(t, n, nil), simulate.DefaultPlan(7, 1))
		require.Equal(t, map[cat.StopReason]int{cat.BankExhausted: 7}, r.Overall.Stops)
		require.InDelta(t, n, r.Overall.MeanItems, 1e-12)
		require.Len(t, r.Deciles, 7)
		require.NoError(t, r.WriteJSON(&bytes.Buffer{}))
	}
}

func TestRunRefusesPlans(t *testing.T) {
	t.Parallel()
	e := engine(t, 30, nil)
	for name, spoil := range map[string]func(*simulate.Plan){
		"nobody":            func(p *simulate.Plan) { p.Examinees = 0 },
		"too many":          func(p *simulate.Plan) { p.Examinees = 1e9 },
		"NaN":               func(p *simulate.Plan) { p.Thetas = []float64{0, math.NaN()} },
		"infinite":          func(p *simulate.Plan) { p.Thetas = []float64{math.Inf(1)} },
		"population":        func(p *simulate.Plan) { p.Population.SD = 0 },
		"prior":             func(p *simulate.Plan) { p.Prior.SD = math.NaN() },
		"negative workers":  func(p *simulate.Plan) { p.Workers = -1 },
		"negative refreshs": func(p *simulate.Plan) { p.RefreshEvery = -1 },
	} {
		plan := simulate.DefaultPlan(10, 1)
		spoil(&plan)
		_, err := simulate.Run(context.Background(), e, plan)
		require.ErrorIs(t, err, simulate.ErrPlan, name)
	}
	plan := simulate.DefaultPlan(10, 1)
	plan.Prior.Mean = 7
	_, err := simulate.Run(context.Background(), e, plan)
	require.ErrorIs(t, err, cat.ErrState)
}

func TestRunStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	plan := simulate.DefaultPlan(1_000_000, 1)
	plan.Progress = func(done, _ int) {
		if done > 500 {
			cancel()
		}
		require.Less(t, done, 5000)
	}
	_, err := simulate.Run(ctx, engine(t, 60, nil), plan)
	require.ErrorIs(t, err, context.Canceled)
}

func TestWriters(t *testing.T) {
	t.Parallel()
	r := run(t, engine(t, 60, nil), simulate.DefaultPlan(200, 1))
	var text, groups, items, tests, object bytes.Buffer
	require.NoError(t, r.WriteText(&text))
	require.Contains(t, text.String(), "decile 10")
	require.Contains(t, text.String(), "test overlap rate")

	for buffer, want := range map[*bytes.Buffer]struct {
		write func() error
		rows  int
	}{
		&groups: {func() error { return r.WriteCSV(&groups) }, 1 + 1 + 10 + 5},
		&items:  {func() error { return r.WriteItemsCSV(&items) }, 1 + 60},
		&tests:  {func() error { return r.WriteTestsCSV(&tests) }, 1 + 200},
	} {
		require.NoError(t, want.write())
		rows, err := csv.NewReader(buffer).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, want.rows)
	}

	require.NoError(t, r.WriteJSON(&object))
	var back simulate.Report
	require.NoError(t, json.Unmarshal(object.Bytes(), &back))
	back.Tests = r.Tests
	require.Equal(t, r, &back)
}
