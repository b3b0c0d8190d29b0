package ctt_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
)

// readMatrix reads a file of 0/1 responses; the first skip columns are not items.
func readMatrix(t testing.TB, name string, skip int) *ctt.Matrix {
	t.Helper()
	header, rows := readCSV(t, name)
	m := ctt.NewMatrix(len(header) - skip)
	for _, row := range rows {
		var answers []ctt.Answer
		for j, cell := range row[skip:] {
			if cell == "" {
				continue
			}
			score, err := strconv.Atoi(cell)
			require.NoError(t, err)
			answers = append(answers, ctt.Answer{Item: j, Response: ctt.Wrong + ctt.Response(score)})
		}
		require.NoError(t, m.AddPerson(answers))
	}
	return m
}

// Each person saw 15 of the 60 items at random: everything rests on pairs.
func TestSparseDesign(t *testing.T) {
	t.Parallel()
	var want struct {
		People   int64    `json:"n_persons"`
		Answers  int      `json:"answers_per_person"`
		MinPairN int64    `json:"pair_n_min"`
		Alpha    *float64 `json:"alpha_pairwise_raw"`
		MeanR    *float64 `json:"mean_interitem_r_pairwise"`
		NoCov    int      `json:"n_pairs_without_covariance"`
		NoCor    int      `json:"n_pairs_without_correlation"`
		Items    []struct {
			N            int64    `json:"n"`
			P            *float64 `json:"p"`
			ItemRestMean *float64 `json:"r_item_rest_mean"`
		} `json:"items"`
		To15 *float64 `json:"spearman_brown_to_15_items"`
	}
	readJSON(t, "sparse60_expected.json", &want)
	m := readMatrix(t, "sparse60_responses.csv", 1)
	a := m.Alpha(ctt.Pairwise)
	require.Equal(t, ctt.Pairwise, a.Missing)
	require.Equal(t, want.People, a.People)
	require.Equal(t, want.MinPairN, a.MinPairN)
	require.Equal(t, want.NoCov, a.PairsWithoutCovariance)
	require.Equal(t, want.NoCor, a.PairsWithoutCorrelation)
	near(t, want.Alpha, a.Raw, tol, "alpha")
	near(t, want.MeanR, a.MeanInterItemR, tol, "mean inter-item r")
	near(t, want.To15, some(ctt.SpearmanBrown(*a.Raw, 15./60)), tol, "Spearman-Brown")
	for j, st := range m.ItemStats() {
		require.Equal(t, want.Items[j].N, st.Administered)
		near(t, want.Items[j].P, st.P, tol, "p")
		near(t, want.Items[j].ItemRestMean, st.ItemRestShare, tol, "item-rest")
	}
	require.Nil(t, m.Alpha(ctt.Listwise).Raw, "nobody saw every item")
	require.EqualValues(t, 0, m.Alpha(ctt.Listwise).People)
	require.Nil(t, m.SplitHalf().R)
	require.EqualValues(t, want.People, m.SplitHalf().LeftOut)
}
