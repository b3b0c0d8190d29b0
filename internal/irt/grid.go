package irt

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// maxNodes keeps a mistyped number of points from asking for all memory.
const maxNodes = 100_000

// Grid is a set of quadrature points for integrals over ability. It is
// immutable and may be shared.
type Grid struct {
	nodes []float64
	// logWeight of each point in an integral over theta, without any density; nil when all are equal.
	logWeight []float64
	// step between equally spaced points, 0 when they are not.
	step float64
}

// NewGrid returns n equally spaced points from lo to hi, both included, of equal
// weight. n is at least 2; 61 points on [-4, 4] and 81 on [-8, 8] are usual.
func NewGrid(lo, hi float64, n int) (*Grid, error) {
	if !(lo < hi) || math.IsInf(hi-lo, 0) || n < 2 || n > maxNodes {
		return nil, fmt.Errorf("%w: %d points on [%v, %v]", ErrGrid, n, lo, hi)
	}
	return spaced(lo, hi, n), nil
}

// DefaultGrid returns 81 points on [-8, 8], wide and dense enough that an EAP
// with a standard error above 0.2 is exact to about eight digits.
func DefaultGrid() *Grid { return spaced(-8, 8, 81) }

func spaced(lo, hi float64, n int) *Grid {
	g := &Grid{nodes: make([]float64, n), step: (hi - lo) / float64(n-1)}
	for k := range g.nodes {
		g.nodes[k] = lo + float64(k)*g.step
	}
	g.nodes[n-1] = hi
	return g
}

// GaussHermite returns the n-point Gauss-Hermite rule for the standard normal
// density, exact for polynomials of degree up to 2n-1 under that density. n is 2
// to 200.
func GaussHermite(n int) (*Grid, error) {
	if n < 2 || n > 200 {
		return nil, fmt.Errorf("%w: %d Gauss-Hermite points", ErrGrid, n)
	}
	g := &Grid{nodes: make([]float64, n), logWeight: make([]float64, n)}
	quad.Hermite{}.FixedLocations(g.nodes, g.logWeight, math.Inf(-1), math.Inf(1))
	for k, x := range g.nodes {
		// gonum's rule is for exp(-x^2); x = theta/sqrt(2) makes that the normal density.
		g.nodes[k] = x * math.Sqrt2
		g.logWeight[k] = math.Log(g.logWeight[k]) + x*x
	}
	return g, nil
}

// Len returns the number of points.
func (g *Grid) Len() int { return len(g.nodes) }

// Node returns the k-th point, counting from 0 and upwards in theta.
func (g *Grid) Node(k int) float64 { return g.nodes[k] }

// masses fills dst with the probabilities that the grid gives to its points
// under a normal distribution: density times weight, normalised to sum 1.
func (g *Grid) masses(dst []float64, n Normal) {
	g.logMasses(dst, n)
	for k, m := range dst {
		dst[k] = math.Exp(m)
	}
}

// logMasses fills dst with the logarithms of masses, finite even where the
// masses underflow.
func (g *Grid) logMasses(dst []float64, n Normal) {
	top := math.Inf(-1)
	for k, t := range g.nodes {
		e := n.exponent(t)
		if g.logWeight != nil {
			e += g.logWeight[k]
		}
		dst[k] = e
		top = math.Max(top, e)
	}
	var sum float64
	for _, e := range dst {
		sum += math.Exp(e - top)
	}
	norm := top + math.Log(sum)
	for k := range dst {
		dst[k] -= norm
	}
}
