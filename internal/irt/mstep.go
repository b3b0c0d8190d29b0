package irt

import "math"

// derivatives of a function of one item's working parameters: its value,
// gradient and Hessian, of which only the free parameters' part is meant.
type derivatives struct {
	value float64
	g     [itemParameters]float64
	h     [itemParameters][itemParameters]float64
}

func (d *derivatives) mirror() {
	d.h[slope][intercept] = d.h[intercept][slope]
	d.h[guess][intercept] = d.h[intercept][guess]
	d.h[guess][slope] = d.h[slope][guess]
}

// expectedItem is the expected complete-data log-likelihood of one item, the sum
// over quadrature points of right ln P + wrong ln Q, with its derivatives.
func expectedItem(v [itemParameters]float64, nodes, right, wrong []float64) (d derivatives) {
	guessing := !math.IsInf(v[guess], -1)
	c := logistic(v[guess])
	for k, theta := range nodes {
		r, w := right[k], wrong[k]
		if r+w == 0 {
			continue
		}
		logP, logQ := workingLogs(v, theta)
		d.value += r*logP + w*logQ
		z := v[slope]*theta + v[intercept]
		up, down := logistic(z), logistic(-z)
		var first, second float64 // in z
		if !guessing {
			first = r*down - w*up
			second = -(r + w) * up * down
		} else {
			p := c + (1-c)*up
			pz := (1 - c) * up * down / p
			pg := c * (1 - c) * down / p
			first = r*pz - w*up
			second = r*(pz*(down-up)-pz*pz) - w*up*down
			cross := r * (-c*pz - pz*pg)
			d.g[guess] += r*pg - w*c
			d.h[guess][guess] += r*((1-2*c)*pg-pg*pg) - w*c*(1-c)
			d.h[intercept][guess] += cross
			d.h[slope][guess] += cross * theta
		}
		d.g[intercept] += first
		d.g[slope] += first * theta
		d.h[intercept][intercept] += second
		d.h[intercept][slope] += second * theta
		d.h[slope][slope] += second * theta * theta
	}
	d.mirror()
	return d
}

// addTo adds an item's log prior and its derivatives.
func (p *ItemPriors) addTo(d *derivatives, v [itemParameters]float64) {
	if p.B != nil {
		// b = -d/a.
		a, b := v[slope], -v[intercept]/v[slope]
		variance := p.B.SD * p.B.SD
		miss := (b - p.B.Mean) / variance
		bd, ba := -1/a, -b/a
		d.value -= miss * (b - p.B.Mean) / 2
		d.g[intercept] -= miss * bd
		d.g[slope] -= miss * ba
		d.h[intercept][intercept] -= bd * bd / variance
		d.h[intercept][slope] -= bd*ba/variance + miss/(a*a)
		d.h[slope][slope] -= ba*ba/variance + miss*2*b/(a*a)
	}
	if p.LogA != nil {
		a := v[slope]
		variance := p.LogA.SD * p.LogA.SD
		miss := (math.Log(a) - p.LogA.Mean) / variance
		d.value -= math.Log(a) + miss*(math.Log(a)-p.LogA.Mean)/2
		d.g[slope] -= (1 + miss) / a
		d.h[slope][slope] += (1 + miss - 1/variance) / (a * a)
	}
	if p.C != nil && !math.IsInf(v[guess], -1) {
		c := logistic(v[guess])
		alpha, beta := p.C.Alpha-1, p.C.Beta-1
		d.value += alpha*math.Log(c) + beta*math.Log1p(-c)
		d.g[guess] += alpha*(1-c) - beta*c
		d.h[guess][guess] -= (alpha + beta) * c * (1 - c)
	}
	d.mirror()
}

// maximization is the M-step: it moves each item's parameters, and the latent
// distribution's, to the maximum of their expected complete-data log posterior.
type maximization struct {
	options *Options
	layout  *layout
	grid    *Grid
}

// item returns the derivatives of one item's part of the objective at v.
func (m *maximization) item(j int, v [itemParameters]float64, c *counts) derivatives {
	n := m.grid.Len()
	d := expectedItem(v, m.grid.nodes, c.cells[(2*j+1)*n:][:n], c.cells[2*j*n:][:n])
	m.addPriors(&d, j, v)
	return d
}

// addPriors adds the log priors of one item. That of a slope common to all items
// counts once, with the first.
func (m *maximization) addPriors(d *derivatives, j int, v [itemParameters]float64) {
	priors := m.options.Priors
	if m.layout.model == Model1PL && j != m.layout.first {
		priors.LogA = nil
	}
	priors.addTo(d, v)
}

// maximise writes to out the maximum given expected counts, starting from x.
func (m *maximization) maximise(x, out []float64, c *counts) {
	copy(out, x)
	if m.layout.model == Model1PL {
		m.commonSlope(out, c)
	} else {
		for j, r := range m.layout.roles {
			if r == free {
				m.climb(out, j, c)
			}
		}
	}
	m.latent(out, c)
}

// climb is Newton's method with step halving for one item.
func (m *maximization) climb(x []float64, j int, c *counts) {
	v := m.layout.values(x, j)
	d := m.item(j, v, c)
	for range 30 {
		step := m.newtonStep(j, v, &d)
		moved, best, bd := 0.0, v, d
		for range 30 {
			next := v
			moved = 0
			for k, at := range m.layout.item[j] {
				if at >= 0 {
					lo, hi := m.options.bounds(k)
					next[k] = clamp(v[k]+step[k], lo, hi)
					moved = math.Max(moved, math.Abs(next[k]-v[k]))
				}
			}
			if nd := m.item(j, next, c); nd.value >= d.value {
				best, bd = next, nd
				break
			}
			for k := range step {
				step[k] /= 2
			}
			moved = 0
		}
		v, d = best, bd
		if moved < 1e-8 {
			break
		}
	}
	for k, at := range m.layout.item[j] {
		if at >= 0 {
			x[at] = v[k]
		}
	}
}

// newtonStep is the Newton step of an item's free parameters that are not held at a
// bound, damped where the objective is not concave.
func (m *maximization) newtonStep(j int, v [itemParameters]float64, d *derivatives) (step [itemParameters]float64) {
	var active []int
	for k, at := range m.layout.item[j] {
		lo, hi := m.options.bounds(k)
		if at >= 0 && !(v[k] <= lo && d.g[k] < 0) && !(v[k] >= hi && d.g[k] > 0) {
			active = append(active, k)
		}
	}
	for ridge := 0.0; ridge < 1e12; ridge = 10*ridge + 1e-3 {
		var a [itemParameters][itemParameters]float64
		var b [itemParameters]float64
		for r, k := range active {
			b[r] = d.g[k]
			for s, l := range active {
				a[r][s] = -d.h[k][l]
			}
			a[r][r] += ridge * (1 + math.Abs(a[r][r]))
		}
		if solveSmall(&a, &b, len(active)) {
			for r, k := range active {
				step[k] = clamp(b[r], -3, 3)
			}
			return step
		}
	}
	return step
}

// solveSmall solves the positive definite system a x = b of the given order in
// place by Cholesky's decomposition and reports whether a was one.
func solveSmall(a *[itemParameters][itemParameters]float64, b *[itemParameters]float64, n int) bool {
	for r := range n {
		for s := range r + 1 {
			sum := a[r][s]
			for k := range s {
				sum -= a[r][k] * a[s][k]
			}
			if r == s {
				if !(sum > 1e-13*math.Abs(a[r][r])) {
					return false
				}
				a[r][r] = math.Sqrt(sum)
			} else {
				a[r][s] = sum / a[s][s]
			}
		}
	}
	for r := range n {
		for k := range r {
			b[r] -= a[r][k] * b[k]
		}
		b[r] /= a[r][r]
	}
	for r := n - 1; r >= 0; r-- {
		for k := r + 1; k < n; k++ {
			b[r] -= a[k][r] * b[k]
		}
		b[r] /= a[r][r]
	}
	return true
}

// commonSlope is Newton's method for the 1PL. The Hessian is diagonal but for the
// row of the slope, which is eliminated first.
func (m *maximization) commonSlope(x []float64, c *counts) {
	var items []int
	for j, r := range m.layout.roles {
		if r == free {
			items = append(items, j)
		}
	}
	if len(items) == 0 {
		return
	}
	at := m.layout.item[items[0]][slope]
	lo, hi := m.options.bounds(slope)
	all := func(x []float64, ds []derivatives) (total float64) {
		for k, j := range items {
			ds[k] = m.item(j, m.layout.values(x, j), c)
			total += ds[k].value
		}
		return total
	}
	ds, trial := make([]derivatives, len(items)), make([]derivatives, len(items))
	next := make([]float64, len(x))
	value := all(x, ds)
	for range 30 {
		var g, h float64
		for k := range ds {
			d := &ds[k]
			curve := math.Min(d.h[intercept][intercept], -1e-12)
			g += d.g[slope] - d.h[slope][intercept]*d.g[intercept]/curve
			h += d.h[slope][slope] - d.h[slope][intercept]*d.h[slope][intercept]/curve
		}
		slopeStep := clamp(g/math.Max(-h, 1e-12), -0.5, 0.5)
		moved := 0.0
		for scale := 1.0; scale > 1e-9; scale /= 2 {
			copy(next, x)
			next[at] = clamp(x[at]+scale*slopeStep, lo, hi)
			moved = math.Abs(next[at] - x[at])
			for k, j := range items {
				d := &ds[k]
				curve := math.Min(d.h[intercept][intercept], -1e-12)
				step := clamp(-(d.g[intercept]+d.h[slope][intercept]*slopeStep)/curve, -3, 3)
				place := m.layout.item[j][intercept]
				next[place] = clamp(x[place]+scale*step, -interceptBound, interceptBound)
				moved = math.Max(moved, math.Abs(next[place]-x[place]))
			}
			if v := all(next, trial); v >= value {
				copy(x, next)
				value = v
				ds, trial = trial, ds
				break
			}
			moved = 0
		}
		if moved < 1e-8 {
			return
		}
	}
}

// latent fits the free parameters of the latent distribution to the expected
// numbers of people by Newton's method. On a grid that holds the whole
// distribution this matches mean and variance; on any grid it is the maximum.
func (m *maximization) latent(x []float64, c *counts) {
	for range 30 {
		g, h := m.latentDerivatives(x, c)
		var step [latentParameters]float64
		mean, spread := m.layout.latent[latentMean] >= 0, m.layout.latent[latentSpread] >= 0
		switch det := h[0][0]*h[1][1] - h[0][1]*h[1][0]; {
		case mean && spread && det > 0:
			step[0] = (g[0]*h[1][1] - g[1]*h[0][1]) / det
			step[1] = (g[1]*h[0][0] - g[0]*h[1][0]) / det
		case mean && h[0][0] > 0:
			step[0] = g[0] / h[0][0]
		case spread && h[1][1] > 0:
			step[1] = g[1] / h[1][1]
		}
		var moved float64
		for k, at := range m.layout.latent {
			if at >= 0 {
				step[k] = clamp(step[k], -0.5, 0.5)
				x[at] += step[k]
				moved = math.Max(moved, math.Abs(step[k]))
			}
		}
		if at := m.layout.latent[latentSpread]; at >= 0 {
			x[at] = clamp(x[at], -spreadBound, spreadBound)
		}
		if moved < 1e-10 {
			return
		}
	}
}

// latentDerivatives are the gradient, and the information given the counts, of the
// latent parameters: the covariances of the scores under the distribution
// itself, the distribution on the grid being an exponential family.
func (m *maximization) latentDerivatives(x []float64, c *counts) (g [latentParameters]float64, h [latentParameters][latentParameters]float64) {
	masses := make([]float64, m.grid.Len())
	m.grid.masses(masses, m.layout.distribution(x))
	scores := m.latentScores(x, masses)
	for k, n := range c.people {
		for r := range latentParameters {
			g[r] += n * scores[r][k]
		}
	}
	var people float64
	for _, n := range c.people {
		people += n
	}
	for k, w := range masses {
		for r := range latentParameters {
			for s := range latentParameters {
				h[r][s] += people * w * scores[r][k] * scores[s][k]
			}
		}
	}
	return g, h
}

// latentScores are the derivatives of the log masses in mean and ln SD.
func (m *maximization) latentScores(x, masses []float64) (s [latentParameters][]float64) {
	d := m.layout.distribution(x)
	for r := range s {
		s[r] = make([]float64, len(masses))
	}
	var means [latentParameters]float64
	for k, theta := range m.grid.nodes {
		u := (theta - d.Mean) / d.SD
		s[latentMean][k], s[latentSpread][k] = u/d.SD, u*u
		for r := range s {
			means[r] += masses[k] * s[r][k]
		}
	}
	for r := range s {
		for k := range s[r] {
			s[r][k] -= means[r]
		}
	}
	return s
}
