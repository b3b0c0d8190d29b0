package desk

import (
	"context"

	"fmt"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// FitPlan says how to calibrate.
type FitPlan struct {
	// Options are the calibration's; Fixed items are added to them by name.
	Options irt.Options
	// Fixed holds items that keep their parameters; nil for none.
	Fixed *worksheet.Bank
	// Base is a bank on whose scale the result is wanted; nil for none. The items
	// that both have are the anchors.
	Base *worksheet.Bank
	// Link says how the scales are linked.
	Link LinkPlan
	// ItemFit adds S-X2, infit and outfit.
	ItemFit bool
	// Compare fits the 1PL too, to see what free discriminations gain.
	Compare bool
	// Bootstrap is the number of resamples of people for a second set of standard
	// errors; 0 for none. Seed starts their random numbers.
	Bootstrap int
	Seed      uint64
}

// Fit is the report of a calibration.
type Fit struct {
	Model  string `json:"model"`
	Method string `json:"method"`
	// People and Answers are by weight. Rows counts the rows of the table.
	People  float64   `json:"people"`
	Answers float64   `json:"answers"`
	Rows    int       `json:"rows"`
	Items   []ItemFit `json:"items"`
	// Population is the distribution of ability.
	Population    *Population `json:"population"`
	LogLikelihood float64     `json:"logLikelihood"`
	Parameters    int         `json:"parameters"`
	AIC           *float64    `json:"aic"`
	BIC           *float64    `json:"bic"`
	Iterations    int         `json:"iterations"`
	Converged     bool        `json:"converged"`
	Quadrature    *Quadrature `json:"quadrature"`
	// Errors is how the standard errors were computed.
	Errors string `json:"errors"`
	// Plausibility compares difficulties with shares of right answers; null with fewer than three items.
	Plausibility *Plausibility `json:"plausibility"`
	Comparison   *Comparison   `json:"comparison"`
	Link         *Link         `json:"link"`
	// PersonFit is each person's, of a conditional calibration only.
	PersonFit []RaschPerson `json:"personFit,omitempty"`
}

// ItemFit is one item's calibration. Its parameters are on the scale of the
// population; Linked holds those on the scale of the base bank.
type ItemFit struct {
	Item string `json:"item"`
	// N is the number of answers and P the share of right ones, by weight.
	N         float64  `json:"n"`
	P         *float64 `json:"p"`
	A         *float64 `json:"a"`
	B         *float64 `json:"b"`
	C         *float64 `json:"c"`
	Intercept *float64 `json:"intercept"`
	// SE holds standard errors, Bootstrap those by resampling.
	SE                   Errors   `json:"se"`
	Bootstrap            *Errors  `json:"bootstrap"`
	CovarianceAIntercept *float64 `json:"covarianceAIntercept"`
	Fixed                bool     `json:"fixed"`
	// Problem is what is wrong or suspect, in words; null for nothing.
	Problem *string `json:"problem"`
	// SX2 is Orlando and Thissen's S-X2; null without people who answered every item.
	SX2 *SX2 `json:"sx2"`
	// Residuals are infit and outfit.
	Residuals *Residuals  `json:"residuals"`
	Linked    *Parameters `json:"linked"`

	estimate irt.ItemEstimate
}

// Errors are standard errors; null was not estimated.
type Errors struct {
	A         *float64 `json:"a"`
	B         *float64 `json:"b"`
	C         *float64 `json:"c"`
	Intercept *float64 `json:"intercept"`
}

// Parameters are an item's.
type Parameters struct {
	A float64 `json:"a"`
	B float64 `json:"b"`
	C float64 `json:"c"`
}

// SX2 is a chi-square of observed against expected shares by number right.
type SX2 struct {
	Statistic float64  `json:"statistic"`
	DF        int      `json:"df"`
	P         *float64 `json:"p"`
}

// Residuals are mean squares of what answers deviate, and as standard normal deviates.
type Residuals struct {
	Infit   *float64 `json:"infit"`
	InfitT  *float64 `json:"infitT"`
	Outfit  *float64 `json:"outfit"`
	OutfitT *float64 `json:"outfitT"`
}

// Population is a normal distribution of ability; its errors are null where it was given.
type Population struct {
	Mean   float64  `json:"mean"`
	SD     float64  `json:"sd"`
	MeanSE *float64 `json:"meanSE"`
	SDSE   *float64 `json:"sdSE"`
}

// Quadrature are the points of integration.
type Quadrature struct {
	Points  int     `json:"points"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

// Plausibility is the relation of difficulties to -logit(p).
type Plausibility struct {
	Correlation float64 `json:"correlation"`
	RMSE        float64 `json:"rmse"`
	Grade       string  `json:"grade"`
}

// Comparison is with the 1PL on the same answers and points.
type Comparison struct {
	LogLikelihood float64 `json:"logLikelihood"`
	AIC           float64 `json:"aic"`
	BIC           float64 `json:"bic"`
	// ChiSquare is twice the gain in log-likelihood.
	ChiSquare float64 `json:"chiSquare"`
	DF        int     `json:"df"`
	P         float64 `json:"p"`
	// Preferred tells that the model fitted has the lower AIC.
	Preferred bool `json:"preferred"`
}

// Sample is scored answers with the names of the items.
type Sample struct {
	Items []string
	Data  *irt.Responses
	// Counts is how many people each row stands for; nil for one each.
	Counts []float64
}

// NewSample scores the answers, which are not needed any more after that.
func NewSample(a *worksheet.Answers) (Sample, error) {
	data, err := a.Responses()
	return Sample{Items: a.Items, Data: data, Counts: a.Counts}, err
}

func (s Sample) count(i int) float64 {
	if s.Counts == nil {
		return 1
	}
	return s.Counts[i]
}

// Calibrate fits the items to the answers. Its errors wrap those of
// [irt.Calibrate] and of linking.
func Calibrate(ctx context.Context, sample Sample, plan FitPlan) (*Fit, error) {
	names, data := sample.Items, sample.Data
	options := plan.Options
	options.Fixed = map[int]irt.Item{}
	if plan.Fixed != nil {
		for j, name := range names {
			if item, ok := plan.Fixed.Item(name); ok {
				options.Fixed[j] = item.Params
			}
		}
		if len(options.Fixed) == 0 {
			return nil, fmt.Errorf("%w: none of the items is one of the fixed ones", irt.ErrOptions)
		}
	}
	c, err := irt.Calibrate(ctx, data, options)
	if err != nil {
		return nil, err
	}
	fit := newFit(names, data, c)
	options.Quadrature = c.Quadrature
	options.Progress = nil
	if plan.ItemFit {
		if err := fit.addItemFit(ctx, sample, c); err != nil {
			return nil, err
		}
	}
	if plan.Compare {
		if err := fit.compare(ctx, data, c, options); err != nil {
			return nil, err
		}
	}
	if plan.Bootstrap > 0 {
		boot, err := irt.Bootstrap(ctx, data, options, plan.Bootstrap, plan.Seed)
		if err != nil {
			return nil, fmt.Errorf("bootstrap: %w", err)
		}
		for j := range fit.Items {
			se := newErrors(boot.SE[j])
			fit.Items[j].Bootstrap = &se
		}
	}
	if plan.Base != nil {
		if err := fit.link(plan.Base, plan.Link); err != nil {
			return nil, err
		}
	}
	return fit, nil
}

func newFit(names []string, data *irt.Responses, c *irt.Calibration) *Fit {
	fit := &Fit{
		Model: c.Model.String(), Method: "marginal maximum likelihood",
		People: c.People, Answers: c.Answers, Rows: data.People(),
		Population: &Population{
			Mean: c.Population.Mean, SD: c.Population.SD,
			MeanSE: nonzero(c.PopulationSE.Mean), SDSE: nonzero(c.PopulationSE.SD),
		},
		LogLikelihood: c.LogLikelihood, Parameters: c.Parameters, AIC: &c.AIC, BIC: &c.BIC,
		Iterations: c.Iterations, Converged: c.Converged, Errors: errorMethod(c.Errors),
		Quadrature: &Quadrature{c.Quadrature.Len(), c.Quadrature.Node(0), c.Quadrature.Node(c.Quadrature.Len() - 1)},
	}
	for j, e := range c.Items {
		item := ItemFit{
			Item: names[j], N: e.Responses, P: defined(e.Correct / e.Responses),
			SE: newErrors(e.SE), CovarianceAIntercept: nonzero(e.CovarianceAIntercept), Fixed: e.Fixed, estimate: e,
		}
		if !e.LeftOut() {
			item.A, item.B, item.Intercept = defined(e.Item.A), defined(e.Item.B), defined(e.Intercept)
			if c.Model == irt.Model3PL || e.Item.C > 0 {
				item.C = defined(e.Item.C)
			}
		}
		if e.Problem != irt.NoProblem {
			problem := e.Problem.String()
			item.Problem = &problem
		}
		fit.Items = append(fit.Items, item)
	}
	if p, err := c.Plausibility(); err == nil {
		fit.Plausibility = &Plausibility{p.Correlation, p.RMSE, p.Grade.String()}
	}
	return fit
}

func newErrors(e irt.ItemErrors) Errors {
	return Errors{nonzero(e.A), nonzero(e.B), nonzero(e.C), nonzero(e.Intercept)}
}

func errorMethod(m irt.ErrorMethod) string {
	switch m {
	case irt.FullInformation:
		return "observed information"
	case irt.ItemInformation:
		return "observed information, each item's own"
	default:
		return "none"
	}
}

// compare fits the 1PL to the same answers.
func (f *Fit) compare(ctx context.Context, data *irt.Responses, c *irt.Calibration, options irt.Options) error {
	options.Model = irt.Model1PL
	options.Errors = irt.NoErrors
	options.Priors.C = nil
	one, err := irt.Calibrate(ctx, data, options)
	if err != nil {
		return fmt.Errorf("compare with the 1PL: %w", err)
	}
	f.Comparison = &Comparison{
		LogLikelihood: one.LogLikelihood, AIC: one.AIC, BIC: one.BIC,
		ChiSquare: 2 * (c.LogLikelihood - one.LogLikelihood), DF: c.Parameters - one.Parameters,
		P: 1, Preferred: c.PreferredTo(one),
	}
	if f.Comparison.DF > 0 {
		f.Comparison.P = distuv.ChiSquared{K: float64(f.Comparison.DF)}.Survival(max(0, f.Comparison.ChiSquare))
	}
	return nil
}

// usable tells whether answers can be scored with the estimate.
func usable(e irt.ItemEstimate) bool {
	return !e.LeftOut() && e.Problem != irt.NotFinite && e.Problem != irt.NegativeSlope && e.Item.Validate() == nil
}

// Bank returns the items that answers can be scored with, on the base bank's scale
// if there was one.
func (f *Fit) Bank() []worksheet.BankItem {
	var items []worksheet.BankItem
	for _, item := range f.Items {
		e := item.estimate
		if !usable(e) {
			continue
		}
		entry := worksheet.BankItem{Name: item.Item, Params: e.Item, SE: e.SE, Responses: e.Responses}
		if item.Problem != nil {
			entry.Problem = *item.Problem
		}
		if f.Link != nil {
			entry.Params = f.Link.link.Item(e.Item)
			entry.SE.A /= f.Link.A
			entry.SE.B *= f.Link.A
		}
		items = append(items, entry)
	}
	return items
}
