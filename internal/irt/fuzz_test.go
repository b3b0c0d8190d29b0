package irt_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

// typed tells whether an error is one a caller can tell apart.
func typed(err error) bool {
	for _, known := range []error{
		irt.ErrItem, irt.ErrPrior, irt.ErrGrid, irt.ErrBounds, irt.ErrResponses, irt.ErrOptions, irt.ErrTooFewData, irt.ErrAnchors,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// requireFinite holds for any value without NaN and infinity: JSON has neither.
func requireFinite(t *testing.T, v any) {
	t.Helper()
	_, err := json.Marshal(v)
	require.NoError(t, err, "%+v", v)
}

func FuzzAbility(f *testing.F) {
	f.Add(1.0, 0.0, 0.0, 1.0, 0.0, 1.0, uint16(5), uint16(3))
	f.Add(900.0, -50.0, 0.3, 0.9, 5.0, 0.01, uint16(0xffff), uint16(0))
	f.Add(math.NaN(), math.Inf(1), 0.1, 1.0, 0.0, 1.0, uint16(1), uint16(1))
	f.Add(1e-9, 1e6, 0.0, 1.0, -1e9, 1e-9, uint16(7), uint16(2))
	f.Add(2.0, 0.0, 0.2, 0.8, math.Inf(-1), math.NaN(), uint16(7), uint16(2))
	f.Fuzz(func(t *testing.T, a, b, c, d, mean, sd float64, given, right uint16) {
		var items []irt.Item
		var correct []bool
		for k := range 16 {
			if given>>k&1 == 1 {
				items = append(items, irt.Item{A: a * float64(1+k%3), B: b + float64(k)/4 - 2, C: c, D: d})
				correct = append(correct, right>>k&1 == 1)
			}
		}
		for name, estimate := range map[string]func() (irt.Estimate, error){
			"EAP": func() (irt.Estimate, error) { return irt.EAP(items, correct, irt.Normal{Mean: mean, SD: sd}) },
			"MAP": func() (irt.Estimate, error) { return irt.MAP(items, correct, irt.Normal{Mean: mean, SD: sd}) },
			"ML":  func() (irt.Estimate, error) { return irt.ML(items, correct, irt.DefaultBounds()) },
			"WLE": func() (irt.Estimate, error) { return irt.WLE(items, correct, irt.Bounds{Lo: mean, Hi: mean + sd}) },
		} {
			got, err := estimate()
			if err != nil {
				require.True(t, typed(err), "%s: %v", name, err)
				continue
			}
			requireFinite(t, got)
		}
	})
}

func FuzzCalibrate(f *testing.F) {
	f.Add([]byte("abcdefghijklmnopqrstuvwxyz0123456789"), uint8(4), uint8(0))
	f.Add([]byte{}, uint8(3), uint8(1))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, uint8(2), uint8(2))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 3, 3, 3}, uint8(6), uint8(3))
	f.Add([]byte{1, 2, 4, 8, 16, 32, 64, 128, 255, 254, 250, 240, 17, 34, 51}, uint8(5), uint8(0x1c))
	f.Fuzz(func(t *testing.T, raw []byte, items, how uint8) {
		n := int(items%7) + 1
		data, err := irt.NewResponses(n)
		require.NoError(t, err)
		for k := 0; k+1 < len(raw) && k < 120; k += 2 {
			var index []int
			var correct []bool
			for j := range n {
				if raw[k]>>j&1 == 1 {
					index = append(index, j)
					correct = append(correct, raw[k+1]>>j&1 == 1)
				}
			}
			require.NoError(t, data.Add(index, correct))
		}
		o := irt.Options{Model: irt.Model(how & 3), MaxIterations: 300}
		if how&4 != 0 {
			o.Priors.B = &irt.Normal{SD: 2}
		}
		if how&8 != 0 && o.Model != irt.ModelRasch {
			o.Priors.LogA = &irt.Normal{SD: 0.5}
		}
		if how&16 != 0 {
			o.Fixed = map[int]irt.Item{0: irt.TwoPL(1.2, 0.3)}
			o.FreeMean, o.FreeSD = true, how&32 != 0
		}
		if how&64 != 0 {
			o.Errors = irt.ItemInformation
		}
		fit, err := irt.Calibrate(context.Background(), data, o)
		if err != nil {
			require.True(t, typed(err), "%v", err)
		} else {
			requireFinite(t, fit)
		}
		rasch, err := irt.CalibrateRasch(context.Background(), data)
		if err != nil {
			require.True(t, typed(err), "%v", err)
		} else {
			requireFinite(t, rasch)
		}
	})
}

func FuzzLinking(f *testing.F) {
	f.Add(1.0, 0.0, 0.0, 1.0, 0.5, 0.0)
	f.Add(1e-300, 1e6, 0.0, 1e3, -1e6, 0.999)
	f.Add(math.NaN(), 0.0, 0.0, 1.0, math.Inf(1), 0.0)
	f.Fuzz(func(t *testing.T, a1, b1, c1, a2, b2, c2 float64) {
		common := []irt.Anchor{
			{New: irt.ThreePL(a1, b1, c1), Base: irt.ThreePL(a2, b2, c2)},
			{New: irt.TwoPL(1, 0.4), Base: irt.TwoPL(1.1, 0.3)},
			{New: irt.ThreePL(a1, b1, c1), Base: irt.ThreePL(a1, b2, c1)},
		}
		for _, link := range []func([]irt.Anchor) (irt.Link, error){
			irt.MeanMean, irt.MeanSigma, irt.MeanGeometricMean,
			func(x []irt.Anchor) (irt.Link, error) { l, _, err := irt.Haebara(x, irt.CurveOptions{}); return l, err },
			func(x []irt.Anchor) (irt.Link, error) {
				l, _, err := irt.StockingLord(x, irt.CurveOptions{Symmetric: true})
				return l, err
			},
		} {
			got, err := link(common)
			if err != nil {
				require.True(t, typed(err), "%v", err)
				continue
			}
			requireFinite(t, got)
			drift, err := irt.Drift(common, got, irt.CurveOptions{})
			if err != nil {
				require.True(t, typed(err), "%v", err)
				continue
			}
			requireFinite(t, drift)
		}
	})
}

func TestResponsesRefuseBadInput(t *testing.T) {
	t.Parallel()
	_, err := irt.NewResponses(0)
	require.ErrorIs(t, err, irt.ErrResponses)
	data, err := irt.NewResponses(3)
	require.NoError(t, err)
	require.ErrorIs(t, data.Add([]int{0, 0}, []bool{true, true}), irt.ErrResponses)
	require.ErrorIs(t, data.Add([]int{0, 3}, []bool{true, true}), irt.ErrResponses)
	require.ErrorIs(t, data.Add([]int{-1}, []bool{true}), irt.ErrResponses)
	require.ErrorIs(t, data.Add([]int{1}, nil), irt.ErrResponses)
	require.ErrorIs(t, data.AddWeighted([]int{1}, []bool{true}, math.NaN()), irt.ErrResponses)
	require.ErrorIs(t, data.AddWeighted([]int{1}, []bool{true}, math.Inf(1)), irt.ErrResponses)
	require.Zero(t, data.People())
	require.NoError(t, data.Add([]int{2, 0}, []bool{true, false}))
	require.NoError(t, data.AddWeighted(nil, nil, 2.5))
	items, correct := data.Person(0, nil, nil)
	require.Equal(t, []int{0, 2}, items)
	require.Equal(t, []bool{false, true}, correct)
	require.InDelta(t, 3.5, data.Weight(), 0)
	require.Equal(t, 2, data.Answers())
}

// Twice the same column is estimable, if poorly determined; one that orders
// people perfectly is not.
func TestCalibrationOfDegenerateData(t *testing.T) {
	t.Parallel()
	one, err := irt.NewResponses(2)
	require.NoError(t, err)
	require.NoError(t, one.Add([]int{0, 1}, []bool{true, false}))
	_, err = irt.Calibrate(context.Background(), one, irt.Options{})
	require.ErrorIs(t, err, irt.ErrTooFewData)

	p := simulated(t, 3, 400, 3, 6)
	twins, err := irt.NewResponses(4)
	require.NoError(t, err)
	for i := range p.data.People() {
		items, correct := p.data.Person(i, nil, nil)
		require.NoError(t, twins.Add(append(items, 3), append(correct, correct[2])))
	}
	fit, err := irt.Calibrate(context.Background(), twins, irt.Options{})
	require.NoError(t, err)
	requireFinite(t, fit)
	require.Equal(t, irt.NotFinite, fit.Items[3].Problem)
}
