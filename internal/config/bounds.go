package config

import (
	"fmt"
	"time"
)

// number is a setting that has a least value, by the name of its flag.
type number[T int | int64 | time.Duration] struct {
	name  string
	value T
}

// above0 fails at the first of the settings that is not above 0.
func above0[T int | int64 | time.Duration](settings ...number[T]) error {
	for _, s := range settings {
		if s.value <= 0 {
			return fmt.Errorf("%s: must be above 0, not %v", s.name, s.value)
		}
	}
	return nil
}

// notBelow0 fails at the first of the settings that is below 0.
func notBelow0[T int | int64 | time.Duration](settings ...number[T]) error {
	for _, s := range settings {
		if s.value < 0 {
			return fmt.Errorf("%s: must not be below 0, not %v", s.name, s.value)
		}
	}
	return nil
}
