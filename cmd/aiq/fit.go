package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"

	"github.com/aiqhq/aiq/internal/desk"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

type fit struct {
	answersFile `embed:""`

	Model       string `help:"2PL, 1PL, RASCH or 3PL." enum:"2PL,1PL,RASCH,3PL" default:"2PL" group:"Calibration:"`
	Conditional bool   `help:"Conditional instead of marginal maximum likelihood, for the Rasch model." group:"Calibration:"`

	PriorB []float64 `help:"Normal prior of b." placeholder:"MEAN,SD" group:"Calibration:"`
	PriorA []float64 `help:"Log-normal prior of a: mean and SD of ln a." placeholder:"MEAN,SD" group:"Calibration:"`
	PriorC []float64 `help:"Beta prior of c." placeholder:"ALPHA,BETA" group:"Calibration:"`

	Nodes   int     `help:"Points of integration. Unless given, 0.2 apart over 6 SD on either side." placeholder:"N" group:"Calibration:"`
	Range   float64 `help:"The points lie between -RANGE and RANGE." default:"8" placeholder:"RANGE" group:"Calibration:"`
	Hermite bool    `help:"Gauss-Hermite points instead of equally spaced ones." group:"Calibration:"`

	LatentMean latent `help:"Mean of ability: a number or free. 0, or free with fixed items." placeholder:"MEAN" group:"Calibration:"`
	LatentSD   latent `name:"latent-sd" help:"SD of ability: a number or free. 1, or free with fixed items." placeholder:"SD" group:"Calibration:"`
	Fixed      string `help:"Bank whose items keep their parameters." placeholder:"FILE" group:"Calibration:"`

	MinResponses  float64 `help:"Items with fewer answers are left out." default:"50" group:"Calibration:"`
	MaxSparsity   float64 `help:"Largest share of the table that may be empty." default:"1" group:"Calibration:"`
	MaxIterations int     `help:"Most iterations." default:"2000" group:"Calibration:"`
	Errors        string  `help:"Standard errors: auto, full (information matrix), item (each item's own block) or none." enum:"auto,full,item,none" default:"auto" group:"Calibration:"`
	Bootstrap     int     `help:"Also standard errors from so many resamples of people." placeholder:"N" group:"Calibration:"`
	Seed          uint64  `help:"Seed of the resamples." default:"1" group:"Calibration:"`
	ItemFit       bool    `help:"S-X2, infit and outfit." default:"true" negatable:"" group:"Calibration:"`
	Compare       bool    `help:"Compare with the 1PL." group:"Calibration:"`

	linkFlags `embed:""`
	LinkTo    string `help:"Bank on whose scale the result is wanted; the items of both are the anchors." placeholder:"FILE" group:"Linking:"`

	Out  string `help:"File for the bank, which score and simulate read." placeholder:"FILE" group:"Output:"`
	JSON bool   `help:"JSON instead of tables." group:"Output:"`
}

// Run calibrates the items of a table of answers.
func (f *fit) Run(ctx context.Context, t *terminal) error {
	if f.Conditional && f.Model != "RASCH" {
		return errors.New("--conditional is for --model RASCH")
	}
	plan, err := f.plan(ctx, t)
	if err != nil {
		return err
	}
	sample, err := f.sample(ctx, t)
	if err != nil {
		return err
	}
	var result *desk.Fit
	if f.Conditional {
		result, err = desk.CalibrateConditional(ctx, sample)
	} else {
		result, err = desk.Calibrate(ctx, sample, plan)
	}
	if err != nil {
		return err
	}
	if err := write(f.Out, func(w io.Writer) error { return worksheet.WriteBank(w, result.Bank()) }); err != nil {
		return err
	}
	return t.print(result, f.JSON)
}

// sample reads and scores the answers, of which only the scored form stays.
func (f *fit) sample(ctx context.Context, t *terminal) (desk.Sample, error) {
	answers, err := f.open(ctx, t, nil, false)
	if err != nil {
		return desk.Sample{}, err
	}
	return desk.NewSample(answers)
}

func (f *fit) plan(ctx context.Context, t *terminal) (plan desk.FitPlan, err error) {
	plan = desk.FitPlan{ItemFit: f.ItemFit, Compare: f.Compare, Bootstrap: f.Bootstrap, Seed: f.Seed}
	if plan.Fixed, err = t.openBank(ctx, f.Fixed); err != nil {
		return plan, err
	}
	if plan.Base, err = t.openBank(ctx, f.LinkTo); err != nil {
		return plan, err
	}
	if plan.Link, err = f.linkFlags.plan(); err != nil {
		return plan, err
	}
	plan.Options, err = f.options(t)
	return plan, err
}

func (f *fit) options(t *terminal) (o irt.Options, err error) {
	o = irt.Options{
		Model: map[string]irt.Model{
			"2PL": irt.Model2PL, "1PL": irt.Model1PL, "RASCH": irt.ModelRasch, "3PL": irt.Model3PL,
		}[f.Model],
		Errors: map[string]irt.ErrorMethod{
			"auto": irt.AutomaticErrors, "full": irt.FullInformation, "item": irt.ItemInformation, "none": irt.NoErrors,
		}[f.Errors],
		Rules: irt.DefaultRules(), MaxIterations: f.MaxIterations,
		Population: irt.Normal{Mean: f.LatentMean.or(0), SD: f.LatentSD.or(1)},
		FreeMean:   f.LatentMean.free(f.Fixed != ""), FreeSD: f.LatentSD.free(f.Fixed != ""),
	}
	o.Rules.MinResponses, o.Rules.MaxSparsity = f.MinResponses, f.MaxSparsity
	if o.Priors.B, err = normal("--prior-b", f.PriorB); err != nil {
		return o, err
	}
	if o.Priors.LogA, err = normal("--prior-a", f.PriorA); err != nil {
		return o, err
	}
	if c, err := normal("--prior-c", f.PriorC); err != nil {
		return o, err
	} else if c != nil {
		o.Priors.C = &irt.Beta{Alpha: c.Mean, Beta: c.SD}
	}
	switch {
	case f.Hermite && f.Nodes == 0:
		return o, errors.New("--hermite needs --nodes")
	case f.Hermite:
		o.Quadrature, err = irt.GaussHermite(f.Nodes)
	case f.Nodes != 0:
		o.Quadrature, err = irt.NewGrid(-f.Range, f.Range, f.Nodes)
	}
	if bar := t.bar("calibrating", -1, progressbar.OptionShowCount()); bar != nil {
		o.Progress = func(p irt.Progress) {
			bar.Describe(fmt.Sprintf("calibrating: log-likelihood %.4f", p.LogLikelihood))
			_ = bar.Add(1) // a bar that can't be drawn is no reason to stop
		}
	}
	return o, err
}

// normal reads two numbers; none are nil.
func normal(flag string, values []float64) (*irt.Normal, error) {
	switch len(values) {
	case 0:
		return nil, nil
	case 2:
		return &irt.Normal{Mean: values[0], SD: values[1]}, nil
	}
	return nil, fmt.Errorf("%s: two numbers are needed, not %d", flag, len(values))
}

// latent is a number or the word free; the zero value is neither.
type latent struct {
	given, isFree bool
	value         float64
}

// UnmarshalText reads a number or the word free.
func (l *latent) UnmarshalText(text []byte) (err error) {
	l.given = true
	if strings.EqualFold(string(text), "free") {
		l.isFree = true
		return nil
	}
	if l.value, err = strconv.ParseFloat(string(text), 64); err != nil {
		return fmt.Errorf("%q is neither a number nor free", text)
	}
	return nil
}

func (l latent) or(value float64) float64 {
	if l.given && !l.isFree {
		return l.value
	}
	return value
}

func (l latent) free(unlessGiven bool) bool {
	if l.given {
		return l.isFree
	}
	return unlessGiven
}
