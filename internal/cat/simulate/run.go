package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/aiqhq/aiq/internal/cat"
)

// chunk is how many examinees a worker takes at a time: few enough that
// cancellation and progress come soon, enough that sharing costs nothing.
const chunk = 64

// Run tests every examinee of the plan and reports on them. It stops early with
// the context's error when the context ends; other errors wrap [ErrPlan], or are
// those of [cat.Engine.Next] for the plan's prior.
func Run(ctx context.Context, engine *cat.Engine, plan Plan) (*Report, error) {
	s, err := simulate(ctx, engine, plan)
	if err != nil {
		return nil, err
	}
	return s.report(), nil
}

// simulation is what a run gathers.
type simulation struct {
	plan   Plan
	bank   *cat.Bank
	places map[int64]int
	tests  []Test
	// given and proposed count tests by item, in the order of the bank.
	given, proposed []int

	mu   sync.Mutex
	next int
	done int
}

// Test is one examinee's test.
type Test struct {
	// True is the ability that the answers were drawn from.
	True float64 `json:"true"`
	// Theta and SE are the final estimate.
	Theta  float64        `json:"theta"`
	SE     float64        `json:"se"`
	Items  int            `json:"items"`
	Reason cat.StopReason `json:"reason"`
}

func simulate(ctx context.Context, engine *cat.Engine, plan Plan) (*simulation, error) {
	if err := plan.Validate(); err != nil {
		return nil, err
	}
	bank := engine.Bank()
	s := &simulation{
		plan:     plan,
		bank:     bank,
		places:   make(map[int64]int, bank.Len()),
		tests:    make([]Test, plan.size()),
		given:    make([]int, bank.Len()),
		proposed: make([]int, bank.Len()),
	}
	for place, item := range bank.Items() {
		s.places[item.ID] = place
	}
	step := len(s.tests)
	refresh := plan.RefreshEvery > 0 && engine.Rules().Exposure == cat.ProgressiveRestricted
	if refresh {
		step = plan.RefreshEvery
	}
	for s.next < len(s.tests) {
		if err := s.round(ctx, engine, min(len(s.tests), s.next+step)); err != nil {
			return nil, err
		}
		if !refresh {
			continue
		}
		var err error
		if engine, err = engine.WithRates(s.rates()); err != nil {
			return nil, fmt.Errorf("refresh exposure rates: %w", err)
		}
	}
	return s, nil
}

// round tests all examinees before end who have not been tested yet.
func (s *simulation) round(ctx context.Context, engine *cat.Engine, end int) error {
	workers := s.plan.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, (end-s.next+chunk-1)/chunk)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			w := newWorker(s, engine)
			for from, to := s.take(end); from < to && ctx.Err() == nil; from, to = s.take(end) {
				if err := w.run(from, to); err != nil {
					cancel(err)
				}
				s.finish(to - from)
			}
			s.collect(w)
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// take hands out the next few examinees before end.
func (s *simulation) take(end int) (from, to int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to = s.next, min(end, s.next+chunk)
	s.next = to
	return from, to
}

func (s *simulation) finish(tests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += tests
	if s.plan.Progress != nil {
		s.plan.Progress(s.done, len(s.tests))
	}
}

func (s *simulation) collect(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for place := range s.given {
		s.given[place] += w.given[place]
		s.proposed[place] += w.proposed[place]
	}
}

// rates is the exposure rate of every item so far.
func (s *simulation) rates() map[int64]float64 {
	rates := make(map[int64]float64, len(s.places))
	for id, place := range s.places {
		rates[id] = float64(s.given[place]) / float64(s.next)
	}
	return rates
}

// worker gives one test at a time.
type worker struct {
	*simulation
	test            *cat.Test
	source          *rand.PCG
	rng             *rand.Rand
	given, proposed []int
	// lastProposed is the examinee, counted from 1, to whom an item was last proposed.
	lastProposed []int
}

func newWorker(s *simulation, engine *cat.Engine) *worker {
	source := rand.NewPCG(0, 0)
	n := s.bank.Len()
	return &worker{
		simulation: s, test: engine.NewTest(), source: source, rng: rand.New(source),
		given: make([]int, n), proposed: make([]int, n), lastProposed: make([]int, n),
	}
}

func (w *worker) run(from, to int) error {
	for i := from; i < to; i++ {
		if err := w.examine(i); err != nil {
			return fmt.Errorf("examinee %d: %w", i+1, err)
		}
	}
	return nil
}

// examine gives the i-th examinee their test.
func (w *worker) examine(i int) error {
	w.plan.seed(w.source, i)
	theta := w.plan.theta(i, w.rng)
	if err := w.test.Start(cat.State{Prior: w.plan.Prior, Seed: w.rng.Uint64()}); err != nil {
		return err
	}
	for {
		d := w.test.Next()
		if d.Stop {
			w.tests[i] = Test{True: theta, Theta: d.Theta, SE: d.SE, Items: w.test.Answered(), Reason: d.Reason}
			return nil
		}
		w.propose(d.Item.ID, i)
		for _, id := range d.Passed {
			w.propose(id, i)
		}
		w.given[w.places[d.Item.ID]]++
		answer := cat.Answer{Item: d.Item, Correct: w.rng.Float64() < d.Item.Params.P(theta)}
		if err := w.test.Record(answer); err != nil {
			return err
		}
	}
}

// propose counts an item once per examinee to whom it was proposed.
func (w *worker) propose(id int64, examinee int) {
	place := w.places[id]
	if w.lastProposed[place] != examinee+1 {
		w.lastProposed[place] = examinee + 1
		w.proposed[place]++
	}
}
