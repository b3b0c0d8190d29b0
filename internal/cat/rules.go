package cat

import (
	"fmt"
	"math"

	"github.com/aiqhq/aiq/internal/irt"
)

// Selection names the rule that ranks the items at the current estimate.
type Selection string

// The selection rules.
const (
	// Fisher ranks by item information at the current theta (Lord 1980).
	Fisher Selection = "FISHER"
	// KullbackLeibler ranks by the Kullback-Leibler information averaged over an
	// interval around theta that narrows as answers come in (Chang & Ying 1996).
	KullbackLeibler Selection = "KULLBACK_LEIBLER"
	// AStratified gives items of low discrimination first and ranks by the
	// distance of difficulty from theta (Chang & Ying 1999).
	AStratified Selection = "A_STRATIFIED"
	// Random ranks at random; it is the baseline that the others are compared with.
	Random Selection = "RANDOM"
)

// Exposure names the rule that keeps items from being given too often.
type Exposure string

// The exposure control rules.
const (
	// Randomesque draws one of the best [Rules.Randomesque] items with equal
	// probability (Kingsbury & Zara 1989). With one item it is no control at all.
	Randomesque Exposure = "RANDOMESQUE"
	// SympsonHetter gives a proposed item only with its admission probability,
	// else proposes the next best one (Sympson & Hetter 1985). The probabilities
	// come from a simulation and are given with [Engine.WithAdmission].
	SympsonHetter Exposure = "SYMPSON_HETTER"
	// ProgressiveRestricted mixes information with a random component that
	// fades out during the test, and withholds items whose exposure rate is above
	// [Rules.MaxExposure] (Revuelta & Ponsoda 1998). The rates are given with
	// [Engine.WithRates]. It needs the [Fisher] selection rule.
	ProgressiveRestricted Exposure = "PROGRESSIVE_RESTRICTED"
)

// Rules say how an adaptive test runs. Make them with [DefaultRules] and change
// what differs.
type Rules struct {
	// Weights is the blueprint: the intended share of each domain, summing to 1.
	// A domain of weight 0 is not part of the test and its items are never given.
	Weights []float64
	// MinPerDomain is the number of items that each weighted domain must have had.
	MinPerDomain int
	// ShareTolerance is how far a domain's share may lie below its weight before
	// the domain is preferred.
	ShareTolerance float64
	// WaiverItems and WaiverDomains soften the content requirement: from so many
	// items on, a test may end when so many domains have reached their minimum.
	WaiverItems, WaiverDomains int

	// MinItems and MaxItems bound the length of a test.
	MinItems, MaxItems int
	// TargetSE ends a test whose standard error is below it.
	TargetSE float64
	// StableTheta and StableSE end a test when the last answer moved theta by less
	// than the one and the standard error is below the other.
	StableTheta, StableSE float64

	// Selection ranks the items.
	Selection Selection
	// KLWidth is the half-width of the Kullback-Leibler interval after one
	// answer; after n answers it is KLWidth/sqrt(n). Used by [KullbackLeibler].
	KLWidth float64
	// Strata is the number of discrimination strata. Used by [AStratified].
	Strata int

	// Exposure controls how often items are given.
	Exposure Exposure
	// Randomesque is the number of best items among which [Randomesque] draws.
	Randomesque int
	// MaxExposure is the rate, in (0, 1], above which [ProgressiveRestricted]
	// withholds an item.
	MaxExposure float64

	// ThetaMin, ThetaMax and ThetaPoints are the equally spaced points at which the
	// posterior of theta is evaluated. Estimates lie between the two ends, and so must
	// the mean of every prior.
	ThetaMin, ThetaMax float64
	ThetaPoints        int
}

const (
	// maxCandidates bounds the number of best items among which Randomesque draws.
	maxCandidates = 100
	// maxPoints bounds the points of theta, since every answer visits them all.
	maxPoints = 1000
	// maxTheta bounds theta far beyond anyone's ability, so that squares stay small.
	maxTheta = 100
)

// DefaultRules are the product's rules for a blueprint: 8 to 15 items, standard
// error below .30, maximum information with one of the best five items, on 61
// points from -4 to 4.
func DefaultRules(weights []float64) Rules {
	return Rules{
		Weights:        weights,
		MinPerDomain:   1,
		ShareTolerance: .10,
		WaiverItems:    10,
		WaiverDomains:  4,
		MinItems:       8,
		MaxItems:       15,
		TargetSE:       .30,
		StableTheta:    .03,
		StableSE:       .35,
		Selection:      Fisher,
		KLWidth:        3,
		Strata:         4,
		Exposure:       Randomesque,
		Randomesque:    5,
		MaxExposure:    .15,
		ThetaMin:       -4,
		ThetaMax:       4,
		ThetaPoints:    61,
	}
}

// Validate reports the first contradiction in the rules; the error wraps [ErrRules].
func (r Rules) Validate() error {
	for _, check := range []func() error{
		r.validateContent, r.validateStopping, r.validateSelection, r.validateExposure,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("%w: %w", ErrRules, err)
		}
	}
	return nil
}

func (r Rules) validateContent() error {
	var sum float64
	for d, w := range r.Weights {
		if !(w >= 0 && w <= 1) {
			return fmt.Errorf("weight %d is %v, not in [0, 1]", d, w)
		}
		sum += w
	}
	switch {
	case !(math.Abs(sum-1) <= 1e-6):
		return fmt.Errorf("weights sum to %v, not 1", sum)
	case r.MinPerDomain < 0:
		return fmt.Errorf("minimum of %d items a domain", r.MinPerDomain)
	case !(r.ShareTolerance >= 0 && r.ShareTolerance <= 1):
		return fmt.Errorf("share tolerance %v, not in [0, 1]", r.ShareTolerance)
	case r.WaiverItems < 0 || r.WaiverDomains < 0:
		return fmt.Errorf("content waiver from %d items and %d domains", r.WaiverItems, r.WaiverDomains)
	}
	return nil
}

func (r Rules) validateStopping() error {
	switch {
	case r.MinItems < 1 || r.MaxItems < r.MinItems:
		return fmt.Errorf("test length from %d to %d items", r.MinItems, r.MaxItems)
	case !(r.TargetSE >= 0 && r.StableSE >= 0):
		return fmt.Errorf("standard errors %v and %v to stop at", r.TargetSE, r.StableSE)
	case !(r.StableTheta >= 0):
		return fmt.Errorf("stable theta change %v", r.StableTheta)
	}
	_, err := r.grid()
	return err
}

func (r Rules) grid() (*irt.Grid, error) {
	if !(math.Abs(r.ThetaMin) <= maxTheta && math.Abs(r.ThetaMax) <= maxTheta) {
		return nil, fmt.Errorf("theta from %v to %v, outside %d to either side", r.ThetaMin, r.ThetaMax, maxTheta)
	}
	if r.ThetaPoints > maxPoints {
		return nil, fmt.Errorf("%d points of theta, more than %d", r.ThetaPoints, maxPoints)
	}
	return irt.NewGrid(r.ThetaMin, r.ThetaMax, r.ThetaPoints)
}

func (r Rules) validateSelection() error {
	switch r.Selection {
	case Fisher, Random:
	case KullbackLeibler:
		if !(r.KLWidth > 0) || math.IsInf(r.KLWidth, 1) {
			return fmt.Errorf("Kullback-Leibler width %v", r.KLWidth)
		}
	case AStratified:
		if r.Strata < 1 || r.Strata > r.MaxItems {
			return fmt.Errorf("%d strata in a test of at most %d items", r.Strata, r.MaxItems)
		}
	default:
		return fmt.Errorf("unknown selection rule %q", r.Selection)
	}
	return nil
}

func (r Rules) validateExposure() error {
	switch r.Exposure {
	case Randomesque:
		if r.Randomesque < 1 || r.Randomesque > maxCandidates {
			return fmt.Errorf("randomesque among %d items, not 1 to %d", r.Randomesque, maxCandidates)
		}
	case SympsonHetter:
	case ProgressiveRestricted:
		if r.Selection != Fisher {
			return fmt.Errorf("progressive-restricted exposure control with selection rule %q", r.Selection)
		}
		if !(r.MaxExposure > 0 && r.MaxExposure <= 1) {
			return fmt.Errorf("maximum exposure %v, not in (0, 1]", r.MaxExposure)
		}
	default:
		return fmt.Errorf("unknown exposure rule %q", r.Exposure)
	}
	return nil
}
