package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/aiqhq/aiq/internal/bank/starter"
	"github.com/aiqhq/aiq/internal/cat"
	run "github.com/aiqhq/aiq/internal/cat/simulate"
	"github.com/aiqhq/aiq/internal/cat/simulate/chart"
	"github.com/aiqhq/aiq/internal/desk"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/vocab"
	"github.com/aiqhq/aiq/internal/worksheet"
)

type simulation struct {
	Bank    string             `help:"Bank: columns item, a, b, c and domain; the starter bank unless given." placeholder:"FILE"`
	Weights map[string]float64 `help:"Blueprint: each domain's share; the bank's own unless given." placeholder:"DOMAIN=SHARE" mapsep:","`

	Examinees int       `help:"How many examinees." default:"1000" group:"Examinees:"`
	Mean      float64   `help:"Mean of their ability." default:"0" group:"Examinees:"`
	SD        float64   `name:"sd" help:"SD of their ability." default:"1" group:"Examinees:"`
	Thetas    string    `help:"Their abilities: a file with a column theta." placeholder:"FILE" group:"Examinees:"`
	PriorMean float64   `help:"Mean of the engine's prior." default:"0" group:"Examinees:"`
	PriorSD   float64   `name:"prior-sd" help:"SD of the engine's prior." default:"1" group:"Examinees:"`
	Seed      uint64    `help:"Seed; the same gives the same report." default:"1" group:"Examinees:"`
	Rules     ruleFlags `embed:"" group:"Rules:"`

	CSV      string `name:"csv" help:"File for the summary." placeholder:"FILE" group:"Output:"`
	ItemsCSV string `name:"items-csv" help:"File for the use of every item." placeholder:"FILE" group:"Output:"`
	TestsCSV string `name:"tests-csv" help:"File for every single test." placeholder:"FILE" group:"Output:"`
	Plot     string `help:"Picture, .svg or .png." placeholder:"FILE" group:"Output:"`
	JSON     bool   `help:"JSON instead of a table." group:"Output:"`
}

// ruleFlags are the rules of the tests, with the product's own as defaults.
type ruleFlags struct {
	MinItems       int     `help:"Fewest items." default:"${minItems}" group:"Rules:"`
	MaxItems       int     `help:"Most items." default:"${maxItems}" group:"Rules:"`
	TargetSE       float64 `name:"target-se" help:"Stop below this standard error." default:"${targetSE}" group:"Rules:"`
	StableTheta    float64 `help:"Stop when theta moves less than this and the standard error is below --stable-se." default:"${stableTheta}" group:"Rules:"`
	StableSE       float64 `name:"stable-se" help:"See --stable-theta." default:"${stableSE}" group:"Rules:"`
	MinPerDomain   int     `help:"Fewest items of each domain." default:"${minPerDomain}" group:"Rules:"`
	ShareTolerance float64 `help:"How far a domain's share may lie below its weight before it is preferred." default:"${shareTolerance}" group:"Rules:"`
	WaiverItems    int     `help:"From so many items on, --waiver-domains domains are enough." default:"${waiverItems}" group:"Rules:"`
	WaiverDomains  int     `help:"See --waiver-items." default:"${waiverDomains}" group:"Rules:"`
	Selection      string  `help:"fisher, kullback-leibler, a-stratified or random." enum:"fisher,kullback-leibler,a-stratified,random" default:"fisher" group:"Rules:"`
	KLWidth        float64 `name:"kl-width" help:"Half-width of the Kullback-Leibler interval after one answer." default:"${klWidth}" group:"Rules:"`
	Strata         int     `help:"Strata of discrimination." default:"${strata}" group:"Rules:"`
	Exposure       string  `help:"randomesque, sympson-hetter or progressive-restricted." enum:"randomesque,sympson-hetter,progressive-restricted" default:"randomesque" group:"Rules:"`
	Randomesque    int     `help:"How many best items are drawn from." default:"${randomesque}" group:"Rules:"`
	MaxExposure    float64 `help:"Highest exposure rate wanted." default:"${maxExposure}" group:"Rules:"`
	ThetaMin       float64 `help:"Lowest point of theta." default:"${thetaMin}" group:"Rules:"`
	ThetaMax       float64 `help:"Highest point of theta." default:"${thetaMax}" group:"Rules:"`
	ThetaPoints    int     `help:"Points of theta." default:"${thetaPoints}" group:"Rules:"`
}

// ruleDefaults are the defaults that ruleFlags name.
func ruleDefaults() map[string]string {
	r := cat.DefaultRules(nil)
	values := map[string]any{
		"minItems": r.MinItems, "maxItems": r.MaxItems, "targetSE": r.TargetSE, "stableTheta": r.StableTheta,
		"stableSE": r.StableSE, "minPerDomain": r.MinPerDomain, "shareTolerance": r.ShareTolerance,
		"waiverItems": r.WaiverItems, "waiverDomains": r.WaiverDomains, "klWidth": r.KLWidth, "strata": r.Strata,
		"randomesque": r.Randomesque, "maxExposure": r.MaxExposure,
		"thetaMin": r.ThetaMin, "thetaMax": r.ThetaMax, "thetaPoints": r.ThetaPoints,
	}
	out := make(map[string]string, len(values))
	for name, v := range values {
		out[name] = fmt.Sprint(v)
	}
	return out
}

func (f *ruleFlags) rules() cat.Rules {
	return cat.Rules{
		MinPerDomain: f.MinPerDomain, ShareTolerance: f.ShareTolerance, WaiverItems: f.WaiverItems, WaiverDomains: f.WaiverDomains,
		MinItems: f.MinItems, MaxItems: f.MaxItems, TargetSE: f.TargetSE, StableTheta: f.StableTheta, StableSE: f.StableSE,
		Selection: cat.Selection(constant(f.Selection)), KLWidth: f.KLWidth, Strata: f.Strata,
		Exposure: cat.Exposure(constant(f.Exposure)), Randomesque: f.Randomesque, MaxExposure: f.MaxExposure,
		ThetaMin: f.ThetaMin, ThetaMax: f.ThetaMax, ThetaPoints: f.ThetaPoints,
	}
}

// constant is how a word of a flag is spelled in the API.
func constant(word string) string { return strings.ReplaceAll(strings.ToUpper(word), "-", "_") }

// Run simulates adaptive tests on a bank.
func (s *simulation) Run(ctx context.Context, t *terminal) error {
	format := chart.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(s.Plot)), "."))
	if s.Plot != "" && format != chart.SVG && format != chart.PNG {
		return fmt.Errorf("--plot %s: a name ending in .svg or .png is needed", s.Plot)
	}
	plan, err := s.plan(ctx, t)
	if err != nil {
		return err
	}
	result, err := desk.Simulate(ctx, plan)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		do   func(io.Writer) error
	}{
		{s.CSV, result.WriteCSV},
		{s.ItemsCSV, result.WriteItemsCSV},
		{s.TestsCSV, result.WriteTestsCSV},
		{s.Plot, func(w io.Writer) error { return chart.Write(w, result.Report, format) }},
	} {
		if err := write(file.name, file.do); err != nil {
			return err
		}
	}
	return t.print(result, s.JSON)
}

func (s *simulation) plan(ctx context.Context, t *terminal) (plan desk.SimulationPlan, err error) {
	plan = desk.SimulationPlan{Weights: s.Weights, Rules: s.Rules.rules(), Plan: run.DefaultPlan(s.Examinees, s.Seed)}
	plan.Plan.Population = irt.Normal{Mean: s.Mean, SD: s.SD}
	plan.Plan.Prior = irt.Normal{Mean: s.PriorMean, SD: s.PriorSD}
	plan.Plan.Progress = t.progress("simulating")
	if s.Thetas != "" {
		err = t.read(s.Thetas, func(r io.Reader, name string) (err error) {
			plan.Plan.Thetas, err = worksheet.ReadAbilities(ctx, r, name)
			return err
		})
		if err != nil {
			return plan, err
		}
	}
	if s.Bank != "" {
		plan.Bank, err = t.openBank(ctx, s.Bank)
		return plan, err
	}
	if plan.Weights == nil {
		plan.Weights = map[string]float64{}
		for i, weight := range session.DefaultWeights() {
			plan.Weights[string(vocab.Domains()[i])] = weight
		}
	}
	plan.Bank, err = starterBank()
	return plan, err
}

// starterBank is the bank that comes with AIQ, with its provisional parameters.
func starterBank() (*worksheet.Bank, error) {
	records, err := starter.Records()
	if err != nil {
		return nil, err
	}
	var items []worksheet.BankItem
	for _, r := range records {
		if p := r.Parameters; p != nil {
			items = append(items, worksheet.BankItem{
				Name: r.ExternalRef, Domain: string(r.Domain), Label: string(r.Difficulty), Params: irt.ThreePL(p.A, p.B, p.C),
			})
		}
	}
	return worksheet.NewBank(items), nil
}
