package form_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/form"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// product is the product's blueprint.
func product() form.Blueprint {
	return form.Blueprint{
		Total: 25, Difficulties: form.DefaultDifficulties(), Domains: []float64{.22, .20, .16, .13, .19, .10},
	}
}

func difficulties() []vocab.Difficulty {
	return []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard}
}

// plenty is a bank with so many questions of each cell, none of them an anchor;
// the k-th of a cell discriminates k/100 less than .9.
func plenty(ofEach int) []form.Candidate {
	var out []form.Candidate
	for _, difficulty := range difficulties() {
		for _, domain := range vocab.Domains() {
			for k := range ofEach {
				out = append(out, candidate(len(out)+1, domain, difficulty, .9-float64(k)/100))
			}
		}
	}
	return out
}

func candidate(id int, domain vocab.Domain, difficulty vocab.Difficulty, discrimination float64) form.Candidate {
	return form.Candidate{
		Question: ident.Question(id), Domain: domain, Difficulty: difficulty, Discrimination: &discrimination,
	}
}

func cells(c vocab.Composition) map[vocab.CompositionCell]bool {
	out := map[vocab.CompositionCell]bool{}
	for _, cell := range c.Cells {
		out[cell] = true
	}
	return out
}

func ofDifficulty(c vocab.Composition) map[vocab.Difficulty]int {
	out := map[vocab.Difficulty]int{}
	for _, cell := range c.Cells {
		out[cell.Difficulty] += cell.Questions
	}
	return out
}

func TestApportionByLargestRemainders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n       int
		weights []float64
		names   []string
		want    []int
	}{
		"whole shares":              {10, []float64{.2, .5, .3}, []string{"a", "b", "c"}, []int{2, 5, 3}},
		"the larger remainder":      {10, []float64{.24, .5, .26}, []string{"a", "b", "c"}, []int{2, 5, 3}},
		"a tie goes by name":        {25, []float64{.2, .5, .3}, []string{"EASY", "MEDIUM", "HARD"}, []int{5, 12, 8}},
		"names, not places":         {1, []float64{1, 1}, []string{"z", "a"}, []int{0, 1}},
		"not rounded down":          {100, []float64{.29, .71}, []string{"a", "b"}, []int{29, 71}},
		"no weight, no seat":        {7, []float64{0, 1, 0}, []string{"a", "b", "c"}, []int{0, 7, 0}},
		"no weights at all":         {7, []float64{0, 0}, []string{"a", "b"}, []int{0, 0}},
		"nothing to divide":         {0, []float64{1, 1}, []string{"a", "b"}, []int{0, 0}},
		"weights need not sum to 1": {3, []float64{2, 4}, []string{"a", "b"}, []int{1, 2}},
	} {
		require.Equal(t, c.want, form.Apportion(c.n, c.weights, c.names), name)
	}
}

func TestPlanOfTheProduct(t *testing.T) {
	t.Parallel()
	plan := product().Plan()
	require.Equal(t, 25, plan.Total)
	require.Equal(t, 6, plan.Anchors)
	require.Equal(t, map[vocab.Difficulty]int{vocab.Easy: 5, vocab.Medium: 12, vocab.Hard: 8}, ofDifficulty(plan))
	// Medium: 12 × (.22 .20 .16 .13 .19 .10) = 2.64 2.40 1.92 1.56 2.28 1.20.
	for domain, n := range map[vocab.Domain]int{
		vocab.Pattern: 3, vocab.Logic: 2, vocab.Spatial: 2, vocab.Math: 2, vocab.Verbal: 2, vocab.Memory: 1,
	} {
		require.True(t, cells(plan)[vocab.CompositionCell{Difficulty: vocab.Medium, Domain: domain, Questions: n}], domain)
	}
}

func TestAFullBankGivesThePlan(t *testing.T) {
	t.Parallel()
	got := form.Compose(plenty(30), product(), 1)
	require.Len(t, got.Questions, 25)
	require.Equal(t, product().Plan().Cells, got.Achieved.Cells)
	require.Zero(t, got.Achieved.Anchors, "the bank has none")
	// The best of each cell.
	for _, q := range got.Questions {
		require.GreaterOrEqual(t, *q.Discrimination, .9-2/100.-1e-9)
	}
}

func TestAnchorsComeFirst(t *testing.T) {
	t.Parallel()
	bank := plenty(30)
	var best []ident.Question
	for i, d := range vocab.Domains() {
		for k, discrimination := range []float64{.01, .02} { // poor, and still taken
			anchor := candidate(1000+10*i+k, d, vocab.Hard, discrimination)
			anchor.Anchor = true
			bank = append(bank, anchor)
			if k == 1 {
				best = append(best, anchor.Question)
			}
		}
	}
	got := form.Compose(bank, product(), 1)
	require.Equal(t, 6, got.Achieved.Anchors)
	require.Len(t, got.Questions, 25)
	taken := map[ident.Question]bool{}
	for _, q := range got.Questions {
		taken[q.Question] = true
	}
	for _, id := range best {
		require.True(t, taken[id])
	}
	// They count towards their cells.
	require.Equal(t, ofDifficulty(product().Plan()), ofDifficulty(got.Achieved))

	small := product()
	small.Total = 4
	require.Len(t, form.Compose(bank, small, 1).Questions, 4)
}

// Six easy anchors are one more easy question than the plan has: the form still
// has 25.
func TestAnchorsBeyondThePlan(t *testing.T) {
	t.Parallel()
	bank := plenty(30)
	for i, d := range vocab.Domains() {
		anchor := candidate(1000+i, d, vocab.Easy, .5)
		anchor.Anchor = true
		bank = append(bank, anchor)
	}
	got := form.Compose(bank, product(), 1)
	require.Len(t, got.Questions, 25)
	require.Equal(t, 6, ofDifficulty(got.Achieved)[vocab.Easy])
}

func TestNegativeIsNeverTakenAndUnknownComesLast(t *testing.T) {
	t.Parallel()
	var bank []form.Candidate
	for i := range 10 {
		bank = append(bank, candidate(i+1, vocab.Logic, vocab.Medium, -.1))
	}
	unknown := form.Candidate{Question: 11, Domain: vocab.Logic, Difficulty: vocab.Medium}
	bank = append(bank, unknown, candidate(12, vocab.Logic, vocab.Medium, 0))
	b := product()
	b.Total = 1
	got := form.Compose(bank, b, 1)
	require.Equal(t, ident.Question(12), got.Questions[0].Question, "even 0 is better than unknown")
	b.Total = 5
	require.Len(t, form.Compose(bank, b, 1).Questions, 2, "an honest shorter form")
	require.Empty(t, form.Compose(nil, b, 1).Questions)
}

func TestShortfallsAreFilled(t *testing.T) {
	t.Parallel()
	var noMemory, noHard []form.Candidate
	for _, q := range plenty(30) {
		if q.Domain != vocab.Memory {
			noMemory = append(noMemory, q)
		}
		if q.Difficulty != vocab.Hard {
			noHard = append(noHard, q)
		}
	}
	got := form.Compose(noMemory, product(), 1)
	require.Equal(t, ofDifficulty(product().Plan()), ofDifficulty(got.Achieved), "from the same difficulty")
	got = form.Compose(noHard, product(), 1)
	require.Equal(t, 25, got.Achieved.Total, "from anywhere")

	without := product()
	without.Domains = []float64{.5, .5, 0, 0, 0, 0}
	for _, q := range form.Compose(plenty(2), without, 1).Questions {
		require.Contains(t, []vocab.Domain{vocab.Pattern, vocab.Logic}, q.Domain, "a domain without weight is no help")
	}
}

func TestTheSeedDecidesTheOrder(t *testing.T) {
	t.Parallel()
	one, same, other := form.Compose(plenty(9), product(), 1), form.Compose(plenty(9), product(), 1), form.Compose(plenty(9), product(), 2)
	require.Equal(t, one, same)
	require.NotEqual(t, one.Questions, other.Questions)
	require.ElementsMatch(t, one.Questions, other.Questions)
	require.Equal(t, one.Achieved, other.Achieved)
}

// Whatever the bank: no question twice, none negative, as many as there can be,
// and the achieved composition is that of the questions.
func TestAnyBankGivesAForm(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var bank []form.Candidate
		usable := 0
		for id := range random.IntN(80) {
			q := form.Candidate{
				Question: ident.Question(id + 1), Domain: vocab.Domains()[random.IntN(6)],
				Difficulty: difficulties()[random.IntN(3)], Anchor: random.IntN(5) == 0,
			}
			if random.IntN(3) > 0 {
				r := random.Float64()*1.2 - .2
				q.Discrimination = &r
			}
			if q.Discrimination == nil || *q.Discrimination >= 0 {
				usable++
			}
			bank = append(bank, q)
		}
		b := product()
		b.Total = 1 + random.IntN(40)
		got := form.Compose(bank, b, random.Int64())
		require.Len(t, got.Questions, min(b.Total, usable))
		seen := map[ident.Question]bool{}
		anchors := 0
		for _, q := range got.Questions {
			require.False(t, seen[q.Question])
			seen[q.Question] = true
			require.True(t, q.Discrimination == nil || *q.Discrimination >= 0)
			if q.Anchor {
				anchors++
			}
		}
		total := 0
		for _, cell := range got.Achieved.Cells {
			total += cell.Questions
		}
		require.Equal(t, len(got.Questions), total)
		require.Equal(t, len(got.Questions), got.Achieved.Total)
		require.Equal(t, anchors, got.Achieved.Anchors)
	}
}
