package desk

import (
	"math"
	"strconv"
)

// defined is a number for JSON: nil if it is not finite.
func defined(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// nonzero is a number of which 0 means that it is not known.
func nonzero(x float64) *float64 {
	if x == 0 {
		return nil
	}
	return defined(x)
}

// optional is a number that may not be defined.
func optional(x float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return defined(x)
}

// cell is a number in a CSV file, exact, empty if it is not defined.
func cell(x *float64) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(*x, 'g', -1, 64)
}

// word is a constant for JSON: nil if it is empty.
func word[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}
