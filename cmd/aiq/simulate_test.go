package main

import (
	"bytes"
	"encoding/csv"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/desk"
)

func TestSimulateStarterBank(t *testing.T) {
	t.Parallel()
	args := []string{"simulate", "--examinees", "400", "--seed", "7"}
	got := decoded[desk.Simulation](t, args...)
	require.Equal(t, 400, got.Overall.Examinees)
	require.Len(t, got.Items, 180)
	require.Len(t, got.Domains, 6)
	require.Equal(t, desk.Domain{Domain: "LOGIC", Items: 30, Weight: .2}, got.Domains[0])
	require.InDelta(t, .95, got.Overall.Coverage, .04)
	require.Equal(t, printed(t, args...), printed(t, args...), "the same seed gives the same report")
	require.NotEqual(t, printed(t, args...), printed(t, "simulate", "--examinees", "400", "--seed", "8"))
}

func TestSimulateRules(t *testing.T) {
	t.Parallel()
	bank := "item,a,b,domain\n"
	for i := range 40 {
		bank += string(rune('A'+i%26)) + string(rune('a'+i/26)) + ",1.5," + []string{"-1", "0", "1", "2"}[i%4] + "," + []string{"x", "y"}[i%2] + "\n"
	}
	path := file(t, "bank.csv", bank)
	dir := t.TempDir()
	out := func(name string) string { return filepath.Join(dir, name) }
	got := decoded[desk.Simulation](t, "simulate", "--bank", path, "--examinees", "300", "--min-items", "5", "--max-items", "6",
		"--weights", "x=1,y=3", "--csv", out("all.csv"), "--items-csv", out("items.csv"), "--tests-csv", out("tests.csv"), "--plot", out("p.png"))
	require.InDelta(t, 6, got.Overall.MeanItems, 1e-9)
	require.InDelta(t, .75, got.Domains[1].Weight, 0)
	require.Nil(t, got.Admission)
	for name, rows := range map[string]int{"all.csv": 17, "items.csv": 41, "tests.csv": 301} {
		raw, err := os.ReadFile(out(name))
		require.NoError(t, err)
		table, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		require.NoError(t, err)
		require.Len(t, table, rows, name)
	}
	picture, err := os.Open(out("p.png"))
	require.NoError(t, err)
	defer picture.Close()
	_, err = png.Decode(picture)
	require.NoError(t, err)

	for _, exposure := range []string{"sympson-hetter", "progressive-restricted"} {
		held := decoded[desk.Simulation](t, "simulate", "--bank", path, "--examinees", "300", "--max-items", "8", "--exposure", exposure, "--max-exposure", ".4")
		require.Less(t, held.Exposure.Max, .6, exposure)
		require.Equal(t, exposure == "sympson-hetter", held.Admission != nil)
	}
	for _, selection := range []string{"kullback-leibler", "a-stratified", "random"} {
		other := decoded[desk.Simulation](t, "simulate", "--bank", path, "--examinees", "100", "--selection", selection)
		require.Equal(t, 100, other.Overall.Examinees)
	}
	given := decoded[desk.Simulation](t, "simulate", "--bank", path, "--thetas", file(t, "t.csv", "theta\n-1\n0\n1.5\n"))
	require.Equal(t, 3, given.Overall.Examinees)
	require.InDelta(t, 1.5, given.Overall.Highest, 0)
}
