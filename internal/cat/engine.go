package cat

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aiqhq/aiq/internal/irt"
)

// StopReason says why an adaptive test ended.
type StopReason string

// The reasons for which a test ends.
const (
	MaxItems      StopReason = "MAX_ITEMS"
	SEThreshold   StopReason = "SE_THRESHOLD"
	ThetaStable   StopReason = "THETA_STABLE"
	BankExhausted StopReason = "BANK_EXHAUSTED"
)

// StopReasons lists every reason, in the order in which the rules are asked.
func StopReasons() []StopReason {
	return []StopReason{MaxItems, SEThreshold, ThetaStable, BankExhausted}
}

// Answer is one answered item. It carries the item as it was administered, so
// that a decision does not depend on what became of the item since: one that was
// recalibrated counts with the parameters it had, and one that left the bank
// still counts. For an item that is still in the bank, [Bank.Item] gives it.
type Answer struct {
	Item    Item
	Correct bool
}

// State is all that a decision depends on besides the engine.
type State struct {
	// Prior is the distribution of theta before the first answer.
	Prior irt.Normal
	// Answers so far, in the order in which they were given.
	Answers []Answer
	// Seen holds the ids of items that the person met in earlier tests; they are
	// not offered. Ids that the bank does not hold are ignored.
	Seen []int64
	// Seed makes the draws of this test its own.
	Seed uint64
}

// Decision is what an engine says after the answers so far: give Item, or stop.
type Decision struct {
	// Stop is true when the test ends, for Reason; Item is then the zero value.
	Stop   bool
	Reason StopReason
	// Item to give next, with the parameters in force.
	Item Item
	// Information of Item at Theta.
	Information float64
	// Theta is the posterior mean (EAP) and SE the posterior standard deviation,
	// after all answers; without any they are the prior's.
	Theta, SE float64
	// Passed lists the items that were proposed and turned away by
	// [SympsonHetter] exposure control, best first; else it is nil.
	Passed []int64
}

// Engine is a bank prepared for a set of rules. It is immutable and safe for
// concurrent use.
type Engine struct {
	bank   *Bank
	rules  Rules
	grid   *irt.Grid
	ranker ranker
	// admission and rates are per item of the bank; nil means that every item is
	// always admitted, or that none has been given yet.
	admission, rates []float64
	tests            *sync.Pool
}

// NewEngine prepares a bank for rules. Preparation takes tens of milliseconds
// and tens of megabytes for 10,000 items, so keep the engine for as long as
// bank and rules stay the same.
//
// The error wraps [ErrRules] when the rules are invalid or have another number
// of domains than the bank.
func NewEngine(bank *Bank, rules Rules) (*Engine, error) {
	if err := rules.Validate(); err != nil {
		return nil, err
	}
	if len(rules.Weights) != bank.domains {
		return nil, fmt.Errorf("%w: %d weights for %d domains", ErrRules, len(rules.Weights), bank.domains)
	}
	rules.Weights = slices.Clone(rules.Weights)
	grid, err := rules.grid()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRules, err)
	}
	e := &Engine{
		bank:   bank,
		rules:  rules,
		grid:   grid,
		ranker: newRanker(bank, rules),
	}
	e.pool()
	return e, nil
}

// pool gives the engine tests of its own to reuse.
func (e *Engine) pool() {
	e.tests = &sync.Pool{New: func() any { return e.NewTest() }}
}

// Bank is the snapshot that the engine chooses from.
func (e *Engine) Bank() *Bank { return e.bank }

// Rules are the rules that the engine follows.
func (e *Engine) Rules() Rules {
	rules := e.rules
	rules.Weights = slices.Clone(rules.Weights)
	return rules
}

// WithAdmission returns an engine that gives a proposed item with the given
// probability, by item id; an item that is not named is always given. It has an
// effect under [SympsonHetter]. Ids that the bank does not hold are ignored. The
// error wraps [ErrExposure] for a probability outside [0, 1].
func (e *Engine) WithAdmission(probability map[int64]float64) (*Engine, error) {
	admission, err := e.perItem(probability, 1)
	if err != nil {
		return nil, fmt.Errorf("admission probability of %w", err)
	}
	with := *e
	with.admission = admission
	with.pool()
	return &with, nil
}

// WithRates returns an engine that knows how often items have been given:
// administrations divided by tests, by item id; 0 for an item that is not named.
// It has an effect under [ProgressiveRestricted]. Ids that the bank does not hold
// are ignored. The error wraps [ErrExposure] for a rate outside [0, 1].
func (e *Engine) WithRates(rates map[int64]float64) (*Engine, error) {
	perItem, err := e.perItem(rates, 0)
	if err != nil {
		return nil, fmt.Errorf("exposure rate of %w", err)
	}
	with := *e
	with.rates = perItem
	with.pool()
	return &with, nil
}

// perItem spreads values by id over the bank's items.
func (e *Engine) perItem(values map[int64]float64, otherwise float64) ([]float64, error) {
	spread := slices.Repeat([]float64{otherwise}, e.bank.Len())
	for _, id := range slices.Sorted(maps.Keys(values)) {
		v := values[id]
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("item %d is %v: %w", id, v, ErrExposure)
		}
		if i, ok := e.bank.index[id]; ok {
			spread[i] = v
		}
	}
	return spread, nil
}

// leastSD keeps a prior from being so narrow that it falls between all points.
const leastSD = 1e-6

func (r *Rules) checkPrior(prior irt.Normal) error {
	if !(r.ThetaMin <= prior.Mean && prior.Mean <= r.ThetaMax && prior.SD >= leastSD) {
		return fmt.Errorf("%w: prior with mean %v and SD %v, theta from %v to %v",
			ErrState, prior.Mean, prior.SD, r.ThetaMin, r.ThetaMax)
	}
	return nil
}

// Next decides what follows the answers in s. The rules are asked in this order:
//
//  1. fewer than [Rules.MinItems] answers: go on;
//  2. [Rules.MaxItems] answers: stop with [MaxItems];
//  3. content requirement not met: go on;
//  4. standard error below [Rules.TargetSE]: stop with [SEThreshold];
//  5. theta stable: stop with [ThetaStable];
//
// and a test that goes on but has no item left stops with [BankExhausted].
//
// The error wraps [ErrState] for a prior whose mean lies outside the engine's
// points of theta or whose SD is not positive, finite and at least 1e-6, [ErrItem] for an answer to an invalid item, and [ErrDuplicate] for two answers
// to the same item.
func (e *Engine) Next(s State) (Decision, error) {
	t := e.tests.Get().(*Test)
	defer e.tests.Put(t)
	if err := t.Start(s); err != nil {
		return Decision{}, err
	}
	return t.Next(), nil
}
