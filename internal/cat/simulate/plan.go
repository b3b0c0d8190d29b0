// Package simulate gives adaptive tests to simulated examinees, whose true
// ability is known, and reports how well an engine measures them and how evenly
// it uses its bank.
//
// Every examinee has random numbers of their own, made from the plan's seed and
// their place in it, and sums are taken in that order: the same plan gives the
// same report on any number of processors.
package simulate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/aiqhq/aiq/internal/irt"
)

// ErrPlan marks a plan that can't be carried out. Errors say why.
var ErrPlan = errors.New("invalid simulation plan")

// maxExaminees keeps a mistyped number from asking for all memory.
const maxExaminees = 100_000_000

// Plan says whom to test.
type Plan struct {
	// Thetas are the examinees' true abilities. If empty, Examinees are drawn from
	// Population.
	Thetas     []float64
	Examinees  int
	Population irt.Normal
	// Prior is the engine's prior for each of them.
	Prior irt.Normal
	Seed  uint64
	// RefreshEvery is the number of tests after which the engine learns the exposure
	// rates so far, as a server does when it reloads its bank; 0 is never. It
	// matters under [cat.ProgressiveRestricted].
	RefreshEvery int
	// Workers is the number of tests at a time; 0 is one per processor.
	Workers int
	// Progress, if set, is told now and then how many of all tests are done. Calls
	// do not overlap.
	Progress func(done, total int)
}

// DefaultPlan is a number of examinees from the standard normal population under
// the same prior, with exposure rates refreshed every 100 tests.
func DefaultPlan(examinees int, seed uint64) Plan {
	return Plan{
		Examinees:    examinees,
		Population:   irt.StandardNormal(),
		Prior:        irt.StandardNormal(),
		Seed:         seed,
		RefreshEvery: 100,
	}
}

// Validate reports what makes the plan impossible; the error wraps [ErrPlan].
func (p Plan) Validate() error {
	if p.RefreshEvery < 0 || p.Workers < 0 {
		return fmt.Errorf("%w: refresh every %d tests, %d workers", ErrPlan, p.RefreshEvery, p.Workers)
	}
	if err := p.Prior.Validate(); err != nil {
		return fmt.Errorf("%w: prior: %w", ErrPlan, err)
	}
	if n := p.size(); n < 1 || n > maxExaminees {
		return fmt.Errorf("%w: %d examinees", ErrPlan, n)
	}
	for i, theta := range p.Thetas {
		if math.IsNaN(theta) || math.IsInf(theta, 0) {
			return fmt.Errorf("%w: ability %v of examinee %d", ErrPlan, theta, i+1)
		}
	}
	if len(p.Thetas) == 0 {
		if err := p.Population.Validate(); err != nil {
			return fmt.Errorf("%w: population: %w", ErrPlan, err)
		}
	}
	return nil
}

// size is the number of examinees.
func (p Plan) size() int {
	if len(p.Thetas) > 0 {
		return len(p.Thetas)
	}
	return p.Examinees
}

// theta is the true ability of the i-th examinee, and takes the first of their
// random numbers.
func (p Plan) theta(i int, rng *rand.Rand) float64 {
	z := rng.NormFloat64()
	if len(p.Thetas) > 0 {
		return p.Thetas[i]
	}
	return p.Population.Mean + p.Population.SD*z
}

// seed starts the random numbers of the i-th examinee.
func (p Plan) seed(source *rand.PCG, i int) {
	// The odd factor sets neighbours far apart.
	source.Seed(p.Seed, uint64(i+1)*0x9e3779b97f4a7c15)
}
