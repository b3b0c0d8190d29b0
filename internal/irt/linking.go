package irt

import (
	"errors"
	"fmt"
	"math"
)

// ErrAnchors means anchors that do not determine a link.
var ErrAnchors = errors.New("irt: invalid anchors")

// Anchor is an item calibrated on two scales.
type Anchor struct{ New, Base Item }

// Link is the linear transformation from a new scale to the base scale,
// theta_base = A theta_new + B (Kolen & Brennan 2014, ch. 6). A is positive.
type Link struct{ A, B float64 }

// Theta moves an ability or a difficulty to the base scale.
func (l Link) Theta(theta float64) float64 { return l.A*theta + l.B }

// Estimate moves an estimate to the base scale.
func (l Link) Estimate(e Estimate) Estimate {
	return Estimate{Theta: l.Theta(e.Theta), SE: l.A * e.SE}
}

// Item moves an item to the base scale: a/A, A b + B, the same asymptotes.
func (l Link) Item(item Item) Item {
	item.A /= l.A
	item.B = l.Theta(item.B)
	return item
}

// Inverse is the link from the base scale to the new one.
func (l Link) Inverse() Link { return Link{A: 1 / l.A, B: -l.B / l.A} }

// MeanMean links by A = mean(a_new)/mean(a_base), B = mean(b_base) - A mean(b_new)
// (Loyd & Hoover 1980). Errors wrap [ErrAnchors] or [ErrItem].
func MeanMean(anchors []Anchor) (Link, error) {
	if err := validateAnchors(anchors, 1); err != nil {
		return Link{}, err
	}
	var fresh, base moments
	for _, x := range anchors {
		fresh.add(x.New.A)
		base.add(x.Base.A)
	}
	return throughMeans(anchors, fresh.mean/base.mean), nil
}

// MeanGeometricMean is [MeanMean] with geometric means of the discriminations
// (Mislevy & Bock 1990), less moved by a single large one.
func MeanGeometricMean(anchors []Anchor) (Link, error) {
	if err := validateAnchors(anchors, 1); err != nil {
		return Link{}, err
	}
	var ratio moments
	for _, x := range anchors {
		ratio.add(math.Log(x.New.A / x.Base.A))
	}
	return throughMeans(anchors, math.Exp(ratio.mean)), nil
}

// MeanSigma links by A = SD(b_base)/SD(b_new), B = mean(b_base) - A mean(b_new)
// (Marco 1977). It needs anchors of different difficulty.
func MeanSigma(anchors []Anchor) (Link, error) {
	if err := validateAnchors(anchors, 2); err != nil {
		return Link{}, err
	}
	var fresh, base moments
	for _, x := range anchors {
		fresh.add(x.New.B)
		base.add(x.Base.B)
	}
	if !(fresh.sd() > 0 && base.sd() > 0) {
		return Link{}, fmt.Errorf("%w: all difficulties are equal", ErrAnchors)
	}
	return throughMeans(anchors, base.sd()/fresh.sd()), nil
}

// throughMeans completes a link of given A that maps mean difficulty to mean difficulty.
func throughMeans(anchors []Anchor, a float64) Link {
	var fresh, base moments
	for _, x := range anchors {
		fresh.add(x.New.B)
		base.add(x.Base.B)
	}
	return Link{A: a, B: base.mean - a*fresh.mean}
}

func validateAnchors(anchors []Anchor, least int) error {
	if len(anchors) < least {
		return fmt.Errorf("%w: %d, at least %d needed", ErrAnchors, len(anchors), least)
	}
	for j, x := range anchors {
		if err := x.New.Validate(); err != nil {
			return fmt.Errorf("anchor %d, new: %w", j, err)
		}
		if err := x.Base.Validate(); err != nil {
			return fmt.Errorf("anchor %d, base: %w", j, err)
		}
	}
	return nil
}

// CurveOptions say where characteristic curves are compared.
type CurveOptions struct {
	// Grid holds the abilities; nil means 61 equally spaced on [-4, 4].
	Grid *Grid
	// Uniform weighs the points of the grid equally instead of by the standard normal density.
	Uniform bool
	// Symmetric adds the criterion of the opposite direction, the base anchors moved to
	// the new scale and compared there on the same points (Haebara 1980).
	Symmetric bool
}

func (o CurveOptions) points() (theta, weight []float64) {
	grid := o.Grid
	if grid == nil {
		grid = spaced(-4, 4, 61)
	}
	weight = make([]float64, grid.Len())
	if !o.Uniform {
		grid.masses(weight, StandardNormal())
		return grid.nodes, weight
	}
	for k := range weight {
		weight[k] = 1 / float64(len(weight))
	}
	return grid.nodes, weight
}

// Haebara links by the least weighted sum of squared differences between the
// characteristic curves of each anchor (Haebara 1980), and returns that sum.
func Haebara(anchors []Anchor, options CurveOptions) (Link, float64, error) {
	return linkCurves(anchors, options, false)
}

// StockingLord links by the least weighted sum of squared differences between
// the test characteristic curves, the sums over anchors (Stocking & Lord 1983),
// and returns that sum.
func StockingLord(anchors []Anchor, options CurveOptions) (Link, float64, error) {
	return linkCurves(anchors, options, true)
}

// linkCurves minimises from several starts, since the criterion may have local
// minima.
func linkCurves(anchors []Anchor, options CurveOptions, test bool) (Link, float64, error) {
	first, err := MeanGeometricMean(anchors)
	if err != nil {
		return Link{}, 0, err
	}
	c := curveCriterion{anchors: anchors, symmetric: options.Symmetric, test: test}
	c.theta, c.weight = options.points()
	starts := []Link{first, {A: 1}}
	if second, err := MeanSigma(anchors); err == nil {
		starts = append(starts, second)
	}
	best, least := first, math.Inf(1)
	for _, start := range starts {
		if l, v := c.minimise(start); v < least {
			best, least = l, v
		}
	}
	if math.IsInf(least, 1) {
		return Link{}, 0, fmt.Errorf("%w: the curves do not determine a link", ErrAnchors)
	}
	return best, least, nil
}

// curveCriterion is a sum of squared residuals in A and B.
type curveCriterion struct {
	anchors       []Anchor
	theta, weight []float64
	symmetric     bool
	test          bool // residuals of the sums over anchors, not of each
}

// normal are the sum of squares and the normal equations of its Gauss-Newton step.
type normal struct {
	sum    float64
	g      [2]float64
	aa, ab float64
	bb     float64
}

func (n *normal) add(weight, residual, da, db float64) {
	n.sum += weight * residual * residual
	n.g[0] += weight * residual * da
	n.g[1] += weight * residual * db
	n.aa += weight * da * da
	n.ab += weight * da * db
	n.bb += weight * db * db
}

func (c *curveCriterion) at(l Link) (n normal) {
	for q, theta := range c.theta {
		c.compare(&n, c.weight[q], func(x Anchor) (residual, da, db float64) {
			// The new item on the base scale is the new item at (theta-B)/A.
			on := (theta - l.B) / l.A
			p, slope, _ := x.New.Slopes(on)
			return p - x.Base.P(theta), -slope * on / l.A, -slope / l.A
		})
		if c.symmetric {
			c.compare(&n, c.weight[q], func(x Anchor) (residual, da, db float64) {
				p, slope, _ := x.Base.Slopes(l.Theta(theta))
				return p - x.New.P(theta), slope * theta, slope
			})
		}
	}
	return n
}

func (c *curveCriterion) compare(n *normal, weight float64, difference func(Anchor) (residual, da, db float64)) {
	var r, a, b float64
	for _, x := range c.anchors {
		residual, da, db := difference(x)
		if c.test {
			r, a, b = r+residual, a+da, b+db
		} else {
			n.add(weight, residual, da, db)
		}
	}
	if c.test {
		n.add(weight, r, a, b)
	}
}

// minimise is the method of Levenberg and Marquardt (Marquardt 1963).
func (c *curveCriterion) minimise(l Link) (Link, float64) {
	n, damping := c.at(l), 1e-3
	for range 500 {
		aa, bb := n.aa*(1+damping)+1e-300, n.bb*(1+damping)+1e-300
		det := aa*bb - n.ab*n.ab
		step := Link{A: -(n.g[0]*bb - n.g[1]*n.ab) / det, B: -(n.g[1]*aa - n.g[0]*n.ab) / det}
		next := Link{A: l.A + step.A, B: l.B + step.B}
		if math.IsNaN(next.A + next.B) {
			break
		}
		if next.A > l.A/10 && next.A < l.A*10 {
			if m := c.at(next); m.sum <= n.sum {
				l, n = next, m
				damping = math.Max(damping/10, 1e-12)
				if math.Abs(step.A)+math.Abs(step.B) < 1e-13*(1+math.Abs(l.B)) {
					break
				}
				continue
			}
		}
		if damping *= 4; damping > 1e15 {
			break
		}
	}
	if math.IsNaN(n.sum) {
		return l, math.Inf(1)
	}
	return l, n.sum
}

// AnchorDrift says how an anchor's two calibrations differ once linked.
type AnchorDrift struct {
	// Linked is the new item on the base scale.
	Linked Item
	// ADifference and BDifference are linked minus base.
	ADifference, BDifference float64
	// WRMSD is the root of the weighted mean squared difference between the two
	// characteristic curves, in probability.
	WRMSD float64
}

// Drift returns how far each anchor has moved under a link. A large WRMSD, say above
// 0.1, suggests linking again without that anchor.
func Drift(anchors []Anchor, link Link, options CurveOptions) ([]AnchorDrift, error) {
	if err := validateAnchors(anchors, 1); err != nil {
		return nil, err
	}
	if !(link.A > 0) || math.IsInf(link.A, 1) || math.IsNaN(link.B) || math.IsInf(link.B, 0) {
		return nil, fmt.Errorf("%w: link %+v", ErrAnchors, link)
	}
	theta, weight := options.points()
	drift := make([]AnchorDrift, len(anchors))
	for j, x := range anchors {
		linked := link.Item(x.New)
		var sum float64
		for q, t := range theta {
			d := x.Base.P(t) - linked.P(t)
			sum += weight[q] * d * d
		}
		drift[j] = AnchorDrift{
			Linked: linked, ADifference: linked.A - x.Base.A, BDifference: linked.B - x.Base.B, WRMSD: math.Sqrt(sum),
		}
	}
	return drift, nil
}
