// Package session is the taking of a test: starting, answering, giving up,
// scoring, and watching how far it is.
package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Policy holds the rules of which tests may be taken, when, and how they are
// scored.
type Policy struct {
	// Offer is which tests there are.
	Offer Offer

	// Cadence is the wait after a completed test.
	Cadence time.Duration
	// AbandonCooldown is the wait after giving up a test of at least
	// AbandonFrom answers.
	AbandonCooldown time.Duration
	AbandonFrom     int
	// PriorFrom is the number of answers from which a test that was given up
	// still tells something about the person.
	PriorFrom int
	// Scoring is how completed tests are scored; score.Auto unless set.
	Scoring score.Choice
	// Idle is from when on those who watch the tests that are going on are told that
	// nothing happens in one; 5 minutes unless set.
	Idle time.Duration
}

// DefaultPolicy has the default offer, and waits 90 days after a test and 7 after giving one up from the
// seventh answer on.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{Offer: DefaultOffer(), Cadence: 90 * day, AbandonCooldown: 7 * day, AbandonFrom: 7, PriorFrom: 5, Idle: 5 * time.Minute}
}

// DefaultWeights is the blueprint of a test: each domain's share, in the order
// of vocab.Domains.
func DefaultWeights() []float64 {
	weights := map[vocab.Domain]float64{
		vocab.Pattern: .22, vocab.Logic: .20, vocab.Verbal: .19,
		vocab.Spatial: .16, vocab.Math: .13, vocab.Memory: .10,
	}
	out := make([]float64, len(vocab.Domains()))
	for i, d := range vocab.Domains() {
		out[i] = weights[d]
	}
	return out
}

// Service runs tests.
type Service struct {
	store  *store.Store
	bank   *bank.Bank
	tests  *event.Topics[ident.Session, *Shared]
	live   liveTests
	jobs   *job.Queue
	clock  clock.Clock
	policy Policy
	seed   func() int64
}

// New makes a service, whose changes the hub tells of. The queue must have Follow
// handle completions. The seed function draws the seed of each test.
func New(st *store.Store, b *bank.Bank, hub *event.Hub, jobs *job.Queue, now clock.Clock, policy Policy, seed func() int64) *Service {
	s := &Service{store: st, bank: b, jobs: jobs, clock: now, policy: policy, seed: seed}
	s.tests = event.NewTopics(hub, event.Source[ident.Session, *Shared]{
		Kind: ident.KindSession, Read: s.readShared, Versions: s.versions,
		Of: func(t *Shared) (ident.Session, int) { return t.Test.ID, t.Test.Version },
	})
	return s
}

// history is how many earlier tests count for the wait and the prior.
const history = 50

func recent(ctx context.Context, client *db.Client, user ident.User) ([]*db.TestSession, error) {
	sessions, err := client.TestSession.Query().Where(testsession.UserID(user)).
		Order(db.Desc(testsession.FieldID)).Limit(history).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load earlier tests: %w", err)
	}
	return sessions, nil
}

// NextEligible says when the viewer may start the next test; nil if now. A test
// in progress does not count: it is to be resumed.
func (s *Service) NextEligible(ctx context.Context, viewer auth.Viewer) (*time.Time, error) {
	earlier, err := recent(ctx, s.store.Reader(), viewer.ID())
	if err != nil {
		return nil, err
	}
	wait := s.wait(viewer, earlier)
	if wait == nil {
		return nil, nil
	}
	return &wait.until, nil
}

type wait struct {
	code  fault.Code
	until time.Time
}

// wait is the longest that earlier tests oblige the viewer to, nil if none.
func (s *Service) wait(viewer auth.Viewer, earlier []*db.TestSession) *wait {
	if viewer.User.CooldownBypass || viewer.User.Guest {
		return nil
	}
	var longest *wait
	for _, t := range earlier {
		var w wait
		switch {
		case t.EndedAt == nil:
			continue
		case t.State == vocab.Completed:
			w = wait{fault.CadenceNotMet, t.EndedAt.Add(s.policy.Cadence)}
		case t.State == vocab.Abandoned && t.Answered >= s.policy.AbandonFrom:
			w = wait{fault.AbandonCooldown, t.EndedAt.Add(s.policy.AbandonCooldown)}
		default:
			continue
		}
		if w.until.After(s.clock()) && (longest == nil || w.until.After(longest.until)) {
			longest = &w
		}
	}
	return longest
}

// prior is what earlier adaptive tests say about the person, for choosing
// questions. Each counts with its own answers alone, under the population's
// prior: the estimates that led its choices hold the tests before it already.
func (s *Service) prior(earlier []*db.TestSession) (irt.Normal, error) {
	var estimates []irt.Estimate
	for _, t := range earlier {
		told := t.State == vocab.Completed || t.State.Final() && t.Answered >= s.policy.PriorFrom
		if t.Kind != vocab.Adaptive || !told {
			continue
		}
		e, err := ability(t.Steps)
		if err != nil {
			return irt.Normal{}, fmt.Errorf("estimate the ability in test %d: %w", t.ID, err)
		}
		estimates = append(estimates, e)
	}
	return irt.PriorFrom(estimates, irt.DefaultPriorLimits()), nil
}

// ability is the estimate that the steps lead to under the population's prior;
// those with questions without parameters tell nothing.
func ability(steps []vocab.Step) (irt.Estimate, error) {
	items := make([]irt.Item, 0, len(steps))
	correct := make([]bool, 0, len(steps))
	for _, step := range steps {
		if step.Discrimination > 0 {
			items, correct = append(items, stepItem(step).Params), append(correct, step.Correct)
		}
	}
	return irt.EAP(items, correct, irt.StandardNormal())
}

// engineState is the session as the adaptive engine sees it.
func engineState(t *db.TestSession) cat.State {
	state := cat.State{
		Prior: irt.Normal{Mean: t.PriorMean, SD: t.PriorSd},
		Seed:  uint64(t.Seed),
		Seen:  make([]int64, len(t.Seen)),
	}
	for i, id := range t.Seen {
		state.Seen[i] = int64(id)
	}
	for _, step := range t.Steps {
		state.Answers = append(state.Answers, cat.Answer{Item: stepItem(step), Correct: step.Correct})
	}
	return state
}

func stepItem(step vocab.Step) cat.Item {
	return cat.Item{
		ID:     int64(step.Question),
		Params: irt.ThreePL(step.Discrimination, step.Difficulty, step.Guessing),
		Domain: step.Domain.Index(),
	}
}
