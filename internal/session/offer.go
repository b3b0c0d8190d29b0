package session

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/form"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Readiness says when adaptive tests are given.
type Readiness string

// The ways to decide it.
const (
	// WhenReady gives them once the bank is calibrated well enough.
	WhenReady Readiness = "when-ready"
	// Always gives them from any bank with parameters, provisional ones included.
	Always Readiness = "always"
	// Never gives fixed forms only.
	Never Readiness = "never"
)

// Offer says which kinds of test are given, to whom, and how long fixed forms are.
type Offer struct {
	// Kinds are those that there are.
	Kinds []vocab.SessionKind
	// Default is the kind of those who do not ask for one.
	Default vocab.SessionKind
	// AdaptivePercent, if set, divides those who do not ask instead: so many of a
	// hundred people get adaptive tests, each person always the same kind.
	AdaptivePercent *int
	// Adaptive is when adaptive tests are given.
	Adaptive Readiness
	// FormLength is the number of questions of a fixed form, and TimeLimit the time
	// to answer them in.
	FormLength int
	TimeLimit  time.Duration
}

// DefaultOffer gives adaptive tests unless a fixed form is asked for: 25 questions
// in 30 minutes.
func DefaultOffer() Offer {
	return Offer{
		Kinds: []vocab.SessionKind{vocab.Adaptive, vocab.Fixed}, Default: vocab.Adaptive, Adaptive: Always,
		FormLength: 25, TimeLimit: 30 * time.Minute,
	}
}

// blueprint is that of the fixed forms.
func (o Offer) blueprint() form.Blueprint {
	return form.Blueprint{Total: o.FormLength, Difficulties: form.DefaultDifficulties(), Domains: DefaultWeights()}
}

// kind is the kind of test that the person gets. Who does not ask gets a fixed
// form while adaptive tests are not to be had.
func (o Offer) kind(user ident.User, asked *vocab.SessionKind, r bank.Readiness) (vocab.SessionKind, error) {
	if asked != nil && !slices.Contains(o.Kinds, *asked) {
		return "", fault.Invalid("kind", "one_of", "Tests of this kind are not given here.")
	}
	kind := o.assigned(user)
	if asked != nil {
		kind = *asked
	}
	if kind == vocab.Fixed || o.adaptiveReady(r) {
		return kind, nil
	}
	if asked == nil && slices.Contains(o.Kinds, vocab.Fixed) {
		return vocab.Fixed, nil
	}
	return "", fault.New(fault.CATNotReady, "Adaptive tests are not given yet.").With("missing", r.Lacking())
}

func (o Offer) adaptiveReady(r bank.Readiness) bool {
	return o.Adaptive == Always || o.Adaptive == WhenReady && r.Ready
}

// assigned is the kind of a person who does not ask for one. It depends on nothing
// but the person and the percentage, and a larger percentage moves people to
// adaptive tests only.
func (o Offer) assigned(user ident.User) vocab.SessionKind {
	if o.AdaptivePercent == nil {
		return o.Default
	}
	sum := sha256.Sum256([]byte("kind of test:" + strconv.FormatInt(int64(user), 10)))
	if binary.BigEndian.Uint64(sum[:])%100 < uint64(*o.AdaptivePercent) {
		return vocab.Adaptive
	}
	return vocab.Fixed
}

// CATReadiness is whether adaptive tests are given, and what the bank lacks for it.
type CATReadiness struct {
	// Ready is whether the bank is calibrated well enough, and Given whether
	// adaptive tests are given all the same, or not given all the same.
	Ready, Given bool
	Domains      []bank.DomainReadiness
	// Bands are the difficulties of all domains.
	Bands []bank.BandReadiness
}

// CATReadiness reads the bank in memory.
func (s *Service) CATReadiness() *CATReadiness {
	r := s.bank.Snapshot().Readiness()
	given := s.policy.Offer.adaptiveReady(r) && slices.Contains(s.policy.Offer.Kinds, vocab.Adaptive)
	out := &CATReadiness{Ready: r.Ready, Given: given, Domains: r.Domains}
	for _, d := range r.Domains {
		out.Bands = append(out.Bands, d.Bands...)
	}
	return out
}
