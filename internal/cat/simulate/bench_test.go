package simulate_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/cat/simulate"
)

// BenchmarkRun simulates tests on 300 items on one processor; an operation is a
// test, so that ns/op is the time of one.
func BenchmarkRun(b *testing.B) {
	for name, change := range map[string]func(*cat.Rules){
		"fisher":           nil,
		"kullback-leibler": func(r *cat.Rules) { r.Selection = cat.KullbackLeibler },
		"a-stratified":     func(r *cat.Rules) { r.Selection = cat.AStratified },
		"random":           func(r *cat.Rules) { r.Selection = cat.Random },
		"progressive":      func(r *cat.Rules) { r.Exposure = cat.ProgressiveRestricted },
	} {
		b.Run(name, func(b *testing.B) {
			e := engine(b, 300, change)
			plan := simulate.DefaultPlan(b.N, 1)
			plan.Workers = 1
			b.ReportAllocs()
			b.ResetTimer()
			r, err := simulate.Run(context.Background(), e, plan)
			require.NoError(b, err)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tests/s")
			b.ReportMetric(r.Overall.MeanItems, "items")
		})
	}
}
