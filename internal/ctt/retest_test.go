package ctt_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
)

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}

func TestRetest(t *testing.T) {
	t.Parallel()
	var want struct {
		N             int         `json:"n"`
		R             *float64    `json:"r"`
		RCI           [2]*float64 `json:"r_ci95"`
		Mean1         *float64    `json:"mean1"`
		SD1           *float64    `json:"sd1"`
		Mean2         *float64    `json:"mean2"`
		SD2           *float64    `json:"sd2"`
		SEM           *float64    `json:"sem"`
		SEMPopulation *float64    `json:"sem_population"`
		SDiff         *float64    `json:"s_diff"`
		Minimal       *float64    `json:"minimal_difference_95"`
		Practice      struct {
			Mean *float64 `json:"mean_difference"`
			SD   *float64 `json:"sd_difference"`
			T    *float64 `json:"t"`
			DF   int      `json:"df"`
			P    *float64 `json:"p"`
			DZ   *float64 `json:"d_z"`
			DPre *float64 `json:"d_pre"`
		} `json:"practice"`
		Limits           [2]*float64 `json:"limits_of_agreement"`
		ICCA1            *float64    `json:"icc_A1"`
		ICCC1            *float64    `json:"icc_C1"`
		Improved         int         `json:"n_improved"`
		Declined         int         `json:"n_declined"`
		ImprovedPractice int         `json:"n_improved_practice"`
		DeclinedPractice int         `json:"n_declined_practice"`
		Persons          []struct {
			Difference  *float64 `json:"difference"`
			RCI         *float64 `json:"rci"`
			RCIPractice *float64 `json:"rci_practice"`
			Reliable    bool     `json:"reliable"`
		} `json:"persons"`
	}
	readJSON(t, "retest60_expected.json", &want)
	_, rows := readCSV(t, "retest60_pairs.csv")
	var pairs []ctt.Retest
	var sums ctt.Comoments
	for _, r := range rows {
		p := ctt.Retest{First: number(t, r[1]), Second: number(t, r[2]), Days: number(t, r[3])}
		pairs = append(pairs, p)
		sums.Add(p.First, p.Second)
	}
	batch := ctt.RetestReliability(pairs, 15)
	for name, got := range map[string]ctt.RetestResult{"batch": batch, "running sums": sums.Retest(15)} {
		require.Equal(t, want.N, got.N)
		near(t, want.R, got.R, tol, name)
		near(t, want.RCI[0], got.RLow, tol, name)
		near(t, want.RCI[1], got.RHigh, tol, name)
		near(t, want.Mean1, got.Mean1, tol, name)
		near(t, want.Mean2, got.Mean2, tol, name)
		near(t, want.SD1, got.SD1, tol, name)
		near(t, want.SD2, got.SD2, tol, name)
		near(t, want.SEM, got.SEM, tol, name)
		near(t, want.SEMPopulation, got.SEMPopulation, tol, name)
		near(t, want.SDiff, got.SDiff, tol, name)
		near(t, want.Minimal, got.MinimalChange, tol, name)
		near(t, want.Practice.Mean, got.Practice.Mean, tol, name)
		near(t, want.Practice.SD, got.Practice.SD, tol, name)
		near(t, want.Practice.T, got.Practice.T, tol, name)
		require.Equal(t, want.Practice.DF, got.Practice.DF)
		near(t, want.Practice.P, got.Practice.P, 1e-12, name)
		near(t, want.Practice.DZ, got.Practice.DZ, tol, name)
		near(t, want.Practice.DPre, got.Practice.DPre, tol, name)
		near(t, want.Limits[0], got.Agreement.Low, tol, name)
		near(t, want.Limits[1], got.Agreement.High, tol, name)
		near(t, want.ICCA1, got.Agreement.ICCA1, tol, name)
		near(t, want.ICCC1, got.Agreement.ICCC1, tol, name)
	}
	var improved, declined, improvedPractice, declinedPractice int
	for i, p := range pairs {
		c, ok := batch.Change(p.First, p.Second)
		require.True(t, ok)
		w := want.Persons[i]
		near(t, w.Difference, &c.Difference, tol, "difference")
		near(t, w.RCI, &c.RCI, tol, "RCI")
		near(t, w.RCIPractice, &c.RCIPractice, tol, "RCI beyond practice")
		require.Equal(t, w.Reliable, c.Reliable)
		switch {
		case c.Reliable && c.RCI > 0:
			improved++
		case c.Reliable:
			declined++
		}
		switch {
		case c.ReliableBeyondPractice && c.RCIPractice > 0:
			improvedPractice++
		case c.ReliableBeyondPractice:
			declinedPractice++
		}
	}
	require.Equal(t, []int{want.Improved, want.Declined, want.ImprovedPractice, want.DeclinedPractice},
		[]int{improved, declined, improvedPractice, declinedPractice})
}

func TestWithinDaysKeepsBothEnds(t *testing.T) {
	t.Parallel()
	pairs := []ctt.Retest{{Days: 6.9}, {Days: 7}, {Days: 180}, {Days: 181}}
	require.Equal(t, pairs[1:3], ctt.WithinDays(pairs, 7, 180))
}
