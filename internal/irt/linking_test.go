package irt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/irt"
)

func anchors(t testing.TB, name string) []irt.Anchor {
	t.Helper()
	_, rows := table(t, name)
	out := make([]irt.Anchor, len(rows))
	for j, row := range rows {
		v := make([]float64, 7)
		for k := 1; k < len(v); k++ {
			v[k] = number(t, row[k])
		}
		out[j] = irt.Anchor{New: irt.ThreePL(v[1], v[2], v[3]), Base: irt.ThreePL(v[4], v[5], v[6])}
	}
	return out
}

// Two optimisers of the reference agree to 1e-8.
func TestLinkingAgreesWithReference(t *testing.T) {
	t.Parallel()
	uniform, err := irt.NewGrid(-4, 4, 41)
	require.NoError(t, err)
	curves := map[string]irt.CurveOptions{
		"normal61": {}, "uniform41": {Grid: uniform, Uniform: true}, "normal61_symmetric": {Symmetric: true},
	}
	type method struct{ A, B, Criterion float64 }
	type drift struct {
		ALinked     float64 `json:"a_linked"`
		BLinked     float64 `json:"b_linked"`
		ADifference float64 `json:"a_difference"`
		BDifference float64 `json:"b_difference"`
		WRMSD       float64
	}
	for _, name := range []string{"link2pl10", "link3pl12"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			common := anchors(t, "linking/"+name+"_anchors.csv")
			want := expected[struct {
				Methods map[string]method
				Drift   map[string][]drift
			}](t, "linking/"+name+"_expected.json")

			links := map[string]irt.Link{}
			for key, link := range map[string]func([]irt.Anchor) (irt.Link, error){
				"mean_mean": irt.MeanMean, "mean_sigma": irt.MeanSigma, "mean_geometric_mean": irt.MeanGeometricMean,
			} {
				got, err := link(common)
				require.NoError(t, err)
				require.InDelta(t, want.Methods[key].A, got.A, 1e-12)
				require.InDelta(t, want.Methods[key].B, got.B, 1e-12)
				links[key] = got
			}
			for key, link := range map[string]func([]irt.Anchor, irt.CurveOptions) (irt.Link, float64, error){
				"haebara_": irt.Haebara, "stocking_lord_": irt.StockingLord,
			} {
				for points, options := range curves {
					got, criterion, err := link(common, options)
					require.NoError(t, err)
					require.InDelta(t, want.Methods[key+points].A, got.A, 1e-7)
					require.InDelta(t, want.Methods[key+points].B, got.B, 1e-7)
					require.InDelta(t, want.Methods[key+points].Criterion, criterion, 1e-12)
					links[key+points] = got
				}
			}
			for key, items := range want.Drift {
				got, err := irt.Drift(common, links[key], irt.CurveOptions{})
				require.NoError(t, err)
				for j, w := range items {
					require.InDelta(t, w.ALinked, got[j].Linked.A, 1e-6)
					require.InDelta(t, w.BLinked, got[j].Linked.B, 1e-6)
					require.InDelta(t, w.ADifference, got[j].ADifference, 1e-6)
					require.InDelta(t, w.BDifference, got[j].BDifference, 1e-6)
					require.InDelta(t, w.WRMSD, got[j].WRMSD, 1e-7)
				}
			}
		})
	}
}

// A bank moved to another scale is moved back by every method, and to and fro by
// the inverse.
func TestLinkingUndoesATransformation(t *testing.T) {
	t.Parallel()
	truth := irt.Link{A: 0.8, B: 1.3}
	var common []irt.Anchor
	for _, item := range []irt.Item{irt.TwoPL(1.1, -1), irt.ThreePL(0.7, 0.2, 0.2), irt.FourPL(1.6, 1.4, 0.1, 0.96)} {
		common = append(common, irt.Anchor{New: item, Base: truth.Item(item)})
	}
	closed := []func([]irt.Anchor) (irt.Link, error){irt.MeanMean, irt.MeanSigma, irt.MeanGeometricMean}
	var links []irt.Link
	for _, link := range closed {
		got, err := link(common)
		require.NoError(t, err)
		links = append(links, got)
	}
	for _, symmetric := range []bool{false, true} {
		h, _, err := irt.Haebara(common, irt.CurveOptions{Symmetric: symmetric})
		require.NoError(t, err)
		s, _, err := irt.StockingLord(common, irt.CurveOptions{Symmetric: symmetric})
		require.NoError(t, err)
		links = append(links, h, s)
	}
	for _, got := range links {
		require.InDelta(t, truth.A, got.A, 1e-8)
		require.InDelta(t, truth.B, got.B, 1e-8)
		require.InDelta(t, 0.37, got.Inverse().Theta(got.Theta(0.37)), 1e-12)
	}
	require.InDelta(t, 0.4, truth.Estimate(irt.Estimate{SE: 0.5}).SE, 1e-12)
}

func TestLinkingRefusesBadAnchors(t *testing.T) {
	t.Parallel()
	_, err := irt.MeanMean(nil)
	require.ErrorIs(t, err, irt.ErrAnchors)
	same := []irt.Anchor{{New: irt.OnePL(0), Base: irt.OnePL(1)}, {New: irt.OnePL(0), Base: irt.OnePL(1)}}
	_, err = irt.MeanSigma(same)
	require.ErrorIs(t, err, irt.ErrAnchors)
	_, _, err = irt.Haebara([]irt.Anchor{{New: irt.Item{}, Base: irt.OnePL(0)}}, irt.CurveOptions{})
	require.ErrorIs(t, err, irt.ErrItem)
	got, _, err := irt.StockingLord(same, irt.CurveOptions{})
	require.NoError(t, err)
	require.InDelta(t, 1, got.A, 1e-3)
}
