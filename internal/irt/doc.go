// Package irt is unidimensional item response theory for right/wrong answers:
// logistic models with up to four parameters, ability estimation, calibration
// by marginal and conditional maximum likelihood, item fit, and linking of
// scales.
//
// The metric is the logistic one with scaling constant 1 everywhere:
//
//	P(theta) = c + (d-c) / (1 + exp(-a (theta-b)))
//
// Ability theta is in standard deviations of the reference population, whose
// mean is 0, unless a function says otherwise. Everything is a pure function of
// its arguments; randomness comes in as a seed, and results do not depend on the
// number of processors.
//
// Answers travel in two shapes. One person's are a slice of [Item] and a slice
// of bool of the same length, holding only what was administered. Many
// people's are [Responses], a compact sparse table.
//
// Bad input is an error that wraps one of the package's sentinel errors.
package irt

import "errors"

// Sentinel errors. Returned errors wrap one of them and add the particulars.
var (
	// ErrItem means item parameters that are not finite or out of range.
	ErrItem = errors.New("irt: invalid item parameters")
	// ErrPrior means a distribution whose parameters are not finite or out of range.
	ErrPrior = errors.New("irt: invalid prior distribution")
	// ErrGrid means quadrature points that are too few, too many, not finite or not increasing.
	ErrGrid = errors.New("irt: invalid quadrature grid")
	// ErrBounds means an interval for ability that is empty or not finite.
	ErrBounds = errors.New("irt: invalid ability bounds")
	// ErrResponses means answers that do not fit the items they belong to.
	ErrResponses = errors.New("irt: invalid responses")
)
