package main

import (
	"context"

	"github.com/aiqhq/aiq/internal/desk"
	"github.com/aiqhq/aiq/internal/irt"
)

type score struct {
	answersFile `embed:""`

	Bank    string `help:"Bank: columns item, a, b and c." required:"" placeholder:"FILE" group:"Scoring:"`
	ByOrder bool   `help:"The table's items are the bank's in the same order, whatever their names." group:"Scoring:"`

	PriorMean float64       `help:"Mean of the prior." default:"0" group:"Scoring:"`
	PriorSD   float64       `name:"prior-sd" help:"SD of the prior." default:"1" group:"Scoring:"`
	Nodes     int           `help:"Points of integration of EAP. Unless given, as many as the answers need." placeholder:"N" group:"Scoring:"`
	Range     float64       `help:"The points lie between -RANGE and RANGE." default:"8" placeholder:"RANGE" group:"Scoring:"`
	Guttman   desk.Easiness `help:"Guttman errors by share of right answers in the table, the bank's label, or its difficulty." enum:"share,label,difficulty" default:"share" group:"Scoring:"`

	Out  string `help:"File for all scores as CSV." placeholder:"FILE" group:"Output:"`
	JSON bool   `help:"JSON instead of a table." group:"Output:"`
}

// Run scores the people of a table of answers.
func (s *score) Run(ctx context.Context, t *terminal) error {
	bank, err := t.openBank(ctx, s.Bank)
	if err != nil {
		return err
	}
	plan := desk.ScorePlan{
		Bank: bank, Prior: irt.Normal{Mean: s.PriorMean, SD: s.PriorSD}, Easiness: s.Guttman, Progress: t.progress("scoring"),
	}
	if s.Nodes != 0 {
		if plan.Grid, err = irt.NewGrid(-s.Range, s.Range, s.Nodes); err != nil {
			return err
		}
	}
	answers, err := s.open(ctx, t, bank.Names(), s.ByOrder)
	if err != nil {
		return err
	}
	result, err := desk.ScorePeople(ctx, answers, plan)
	if err != nil {
		return err
	}
	if err := write(s.Out, result.WriteCSV); err != nil {
		return err
	}
	return t.print(result, s.JSON)
}
