// Package fault is the one error type that a caller of AIQ may act on. Any
// error that is not a fault is internal: it is logged and never shown.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Code says what went wrong in a word that clients can switch on.
type Code string

// The codes, as they appear in extensions.code.
const (
	Unauthenticated      Code = "UNAUTHENTICATED"
	Forbidden            Code = "FORBIDDEN"
	NotFound             Code = "NOT_FOUND"
	ValidationFailed     Code = "VALIDATION_FAILED"
	Conflict             Code = "CONFLICT"
	ActiveSessionExists  Code = "ACTIVE_SESSION_EXISTS"
	CadenceNotMet        Code = "CADENCE_NOT_MET"
	AbandonCooldown      Code = "ABANDON_COOLDOWN"
	NoQuestionsAvailable Code = "NO_QUESTIONS_AVAILABLE"
	SessionClosed        Code = "SESSION_CLOSED"
	QuestionNotServed    Code = "QUESTION_NOT_SERVED"
	AlreadyAnswered      Code = "ALREADY_ANSWERED"
	CATNotReady          Code = "CAT_NOT_READY"
	RateLimited          Code = "RATE_LIMITED"
	TokenExpired         Code = "TOKEN_EXPIRED"
	TokenReused          Code = "TOKEN_REUSED"
	LimitExceeded        Code = "LIMIT_EXCEEDED"
	Unavailable          Code = "UNAVAILABLE"
	Internal             Code = "INTERNAL"
)

// Error is an expected refusal.
type Error struct {
	Code    Code
	Message string
	// Details are the fields a client needs to act, such as activeSessionId,
	// by the name they have in extensions.
	Details map[string]any
	// Err is the cause: logged, never sent.
	Err error
}

// New is a fault with a message for the person who meets it. One that is UNAVAILABLE
// tells the client that it may try again (retryable).
func New(code Code, format string, args ...any) *Error {
	e := &Error{Code: code, Message: fmt.Sprintf(format, args...)}
	if code == Unavailable {
		e = e.With("retryable", true)
	}
	return e
}

// Invalid is a VALIDATION_FAILED fault about one input field.
func Invalid(field, rule, format string, args ...any) *Error {
	return New(ValidationFailed, format, args...).With("field", field).With("rule", rule)
}

// Missing is a NOT_FOUND fault: what does not exist and what the viewer may
// not see are told apart by nobody.
func Missing(what string) *Error { return New(NotFound, "%s not found.", what) }

// RetryAfter is a RATE_LIMITED fault that says in how many seconds to come
// again, rounded up.
func RetryAfter(wait time.Duration, why string) *Error {
	seconds := int64((max(wait, 0) + time.Second - 1) / time.Second)
	return New(RateLimited, "%s Try again in %d seconds.", why, max(seconds, 1)).With("retryAfter", max(seconds, 1))
}

// With adds one field for the client to act on. An instant is told to the last
// digit: a client that waits until then must not come too early.
func (e *Error) With(name string, value any) *Error {
	if t, ok := value.(time.Time); ok {
		value = t.UTC().Format(time.RFC3339Nano)
	}
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	e.Details[name] = value
	return e
}

// Because records the cause.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// ReasonDetail is the detail that tells why more closely than the code, in a word
// of the same kind.
const ReasonDetail = "reason"

// Reason is the closest word for why: the reason among the details, or the code.
func (e *Error) Reason() Code {
	if reason, told := e.Details[ReasonDetail].(Code); told {
		return reason
	}
	return e.Code
}

// Extensions are what a client is told of the fault beside its message: the code and
// the details. UNAVAILABLE is retryable: the same request may succeed later, and
// sending it again does no harm.
func (e *Error) Extensions() map[string]any {
	out := make(map[string]any, len(e.Details)+2)
	if e.Code == Unavailable {
		out["retryable"] = true
	}
	maps.Copy(out, e.Details)
	out["code"] = e.Code
	return out
}

// Error is the message, with the cause for the log.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + " (" + e.Err.Error() + ")"
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of is the fault in err's chain, nil if there is none.
func Of(err error) *Error {
	var f *Error
	errors.As(err, &f)
	return f
}

// CodeOf is the code of the fault in err's chain, Internal if there is none,
// and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var f *Error
	if errors.As(err, &f) {
		return f.Code
	}
	return Internal
}
