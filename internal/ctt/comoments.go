package ctt

import "math"

// Comoments are the centered sums of two paired variables, updated without cancellation
// (Welford 1962; merging: Chan, Golub & LeVeque 1983).
type Comoments struct {
	N            float64
	MeanX, MeanY float64
	SXX, SYY     float64 // Σ(x − x̄)², Σ(y − ȳ)²
	SXY          float64 // Σ(x − x̄)(y − ȳ)
}

// Add counts one pair.
func (c *Comoments) Add(x, y float64) { c.Merge(Comoments{N: 1, MeanX: x, MeanY: y}) }

// Merge adds other pairs.
func (c *Comoments) Merge(o Comoments) { c.combine(o, 1) }

// Remove takes out pairs that were added or merged before. Rounding grows when what stays is
// much smaller than what goes.
func (c *Comoments) Remove(o Comoments) { c.combine(o, -1) }

func (c *Comoments) combine(o Comoments, sign float64) {
	n := c.N + sign*o.N
	if n <= 0 {
		*c = Comoments{}
		return
	}
	dx, dy := o.MeanX-c.MeanX, o.MeanY-c.MeanY
	w := sign * o.N / n
	between := sign * c.N * o.N / n
	c.SXX = max(0, c.SXX+sign*o.SXX+between*dx*dx)
	c.SYY = max(0, c.SYY+sign*o.SYY+between*dy*dy)
	c.SXY += sign*o.SXY + between*dx*dy
	c.MeanX += w * dx
	c.MeanY += w * dy
	c.N = n
}

// Correlation is Pearson's r. False if either variable does not vary.
func (c Comoments) Correlation() (float64, bool) { return correlation(c.SXY, c.SXX, c.SYY) }

// SDs are the standard deviations (n−1). False below two pairs.
func (c Comoments) SDs() (x, y float64, ok bool) {
	if c.N < 2 {
		return 0, 0, false
	}
	return math.Sqrt(c.SXX / (c.N - 1)), math.Sqrt(c.SYY / (c.N - 1)), true
}

// comomentsOf computes the sums in two passes, the most exact way.
func comomentsOf(x, y []float64) Comoments {
	c := Comoments{N: float64(len(x))}
	if len(x) == 0 {
		return Comoments{}
	}
	for i := range x {
		c.MeanX += x[i] / c.N
		c.MeanY += y[i] / c.N
	}
	for i := range x {
		dx, dy := x[i]-c.MeanX, y[i]-c.MeanY
		c.SXX += dx * dx
		c.SYY += dy * dy
		c.SXY += dx * dy
	}
	return c
}
