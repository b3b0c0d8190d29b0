package main

import (
	"context"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/desk"
)

type items struct {
	answersFile `embed:""`

	Listwise  bool   `help:"Use only people who were given every item." group:"Analysis:"`
	Omega     string `help:"How the factor behind omega is fitted: minres, ml or none." enum:"minres,ml,none" default:"minres" group:"Analysis:"`
	Ties      string `help:"Quarters with everybody tied at the cut inside, or of exactly a quarter in the order of the rows." enum:"inclusive,exact" default:"inclusive" group:"Analysis:"`
	Reference string `help:"Reference group of the DIF analysis; the one called reference, or the larger, unless given." placeholder:"NAME" group:"Analysis:"`
	Focal     string `help:"Focal group." placeholder:"NAME" group:"Analysis:"`

	JSON bool `help:"JSON instead of tables." group:"Output:"`
}

// Run analyses the items of a table of answers.
func (i *items) Run(ctx context.Context, t *terminal) error {
	answers, err := i.open(ctx, t, nil, false)
	if err != nil {
		return err
	}
	result, err := desk.AnalyzeItems(ctx, answers, desk.ItemsPlan{
		Listwise:  i.Listwise,
		Omega:     map[string]ctt.FactorMethod{"minres": ctt.Minres, "ml": ctt.MaximumLikelihood}[i.Omega],
		Ties:      map[string]ctt.TieRule{"inclusive": ctt.InclusiveTies, "exact": ctt.ExactTies}[i.Ties],
		Rules:     ctt.DefaultDistractorRules(),
		Reference: i.Reference, Focal: i.Focal,
	})
	if err != nil {
		return err
	}
	return t.print(result, i.JSON)
}
