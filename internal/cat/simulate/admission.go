package simulate

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/internal/cat"
)

// AdmissionTarget says how far Sympson-Hetter exposure control is to go.
type AdmissionTarget struct {
	// MaxExposure is the highest rate that an item may have, in (0, 1].
	MaxExposure float64
	// Tolerance is how far the highest simulated rate may lie above it, as a share of
	// it. Simulated rates fluctuate, so that 0 is out of reach.
	Tolerance float64
	// Rounds is the number of simulations after which the search ends.
	Rounds int
}

// DefaultAdmissionTarget is no item above a rate, within a tenth, in at most 30 rounds.
func DefaultAdmissionTarget(maxExposure float64) AdmissionTarget {
	return AdmissionTarget{MaxExposure: maxExposure, Tolerance: .1, Rounds: 30}
}

// Admission is the outcome of a search for admission probabilities.
type Admission struct {
	// Probability is by item id; an item that is not named is always admitted. It is
	// what [cat.Engine.WithAdmission] takes.
	Probability map[int64]float64
	// MaxExposure is the highest rate in each round. The probabilities are those of
	// the round with the lowest.
	MaxExposure []float64
	// Reached is true when a round met the target.
	Reached bool
}

// FindAdmission finds admission probabilities for Sympson-Hetter exposure control
// by repeated simulation of the plan (Sympson & Hetter 1985; Hetter & Sympson
// 1997): after each round an item that was proposed in a share P of all tests gets
// the probability min(1, r/P), r being the wanted maximum rate.
//
// No rate can be below the mean length of a test divided by the number of items;
// with content rules the same holds within each domain. A target out of reach is
// no error, but leaves Reached false. The engine must be under
// [cat.SympsonHetter], else the error wraps [ErrPlan].
func FindAdmission(ctx context.Context, engine *cat.Engine, plan Plan, target AdmissionTarget) (*Admission, error) {
	if engine.Rules().Exposure != cat.SympsonHetter {
		return nil, fmt.Errorf("%w: admission under exposure rule %q", ErrPlan, engine.Rules().Exposure)
	}
	if !(target.MaxExposure > 0 && target.MaxExposure <= 1 && target.Tolerance >= 0) || target.Rounds < 1 {
		return nil, fmt.Errorf("%w: admission target %+v", ErrPlan, target)
	}
	found := &Admission{}
	lowest := 2.
	probability := map[int64]float64{}
	progress, seed := plan.Progress, plan.Seed
	for round := range target.Rounds {
		current, err := engine.WithAdmission(probability)
		if err != nil {
			return nil, err
		}
		if progress != nil {
			plan.Progress = func(done, total int) { progress(round*total+done, target.Rounds*total) }
		}
		// New examinees, so that the probabilities do not fit one sample.
		plan.Seed = seed + uint64(round)
		s, err := simulate(ctx, current, plan)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", round+1, err)
		}
		highest := exposure(s.given, len(s.tests)).Max
		found.MaxExposure = append(found.MaxExposure, highest)
		if highest < lowest {
			lowest, found.Probability = highest, probability
		}
		if highest <= target.MaxExposure*(1+target.Tolerance) {
			found.Reached = true
			break
		}
		probability = s.admission(target.MaxExposure)
	}
	return found, nil
}

// admission is the probabilities that the proposals of a round ask for.
func (s *simulation) admission(maxExposure float64) map[int64]float64 {
	probability := make(map[int64]float64)
	for id, place := range s.places {
		if share := float64(s.proposed[place]) / float64(len(s.tests)); share > maxExposure {
			probability[id] = maxExposure / share
		}
	}
	return probability
}
