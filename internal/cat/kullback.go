package cat

import (
	"cmp"
	"math"
	"slices"

	"github.com/aiqhq/aiq/internal/irt"
)

// kullback ranks by the Kullback-Leibler index: the integral of the item's
// Kullback-Leibler information at theta over an interval around theta.
type kullback struct {
	bank *Bank
	// items of each domain in descending order of discrimination, which bounds the
	// index; a search ends where the bound falls below the best found.
	items blocks
	width float64
}

func newKullback(bank *Bank, rules Rules) *kullback {
	kl := &kullback{bank: bank, items: newBlocks(bank), width: rules.KLWidth}
	for _, items := range kl.items {
		slices.SortStableFunc(items, func(x, y int32) int {
			return cmp.Compare(bank.params[y].A, bank.params[x].A)
		})
	}
	return kl
}

func (kl *kullback) rank(t *Test, k int) {
	delta := kl.width / math.Sqrt(float64(max(1, t.answered)))
	t.best.reset(k)
	for d, items := range kl.items {
		if !t.allowed[d] {
			continue
		}
		for _, i := range items {
			params := kl.bank.params[i]
			if !t.best.admits(kullbackBound(params, delta)) {
				break
			}
			if t.available(i) {
				t.best.offer(kullbackIndex(params, t.estimate.Theta, delta), i)
			}
		}
	}
}

// kullbackBound is the most that the index can be. With r and w for right and wrong
// in [curvature], r <= 1-s and w <= s at height s of the logistic curve, so that
// K” is at most a^2 s (1-s), and that at most a^2/4.
func kullbackBound(item irt.Item, delta float64) float64 {
	const rounding = 1 + 1e-9
	return rounding * item.A * item.A * delta * delta * delta / 12
}

// kullbackIndex is the integral over x in [theta-delta, theta+delta] of
//
//	K(x) = P ln(P/P(x)) + Q ln(Q/Q(x)),  P and Q at theta
//
// (Chang & Ying 1996). K and its slope vanish at theta, so that
// integrating by parts twice leaves
//
//	∫ (delta-v)^2/2 (K''(theta+v) + K''(theta-v)) dv  over v in [0, delta],
//
// which needs no logarithms and loses no digits where K is small.
func kullbackIndex(item irt.Item, theta, delta float64) float64 {
	// Exponentials stay finite; items so far away or so steep are flat at all points.
	const farthest, steepest = 600, 100
	e := math.Exp(max(-farthest, min(farthest, item.A*(item.B-theta))))
	p := item.C + (upper(item)-item.C)/(1+e)
	// The trapezoidal rule at equal distances needs no further exponentials. Its
	// error comes from the end at v = 0, where the Euler-Maclaurin formula corrects
	// it; at the other end the weight and its slope vanish.
	const points, h = 8, 1. / 8
	step := math.Exp(-min(steepest, item.A*delta) * h)
	back := 1 / step
	above, below := e, e
	sum := (h - h*h/3) * curvature(item, e, p)
	for j := 1; j < points; j++ {
		above, below = above*step, below*back
		v := 1 - float64(j)*h
		sum += h * v * v * (curvature(item, above, p) + curvature(item, below, p))
	}
	return delta * delta * delta / 2 * sum
}

// curvature is K” at the point x where exp(-a (x-b)) is e: minus the second
// derivative of p ln P(x) + (1-p) ln Q(x). For the 2PL it is the item information
// at x, whatever p is.
func curvature(item irt.Item, e, p float64) float64 {
	up := 1 / (1 + e)
	down := e * up
	upper := upper(item)
	span := upper - item.C
	// right and wrong are P'/(a P) and -Q'/(a Q); written so that they stay exact
	// where P or Q vanishes.
	right, wrong := down, up
	if item.C > 0 {
		right *= span * up / (item.C + span*up)
	}
	if upper < 1 {
		wrong *= span * down / (1 - upper + span*down)
	}
	return item.A * item.A * (p*right*(right-down+up) + (1-p)*wrong*(wrong+down-up))
}
