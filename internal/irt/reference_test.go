package irt_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// table is a CSV file of the reference data: a header and its rows.
func table(t testing.TB, name string) (header []string, rows [][]string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	all, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return all[0], all[1:]
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}

// expected reads a JSON file of the reference data into a value.
func expected[T any](t testing.TB, name string) T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	var v T
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

// bank reads items from columns 1 to 3 (a, b, c).
func bank(t testing.TB, name string) []irt.Item {
	t.Helper()
	_, rows := table(t, name)
	items := make([]irt.Item, len(rows))
	for j, row := range rows {
		items[j] = irt.ThreePL(number(t, row[1]), number(t, row[2]), number(t, row[3]))
	}
	return items
}

// administered picks the items whose cell is not empty.
func administered(items []irt.Item, cells []string) (taken []irt.Item, correct []bool) {
	for j, cell := range cells {
		if cell != "" {
			taken = append(taken, items[j])
			correct = append(correct, cell == "1")
		}
	}
	return taken, correct
}
