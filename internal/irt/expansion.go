package irt

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// faint is the posterior mass below which a point at the edge adds nothing to a covariance.
const faint = 1e-13

// expander expands one person's score after another in polynomials of ability
// that are orthonormal under that person's posterior on the grid, reusing its
// scratch.
type expander struct {
	*observed
	expanded
	w     []float64                  // posterior masses
	basis [polynomials + 1][]float64 // polynomial times mass
	poly  [3][]float64
	alpha [polynomials + 1]float64
	beta  [polynomials + 2]float64
	raw   [][polynomials + 1]float64 // coefficients of the scores in the intercepts
}

func newExpansion(o *observed) *expander {
	e := &expander{observed: o, w: make([]float64, o.table.nodes)}
	for m := range e.basis {
		e.basis[m] = make([]float64, o.table.nodes)
	}
	for m := range e.poly {
		e.poly[m] = make([]float64, o.table.nodes)
	}
	return e
}

// expand leaves the expansion of a person's score, times the root of their
// weight, in e.expanded. The constant term is the posterior mean and no part of the covariance.
func (e *expander) expand(answers []cell, weight float64) {
	e.table.logLikelihood(e.w, answers, len(answers) == e.data.items)
	from, to, _ := posterior(e.w, 1)
	for e.w[from] < faint {
		from++
	}
	for e.w[to-1] < faint {
		to--
	}
	w, theta := e.w[from:to], e.grid.nodes[from:to]
	e.raw = slices.Grow(e.raw[:0], len(answers))[:len(answers)]

	// Stieltjes's procedure: t p[m] = beta[m+1] p[m+1] + alpha[m] p[m] + beta[m] p[m-1].
	// basis[m] is p[m] times the masses.
	before, now, after := e.poly[0][:len(w)], e.poly[1][:len(w)], e.poly[2][:len(w)]
	for k := range now {
		before[k], now[k] = 0, 1
	}
	e.beta[0] = 0
	var terms int // polynomials of degree 0 to terms are at hand
	var first float64
	for terms = 0; ; terms++ {
		basis := e.basis[terms][:len(w)]
		e.basis[terms] = basis
		a := 0.0
		for k, p := range now {
			basis[k] = p * w[k]
			a += theta[k] * p * basis[k]
		}
		e.alpha[terms] = a
		var size float64
		for r, x := range answers {
			if e.layout.roles[x.item()] == free {
				c := floats.Dot(basis, e.scores[int(x)*e.table.nodes+from:][:len(w)])
				e.raw[r][terms] = c
				size += c * c
				if e.guesses != nil {
					c = floats.Dot(basis, e.guesses[int(x)*e.table.nodes+from:][:len(w)])
					size += c * c
				}
			}
		}
		if terms == 1 {
			first = size
		}
		if terms == polynomials || terms >= 3 && size <= expansion*first {
			break
		}
		var norm float64
		for k, p := range now {
			v := (theta[k]-a)*p - e.beta[terms]*before[k]
			after[k] = v
			norm += v * v * w[k]
		}
		if !(norm > 1e-18) {
			break // fewer points than terms: the expansion is complete
		}
		norm = math.Sqrt(norm)
		e.beta[terms+1] = norm
		floats.Scale(1/norm, after)
		before, now, after = now, after, before
	}
	e.collect(answers, from, terms, math.Sqrt(weight))
}

// collect arranges coefficients by parameter. A slope's score is theta times the
// intercept's, so its coefficients follow from the recurrence.
func (e *expander) collect(answers []cell, from, terms int, scale float64) {
	p := &e.expanded
	p.places, p.owners, p.coefficients = p.places[:0], p.owners[:0], p.coefficients[:0]
	// The slope's coefficient of degree m takes the intercept's of degree m+1, which is
	// next to nothing beyond the last.
	p.terms = terms
	for r, x := range answers {
		j := x.item()
		if e.layout.roles[j] != free {
			continue
		}
		raw := &e.raw[r]
		if at := e.layout.item[j][slope]; at >= 0 && at < e.layout.item[j][intercept] {
			e.slope(p.row(at, owner{j, slope}), raw, terms, scale)
		}
		d := p.row(e.layout.item[j][intercept], owner{j, intercept})
		for m := range terms {
			d[m] = scale * raw[m+1]
		}
		if at := e.layout.item[j][slope]; at > e.layout.item[j][intercept] {
			e.slope(p.row(at, owner{j, slope}), raw, terms, scale)
		}
		if at := e.layout.item[j][guess]; at >= 0 {
			e.project(p.row(at, owner{j, guess}), e.guesses[int(x)*e.table.nodes+from:], terms, scale)
		}
	}
	for k, at := range e.layout.latent {
		if at >= 0 {
			e.project(p.row(at, owner{-1, k}), e.latents[k][from:], terms, scale)
		}
	}
}

func (e *expander) slope(dst *[polynomials]float64, raw *[polynomials + 1]float64, terms int, scale float64) {
	for m := 1; m <= terms; m++ {
		c := e.beta[m]*raw[m-1] + e.alpha[m]*raw[m]
		if m < terms {
			c += e.beta[m+1] * raw[m+1]
		}
		dst[m-1] += scale * c
	}
}

func (e *expander) project(dst *[polynomials]float64, score []float64, terms int, scale float64) {
	for m := 1; m <= terms; m++ {
		dst[m-1] += scale * floats.Dot(e.basis[m], score[:len(e.basis[m])])
	}
}
