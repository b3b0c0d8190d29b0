package ctt_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
)

// requireFinite holds a result to the promise that it has no NaN and no infinity, which JSON
// cannot express.
func requireFinite(t *testing.T, results ...any) {
	t.Helper()
	for _, r := range results {
		_, err := json.Marshal(r)
		require.NoError(t, err)
	}
}

// Any responses, sensible or not, give finite or absent numbers.
func FuzzMatrix(f *testing.F) {
	f.Add(uint8(3), []byte{1, 2, 3, 0, 0, 2, 2, 2, 1, 1, 2, 2})
	f.Add(uint8(2), []byte{2, 2, 2, 2, 2, 2})             // no variance
	f.Add(uint8(4), []byte{1, 1, 2, 2, 1, 1, 2, 2})       // items twice
	f.Add(uint8(1), []byte{2})                            // one person, one item
	f.Add(uint8(0), []byte{})                             // nothing
	f.Add(uint8(3), []byte{2, 0, 0, 0, 2, 0, 0, 0, 2})    // nobody has two items
	f.Add(uint8(5), []byte{9, 1, 2, 3, 4, 255, 1, 0, 77}) // values that are no responses
	f.Fuzz(func(t *testing.T, width uint8, raw []byte) {
		items := int(width % 12)
		m := ctt.NewMatrix(items)
		var groups []ctt.Group
		for ; items > 0 && len(raw) >= items; raw = raw[items:] {
			row := make([]ctt.Response, items)
			for j := range row {
				row[j] = ctt.Response(raw[j])
			}
			if err := m.AddRow(row); err != nil {
				require.ErrorIs(t, err, ctt.ErrResponse)
				for j := range row {
					row[j] = ctt.Response(raw[j] % 4)
				}
				require.NoError(t, m.AddRow(row))
			}
			groups = append(groups, ctt.Group(raw[0]%3))
		}
		kr20, _ := m.KR20()
		report, err := m.DIF(groups)
		require.NoError(t, err)
		requireFinite(t, m.ItemStats(), m.SplitHalf(), kr20, report,
			m.Alpha(ctt.Pairwise), m.Alpha(ctt.Listwise),
			m.Omega(ctt.Minres, ctt.Pairwise), m.Omega(ctt.MaximumLikelihood, ctt.Listwise))
	})
}

func FuzzChoices(f *testing.F) {
	f.Add(uint8(2), []byte{0, 1, 2, 3, 1, 1, 0, 4, 5, 2})
	f.Add(uint8(1), []byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	f.Fuzz(func(t *testing.T, width uint8, raw []byte) {
		items := int(width%6) + 1
		c := ctt.Choices{Options: make([]int, items), Keys: make([]int, items)}
		for j := range items {
			c.Options[j] = 1 + j%4
		}
		for ; len(raw) >= items; raw = raw[items:] {
			row := make([]ctt.Choice, items)
			for j := range row {
				row[j] = ctt.Choice(int(raw[j]%7) - 2)
			}
			c.Rows = append(c.Rows, row)
		}
		for _, ties := range []ctt.TieRule{ctt.InclusiveTies, ctt.ExactTies} {
			a, err := c.Distractors(ties, ctt.DefaultDistractorRules())
			if err != nil {
				require.ErrorIs(t, err, ctt.ErrShape)
			}
			requireFinite(t, a)
		}
	})
}

func FuzzPersonFit(f *testing.F) {
	f.Add(1.2, .3, 0., 1., .1, uint16(0b1010))
	f.Add(math.NaN(), math.Inf(1), -1., 2., math.NaN(), uint16(0))
	f.Add(1000., 1e6, .99, 1., 1e300, uint16(0xffff))
	f.Add(1e-300, -1e6, 0., 1., -1e300, uint16(7))
	f.Fuzz(func(t *testing.T, a, b, c, d, theta float64, answers uint16) {
		var items []irt.Item
		var correct []bool
		var easiness []float64
		for k := range 8 {
			items = append(items, irt.Item{A: a * (1 + float64(k)/10), B: b + float64(k) - 4, C: c, D: d})
			correct = append(correct, answers>>k&1 == 1)
			easiness = append(easiness, b/float64(k))
		}
		for _, estimator := range []ctt.Estimator{ctt.ML, ctt.WLE, ctt.MAP} {
			fit, err := ctt.NewPersonFit(items, correct, estimator, irt.Normal{Mean: theta, SD: 1})
			if err == nil {
				requireFinite(t, fit)
			}
		}
		if lz, err := ctt.LzAt(items, correct, theta); err == nil {
			requireFinite(t, lz)
		}
		g, err := ctt.NewGuttman(easiness, correct)
		require.NoError(t, err)
		u3, _, err := ctt.U3(easiness, correct)
		require.NoError(t, err)
		requireFinite(t, g, u3)
	})
}

func FuzzScores(f *testing.F) {
	f.Add(100., 110., 95., 90., 130., 15.)
	f.Add(math.NaN(), math.Inf(1), math.Inf(-1), 0., 1e308, -1e308)
	f.Add(1., 1., 1., 1., 1., 0.)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, sd float64) {
		pairs := []ctt.Retest{{First: a, Second: b}, {First: c, Second: d}, {First: e, Second: a}, {First: b, Second: c}}
		for n := range pairs {
			res := ctt.RetestReliability(pairs[:n+1], sd)
			change, _ := res.Change(a, b)
			requireFinite(t, res, change)
		}
		var m ctt.MarginalSums
		for _, v := range []float64{a, b, c, d, e} {
			m.Add(irt.Estimate{Theta: v, SE: sd})
			requireFinite(t, m.Reliability(sd), ctt.NewEffort([]ctt.TimedAnswer{{Seconds: &v, Threshold: &sd}}))
		}
	})
}

func FuzzDIFStrata(f *testing.F) {
	f.Add(1., 2., int64(3), int64(4), int64(5), int64(6))
	f.Add(math.NaN(), math.Inf(1), int64(0), int64(0), int64(0), int64(0))
	f.Add(1., 1., int64(9), int64(0), int64(0), int64(9)) // separated
	f.Add(-1e300, 1e300, int64(1), int64(2), int64(math.MaxInt64), int64(-5))
	f.Fuzz(func(t *testing.T, x, y float64, a, b, c, d int64) {
		strata := []ctt.DIFStratum{
			{Match: x, ReferenceRight: a, ReferenceWrong: b, FocalRight: c, FocalWrong: d},
			{Match: y, ReferenceRight: d, ReferenceWrong: a, FocalRight: b, FocalWrong: c},
			{Match: x + y, ReferenceRight: 1, FocalWrong: b},
		}
		requireFinite(t, ctt.NewMantelHaenszel(strata), ctt.NewLogisticDIF(strata))
	})
}

// Sums that no people could have given, as a damaged row would hold, still give finite numbers.
func FuzzSums(f *testing.F) {
	f.Add(int64(10), int64(5), int64(1), int64(30), int64(120), int64(20))
	f.Add(int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(-7), int64(0), int64(1))
	f.Fuzz(func(t *testing.T, n, correct, omitted, rest, square, product int64) {
		item := ctt.ItemSums{
			Administered: n, Correct: correct, Omitted: omitted,
			SumRest: rest, SumRestSquared: square, SumCorrectRest: product,
		}
		pairs := ctt.NewPairs(3)
		require.NoError(t, pairs.MergeAt(0, 1, ctt.PairSums{N: n, SumX: correct, SumY: rest, SumXY: product}))
		require.ErrorIs(t, pairs.MergeAt(0, 3, ctt.PairSums{}), ctt.ErrShape)
		alpha, err := ctt.Alpha(n, []ctt.ItemSums{item, item, item}, pairs)
		require.NoError(t, err)
		option := ctt.OptionSums{Chosen: correct, SumTotal: rest, SumRest: square, ByScore: ctt.ScoreCounts{int(rest): n}}
		options := ctt.ItemOptions{Item: item, ByScore: ctt.ScoreCounts{3: n}, Options: []ctt.OptionSums{option, option}}
		half := ctt.HalfSums{N: n, SumOdd: correct, SumEven: rest, SumOddSquare: square, SumEvenSquare: product, SumOddEven: omitted}
		requireFinite(t, item.Stats(), alpha, half.SplitHalf(),
			options.Analyze(ctt.ScoreCounts{1: n, 2: correct, int(omitted): 5}, ctt.DefaultDistractorRules()))
	})
}
