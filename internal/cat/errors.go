package cat

import "errors"

// What can be wrong with the engine's input. Errors returned by this package
// wrap one of these and say which value is at fault.
var (
	// ErrItem marks an item with parameters outside their ranges or an unknown domain.
	ErrItem = errors.New("invalid item")
	// ErrDuplicate marks an item that occurs twice, in a bank or among the answers.
	ErrDuplicate = errors.New("duplicate item")
	// ErrRules marks rules that contradict themselves or the bank.
	ErrRules = errors.New("invalid rules")
	// ErrState marks a state that no test can be in, such as a prior without spread.
	ErrState = errors.New("invalid state")
	// ErrExposure marks an exposure rate or admission probability outside its range.
	ErrExposure = errors.New("invalid exposure parameter")
)
