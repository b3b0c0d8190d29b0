package desk

import (
	"fmt"
	"io"
)

// WriteText writes the calibration as tables for people.
func (f *Fit) WriteText(w io.Writer) error {
	p := &page{w: w}
	p.line("%s by %s: %s people, %s answers, %d items", f.Model, f.Method, show(f.People), show(f.Answers), len(f.Items))
	f.writeModel(p)
	p.line("")
	p.table(f.itemTable())
	if f.Link != nil {
		p.line("")
		f.Link.write(p)
	}
	return p.err
}

func (f *Fit) writeModel(p *page) {
	state := "converged"
	if !f.Converged {
		state = "NOT converged"
	}
	line := fmt.Sprintf("log-likelihood %.4f, %d parameters", f.LogLikelihood, f.Parameters)
	if f.AIC != nil {
		line += fmt.Sprintf(", AIC %.2f, BIC %.2f", *f.AIC, *f.BIC)
	}
	p.line("%s; %s after %d iterations", line, state, f.Iterations)
	if f.Population != nil {
		p.line("ability: mean %s, SD %s; %d points on [%g, %g]; standard errors: %s",
			withError(f.Population.Mean, f.Population.MeanSE), withError(f.Population.SD, f.Population.SDSE),
			f.Quadrature.Points, f.Quadrature.Lowest, f.Quadrature.Highest, f.Errors)
	}
	if f.Plausibility != nil {
		p.line("difficulty against -logit(p): r %.3f, RMSE %.3f (%s)",
			f.Plausibility.Correlation, f.Plausibility.RMSE, f.Plausibility.Grade)
	}
	if c := f.Comparison; c != nil {
		verdict := "gains nothing over the 1PL"
		if c.Preferred {
			verdict = "is better than the 1PL"
		}
		p.line("the %s %s by AIC: 1PL log-likelihood %.4f, AIC %.2f; chi-square %.2f on %d df, p %.3g",
			f.Model, verdict, c.LogLikelihood, c.AIC, c.ChiSquare, c.DF, c.P)
	}
}

// withError shows a number with its standard error if there is one.
func withError(x float64, se *float64) string {
	if se == nil {
		return fmt.Sprintf("%g", x)
	}
	return fmt.Sprintf("%.4f (SE %.4f)", x, *se)
}

// itemTable leaves out columns that no item has.
func (f *Fit) itemTable() *table {
	var lower, linked, boot, sx2, residuals, problem bool
	for _, item := range f.Items {
		lower = lower || item.C != nil
		linked = linked || item.Linked != nil
		boot = boot || item.Bootstrap != nil
		sx2 = sx2 || item.SX2 != nil
		residuals = residuals || item.Residuals != nil
		problem = problem || item.Problem != nil || item.Fixed
	}
	columns := []struct {
		shown bool
		names []string
		cells func(ItemFit) []any
	}{
		{true, []string{"item", "n", "p", "a", "SE", "b", "SE"}, func(i ItemFit) []any {
			return []any{i.Item, i.N, i.P, i.A, i.SE.A, i.B, i.SE.B}
		}},
		{lower, []string{"c", "SE"}, func(i ItemFit) []any { return []any{i.C, i.SE.C} }},
		{boot, []string{"boot SE a", "b"}, func(i ItemFit) []any { return []any{i.Bootstrap.A, i.Bootstrap.B} }},
		{linked, []string{"a linked", "b linked"}, func(i ItemFit) []any {
			if i.Linked == nil {
				return []any{undefined, undefined}
			}
			return []any{&i.Linked.A, &i.Linked.B}
		}},
		{sx2, []string{"S-X2", "df", "p"}, func(i ItemFit) []any {
			if i.SX2 == nil {
				return []any{undefined, undefined, undefined}
			}
			return []any{&i.SX2.Statistic, i.SX2.DF, i.SX2.P}
		}},
		{residuals, []string{"infit", "t", "outfit", "t"}, func(i ItemFit) []any {
			if i.Residuals == nil {
				return []any{undefined, undefined, undefined, undefined}
			}
			return []any{i.Residuals.Infit, i.Residuals.InfitT, i.Residuals.Outfit, i.Residuals.OutfitT}
		}},
		{problem, []string{"remark"}, func(i ItemFit) []any {
			switch {
			case i.Problem != nil:
				return []any{*i.Problem}
			case i.Fixed:
				return []any{"fixed"}
			}
			return []any{""}
		}},
	}
	var header []string
	for _, c := range columns {
		if c.shown {
			header = append(header, c.names...)
		}
	}
	t := newTable(header...)
	for _, item := range f.Items {
		var row []any
		for _, c := range columns {
			if c.shown {
				row = append(row, c.cells(item)...)
			}
		}
		t.row(row...)
	}
	return t
}
