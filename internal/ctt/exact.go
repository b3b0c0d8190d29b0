package ctt

import (
	"math"
	"math/bits"
)

// crossProduct returns n·Σxy − Σx·Σy, which is n(n−1) times the sample covariance.
//
// It is exact until the last conversion: the subtraction happens in 128-bit integers, so
// a variable without variance gives exactly 0 however large its sums are.
func crossProduct(n, sumX, sumY, sumXY int64) float64 {
	hi, lo := mul128(n, sumXY)
	hi2, lo2 := mul128(sumX, sumY)
	lo, borrow := bits.Sub64(lo, lo2, 0)
	hi, _ = bits.Sub64(hi, hi2, borrow)

	sign := 1.0
	if int64(hi) < 0 {
		sign = -1
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	return sign * (math.Ldexp(float64(hi), 64) + float64(lo))
}

// mul128 is the signed 128-bit product of a and b in two's complement.
func mul128(a, b int64) (hi, lo uint64) {
	hi, lo = bits.Mul64(uint64(a), uint64(b))
	if a < 0 {
		hi -= uint64(b)
	}
	if b < 0 {
		hi -= uint64(a)
	}
	return hi, lo
}

// correlation of two variables from their cross products; false if one has no variance.
func correlation(xy, xx, yy float64) (float64, bool) {
	if !(xx > 0) || !(yy > 0) {
		return 0, false
	}
	r := xy / (math.Sqrt(xx) * math.Sqrt(yy))
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return 0, false
	}
	return math.Max(-1, math.Min(1, r)), true
}

// optional turns a value that may be undefined into the pointer that results carry.
func optional(v float64, ok bool) *float64 {
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// sampleSD is the standard deviation (n−1) from integer sums; 0 below two values.
func sampleSD(n, sum, square int64) float64 {
	if n < 2 {
		return 0
	}
	return math.Sqrt(max(0, crossProduct(n, sum, sum, square)/(float64(n)*float64(n-1))))
}
