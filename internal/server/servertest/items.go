package servertest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/vocab"
)

// The labels of the options of Items: a test answers by what it reads.
const (
	rightLabel = "right"
	wrongLabel = "wrong"
)

// Items are n questions of one discrimination, spread evenly over the domains
// and over difficulties from -2 to 2. Each has four options, labelled by whether
// they are right.
func Items(n int, discrimination float64) []bankfile.Record {
	domains := vocab.Domains()
	out := make([]bankfile.Record, n)
	for i := range out {
		key := i % 4
		options := make([]vocab.Option, 4)
		for o := range options {
			options[o] = vocab.Option{ID: string(rune('a' + o)), Label: fmt.Sprintf("%s %d", wrongLabel, o)}
		}
		options[key].Label = rightLabel
		out[i] = bankfile.Record{
			ExternalRef: fmt.Sprintf("test:%05d", i), Source: "test",
			Domain: domains[i%len(domains)], Difficulty: vocab.Medium,
			Text: fmt.Sprintf("Question %d", i), Options: options, Key: options[key].ID,
			Explanation: "Its label says so.",
			Parameters: &bankfile.Parameters{
				Model: vocab.TwoParameter, A: discrimination,
				B: -2 + 4*float64(i/len(domains)%21)/20,
			},
		}
	}
	return out
}

// UseItems loads Items(n, discrimination).
func (s *Server) UseItems(n int, discrimination float64) {
	s.tb.Helper()
	_, err := bank.Import(s.tb.Context(), s.Store, clock.System, Items(n, discrimination))
	require.NoError(s.tb, err)
	require.NoError(s.tb, s.Bank.Refresh(s.tb.Context()))
}
