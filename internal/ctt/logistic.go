package ctt

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// LogisticDIF is the logistic-regression analysis of one item (Swaminathan & Rogers 1990). Three
// nested models predict the answer: from the matching variable (0), also from the group
// (1: uniform DIF), also from their product (2: non-uniform DIF). The group is 1 for focal.
type LogisticDIF struct {
	People       int64
	NullDeviance *float64 // of the model with an intercept alone
	Models       [3]LogisticModel

	Uniform    LikelihoodRatio // model 1 against 0, 1 df
	NonUniform LikelihoodRatio // model 2 against 1, 1 df
	Both       LikelihoodRatio // model 2 against 0, 2 df

	// Sizes of Both.DeltaR2 by Zumbo & Thomas (1997; .13, .26) and of Both.DeltaR2 and
	// Uniform.DeltaR2 by Jodoin & Gierl (2001; .035, .07). Empty where not defined.
	ZumboThomas        EffectSize
	JodoinGierl        ETSClass
	JodoinGierlUniform ETSClass
}

// LogisticModel is one fitted model.
type LogisticModel struct {
	// Coefficients are the intercept, the match, the group and the product, as many as the model
	// has; nil where the maximum does not exist (the data are separated, or a predictor does not
	// vary).
	Coefficients   []float64
	StandardErrors []float64
	Deviance       *float64
	NagelkerkeR2   *float64 // (1 − exp((D − D0)/n))/(1 − exp(−D0/n)) (Nagelkerke 1991)
}

// LikelihoodRatio compares two nested models.
type LikelihoodRatio struct {
	ChiSquare *float64
	P         *float64
	DeltaR2   *float64 // gain in Nagelkerke's R²
}

// EffectSize names the size of a gain in R².
type EffectSize string

const (
	Negligible EffectSize = "NEGLIGIBLE"
	Moderate   EffectSize = "MODERATE"
	Large      EffectSize = "LARGE"
)

// NewLogisticDIF analyses one item's strata. Match may be any number that is finite; strata
// whose Match is not are left out.
func NewLogisticDIF(strata []DIFStratum) LogisticDIF {
	data := newBinomialData(strata)
	res := LogisticDIF{People: int64(data.n)}
	if data.n == 0 {
		return res
	}
	null := data.nullDeviance()
	res.NullDeviance = optional(null, true)
	for k := range res.Models {
		res.Models[k] = data.fit(k+2, null)
	}
	res.Uniform = compare(res.Models[0], res.Models[1], 1)
	res.NonUniform = compare(res.Models[1], res.Models[2], 1)
	res.Both = compare(res.Models[0], res.Models[2], 2)
	if d := res.Both.DeltaR2; d != nil {
		res.ZumboThomas = [...]EffectSize{Negligible, Moderate, Large}[sizeAgainst(*d, .13, .26)]
		res.JodoinGierl = [...]ETSClass{ClassA, ClassB, ClassC}[sizeAgainst(*d, .035, .07)]
	}
	if d := res.Uniform.DeltaR2; d != nil {
		res.JodoinGierlUniform = [...]ETSClass{ClassA, ClassB, ClassC}[sizeAgainst(*d, .035, .07)]
	}
	return res
}

// sizeAgainst is 0 below the first limit, 1 below the second, else 2.
func sizeAgainst(v, first, second float64) int {
	switch {
	case v < first:
		return 0
	case v < second:
		return 1
	}
	return 2
}

func compare(small, large LogisticModel, df float64) LikelihoodRatio {
	var lr LikelihoodRatio
	if small.Deviance != nil && large.Deviance != nil {
		lr.ChiSquare, lr.P = chiSquared(max(0, *small.Deviance-*large.Deviance), df)
	}
	if small.NagelkerkeR2 != nil && large.NagelkerkeR2 != nil {
		lr.DeltaR2 = optional(*large.NagelkerkeR2-*small.NagelkerkeR2, true)
	}
	return lr
}

// chiSquared is the statistic with its p-value.
func chiSquared(x, df float64) (statistic, p *float64) {
	if !finite(x) {
		return nil, nil
	}
	return &x, optional(distuv.ChiSquared{K: df}.Survival(x), true)
}

// binomialData holds, per stratum and group, the number of people and of right answers: all that
// the likelihood needs. The match is standardized so that the fit is well conditioned.
type binomialData struct {
	n, right float64
	mean, sd float64
	cells    []binomialCell
}

type binomialCell struct {
	match, focal float64 // match standardized, focal 0 or 1
	n, right     float64
}

func newBinomialData(strata []DIFStratum) binomialData {
	var d binomialData
	var square float64
	for _, s := range strata {
		if !finite(s.Match) {
			continue
		}
		for focal, c := range [2][2]int64{{s.ReferenceRight, s.ReferenceWrong}, {s.FocalRight, s.FocalWrong}} {
			if n := float64(c[0] + c[1]); n > 0 {
				d.cells = append(d.cells, binomialCell{s.Match, float64(focal), n, float64(c[0])})
				d.n += n
				d.right += float64(c[0])
				d.mean += n * s.Match
			}
		}
	}
	if d.n == 0 {
		return d
	}
	d.mean /= d.n
	for _, c := range d.cells {
		square += c.n * (c.match - d.mean) * (c.match - d.mean)
	}
	d.sd = math.Sqrt(square / d.n)
	for i := range d.cells {
		d.cells[i].match = (d.cells[i].match - d.mean) / d.sd // NaN without variance: no fit
	}
	return d
}

func (d binomialData) nullDeviance() float64 {
	return -2 * (xLogY(d.right, d.right/d.n) + xLogY(d.n-d.right, 1-d.right/d.n))
}

func xLogY(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(y)
}

// The start and the stopping rule are those of R's glm (with epsilon 1e-13), so that the two
// agree to the last digits: no further step once the deviance changes by less than this share.
const (
	scoringSteps     = 50
	scoringTolerance = 1e-13
	separatedAt      = 25 // a standardized logit this far out is on its way to infinity
)

// fit maximizes the likelihood of the model with the first terms predictors of intercept,
// match, focal and their product, by Fisher scoring. Standard errors are from the information
// matrix of the last step.
func (d binomialData) fit(terms int, null float64) LogisticModel {
	if !(d.sd > 0) || !finite(d.sd) {
		return LogisticModel{}
	}
	beta := make([]float64, terms)
	gradient, info := d.start(terms)
	deviance := -2 * d.n * math.Log(.75)
	var chol mat.Cholesky
	for range scoringSteps {
		if !chol.Factorize(info) || chol.Cond() > 1e12 {
			return LogisticModel{}
		}
		var step mat.VecDense
		if err := chol.SolveVecTo(&step, gradient); err != nil {
			return LogisticModel{}
		}
		for k := range beta {
			beta[k] += step.AtVec(k)
		}
		if separated(beta) {
			return LogisticModel{}
		}
		before := deviance
		deviance = d.deviance(beta)
		if math.Abs(deviance-before) < scoringTolerance*(math.Abs(deviance)+.1) {
			return d.model(beta, &chol, deviance, null)
		}
		gradient, info = d.score(beta)
	}
	return LogisticModel{}
}

// start is the first scoring step: every answer is held to have had probability .75 of being
// what it was.
func (d binomialData) start(terms int) (*mat.VecDense, *mat.SymDense) {
	const weight = .75 * .25
	working := math.Log(3) + .25/weight // of a right answer; that of a wrong one is its negative
	return d.sums(terms, func(c binomialCell) (score, information float64) {
		return weight * working * (2*c.right - c.n), weight * c.n
	})
}

func separated(beta []float64) bool {
	for _, b := range beta {
		if !(math.Abs(b) < separatedAt) {
			return true
		}
	}
	return false
}

func (c binomialCell) terms() [4]float64 { return [4]float64{1, c.match, c.focal, c.match * c.focal} }

func (c binomialCell) logit(beta []float64) float64 {
	x, eta := c.terms(), 0.0
	for k, b := range beta {
		eta += b * x[k]
	}
	return eta
}

func (d binomialData) deviance(beta []float64) float64 {
	sum := 0.0
	for _, c := range d.cells {
		eta := c.logit(beta)
		sum += c.right*logSigmoid(eta) + (c.n-c.right)*logSigmoid(-eta)
	}
	return -2 * sum
}

// logSigmoid is ln(1/(1+exp(−x))) without overflow.
func logSigmoid(x float64) float64 {
	if x < 0 {
		return x - math.Log1p(math.Exp(x))
	}
	return -math.Log1p(math.Exp(-x))
}

// score is the gradient of the log-likelihood and the information matrix.
func (d binomialData) score(beta []float64) (*mat.VecDense, *mat.SymDense) {
	return d.sums(len(beta), func(c binomialCell) (score, information float64) {
		p := 1 / (1 + math.Exp(-c.logit(beta)))
		return c.right - c.n*p, c.n * p * (1 - p)
	})
}

// sums adds up, over the cells, score·x and information·xxᵀ of the predictors x.
func (d binomialData) sums(terms int, of func(binomialCell) (score, information float64)) (*mat.VecDense, *mat.SymDense) {
	gradient, info := mat.NewVecDense(terms, nil), mat.NewSymDense(terms, nil)
	for _, c := range d.cells {
		x := c.terms()
		g, w := of(c)
		for i := range terms {
			gradient.SetVec(i, gradient.AtVec(i)+g*x[i])
			for j := i; j < terms; j++ {
				info.SetSym(i, j, info.At(i, j)+w*x[i]*x[j])
			}
		}
	}
	return gradient, info
}

// model puts the coefficients back on the scale of the match.
func (d binomialData) model(beta []float64, chol *mat.Cholesky, deviance, null float64) LogisticModel {
	n := len(beta)
	// raw = back·beta, with (match − mean)/sd written out.
	back := mat.NewDense(n, n, nil)
	for k := range n {
		back.Set(k, k, 1)
	}
	back.Set(0, 1, -d.mean/d.sd)
	back.Set(1, 1, 1/d.sd)
	if n == 4 {
		back.Set(2, 3, -d.mean/d.sd)
		back.Set(3, 3, 1/d.sd)
	}
	var raw mat.VecDense
	raw.MulVec(back, mat.NewVecDense(n, beta))
	var covariance mat.SymDense
	if err := chol.InverseTo(&covariance); err != nil {
		return LogisticModel{}
	}
	var half, full mat.Dense
	half.Mul(back, &covariance)
	full.Mul(&half, back.T())
	m := LogisticModel{Coefficients: raw.RawVector().Data, Deviance: optional(deviance, true)}
	for k := range n {
		m.StandardErrors = append(m.StandardErrors, math.Sqrt(full.At(k, k)))
	}
	if top := -math.Expm1(-null / d.n); top > 0 {
		m.NagelkerkeR2 = optional(-math.Expm1((deviance-null)/d.n)/top, true)
	}
	return m
}
