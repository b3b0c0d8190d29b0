package ctt

import (
	"math"
)

// FactorMethod says how the one-factor model is fitted.
type FactorMethod string

const (
	// Minres minimizes the squared residual correlations (Harman & Jones 1966).
	Minres FactorMethod = "MINRES"
	// MaximumLikelihood is the normal-theory fit (Jöreskog 1967), found by EM (Rubin &
	// Thayer 1982).
	MaximumLikelihood FactorMethod = "MAXIMUM_LIKELIHOOD"
)

const (
	// minUniqueness keeps a loading below 1 (a Heywood case sits on it), as factor programs do.
	minUniqueness   = .005
	factorTolerance = 1e-12   // largest change of a loading at convergence
	factorWork      = 400e6   // bound on iterations times the square of the number of items
	maxFactorSteps  = 100_000 // bound on iterations
)

// OmegaResult is McDonald's omega (1999, eq. 6.20) of a one-factor model.
type OmegaResult struct {
	Method  FactorMethod
	Missing MissingRule // of the correlations
	People  int64
	Items   int

	// Omega is (Σl)² / ((Σl)² + Σu): the share of the total of the standardized items that is due
	// to the factor. Nil below three items, if a correlation is not defined, or if the fit
	// did not converge.
	Omega        *float64
	Loadings     []float64 // l, signed so that their sum is positive
	Uniquenesses []float64 // u = 1 − l²
	Heywood      bool      // an item's uniqueness lies on its bound: distrust the model
	Iterations   int
	Converged    bool
}

// Omega fits one factor to the pairwise correlations of the tally. It fails with ErrShape if no
// pairs were kept.
func (t *Tally) Omega(method FactorMethod) (OmegaResult, error) {
	if t.Pairs == nil || t.Pairs.Items() != len(t.Items) {
		return OmegaResult{}, ErrShape
	}
	res := OmegaResult{Method: method, Missing: Pairwise, People: t.People, Items: len(t.Items)}
	complete := true
	for _, it := range t.Items {
		complete = complete && it.Administered == t.People
	}
	if complete {
		res.Missing = Complete
	}
	if r, ok := t.Pairs.correlations(); ok && res.Items >= 3 {
		res.fit(r)
	}
	return res, nil
}

// Omega fits one factor to the correlations of the matrix. With Listwise only the people who
// were given every item count; any other rule means Pairwise.
func (m *Matrix) Omega(method FactorMethod, rule MissingRule) OmegaResult {
	use := m
	if rule == Listwise {
		use = m.Complete()
	}
	res, _ := use.Tally().Omega(method) // a fresh tally keeps its pairs
	if rule == Listwise && use.People() < m.People() {
		res.Missing = Listwise
	}
	return res
}

// correlations is the full correlation matrix by rows; false if one is not defined.
func (p *Pairs) correlations() ([][]float64, bool) {
	r := make([][]float64, p.items)
	for i := range r {
		r[i] = make([]float64, p.items)
		r[i][i] = 1
	}
	for i := range r {
		for j := i + 1; j < p.items; j++ {
			v, ok := p.sums[p.index(i, j)].Correlation()
			if !ok {
				return nil, false
			}
			r[i][j], r[j][i] = v, v
		}
	}
	return r, true
}

func (res *OmegaResult) fit(r [][]float64) {
	n := len(r)
	l := centroid(r)
	step := newMinres(r)
	if res.Method == MaximumLikelihood {
		step = newLikelihoodEM(r, l)
	}
	limit := min(maxFactorSteps, int(factorWork)/(n*n)+1)
	for res.Iterations < limit && !res.Converged {
		change, ok := step(l)
		if !ok {
			return
		}
		res.Iterations++
		res.Converged = change < factorTolerance
	}
	sum := 0.0
	for _, v := range l {
		sum += v
	}
	sign := math.Copysign(1, sum)
	unique := 0.0
	res.Loadings, res.Uniquenesses = l, make([]float64, n)
	for i := range l {
		l[i] *= sign
		res.Uniquenesses[i] = 1 - l[i]*l[i]
		unique += res.Uniquenesses[i]
		res.Heywood = res.Heywood || res.Uniquenesses[i] <= minUniqueness+1e-9
	}
	if res.Converged {
		res.Omega = optional(sum*sum/(sum*sum+unique), true)
	}
}

// centroid starts the loadings at each item's correlation with the sum of all (Thurstone's
// first centroid), or at .5 where that is no use.
func centroid(r [][]float64) []float64 {
	l, total := make([]float64, len(r)), 0.0
	for i, row := range r {
		for _, v := range row {
			l[i] += v
		}
		total += l[i]
	}
	for i := range l {
		if l[i] = l[i] / math.Sqrt(math.Abs(total)); !(math.Abs(l[i]) < .95) {
			l[i] = .5
		}
	}
	return l
}

// factorStep improves the loadings in place and returns the largest change.
type factorStep func(l []float64) (change float64, ok bool)

// newMinres minimizes Σ (r_ij − l_i l_j)² one loading at a time, each step exact given the others.
func newMinres(r [][]float64) factorStep {
	bound := math.Sqrt(1 - minUniqueness)
	return func(l []float64) (float64, bool) {
		square := 0.0
		for _, v := range l {
			square += v * v
		}
		change := 0.0
		for i, row := range r {
			cross := -row[i] * l[i]
			for j, v := range l {
				cross += row[j] * v
			}
			others := square - l[i]*l[i]
			if !(others > 0) {
				return 0, false
			}
			next := max(-bound, min(bound, cross/others))
			change = max(change, math.Abs(next-l[i]))
			square = others + next*next
			l[i] = next
		}
		return change, !math.IsNaN(square)
	}
}

// newLikelihoodEM maximizes the normal likelihood of one factor with unit variance.
func newLikelihoodEM(r [][]float64, start []float64) factorStep {
	n := len(r)
	psi, w, rw := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, l := range start {
		psi[i] = max(minUniqueness, 1-l*l)
	}
	return func(l []float64) (float64, bool) {
		q := 0.0
		for i := range l {
			w[i] = l[i] / psi[i]
			q += w[i] * l[i]
		}
		// The regression of the factor on the items is w/(1+q); rw its covariance with them.
		quad := 0.0
		for i, row := range r {
			s := 0.0
			for j, v := range w {
				s += row[j] * v
			}
			rw[i] = s / (1 + q)
			quad += rw[i] * w[i] / (1 + q)
		}
		second := 1/(1+q) + quad
		if !(second > 0) || math.IsInf(second, 0) {
			return 0, false
		}
		change := 0.0
		for i := range l {
			next := rw[i] / second
			psi[i] = max(minUniqueness, 1-next*rw[i])
			change = max(change, math.Abs(next-l[i]))
			l[i] = next
		}
		return change, true
	}
}
