package desk

import (
	"context"

	"github.com/aiqhq/aiq/internal/irt"
)

// RaschPerson is one row of a conditional calibration.
type RaschPerson struct {
	Score    int `json:"score"`
	Answered int `json:"answered"`
	// Theta and SE are the ML ability; null for all right or all wrong.
	Theta     *float64   `json:"theta"`
	SE        *float64   `json:"se"`
	Residuals *Residuals `json:"residuals"`
}

// CalibrateConditional fits the Rasch model by conditional maximum likelihood,
// which needs no distribution of ability. Errors wrap [irt.ErrTooFewData].
func CalibrateConditional(ctx context.Context, sample Sample) (*Fit, error) {
	c, err := irt.CalibrateRasch(ctx, sample.Data)
	if err != nil {
		return nil, err
	}
	fit := &Fit{
		Model: irt.ModelRasch.String(), Method: "conditional maximum likelihood",
		People: sample.Data.Weight(), Rows: sample.Data.People(),
		LogLikelihood: c.LogLikelihood, Parameters: -1, Iterations: c.Iterations, Converged: c.Converged,
		Errors: "conditional information",
	}
	for j, r := range c.Items {
		n := sample.Data.Answered(j)
		fit.Answers += n
		item := ItemFit{
			Item: sample.Items[j], N: n, P: defined(sample.Data.Correct(j) / n),
			estimate: irt.ItemEstimate{Responses: n, Problem: r.Problem},
		}
		if r.Problem == irt.NoProblem {
			fit.Parameters++
			item.estimate.Item = irt.OnePL(r.Difficulty)
			item.estimate.SE.B = r.SE
			item.A, item.B, item.Intercept = defined(1), defined(r.Difficulty), defined(-r.Difficulty)
			item.SE = Errors{B: nonzero(r.SE), Intercept: nonzero(r.SE)}
			item.Residuals = newResiduals(r.Fit)
		} else {
			problem := r.Problem.String()
			item.Problem = &problem
		}
		fit.Items = append(fit.Items, item)
	}
	for _, person := range c.People {
		row := RaschPerson{Score: person.Score, Answered: person.Answered}
		if !person.Extreme && person.Answered > 0 {
			row.Theta, row.SE = defined(person.Ability.Theta), defined(person.Ability.SE)
			row.Residuals = newResiduals(person.Fit)
		}
		fit.PersonFit = append(fit.PersonFit, row)
	}
	return fit, nil
}

func newResiduals(r irt.ResidualFit) *Residuals {
	return &Residuals{defined(r.Infit), defined(r.InfitT), defined(r.Outfit), defined(r.OutfitT)}
}
