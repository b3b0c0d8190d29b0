package chart_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/cat/simulate"
	"github.com/aiqhq/aiq/internal/cat/simulate/chart"
	"github.com/aiqhq/aiq/internal/irt"
)

func report(t *testing.T, items, examinees int) *simulate.Report {
	t.Helper()
	all := make([]cat.Item, items)
	for i := range all {
		all[i] = cat.Item{ID: int64(i), Params: irt.TwoPL(1.5, float64(i)/10-2)}
	}
	bank, err := cat.NewBank(all, 1)
	require.NoError(t, err)
	engine, err := cat.NewEngine(bank, cat.DefaultRules([]float64{1}))
	require.NoError(t, err)
	r, err := simulate.Run(context.Background(), engine, simulate.DefaultPlan(examinees, 1))
	require.NoError(t, err)
	return r
}

func TestWriteSVG(t *testing.T) {
	t.Parallel()
	var out, again bytes.Buffer
	r := report(t, 40, 200)
	require.NoError(t, chart.Write(&out, r, chart.SVG))
	require.NoError(t, chart.Write(&again, r, chart.SVG))
	require.Equal(t, out.String(), again.String())
	for _, word := range []string{"RMSE", "coverage", "Items per test", "Exposure rate"} {
		require.Contains(t, out.String(), word)
	}
	document := xml.NewDecoder(&out)
	for {
		_, err := document.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestWritePNG(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, chart.Write(&out, report(t, 40, 200), chart.PNG))
	picture, err := png.Decode(&out)
	require.NoError(t, err)
	require.Greater(t, picture.Bounds().Dx(), 1000)
}

func TestWriteReportsOfLittle(t *testing.T) {
	t.Parallel()
	for _, items := range []int{0, 1} {
		require.NoError(t, chart.Write(io.Discard, report(t, items, 1), chart.SVG))
	}
}

func TestWriteRefusesUnknownFormats(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, chart.Write(io.Discard, report(t, 1, 1), "gif"), chart.ErrFormat)
}
