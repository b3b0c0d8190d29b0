package desk_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/desk"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// Scoring 2,000 people of 20 answers each, all estimates and person fit.
func BenchmarkScore(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var items []worksheet.BankItem
	var table strings.Builder
	table.WriteString("person")
	for j := range 20 {
		params := irt.TwoPL(math.Exp(.3*random.NormFloat64()), random.NormFloat64())
		items = append(items, worksheet.BankItem{Name: "i" + strconv.Itoa(j), Params: params})
		table.WriteString(",i" + strconv.Itoa(j))
	}
	for i := range 2000 {
		table.WriteString("\n" + strconv.Itoa(i))
		theta := random.NormFloat64()
		for _, item := range items {
			if random.Float64() < item.Params.P(theta) {
				table.WriteString(",1")
			} else {
				table.WriteString(",0")
			}
		}
	}
	answers, err := worksheet.ReadAnswers(b.Context(), strings.NewReader(table.String()), "made", worksheet.Layout{})
	require.NoError(b, err)
	plan := desk.ScorePlan{Bank: worksheet.NewBank(items), Prior: irt.StandardNormal()}
	for b.Loop() {
		_, err := desk.ScorePeople(b.Context(), answers, plan)
		require.NoError(b, err)
	}
}
