package irt

// scoreDistribution writes to dst the distribution of the number of right
// answers, 0 to len(p), to independent items with probabilities p (Lord & Wingersky 1984),
// and returns it. dst has room for len(p)+1 numbers.
func scoreDistribution(dst, p []float64) []float64 {
	dst = dst[:1]
	dst[0] = 1
	for _, right := range p {
		dst = appendItem(dst, right)
	}
	return dst
}

// appendItem extends a distribution of the number right by one item.
func appendItem(f []float64, right float64) []float64 {
	f = append(f, 0)
	for r := len(f) - 1; r > 0; r-- {
		f[r] = f[r]*(1-right) + f[r-1]*right
	}
	f[0] *= 1 - right
	return f
}
