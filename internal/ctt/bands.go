package ctt

import "math"

// DiscriminationTier names how well an item separates people, by its item-rest correlation.
type DiscriminationTier string

const (
	ExcellentDiscrimination  DiscriminationTier = "EXCELLENT"  // ≥ .40
	GoodDiscrimination       DiscriminationTier = "GOOD"       // ≥ .30
	AcceptableDiscrimination DiscriminationTier = "ACCEPTABLE" // ≥ .20
	PoorDiscrimination       DiscriminationTier = "POOR"       // ≥ .10
	VeryPoorDiscrimination   DiscriminationTier = "VERY_POOR"  // ≥ 0
	NegativeDiscrimination   DiscriminationTier = "NEGATIVE"   // < 0: better people fail it
)

// TierOf names the tier of an item-rest correlation (Ebel 1965 for .40, .30 and .20).
// It is empty for NaN.
func TierOf(itemRest float64) DiscriminationTier {
	switch {
	case math.IsNaN(itemRest):
		return ""
	case itemRest >= .40:
		return ExcellentDiscrimination
	case itemRest >= .30:
		return GoodDiscrimination
	case itemRest >= .20:
		return AcceptableDiscrimination
	case itemRest >= .10:
		return PoorDiscrimination
	case itemRest >= 0:
		return VeryPoorDiscrimination
	}
	return NegativeDiscrimination
}

// Band is a verbal reading of a reliability coefficient.
type Band string

const (
	Excellent    Band = "EXCELLENT"
	Good         Band = "GOOD"
	Acceptable   Band = "ACCEPTABLE"
	Questionable Band = "QUESTIONABLE"
	Poor         Band = "POOR"
	Unacceptable Band = "UNACCEPTABLE"
)

// ReliabilityBand reads an internal-consistency or marginal reliability: .90 excellent, .80
// good, .70 acceptable, .60 questionable, .50 poor, else unacceptable (George & Mallery
// 2003). It is empty for NaN.
func ReliabilityBand(r float64) Band {
	switch {
	case math.IsNaN(r):
		return ""
	case r >= .90:
		return Excellent
	case r >= .80:
		return Good
	case r >= .70:
		return Acceptable
	case r >= .60:
		return Questionable
	case r >= .50:
		return Poor
	}
	return Unacceptable
}

// RetestBand reads a test-retest correlation: .90 excellent, .70 good, .50 acceptable, else
// poor. It is empty for NaN.
func RetestBand(r float64) Band {
	switch {
	case math.IsNaN(r):
		return ""
	case r >= .90:
		return Excellent
	case r >= .70:
		return Good
	case r >= .50:
		return Acceptable
	}
	return Poor
}
