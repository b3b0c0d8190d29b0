package cat

import (
	"fmt"
	"math"

	"github.com/aiqhq/aiq/internal/irt"
)

// Test is one adaptive test in progress, and a workspace that can be used for
// many, one after the other. It decides as [Engine.Next] does, but an answer
// costs the same however many came before. It is for one goroutine at a time.
type Test struct {
	engine    *Engine
	seed      uint64
	posterior *irt.Posterior
	// estimate after all answers, and theta before the last one.
	estimate irt.Estimate
	previous float64
	answered int
	// perDomain counts answers, and allowed marks the domains that content balance
	// leaves for the choice at hand.
	perDomain []int
	allowed   []bool
	// marks says which items of the bank may not be given: those marked with
	// generation (seen before) or generation+1 (answered). Marks of earlier tests
	// are smaller, so that a new test starts without clearing them.
	marks      []uint32
	generation uint32
	// strangers are answered items that the bank does not have.
	strangers map[int64]struct{}
	// restricted is true while over-exposed items are withheld.
	restricted bool
	best       ranking
}

// NewTest returns a test under the standard normal prior, with seed 0.
func (e *Engine) NewTest() *Test {
	t := &Test{
		engine:    e,
		posterior: irt.NewPosterior(e.grid),
		perDomain: make([]int, e.bank.domains),
		allowed:   make([]bool, e.bank.domains),
		marks:     make([]uint32, e.bank.Len()),
		strangers: make(map[int64]struct{}),
	}
	t.begin(0)
	return t
}

// Start begins a new test in state s, forgetting the one before. Its errors are
// those of [Engine.Next]; after an error the test must be started again.
func (t *Test) Start(s State) error {
	if err := t.engine.rules.checkPrior(s.Prior); err != nil {
		return err
	}
	if err := t.posterior.Reset(s.Prior); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	t.begin(s.Seed)
	for _, id := range s.Seen {
		if i, ok := t.engine.bank.index[id]; ok {
			t.marks[i] = t.generation
		}
	}
	for n, answer := range s.Answers {
		// The rules ask only for the last answer's step, so that the estimates
		// before it are not needed.
		if n > 0 && n == len(s.Answers)-1 {
			t.estimate = t.posterior.Estimate()
		}
		if err := t.add(answer); err != nil {
			return fmt.Errorf("answer %d: %w", n+1, err)
		}
	}
	if len(s.Answers) > 0 {
		t.advance()
	}
	return nil
}

// begin empties the test; the posterior holds the prior.
func (t *Test) begin(seed uint64) {
	t.seed = seed
	t.estimate = t.posterior.Estimate()
	t.previous = t.estimate.Theta
	t.answered = 0
	clear(t.perDomain)
	clear(t.strangers)
	if t.generation > math.MaxUint32-4 {
		clear(t.marks)
		t.generation = 0
	}
	t.generation += 2
}

// Record takes the next answer. The error wraps [ErrItem] or [ErrDuplicate], and
// then nothing has changed.
func (t *Test) Record(answer Answer) error {
	if err := t.add(answer); err != nil {
		return err
	}
	t.advance()
	return nil
}

// advance brings the estimate up to the last answer.
func (t *Test) advance() {
	t.previous = t.estimate.Theta
	t.estimate = t.posterior.Estimate()
}

// add puts an answer into the posterior and leaves the estimate as it was.
func (t *Test) add(answer Answer) error {
	bank, item := t.engine.bank, answer.Item
	if err := bank.check(item); err != nil {
		return err
	}
	i, inBank := bank.index[item.ID]
	if t.hasAnswered(item.ID, i, inBank) {
		return fmt.Errorf("item %d: %w", item.ID, ErrDuplicate)
	}
	if err := t.posterior.Update(item.Params, answer.Correct); err != nil {
		return fmt.Errorf("item %d: %w: %w", item.ID, ErrItem, err)
	}
	if inBank {
		t.marks[i] = t.generation + 1
	} else {
		t.strangers[item.ID] = struct{}{}
	}
	t.perDomain[item.Domain]++
	t.answered++
	return nil
}

func (t *Test) hasAnswered(id int64, i int32, inBank bool) bool {
	if inBank {
		return t.marks[i] == t.generation+1
	}
	_, answered := t.strangers[id]
	return answered
}

// Answered is the number of answers so far.
func (t *Test) Answered() int { return t.answered }

// Estimate is the posterior mean and standard deviation after the answers so far.
func (t *Test) Estimate() irt.Estimate { return t.estimate }

// Next decides what follows the answers so far; see [Engine.Next]. It changes
// nothing: asked again, it says the same.
func (t *Test) Next() Decision {
	d := Decision{Theta: t.estimate.Theta, SE: t.estimate.SE}
	if d.Reason, d.Stop = t.finished(); d.Stop {
		return d
	}
	chosen, ok := t.choose(&d)
	if !ok {
		d.Stop, d.Reason = true, BankExhausted
		return d
	}
	d.Item = t.engine.bank.at(chosen)
	d.Information = d.Item.Params.Information(d.Theta)
	return d
}

// finished asks the stopping rules in their order.
func (t *Test) finished() (StopReason, bool) {
	r := &t.engine.rules
	switch {
	case t.answered < r.MinItems:
		return "", false
	case t.answered >= r.MaxItems:
		return MaxItems, true
	case !t.contentMet():
		return "", false
	case t.estimate.SE < r.TargetSE:
		return SEThreshold, true
	case math.Abs(t.estimate.Theta-t.previous) < r.StableTheta && t.estimate.SE < r.StableSE:
		return ThetaStable, true
	}
	return "", false
}

// available reports whether an item may be given in this test at all, and now.
func (t *Test) available(i int32) bool {
	return t.marks[i] < t.generation && !(t.restricted && t.engine.rates[i] > t.engine.rules.MaxExposure)
}
