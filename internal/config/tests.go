package config

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Adaptive says when adaptive tests are given.
type Adaptive string

// The ways to decide it.
const (
	// AdaptiveByMode is AdaptiveAlways in development, and AdaptiveWhenReady in
	// production.
	AdaptiveByMode Adaptive = "by-mode"
	// AdaptiveWhenReady gives them once the bank is calibrated well enough.
	AdaptiveWhenReady Adaptive = "when-ready"
	// AdaptiveAlways gives them from any bank with parameters.
	AdaptiveAlways Adaptive = "always"
	// AdaptiveNever gives fixed forms only.
	AdaptiveNever Adaptive = "never"
)

// Tests is which tests are given, and to whom.
type Tests struct {
	Kinds           []vocab.SessionKind `help:"Kinds of test that there are: ADAPTIVE, FIXED." enum:"ADAPTIVE,FIXED" default:"ADAPTIVE,FIXED" env:"KINDS"`
	DefaultKind     vocab.SessionKind   `help:"Kind of test of those who do not choose." enum:"ADAPTIVE,FIXED" default:"ADAPTIVE" env:"DEFAULT_KIND"`
	AdaptivePercent *int                `help:"Instead of the default kind: how many of 100 people who do not choose get adaptive tests, each person always the same." env:"ADAPTIVE_PERCENT"`
	Adaptive        Adaptive            `help:"When adaptive tests are given: when-ready (the bank is calibrated well enough), always, never, or by-mode (when-ready in production)." enum:"by-mode,when-ready,always,never" default:"by-mode" env:"ADAPTIVE"`
	FormLength      int                 `help:"Questions of a fixed form." default:"25" env:"FORM_LENGTH"`
	TimeLimit       time.Duration       `help:"Time to answer a fixed form in; later answers are scored and marked." default:"30m" env:"TIME_LIMIT"`
}

// maxFormLength bounds what one statement writes.
const maxFormLength = 200

func (t Tests) validate() error {
	known := vocab.SessionKind("").Values()
	switch {
	case len(t.Kinds) == 0:
		return errors.New("test-kinds: at least one kind is needed")
	case slices.ContainsFunc(t.Kinds, func(k vocab.SessionKind) bool { return !slices.Contains(known, string(k)) }):
		return fmt.Errorf("test-kinds: the kinds are %v", known)
	case t.AdaptivePercent == nil && !slices.Contains(t.Kinds, t.DefaultKind):
		return fmt.Errorf("test-default-kind: %s is not one of the kinds that there are", t.DefaultKind)
	case t.AdaptivePercent != nil && (*t.AdaptivePercent < 0 || *t.AdaptivePercent > 100):
		return errors.New("test-adaptive-percent: a percentage is from 0 to 100")
	case t.AdaptivePercent != nil && !t.both():
		return errors.New("test-adaptive-percent: needs both kinds of test")
	case !slices.Contains([]Adaptive{AdaptiveByMode, AdaptiveWhenReady, AdaptiveAlways, AdaptiveNever}, t.Adaptive):
		return fmt.Errorf("test-adaptive: %q is none of by-mode, when-ready, always and never", t.Adaptive)
	case t.FormLength < 1 || t.FormLength > maxFormLength:
		return fmt.Errorf("test-form-length: a form has from 1 to %d questions", maxFormLength)
	}
	return above0(number[time.Duration]{"test-time-limit", t.TimeLimit})
}

func (t Tests) both() bool {
	return slices.Contains(t.Kinds, vocab.Adaptive) && slices.Contains(t.Kinds, vocab.Fixed)
}

// AdaptiveTests is when adaptive tests are given, the mode taken into account.
func (c Server) AdaptiveTests() Adaptive {
	switch {
	case c.Tests.Adaptive != AdaptiveByMode:
		return c.Tests.Adaptive
	case c.Mode == Production:
		return AdaptiveWhenReady
	default:
		return AdaptiveAlways
	}
}

func defaultTests() Tests {
	return Tests{
		Kinds: []vocab.SessionKind{vocab.Adaptive, vocab.Fixed}, DefaultKind: vocab.Adaptive,
		Adaptive: AdaptiveByMode, FormLength: 25, TimeLimit: 30 * time.Minute,
	}
}
