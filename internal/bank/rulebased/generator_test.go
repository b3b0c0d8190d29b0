package rulebased_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank/rulebased"
	"github.com/aiqhq/aiq/internal/vocab"
)

var levels = []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func TestEveryDrawIsProven(t *testing.T) {
	t.Parallel()
	bands := map[vocab.Difficulty][2]float64{vocab.Easy: {-2.5, -0.9}, vocab.Medium: {-0.8, 0.8}, vocab.Hard: {0.9, 2.5}}
	for _, g := range rulebased.Generators() {
		t.Run(g.Name(), func(t *testing.T) {
			t.Parallel()
			for _, level := range levels {
				for seed := range uint64(100) {
					q, err := g.Generate(seeded(seed), level)
					require.NoError(t, err)
					require.NoError(t, rulebased.Prove(g, q), "seed %d", seed)

					require.Equal(t, g.Domain(), q.Domain)
					require.Equal(t, level, q.Difficulty)
					require.NotEmpty(t, q.Text)
					require.NotEmpty(t, q.Explanation)
					require.NotEmpty(t, q.SubType)
					require.NotEmpty(t, q.Theme)
					require.True(t, strings.HasPrefix(q.Source, "rulebased/"+g.Name()+"@"), q.Source)
					require.Equal(t, g.Domain() == vocab.Memory, q.Stimulus != "", "only memory hides something")
					require.True(t, len(q.Options) >= 4 && len(q.Options) <= 6, "%d options", len(q.Options))
					for i, o := range q.Options {
						require.Equal(t, string(rune('a'+i)), o.ID)
						require.NotEmpty(t, strings.TrimSpace(o.Label))
					}
					require.True(t, q.A >= 0.8 && q.A <= 1.8, "a = %v", q.A)
					require.True(t, q.B >= bands[level][0] && q.B <= bands[level][1], "b = %v for %s", q.B, level)
					require.NotContains(t, q.Text+q.Explanation, "%!", "badly formatted")
				}
			}
		})
	}
}

// A key moved to any other option must be noticed: otherwise the solver proves
// nothing.
func TestNoOtherOptionCanBeProven(t *testing.T) {
	t.Parallel()
	for _, g := range rulebased.Generators() {
		for _, level := range levels {
			q, err := g.Generate(seeded(7), level)
			require.NoError(t, err)
			for _, o := range q.Options {
				claimed := q
				claimed.Key = o.ID
				if err := rulebased.Prove(g, claimed); o.ID == q.Key {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, rulebased.ErrUnproven, "%s: %q", g.Name(), o.Label)
				}
			}
		}
	}
}

func TestSameSeedSameQuestion(t *testing.T) {
	t.Parallel()
	for _, g := range rulebased.Generators() {
		first, err := g.Generate(seeded(3), vocab.Medium)
		require.NoError(t, err)
		again, err := g.Generate(seeded(3), vocab.Medium)
		require.NoError(t, err)
		require.Equal(t, first, again, g.Name())
	}
}

func TestSolversRefuseOtherQuestions(t *testing.T) {
	t.Parallel()
	all := rulebased.Generators()
	for i, g := range all {
		q, err := all[(i+1)%len(all)].Generate(seeded(5), vocab.Easy)
		require.NoError(t, err)
		_, err = g.Solve(q.View)
		require.Error(t, err, "%s read: %s", g.Name(), q.Text)
		_, err = g.Solve(rulebased.View{})
		require.Error(t, err, g.Name())
	}
}

func TestUnknownDifficulty(t *testing.T) {
	t.Parallel()
	_, err := rulebased.Generators()[0].Generate(seeded(1), "TRIVIAL")
	require.ErrorIs(t, err, rulebased.ErrDifficulty)
}

func TestProveRefusesRepeatedOptions(t *testing.T) {
	t.Parallel()
	g := rulebased.Generators()[0]
	q, err := g.Generate(seeded(1), vocab.Easy)
	require.NoError(t, err)
	q.Options[0].Label = q.Options[1].Label
	require.ErrorIs(t, rulebased.Prove(g, q), rulebased.ErrUnproven)
}

func TestWithKeyAt(t *testing.T) {
	t.Parallel()
	g := rulebased.Generators()[0]
	q, err := g.Generate(seeded(1), vocab.Easy)
	require.NoError(t, err)
	before := append([]vocab.Option(nil), q.Options...)
	for place := range 2 * len(q.Options) {
		moved := q.WithKeyAt(place)
		require.Equal(t, q.Options[place%len(q.Options)].ID, moved.Key)
		require.NoError(t, rulebased.Prove(g, moved))
	}
	require.Equal(t, before, q.Options, "the question itself stays as it was")
}

func TestGeneratorsAreNamedApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	perDomain := map[vocab.Domain]int{}
	for _, g := range rulebased.Generators() {
		require.False(t, seen[g.Name()], g.Name())
		seen[g.Name()] = true
		perDomain[g.Domain()]++
		require.True(t, strings.HasPrefix(g.Name(), strings.ToLower(string(g.Domain()))+"."))
		require.Positive(t, g.Version())
	}
	for _, d := range vocab.Domains() {
		require.GreaterOrEqual(t, perDomain[d], 3, d)
	}
}

func TestComposeIsBalanced(t *testing.T) {
	t.Parallel()
	bank, err := rulebased.Compose(11, 6)
	require.NoError(t, err)
	require.Len(t, bank, 6*3*6)
	again, err := rulebased.Compose(11, 6)
	require.NoError(t, err)
	require.Equal(t, bank, again)
	cells := map[string]int{}
	for _, q := range bank {
		cells[string(q.Domain)+string(q.Difficulty)]++
	}
	for cell, n := range cells {
		require.Equal(t, 6, n, cell)
	}
}

func TestComposeSaysWhenThemesRunOut(t *testing.T) {
	t.Parallel()
	_, err := rulebased.Compose(1, 100)
	require.ErrorIs(t, err, rulebased.ErrExhausted)
}
