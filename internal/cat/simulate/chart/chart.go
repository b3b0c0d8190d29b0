// Package chart draws a simulation's report: precision, test length and the use
// of the bank on one page.
package chart

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/aiqhq/aiq/internal/cat/simulate"
)

// Format is a picture's file format.
type Format string

// The formats.
const (
	SVG Format = "svg"
	PNG Format = "png"
)

// ErrFormat marks a format that is not known.
var ErrFormat = errors.New("unknown chart format")

// The page and the two colours of a panel, told apart also without colour vision.
const (
	width  = 24 * vg.Centimeter
	height = 16 * vg.Centimeter
)

func blue() color.Color   { return color.RGBA{R: 0x1f, G: 0x5a, B: 0xa6, A: 0xff} }
func orange() color.Color { return color.RGBA{R: 0xd9, G: 0x6c, B: 0x06, A: 0xff} }

// Write draws the report: bias and RMSE, standard error and coverage, test length
// by decile of ability, and the exposure rates of the items in descending order.
// The error wraps [ErrFormat] or comes from w.
func Write(w io.Writer, r *simulate.Report, format Format) error {
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case SVG:
		canvas = vgsvg.New(width, height)
	case PNG:
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(144))}
	default:
		return fmt.Errorf("%w %q", ErrFormat, format)
	}
	panels, err := panels(r)
	if err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	tiles := draw.Tiles{
		Rows: len(panels), Cols: len(panels[0]), PadX: 6 * vg.Millimeter, PadY: 6 * vg.Millimeter,
		PadTop: 2 * vg.Millimeter, PadBottom: 2 * vg.Millimeter, PadLeft: 2 * vg.Millimeter, PadRight: 4 * vg.Millimeter,
	}
	for i, row := range plot.Align(panels, tiles, draw.New(canvas)) {
		for j, tile := range row {
			panels[i][j].Draw(tile)
		}
	}
	if _, err := canvas.WriteTo(w); err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	return nil
}

func panels(r *simulate.Report) ([][]*plot.Plot, error) {
	accuracy, err := byAbility("Error of the estimate", r.Deciles,
		series{"RMSE", blue(), func(s simulate.Summary) float64 { return s.RMSE }},
		series{"bias", orange(), func(s simulate.Summary) float64 { return s.Bias }})
	if err != nil {
		return nil, err
	}
	reported, err := byAbility("Reported precision", r.Deciles,
		series{"coverage of 95 % interval", blue(), func(s simulate.Summary) float64 { return s.Coverage }},
		series{"mean SE", orange(), func(s simulate.Summary) float64 { return s.MeanSE }})
	if err != nil {
		return nil, err
	}
	length, err := byAbility("Items per test", r.Deciles,
		series{"mean", blue(), func(s simulate.Summary) float64 { return s.MeanItems }})
	if err != nil {
		return nil, err
	}
	exposure, err := rates(r.Items)
	if err != nil {
		return nil, err
	}
	return [][]*plot.Plot{{accuracy, reported}, {length, exposure}}, nil
}

// series is one line of a panel over the groups of examinees.
type series struct {
	name  string
	color color.Color
	value func(simulate.Summary) float64
}

func byAbility(title string, groups []simulate.Summary, all ...series) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "mean true theta of the decile"
	p.Y.Min = 0
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	for _, s := range all {
		points := make(plotter.XYs, len(groups))
		for i, g := range groups {
			points[i] = plotter.XY{X: g.MeanTrue, Y: s.value(g)}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		line.Color, dots.Color, dots.Shape = s.color, s.color, draw.CircleGlyph{}
		line.Width = vg.Points(1.5)
		p.Add(line, dots)
		p.Legend.Add(s.name, line, dots)
	}
	// Room for the legend above the lines.
	p.Y.Max += .25 * (p.Y.Max - p.Y.Min)
	return p, nil
}

func rates(items []simulate.ItemUse) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "Exposure rate of the items"
	p.X.Label.Text = "items, most used first"
	p.Y.Min = 0
	p.Add(plotter.NewGrid())
	if len(items) == 0 {
		p.X.Max, p.Y.Max = 1, 1
		return p, nil
	}
	sorted := slices.SortedFunc(slices.Values(items), func(x, y simulate.ItemUse) int { return cmp.Compare(y.Rate, x.Rate) })
	points := make(plotter.XYs, len(sorted))
	for i, item := range sorted {
		points[i] = plotter.XY{X: float64(i + 1), Y: item.Rate}
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, fmt.Errorf("exposure rates: %w", err)
	}
	line.Color, line.Width = blue(), vg.Points(1.5)
	p.Add(line)
	return p, nil
}
