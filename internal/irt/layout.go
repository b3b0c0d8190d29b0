package irt

import "math"

// Bounds of the calibration's working parameters. A maximum outside them is a
// maximum at infinity for any practical purpose; the item is reported as such.
const (
	slopeBound     = 20.0
	positiveSlope  = 0.01 // smallest slope of models that need a positive one
	interceptBound = 300.0
	guessLow       = -9.0 // ln c/(1-c): c = 0.0001
	guessHigh      = 4.0  // c = 0.98
	spreadBound    = 4.0  // |ln SD| of the latent distribution
)

// The parameters of one item, in the order in which its derivatives are kept.
const (
	intercept = iota // d, in a theta + d
	slope            // a
	guess            // ln c/(1-c)
	itemParameters
)

// The parameters of the latent distribution.
const (
	latentMean   = iota
	latentSpread // ln SD
	latentParameters
)

// role is what calibration does with an item.
type role uint8

const (
	leftOut role = iota
	free
	fixed
)

// layout says where each free parameter lives in the vector that the
// calibration works on; -1 is a parameter that is not free. The common slope of
// the 1PL has one place, shared by all items.
type layout struct {
	model  Model
	roles  []role
	fixed  []Item // by item, where the role is fixed
	item   [][itemParameters]int
	latent [latentParameters]int
	n      int
	first  int // the first free item
	// population holds the latent parameters that are not free.
	population Normal
}

func newLayout(o *Options, roles []role) *layout {
	l := &layout{
		model: o.Model, roles: roles, fixed: make([]Item, len(roles)),
		item: make([][itemParameters]int, len(roles)), latent: [latentParameters]int{-1, -1},
		population: o.Population,
	}
	next := func() int { l.n++; return l.n - 1 }
	common := -1
	for j, r := range roles {
		l.item[j] = [itemParameters]int{-1, -1, -1}
		if r == fixed {
			l.fixed[j] = o.Fixed[j]
		}
		if r != free {
			continue
		}
		switch o.Model {
		case Model1PL:
			if common < 0 {
				common, l.first = next(), j
			}
			l.item[j][slope] = common
			l.item[j][intercept] = next()
		case ModelRasch:
			l.item[j][intercept] = next()
		case Model2PL, Model3PL:
			l.item[j][intercept] = next()
			l.item[j][slope] = next()
			if o.Model == Model3PL {
				l.item[j][guess] = next()
			}
		}
	}
	if o.FreeMean {
		l.latent[latentMean] = next()
	}
	if o.FreeSD {
		l.latent[latentSpread] = next()
	}
	return l
}

// values reads an item's working parameters from x; fixed at their neutral
// values where the model has none.
func (l *layout) values(x []float64, j int) (v [itemParameters]float64) {
	v = [itemParameters]float64{0, 1, math.Inf(-1)}
	for m, at := range l.item[j] {
		if at >= 0 {
			v[m] = x[at]
		}
	}
	return v
}

// distribution reads the latent distribution from x.
func (l *layout) distribution(x []float64) Normal {
	n := l.population
	if at := l.latent[latentMean]; at >= 0 {
		n.Mean = x[at]
	}
	if at := l.latent[latentSpread]; at >= 0 {
		n.SD = math.Exp(x[at])
	}
	return n
}

// bounds of one kind of item parameter.
func (o *Options) bounds(m int) (lo, hi float64) {
	switch m {
	case intercept:
		return -interceptBound, interceptBound
	case slope:
		if o.Model == Model3PL || o.Priors.LogA != nil || o.Priors.B != nil {
			return positiveSlope, slopeBound
		}
		return -slopeBound, slopeBound
	default:
		return guessLow, guessHigh
	}
}

// clampAll holds every parameter of x within its bounds.
func (l *layout) clampAll(o *Options, x []float64) {
	for j := range l.item {
		for m, at := range l.item[j] {
			if at >= 0 {
				lo, hi := o.bounds(m)
				x[at] = clamp(x[at], lo, hi)
			}
		}
	}
	if at := l.latent[latentSpread]; at >= 0 {
		x[at] = clamp(x[at], -spreadBound, spreadBound)
	}
}

// fill computes the table of log-likelihoods at x.
func (l *layout) fill(t *table, grid *Grid, x []float64) {
	n := t.nodes
	clear(t.base)
	grid.logMasses(t.logPrior, l.distribution(x))
	for j, r := range l.roles {
		if r == leftOut {
			continue // its rows stay zero: the answers say nothing
		}
		wrong, right, logit := t.row(cell(2*j)), t.row(cell(2*j+1)), t.logit[j*n:][:n]
		v := l.values(x, j)
		for k, theta := range grid.nodes {
			if r == fixed {
				c := l.fixed[j].at(theta)
				right[k], wrong[k] = c.logLikelihood(true), c.logLikelihood(false)
			} else {
				right[k], wrong[k] = workingLogs(v, theta)
			}
			logit[k] = right[k] - wrong[k]
			t.base[k] += wrong[k]
		}
	}
}

// workingLogs returns ln P and ln Q of an item given by its working parameters.
func workingLogs(v [itemParameters]float64, theta float64) (right, wrong float64) {
	z := v[slope]*theta + v[intercept]
	e := math.Exp(-math.Abs(z))
	tail := math.Log1p(e)
	right, wrong = math.Min(z, 0)-tail, math.Min(-z, 0)-tail
	if !math.IsInf(v[guess], -1) {
		c := logistic(v[guess])
		p, q := logistic(z), logistic(-z)
		right = logOf(c+(1-c)*p, (1-c)*q)
		wrong += math.Log1p(-c)
	}
	return right, wrong
}

func logistic(z float64) float64 {
	e := math.Exp(-math.Abs(z))
	if z < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}
