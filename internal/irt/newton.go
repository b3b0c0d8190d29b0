package irt

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// newton goes from near the maximum to it by Newton's method on the marginal
// likelihood and takes the standard errors from the last information matrix. It
// reports false, with x no worse than before, where that is not positive
// definite or steps fail.
func (f *fit) newton() (bool, error) {
	for range 6 {
		h, ok, err := f.information()
		if err != nil || !ok {
			return false, err
		}
		origin := slices.Clone(f.x)
		if f.converged, err = f.chord(h); err != nil {
			return false, err
		}
		moved := floats.Distance(origin, f.x, math.Inf(1))
		if f.converged && moved <= stale {
			return true, f.invert(h)
		}
		if !f.converged && moved == 0 || f.iterations >= f.options.MaxIterations {
			return false, nil
		}
	}
	return false, nil
}

// chord takes Newton steps with one factored matrix while each is at most half
// the one before, and reports whether they ended within the tolerances.
func (f *fit) chord(h blas64.Triangular) (bool, error) {
	last := math.Inf(1)
	for f.iterations < f.options.MaxIterations {
		g := f.gradient(f.x, f.counts)
		for at, pinned := range f.pinned {
			if pinned {
				g[at] = 0
			}
		}
		step := slices.Clone(g)
		lapack64.Potrs(h, blas64.General{Rows: len(step), Cols: 1, Stride: 1, Data: step})
		size := floats.Norm(step, math.Inf(1))
		if size < f.options.ParameterTolerance && floats.Dot(g, step)/2 < f.options.LikelihoodTolerance {
			return true, nil
		}
		if !(size <= last/2) {
			return false, nil
		}
		last = size
		before, was := slices.Clone(f.x), f.objective
		floats.Add(f.x, step)
		f.layout.clampAll(f.options, f.x)
		if err := f.evaluate(f.x); err != nil {
			return false, err
		}
		f.progress(size)
		if !(f.objective >= was-1e-10*math.Abs(was)) {
			copy(f.x, before)
			return false, f.evaluate(f.x)
		}
	}
	return false, nil
}

// information factors the observed information at x and reports whether it is
// positive definite. Parameters at a bound count as known.
func (f *fit) information() (blas64.Triangular, bool, error) {
	n := f.layout.n
	f.pin()
	h, err := f.newObserved(f.x, f.data, f.table, f.options.Workers).full(f.ctx, f.x, f.counts)
	if err != nil {
		return blas64.Triangular{}, false, err
	}
	for r := range n {
		for s := r; s < n; s++ {
			switch {
			case !f.pinned[r] && !f.pinned[s]:
			case r == s:
				h[r*n+s] = 1
			default:
				h[r*n+s] = 0
			}
		}
	}
	t, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: h, Uplo: blas.Upper})
	for k := 0; ok && k < n; k++ {
		ok = h[k*n+k] > 1e-6
	}
	return t, ok, nil
}

// pin notes which item parameters are at a bound.
func (f *fit) pin() {
	for j := range f.layout.item {
		for m, at := range f.layout.item[j] {
			if at >= 0 {
				lo, hi := f.options.bounds(m)
				f.pinned[at] = f.x[at] <= lo || f.x[at] >= hi
			}
		}
	}
}

// atBound tells whether an item's likelihood has no maximum within the bounds. A
// lower asymptote of nearly 0 is none such.
func (f *fit) atBound(j int) bool {
	for m, at := range f.layout.item[j] {
		if at >= 0 {
			lo, hi := f.options.bounds(m)
			if f.x[at] >= hi || f.x[at] <= lo && m != guess {
				return true
			}
		}
	}
	return false
}

// invert keeps those covariances of the estimates that the report needs.
func (f *fit) invert(h blas64.Triangular) error {
	inverse, ok := lapack64.Potri(h)
	if !ok {
		f.errors = NoErrors
		return nil
	}
	keep := func(r, s int) {
		if r >= 0 && s >= r && !f.pinned[r] && !f.pinned[s] {
			f.covariance[[2]int{r, s}] = inverse.Data[r*inverse.Stride+s]
		}
	}
	for _, places := range f.layout.item {
		for _, r := range places {
			for _, s := range places {
				keep(r, s)
			}
		}
	}
	for _, r := range f.layout.latent {
		keep(r, r)
	}
	return nil
}

// variance is the sampling covariance of two parameters, 0 if not known.
func (f *fit) variance(r, s int) float64 {
	return f.covariance[[2]int{min(r, s), max(r, s)}]
}

// standardErrors computes them at x by the method chosen, falling back to the
// items' own information where the full matrix is not positive definite.
func (f *fit) standardErrors() error {
	if f.errors == NoErrors {
		return nil
	}
	if f.errors == FullInformation {
		h, ok, err := f.information()
		if err != nil {
			return err
		}
		if ok {
			return f.invert(h)
		}
		f.errors = ItemInformation
	}
	f.pin()
	blocks, err := f.newObserved(f.x, f.data, f.table, f.options.Workers).blocks(f.ctx, f.x, f.counts)
	if err != nil {
		return err
	}
	for j, places := range f.layout.item {
		f.invertBlock(&blocks[j], places)
	}
	return nil
}

// invertBlock inverts one item's block. A slope shared by all items belongs to
// none of them and is taken as known.
func (f *fit) invertBlock(block *[itemParameters][itemParameters]float64, places [itemParameters]int) {
	var kinds []int
	for m, at := range places {
		if at >= 0 && !f.pinned[at] && !(m == slope && f.layout.model == Model1PL) {
			kinds = append(kinds, m)
		}
	}
	for c, col := range kinds {
		var a [itemParameters][itemParameters]float64
		var b [itemParameters]float64
		b[c] = 1
		for r, k := range kinds {
			for s, l := range kinds {
				a[r][s] = block[k][l]
			}
		}
		if !solveSmall(&a, &b, len(kinds)) {
			return
		}
		for r, row := range kinds {
			if places[row] <= places[col] {
				f.covariance[[2]int{places[row], places[col]}] = b[r]
			}
		}
	}
}
