package ctt_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

// randomPeople draws people on items of one factor, some answers omitted or not administered.
func randomPeople(r *rand.Rand, people, items int, missing float64) [][]ctt.Response {
	rows := make([][]ctt.Response, people)
	for i := range rows {
		theta := r.NormFloat64()
		rows[i] = make([]ctt.Response, items)
		for j := range rows[i] {
			b := 3*float64(j)/float64(items) - 1.5
			switch u := r.Float64(); {
			case u < missing:
			case u < missing+.03:
				rows[i][j] = ctt.Omitted
			case r.Float64() < 1/(1+math.Exp(b-theta)):
				rows[i][j] = ctt.Correct
			default:
				rows[i][j] = ctt.Wrong
			}
		}
	}
	return rows
}

func sparse(row []ctt.Response) (answers []ctt.Answer) {
	for j, r := range row {
		if r != ctt.Missing {
			answers = append(answers, ctt.Answer{Item: j, Response: r})
		}
	}
	return answers
}

// textbookCovariance is the two-pass covariance (n−1); NaN below two.
func textbookCovariance(x, y []float64) float64 {
	var mx, my, s float64
	n := float64(len(x))
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	for i := range x {
		s += (x[i] - mx) * (y[i] - my)
	}
	if n < 2 {
		return math.NaN()
	}
	return s / (n - 1)
}

func textbookCorrelation(x, y []float64) *float64 {
	vx, vy := textbookCovariance(x, x), textbookCovariance(y, y)
	return some(textbookCovariance(x, y)/math.Sqrt(vx*vy), vx > 1e-12 && vy > 1e-12)
}

// column returns the scores of item j, and with each what of(row) says, over the people given it.
func column(rows [][]ctt.Response, j int, keep func([]ctt.Response) bool, of func([]ctt.Response) float64) (x, y []float64) {
	for _, row := range rows {
		if row[j].Administered() && keep(row) {
			x = append(x, float64(row[j].Score()))
			y = append(y, of(row))
		}
	}
	return x, y
}

// Sums to which people were added one by one, which were merged from shards and from which people
// were taken out again give the numbers of textbook formulas on the responses.
func TestRunningSumsEqualTextbook(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		items, missing := 2+r.IntN(9), []float64{0, .1, .5}[r.IntN(3)]
		keep := randomPeople(r, 20+r.IntN(150), items, missing)
		gone := randomPeople(r, 1+r.IntN(60), items, missing)

		total, shard, extra := ctt.NewTally(items), ctt.NewTally(items), ctt.NewTally(items)
		for i, row := range keep {
			into := total
			if i%3 == 0 {
				into = shard
			}
			require.NoError(t, into.Add(sparse(row)))
		}
		for i, row := range gone {
			if i%2 == 0 {
				require.NoError(t, extra.Add(sparse(row)))
			}
			require.NoError(t, total.Add(sparse(row)))
		}
		require.NoError(t, total.Merge(shard))
		require.NoError(t, total.Remove(extra))
		for i, row := range gone {
			if i%2 == 1 {
				require.NoError(t, total.RemovePerson(sparse(row)))
			}
		}

		batch, err := ctt.FromRows(keep)
		require.NoError(t, err)
		require.Equal(t, batch.Tally(), total)
		requireTextbookItems(t, keep, total.Items)
		a, err := total.Alpha()
		require.NoError(t, err)
		requireTextbookAlpha(t, keep, a)
	}
}

func requireTextbookItems(t *testing.T, rows [][]ctt.Response, sums []ctt.ItemSums) {
	t.Helper()
	anyone := func([]ctt.Response) bool { return true }
	for j, s := range sums {
		x, total := column(rows, j, anyone, func(row []ctt.Response) float64 { return float64(right(row)) })
		withRest, rest := column(rows, j,
			func(row []ctt.Response) bool { return administered(row) > 1 },
			func(row []ctt.Response) float64 { return float64(right(row) - row[j].Score()) })
		near(t, textbookCorrelation(x, total), some(s.ItemTotal()), tol, "item-total")
		near(t, textbookCorrelation(withRest, rest), some(s.ItemRest()), tol, "item-rest")
		if v := textbookCovariance(x, x); !math.IsNaN(v) {
			near(t, some(math.Sqrt(v), true), some(s.SD()), tol, "SD")
		}
	}
}

func requireTextbookAlpha(t *testing.T, rows [][]ctt.Response, a ctt.AlphaResult) {
	t.Helper()
	n := a.Items
	var trace, all, correlations float64
	known := true
	for i := range n {
		for j := range n {
			x, y := column(rows, i,
				func(row []ctt.Response) bool { return row[j].Administered() },
				func(row []ctt.Response) float64 { return float64(row[j].Score()) })
			c := textbookCovariance(x, y)
			all += c
			if i == j {
				trace += c
				continue
			}
			if r := textbookCorrelation(x, y); r != nil {
				correlations += *r
			} else {
				known = false
			}
		}
	}
	k := float64(n)
	near(t, some(k/(k-1)*(1-trace/all), all > 1e-12), a.Raw, tol, "alpha")
	if known {
		mean := correlations / (k * (k - 1))
		near(t, some(mean, true), a.MeanInterItemR, tol, "mean inter-item r")
		near(t, some(k*mean/(1+(k-1)*mean), 1+(k-1)*mean > 0), a.Standardized, tol, "standardized alpha")
	}
}

func TestOtherSumsMergeAndRemove(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var one, left, right ctt.Comoments
	var half, halfLeft, halfRight ctt.HalfSums
	var marginal, marginalLeft, marginalRight ctt.MarginalSums
	var option, optionLeft, optionRight ctt.OptionSums
	for i := range 500 {
		x := 100 + 15*r.NormFloat64()
		y := x + 5*r.NormFloat64()
		odd, even := r.IntN(13), r.IntN(13)
		e := irt.Estimate{Theta: r.NormFloat64(), SE: .3 + r.Float64()/5}
		c, h, m, o := &left, &halfLeft, &marginalLeft, &optionLeft
		if i%2 == 1 {
			c, h, m, o = &right, &halfRight, &marginalRight, &optionRight
			one.Add(x, y)
			half.Add(odd, even)
			marginal.Add(e)
			option.Add(odd+even, odd)
		}
		c.Add(x, y)
		h.Add(odd, even)
		m.Add(e)
		o.Add(odd+even, odd)
	}
	right.Merge(left)
	right.Remove(left)
	halfRight.Merge(halfLeft)
	halfRight.Remove(halfLeft)
	marginalRight.Merge(marginalLeft)
	marginalRight.Remove(marginalLeft)
	optionRight.Merge(optionLeft)
	optionRight.Remove(optionLeft)
	require.Equal(t, half, halfRight)
	require.Equal(t, option, optionRight)
	want, got := one.Retest(15), right.Retest(15)
	near(t, want.R, got.R, tol, "r")
	near(t, want.SEM, got.SEM, tol, "SEM")
	near(t, want.Practice.T, got.Practice.T, tol, "t")
	near(t, want.Agreement.ICCA1, got.Agreement.ICCA1, tol, "ICC")
	near(t, marginal.Reliability(1).Empirical, marginalRight.Reliability(1).Empirical, tol, "marginal reliability")
}

// KR-20 is alpha for 0/1 items, Rulon's coefficient alpha for two halves.
func TestIdentities(t *testing.T) {
	t.Parallel()
	m, err := ctt.FromRows(randomPeople(rand.New(rand.NewPCG(5, 6)), 300, 12, 0))
	require.NoError(t, err)
	a := m.Alpha(ctt.Pairwise)
	require.Equal(t, ctt.Complete, a.Missing)
	near(t, a.Raw, some(m.KR20()), tol, "KR-20")
	two, err := m.Select([]int{3, 7})
	require.NoError(t, err)
	near(t, two.SplitHalf().Rulon, two.Alpha(ctt.Pairwise).Raw, tol, "Rulon")
	for j, st := range m.ItemStats() {
		near(t, st.ItemRest, st.ItemRestShare, tol, "rest, number or share")
		near(t, st.ItemRest, a.ByItem[j].RestCovariance, tol, "rest from covariances")
	}
}

// Zero-variance and never-administered items leave what does not depend on them defined.
func TestAlphaWithUselessItems(t *testing.T) {
	t.Parallel()
	rows := randomPeople(rand.New(rand.NewPCG(7, 8)), 100, 5, 0)
	for i := range rows {
		rows[i][1] = ctt.Correct
		rows[i][3] = ctt.Missing
	}
	m, err := ctt.FromRows(rows)
	require.NoError(t, err)
	a := m.Alpha(ctt.Pairwise)
	require.Nil(t, a.Raw)
	require.Nil(t, a.Standardized)
	require.Equal(t, 4, a.PairsWithoutCovariance)
	require.EqualValues(t, 0, a.MinPairN)
	without, err := m.Select([]int{0, 1, 2, 4})
	require.NoError(t, err)
	b := without.Alpha(ctt.Pairwise)
	near(t, b.Raw, a.ByItem[3].IfDropped, tol, "alpha without the item never given")
	require.Nil(t, b.Standardized, "a constant has no correlation")
	require.NotNil(t, b.ByItem[1].StandardizedIfDropped)

	// The same by choosing among stored sums.
	sums := m.Tally()
	counted := ctt.CountedItems(100, sums.Items, .3, 30)
	require.Equal(t, []int{0, 1, 2, 4}, counted)
	pairs, err := sums.Pairs.Select(counted)
	require.NoError(t, err)
	var items []ctt.ItemSums
	for _, j := range counted {
		items = append(items, sums.Items[j])
	}
	c, err := ctt.Alpha(100, items, pairs)
	require.NoError(t, err)
	require.Equal(t, b, c)
	require.Equal(t, []int{0, 2, 3}, c.WeakItems(1.1), "all but the constant")
	_, err = sums.Pairs.Select([]int{1, 1})
	require.ErrorIs(t, err, ctt.ErrDuplicate)
}

// Pairs never seen together leave alpha undefined but not the estimate from the pairs that were.
func TestAlphaWithUnseenPairs(t *testing.T) {
	t.Parallel()
	rows := randomPeople(rand.New(rand.NewPCG(9, 10)), 400, 6, 0)
	complete, err := ctt.FromRows(rows)
	require.NoError(t, err)
	for i := range rows {
		rows[i][(i%2)*5] = ctt.Missing // nobody sees both item 0 and item 5
	}
	m, err := ctt.FromRows(rows)
	require.NoError(t, err)
	a := m.Alpha(ctt.Pairwise)
	require.Nil(t, a.Raw)
	require.Nil(t, a.SEM)
	require.Equal(t, 1, a.PairsWithoutCovariance)
	require.InDelta(t, *complete.Alpha(ctt.Pairwise).Raw, *a.ObservedPairs, .03)
}
