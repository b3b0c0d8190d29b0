package starter_test

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/bank/rulebased"
	"github.com/aiqhq/aiq/internal/bank/starter"
	"github.com/aiqhq/aiq/internal/vocab"
)

func records(t *testing.T) []bankfile.Record {
	t.Helper()
	all, err := starter.Records()
	require.NoError(t, err)
	return all
}

func keyLabel(r bankfile.Record) string {
	at := slices.IndexFunc(r.Options, func(o vocab.Option) bool { return o.ID == r.Key })
	return r.Options[at].Label
}

func TestFileIsFresh(t *testing.T) {
	t.Parallel()
	composed, err := starter.Compose()
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, bankfile.Write(&file, composed))
	committed, err := os.ReadFile(starter.FileName)
	require.NoError(t, err)
	require.Equal(t, file.String(), string(committed), "run go generate in this directory")
}

func TestEveryKeyIsProvenFromTheFile(t *testing.T) {
	t.Parallel()
	generators := map[string]rulebased.Generator{}
	for _, g := range rulebased.Generators() {
		generators[g.Name()] = g
	}
	source := regexp.MustCompile(`^rulebased/(.+)@\d+$`)
	used := map[string]bool{}
	for _, r := range records(t) {
		m := source.FindStringSubmatch(r.Source)
		require.NotNil(t, m, r.Source)
		g := generators[m[1]]
		require.NotNil(t, g, r.Source)
		used[m[1]] = true
		q := rulebased.Question{View: rulebased.View{Stimulus: r.Stimulus, Text: r.Text, Options: r.Options}, Key: r.Key}
		require.NoError(t, rulebased.Prove(g, q), r.ExternalRef)
	}
	require.Len(t, used, len(generators), "every generator has its questions in the bank")
}

func TestEveryDomainAndDifficultyIsCovered(t *testing.T) {
	t.Parallel()
	type cell struct {
		vocab.Domain
		vocab.Difficulty
	}
	cells := map[cell]int{}
	for _, r := range records(t) {
		require.True(t, r.Servable())
		cells[cell{r.Domain, r.Difficulty}]++
	}
	for _, d := range vocab.Domains() {
		for _, l := range []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard} {
			require.Equal(t, 10, cells[cell{d, l}], "%s %s", d, l)
		}
	}
}

func TestNoQuestionOccursTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, r := range records(t) {
		labels := make([]string, len(r.Options))
		for i, o := range r.Options {
			labels[i] = o.Label
		}
		slices.Sort(labels)
		face := strings.ToLower(r.Stimulus + "\n" + r.Text + "\n" + strings.Join(labels, "\n"))
		require.Empty(t, seen[face], "%s repeats another", r.ExternalRef)
		seen[face] = r.ExternalRef
	}
}

func TestParametersAreProvisionalAndSpread(t *testing.T) {
	t.Parallel()
	b := map[vocab.Domain][]float64{}
	for _, r := range records(t) {
		require.NotNil(t, r.Parameters, r.ExternalRef)
		require.True(t, r.Parameters.Provisional)
		require.Equal(t, vocab.TwoParameter, r.Parameters.Model)
		require.True(t, r.Parameters.A >= 0.8 && r.Parameters.A <= 1.8, r.ExternalRef)
		b[r.Domain] = append(b[r.Domain], r.Parameters.B)
	}
	for _, d := range vocab.Domains() {
		slices.Sort(b[d])
		require.Less(t, b[d][2], -1.5, "%s has easy questions", d)
		require.Greater(t, b[d][len(b[d])-3], 1.5, "%s has hard questions", d)
		values := slices.Compact(slices.Clone(b[d]))
		require.GreaterOrEqual(t, len(values), 15, "%s has many degrees of difficulty", d)
		for i := 1; i < len(values); i++ {
			require.Less(t, values[i]-values[i-1], 1.0, "%s has no gap behind %v", d, values[i-1])
		}
	}
}

// Among questions with the same number of options, no place holds the key
// noticeably more often than another, and the longest option is no hint.
func TestKeyGivesNothingAway(t *testing.T) {
	t.Parallel()
	places := map[vocab.Domain]map[int]map[string]int{}
	longest := 0
	all := records(t)
	for _, r := range all {
		n := len(r.Options)
		if places[r.Domain] == nil {
			places[r.Domain] = map[int]map[string]int{}
		}
		if places[r.Domain][n] == nil {
			places[r.Domain][n] = map[string]int{}
		}
		places[r.Domain][n][r.Key]++

		key := len([]rune(keyLabel(r)))
		unique := true
		for _, o := range r.Options {
			unique = unique && (o.ID == r.Key || len([]rune(o.Label)) < key)
		}
		if unique {
			longest++
		}
	}
	for domain, byCount := range places {
		for n, keys := range byCount {
			total := 0
			for _, c := range keys {
				total += c
			}
			for id, c := range keys {
				require.LessOrEqual(t, c, total/n+1, "%s with %d options: key %q", domain, n, id)
			}
		}
	}
	require.Less(t, float64(longest)/float64(len(all)), 0.25, "the key is the longest option too often")
}

// The words of a verbal key, and what a memory question asks for, stand in no
// part of the question that is shown with the options.
func TestTextDoesNotLeakTheAnswer(t *testing.T) {
	t.Parallel()
	for _, r := range records(t) {
		if r.Domain != vocab.Verbal && r.Domain != vocab.Memory {
			continue
		}
		word := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(keyLabel(r)) + `\b`)
		require.NotRegexp(t, word, r.Text, r.ExternalRef)
	}
}

func TestTextReadsWell(t *testing.T) {
	t.Parallel()
	broken := regexp.MustCompile(`%!|\{|\}|\b(a|an|the) (a|an|the|is|and)\b|\ba [aeio]\w|\ban [^aeiouh\W]\w|[a-z] [.,?!]|\b1 (liters|hours|minutes|days|years|pages|parts|grams|places|steps|cells)\b|\.\.`)
	for _, r := range records(t) {
		for _, text := range []string{r.Stimulus, r.Text, r.Explanation} {
			require.NotRegexp(t, broken, text, r.ExternalRef)
			for _, sentence := range regexp.MustCompile(`[.?!:]\s|\n`).Split(text, -1) {
				require.LessOrEqual(t, len(strings.Fields(sentence)), 45, "%s has a sentence too long: %s", r.ExternalRef, sentence)
			}
		}
		require.Regexp(t, `[.…]$`, r.Explanation, r.ExternalRef)
		seen := map[string]bool{}
		for _, o := range r.Options {
			require.Equal(t, strings.TrimSpace(o.Label), o.Label)
			require.NotRegexp(t, broken, o.Label, r.ExternalRef)
			folded := strings.ToLower(o.Label)
			require.False(t, seen[folded], "%s: %q twice", r.ExternalRef, o.Label)
			seen[folded] = true
		}
	}
}

func TestReferencesAreNumbered(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^starter:(pattern|logic|spatial|math|verbal|memory):[a-z_]+:\d{4}$`)
	for _, r := range records(t) {
		require.Regexp(t, form, r.ExternalRef)
		require.Contains(t, r.ExternalRef, ":"+strings.ToLower(string(r.Domain))+":"+r.SubType+":")
	}
}
