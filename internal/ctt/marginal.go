package ctt

import (
	"fmt"
	"math"

	"github.com/aiqhq/aiq/internal/irt"
)

// MarginalSums are the running sums of the abilities of people, estimated by EAP with their
// standard errors (posterior SDs). Abilities lie within a few units of 0, so plain sums lose
// nothing.
type MarginalSums struct {
	N              float64
	SumTheta       float64
	SumThetaSquare float64
	SumSESquare    float64
}

// Add counts one person. Estimates that are not finite are left out.
func (s *MarginalSums) Add(e irt.Estimate) {
	if !finite(e.Theta) || !finite(e.SE) {
		return
	}
	s.Merge(MarginalSums{1, e.Theta, e.Theta * e.Theta, e.SE * e.SE})
}

// Merge adds the sums of other people.
func (s *MarginalSums) Merge(o MarginalSums) {
	s.N += o.N
	s.SumTheta += o.SumTheta
	s.SumThetaSquare += o.SumThetaSquare
	s.SumSESquare += o.SumSESquare
}

// Remove takes out sums that were added or merged before.
func (s *MarginalSums) Remove(o MarginalSums) {
	s.Merge(MarginalSums{-o.N, -o.SumTheta, -o.SumThetaSquare, -o.SumSESquare})
}

// MarginalReliability is the reliability of ability estimates over a group of people. It needs no
// two people to have seen the same items.
type MarginalReliability struct {
	People       int64
	VarianceEAP  *float64 // n−1
	MeanSESquare *float64
	// Empirical is Var(EAP)/(Var(EAP) + mean SE²) (Bechger et al. 2003, eq. 21; du Toit 2003).
	Empirical *float64
	// FromError is 1 − mean SE²/prior variance (Green et al. 1984).
	FromError *float64
}

// Reliability computes both forms; priorSD is that of the population the EAPs assume.
func (s MarginalSums) Reliability(priorSD float64) MarginalReliability {
	r := MarginalReliability{People: int64(math.Round(s.N))}
	if s.N < 1 {
		return r
	}
	error2 := s.SumSESquare / s.N
	r.MeanSESquare = optional(error2, true)
	if priorSD > 0 {
		r.FromError = optional(1-error2/(priorSD*priorSD), true)
	}
	if s.N < 2 {
		return r
	}
	variance := max(0, (s.SumThetaSquare-s.SumTheta*s.SumTheta/s.N)/(s.N-1))
	r.VarianceEAP = optional(variance, true)
	if d := variance + error2; d > 0 {
		r.Empirical = optional(variance/d, true)
	}
	return r
}

// TestReliability is the reliability that a test's information implies in a normal population
// with standard deviation 1: the mean of I/(I+1) over N(0, 1). It fails with irt.ErrItem on an
// impossible item.
func TestReliability(items []irt.Item) (float64, error) {
	for i, item := range items {
		if err := item.Validate(); err != nil {
			return 0, fmt.Errorf("test reliability: item %d: %w", i, err)
		}
	}
	// Equally spaced points are exact for a smooth integrand that vanishes at both ends.
	const nodes, reach = 321, 8.0
	var sum, weights float64
	for k := range nodes {
		theta := -reach + 2*reach*float64(k)/(nodes-1)
		w := math.Exp(-theta * theta / 2)
		i := irt.TestInformation(items, theta)
		if math.IsInf(i, 1) {
			sum += w
		} else {
			sum += w * i / (i + 1)
		}
		weights += w
	}
	return sum / weights, nil
}
