package main

import (
	"context"
	"fmt"
	"io"

	"github.com/aiqhq/aiq/internal/desk"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// linkFlags say how two scales are linked.
type linkFlags struct {
	Method        string  `help:"mean-mean, mean-sigma, mean-geometric-mean, haebara or stocking-lord." enum:"mean-mean,mean-sigma,mean-geometric-mean,haebara,stocking-lord" default:"stocking-lord" group:"Linking:"`
	CurvePoints   int     `help:"Points at which curves are compared." default:"61" group:"Linking:"`
	CurveRange    float64 `help:"The points lie between -RANGE and RANGE." default:"4" placeholder:"RANGE" group:"Linking:"`
	CurveUniform  bool    `help:"All points weigh the same, instead of by the normal density." group:"Linking:"`
	CurveBothWays bool    `help:"Curves are compared on both scales." group:"Linking:"`
}

func (l *linkFlags) plan() (desk.LinkPlan, error) {
	grid, err := irt.NewGrid(-l.CurveRange, l.CurveRange, l.CurvePoints)
	if err != nil {
		return desk.LinkPlan{}, fmt.Errorf("--curve-points: %w", err)
	}
	return desk.LinkPlan{
		Method: desk.LinkMethod(l.Method),
		Curves: irt.CurveOptions{Grid: grid, Uniform: l.CurveUniform, Symmetric: l.CurveBothWays},
	}, nil
}

type link struct {
	New  string `arg:"" help:"Bank on the new scale; or, alone, a file with both calibrations side by side: item, a_new, b_new, c_new, a_base, b_base, c_base."`
	Base string `arg:"" optional:"" help:"Bank on the base scale."`

	linkFlags `embed:""`
	JSON      bool `help:"JSON instead of tables." group:"Output:"`
}

// Run links two scales.
func (l *link) Run(ctx context.Context, t *terminal) error {
	plan, err := l.linkFlags.plan()
	if err != nil {
		return err
	}
	anchors, err := l.anchors(ctx, t)
	if err != nil {
		return err
	}
	result, err := desk.NewLink(anchors, plan)
	if err != nil {
		return err
	}
	return t.print(result, l.JSON)
}

func (l *link) anchors(ctx context.Context, t *terminal) (anchors *worksheet.Anchors, err error) {
	if l.Base == "" {
		err = t.read(l.New, func(r io.Reader, name string) (err error) {
			anchors, err = worksheet.ReadAnchors(ctx, r, name)
			return err
		})
		return anchors, err
	}
	fresh, err := t.openBank(ctx, l.New)
	if err != nil {
		return nil, err
	}
	base, err := t.openBank(ctx, l.Base)
	if err != nil {
		return nil, err
	}
	return worksheet.CommonItems(fresh, base), nil
}
