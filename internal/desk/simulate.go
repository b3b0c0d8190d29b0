package desk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/cat/simulate"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// ErrBlueprint means weights that do not belong to the bank's domains.
var ErrBlueprint = errors.New("invalid blueprint")

// SimulationPlan says which tests to simulate.
type SimulationPlan struct {
	// Bank holds the items. Its domains, in alphabetical order, are the engine's; a
	// bank that names none has one.
	Bank *worksheet.Bank
	// Weights is the share of each domain; nil takes its share of the bank.
	Weights map[string]float64
	// Rules are the engine's; their weights are filled in.
	Rules cat.Rules
	Plan  simulate.Plan
}

// Simulation is the report of simulated tests, with the items' names.
type Simulation struct {
	*simulate.Report
	Seed    uint64   `json:"seed"`
	Domains []Domain `json:"domains"`
	// Items is the use of every item, in the order of the bank.
	Items []ItemUse `json:"items"`
	// Admission is the search for admission probabilities under Sympson-Hetter control.
	Admission *Admission `json:"admission"`
}

// Domain is a part of the blueprint.
type Domain struct {
	Domain string  `json:"domain"`
	Items  int     `json:"items"`
	Weight float64 `json:"weight"`
}

// ItemUse is how often an item was given: the share of tests.
type ItemUse struct {
	Item   string  `json:"item"`
	Domain string  `json:"domain"`
	Rate   float64 `json:"rate"`
	// Admission is the item's admission probability under Sympson-Hetter control.
	Admission *float64 `json:"admission"`
}

// Admission tells how the search for admission probabilities went.
type Admission struct {
	// MaxExposure is the highest exposure rate in each round.
	MaxExposure []float64 `json:"maxExposure"`
	Reached     bool      `json:"reached"`
}

// Simulate gives adaptive tests to simulated examinees. Errors wrap ErrBlueprint,
// [cat.ErrRules] or [simulate.ErrPlan], or are the context's.
func Simulate(ctx context.Context, plan SimulationPlan) (*Simulation, error) {
	out := &Simulation{Seed: plan.Plan.Seed}
	if err := out.blueprint(plan); err != nil {
		return nil, err
	}
	engine, err := out.engine(plan)
	if err != nil {
		return nil, err
	}
	var probability map[int64]float64
	if plan.Rules.Exposure == cat.SympsonHetter {
		search := plan.Plan
		search.Progress = nil
		found, err := simulate.FindAdmission(ctx, engine, search, simulate.DefaultAdmissionTarget(plan.Rules.MaxExposure))
		if err != nil {
			return nil, err
		}
		out.Admission = &Admission{found.MaxExposure, found.Reached}
		probability = found.Probability
		if engine, err = engine.WithAdmission(probability); err != nil {
			return nil, err
		}
	}
	if out.Report, err = simulate.Run(ctx, engine, plan.Plan); err != nil {
		return nil, err
	}
	for i, use := range out.Report.Items {
		item := plan.Bank.Items[i]
		named := ItemUse{Item: item.Name, Domain: item.Domain, Rate: use.Rate}
		if p, ok := probability[use.ID]; ok {
			named.Admission = &p
		}
		out.Items = append(out.Items, named)
	}
	return out, nil
}

// blueprint finds the domains and their weights.
func (s *Simulation) blueprint(plan SimulationPlan) error {
	sizes := map[string]int{}
	for _, item := range plan.Bank.Items {
		sizes[item.Domain]++
	}
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		weight := float64(sizes[name])
		if plan.Weights != nil {
			weight = plan.Weights[name]
		}
		sum += weight
		s.Domains = append(s.Domains, Domain{name, sizes[name], weight})
	}
	for name := range plan.Weights {
		if sizes[name] == 0 {
			return fmt.Errorf("%w: the bank has no items of domain %s", ErrBlueprint, name)
		}
	}
	if !(sum > 0) {
		return fmt.Errorf("%w: no domain of the bank has a weight", ErrBlueprint)
	}
	for i := range s.Domains {
		s.Domains[i].Weight /= sum
	}
	return nil
}

// engine numbers items by their place in the bank, from 1.
func (s *Simulation) engine(plan SimulationPlan) (*cat.Engine, error) {
	rules := plan.Rules
	rules.Weights = nil
	domain := map[string]int{}
	for i, d := range s.Domains {
		domain[d.Domain] = i
		rules.Weights = append(rules.Weights, d.Weight)
	}
	items := make([]cat.Item, len(plan.Bank.Items))
	for i, item := range plan.Bank.Items {
		items[i] = cat.Item{ID: int64(i) + 1, Params: item.Params, Domain: domain[item.Domain]}
	}
	bank, err := cat.NewBank(items, len(s.Domains))
	if err != nil {
		return nil, err
	}
	return cat.NewEngine(bank, rules)
}

// WriteText writes the simulation as a table for people.
func (s *Simulation) WriteText(w io.Writer) error {
	p := &page{w: w}
	p.line("%d examinees, %d items, seed %d", s.Overall.Examinees, len(s.Items), s.Seed)
	if len(s.Domains) > 1 {
		t := newTable("domain", "items", "weight")
		for _, d := range s.Domains {
			t.row(d.Domain, d.Items, &d.Weight)
		}
		p.line("")
		p.table(t)
	}
	if s.Admission != nil {
		verdict := "target reached"
		if !s.Admission.Reached {
			verdict = "target NOT reached"
		}
		p.line("Sympson-Hetter: highest exposure rate %.3f in the first and %.3f at best of %d rounds; %s",
			s.Admission.MaxExposure[0], slices.Min(s.Admission.MaxExposure), len(s.Admission.MaxExposure), verdict)
	}
	p.line("")
	if p.err != nil {
		return p.err
	}
	return s.Report.WriteText(w)
}

// WriteItemsCSV writes name, domain, exposure rate and admission probability of every item.
func (s *Simulation) WriteItemsCSV(w io.Writer) error {
	rows := [][]string{{"item", "domain", "exposure_rate", "admission"}}
	for _, item := range s.Items {
		rows = append(rows, []string{item.Item, item.Domain, cell(&item.Rate), cell(item.Admission)})
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write items: %w", err)
	}
	return nil
}
