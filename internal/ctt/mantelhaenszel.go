package ctt

import "math"

// DIFStratum counts right and wrong answers to one item among people of equal standing, in
// the reference and in the focal group. Strata of different people merge by addition.
type DIFStratum struct {
	// Match is what the people are equal in: the number right, or an ability.
	Match float64

	ReferenceRight, ReferenceWrong int64
	FocalRight, FocalWrong         int64
}

// ETSClass is the size of differential functioning on the scale of Educational Testing Service
// (Zieky 1993): A negligible, B moderate, C large.
type ETSClass string

const (
	ClassA ETSClass = "A"
	ClassB ETSClass = "B"
	ClassC ETSClass = "C"
)

// MantelHaenszel is the Mantel-Haenszel analysis of one item.
type MantelHaenszel struct {
	Strata           int // with two people or more
	StrataBothGroups int // of them, with people of both groups

	Alpha     *float64 // common odds ratio, reference over focal (Mantel & Haenszel 1959)
	LnAlpha   *float64
	SELnAlpha *float64 // Robins, Breslow & Greenland (1986)
	DDIF      *float64 // −2.35·LnAlpha (Holland & Thayer 1988); negative: harder for the focal group
	SEDDIF    *float64

	// ChiSquare has one degree of freedom and is corrected for continuity by .5, except where
	// |ΣA − E| is below .5.
	ChiSquare            *float64
	P                    *float64
	ChiSquareUncorrected *float64
	PUncorrected         *float64

	// Class follows the significance rules: A if |DDIF| < 1 or P ≥ .05, C if |DDIF| ≥ 1.5 and
	// significantly above 1 (one-sided 5 %), else B. ClassBySize looks at |DDIF| alone. Both are
	// empty where DDIF is not defined.
	Class       ETSClass
	ClassBySize ETSClass
}

const (
	deltaScale = 2.35               // 4/1.7: ETS's delta has SD 4, and 1.7 logits are about one normal deviate
	onesided95 = 1.6448536269514722 // .95 quantile of the standard normal distribution
)

// NewMantelHaenszel analyses one item's strata. Strata of one person are dropped: they say
// nothing.
func NewMantelHaenszel(strata []DIFStratum) MantelHaenszel {
	var mh MantelHaenszel
	var sumR, sumS, sumPR, sumPSQR, sumQS, observed, variance float64
	for _, s := range strata {
		a, b := float64(s.ReferenceRight), float64(s.ReferenceWrong)
		c, d := float64(s.FocalRight), float64(s.FocalWrong)
		n := a + b + c + d
		if n < 2 {
			continue
		}
		mh.Strata++
		if a+b > 0 && c+d > 0 {
			mh.StrataBothGroups++
		}
		p, q, r, t := (a+d)/n, (b+c)/n, a*d/n, b*c/n
		sumR += r
		sumS += t
		sumPR += p * r
		sumPSQR += p*t + q*r
		sumQS += q * t
		observed += a - (a+b)*(a+c)/n
		variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
	}
	if variance > 0 {
		gap := math.Abs(observed)
		correction := 0.0
		if gap >= .5 {
			correction = .5
		}
		mh.ChiSquare, mh.P = chiSquared((gap-correction)*(gap-correction)/variance, 1)
		mh.ChiSquareUncorrected, mh.PUncorrected = chiSquared(gap*gap/variance, 1)
	}
	if sumS > 0 {
		mh.Alpha = optional(sumR/sumS, true)
	}
	if sumR > 0 && sumS > 0 {
		ln := math.Log(sumR / sumS)
		se := math.Sqrt(sumPR/(2*sumR*sumR) + sumPSQR/(2*sumR*sumS) + sumQS/(2*sumS*sumS))
		mh.LnAlpha, mh.SELnAlpha = optional(ln, true), optional(se, true)
		mh.DDIF, mh.SEDDIF = optional(-deltaScale*ln, true), optional(deltaScale*se, true)
		mh.classify()
	}
	return mh
}

func (mh *MantelHaenszel) classify() {
	if mh.DDIF == nil || mh.SEDDIF == nil || mh.P == nil {
		return
	}
	size := math.Abs(*mh.DDIF)
	switch {
	case size < 1:
		mh.ClassBySize = ClassA
	case size < 1.5:
		mh.ClassBySize = ClassB
	default:
		mh.ClassBySize = ClassC
	}
	switch {
	case size < 1 || *mh.P >= .05:
		mh.Class = ClassA
	case size >= 1.5 && size-1 > onesided95**mh.SEDDIF:
		mh.Class = ClassC
	default:
		mh.Class = ClassB
	}
}
