package irt_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// population is a simulated bank and its answers.
type population struct {
	items []irt.Item
	data  *irt.Responses
}

// design chooses the items of one person.
type design int

const (
	atRandom design = iota // all, or some at random
	adaptive               // among the items near the ability estimated so far
)

// simulated draws a 2PL bank and people N(0, 1) who each answer some items at random, or all.
func simulated(t testing.TB, items, people, each int, seed uint64) population {
	t.Helper()
	return draw(t, items, people, each, seed, atRandom)
}

func draw(t testing.TB, items, people, each int, seed uint64, how design) population {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	p := population{items: make([]irt.Item, items)}
	for j := range p.items {
		p.items[j] = irt.TwoPL(0.6+1.4*r.Float64(), max(-2.5, min(2.5, r.NormFloat64())))
	}
	var err error
	p.data, err = irt.NewResponses(items)
	require.NoError(t, err)
	p.data.Grow(people, people*each)
	grid, err := irt.NewGrid(-4, 4, 31)
	require.NoError(t, err)
	posterior := irt.NewPosterior(grid)
	order, correct := make([]int, items), make([]bool, each)
	for j := range order {
		order[j] = j
	}
	for range people {
		theta := r.NormFloat64()
		require.NoError(t, posterior.Reset(irt.StandardNormal()))
		for k := range each {
			pick := k
			if each < items {
				pick = k + r.IntN(items-k)
			}
			if how == adaptive { // the best of ten for the ability estimated so far
				at := posterior.Estimate().Theta
				for range 9 {
					if other := k + r.IntN(items-k); p.items[order[other]].Information(at) > p.items[order[pick]].Information(at) {
						pick = other
					}
				}
			}
			order[k], order[pick] = order[pick], order[k]
			item := p.items[order[k]]
			correct[k] = r.Float64() < item.P(theta)
			if how == adaptive {
				require.NoError(t, posterior.Update(item, correct[k]))
			}
		}
		require.NoError(t, p.data.Add(order[:each], correct))
	}
	return p
}

// rasch gives the population's items, with discrimination 1, to new people.
func rasch(t testing.TB, p population, each int) *irt.Responses {
	t.Helper()
	r := rand.New(rand.NewPCG(77, 0))
	data, err := irt.NewResponses(len(p.items))
	require.NoError(t, err)
	for range p.data.People() {
		theta := r.NormFloat64()
		first := r.IntN(len(p.items))
		var items []int
		var correct []bool
		for k := range each {
			j := (first + k) % len(p.items)
			items = append(items, j)
			correct = append(correct, r.Float64() < irt.OnePL(p.items[j].B).P(theta))
		}
		require.NoError(t, data.Add(items, correct))
	}
	return data
}

// Confidence intervals cover the truth as often as they say, and errors are as
// large, on adaptive sessions.
func TestRecoveryAndCoverage(t *testing.T) {
	t.Parallel()
	items, people, runs := 300, 20_000, 2
	if testing.Short() {
		items, people, runs = 60, 4000, 4
	}
	var covered, squareA, squareB, seA, seB, relativeA, relativeB, n float64
	for seed := range runs {
		p := draw(t, items, people, 15, 100+uint64(seed), adaptive)
		got, err := irt.Calibrate(context.Background(), p.data, irt.Options{Rules: irt.DefaultRules()})
		require.NoError(t, err)
		require.True(t, got.Converged)
		for j, e := range got.Items {
			if e.LeftOut() {
				continue
			}
			da, db := e.Item.A-p.items[j].A, e.Item.B-p.items[j].B
			squareA, squareB = squareA+da*da, squareB+db*db
			seA, seB = seA+e.SE.A*e.SE.A, seB+e.SE.B*e.SE.B
			relativeA, relativeB = relativeA+da*da/(e.SE.A*e.SE.A), relativeB+db*db/(e.SE.B*e.SE.B)
			n++
			if math.Abs(da) < 1.96*e.SE.A {
				covered++
			}
			if math.Abs(db) < 1.96*e.SE.B {
				covered++
			}
		}
	}
	t.Logf("coverage of 95 %% intervals %.3f, RMSE of a %.3f (SE %.3f), of b %.3f (SE %.3f), %v items",
		covered/n/2, math.Sqrt(squareA/n), math.Sqrt(seA/n), math.Sqrt(squareB/n), math.Sqrt(seB/n), n)
	require.InDelta(t, 0.95, covered/n/2, 0.02)
	require.InDelta(t, 1, math.Sqrt(relativeA/n), 0.15)
	require.InDelta(t, 1, math.Sqrt(relativeB/n), 0.15)
}

func benchmarkCalibrate(b *testing.B, items, people, each, workers int) {
	p := simulated(b, items, people, each, 1)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		got, err := irt.Calibrate(context.Background(), p.data, irt.Options{Workers: workers})
		require.NoError(b, err)
		require.True(b, got.Converged)
		require.Equal(b, irt.FullInformation, got.Errors)
		b.ReportMetric(float64(got.Iterations), "E-steps")
	}
}

func BenchmarkCalibrate100Items10000PeopleOneCore(b *testing.B) {
	benchmarkCalibrate(b, 100, 10_000, 100, 1)
}

func BenchmarkCalibrate500Items100000People20Each(b *testing.B) {
	benchmarkCalibrate(b, 500, 100_000, 20, 2)
}
