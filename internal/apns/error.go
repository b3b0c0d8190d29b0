package apns

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Class says what follows a push that was not taken.
type Class int

// The classes.
const (
	// Temporary: the same push may be taken later. The service had trouble, could not
	// be reached or did not answer in time, in which case it may have taken the push;
	// or it does not accept the provider, which the operator can mend.
	Temporary Class = iota + 1
	// Gone: the device's token is no good any more.
	Gone
	// Permanent: this push is never taken.
	Permanent
)

// String is the class in a word.
func (c Class) String() string {
	return map[Class]string{Temporary: "temporary", Gone: "gone", Permanent: "permanent"}[c]
}

// Error says why a push was not taken.
type Error struct {
	Class Class
	// Status is that of the answer, 0 without one, and Reason the service's word.
	Status int
	Reason string
	// RetryAfter is how long the service wants to be left alone, 0 if it did not say.
	RetryAfter time.Duration
	// Since is when a token that is Gone was found to be no good; the zero time if the
	// service did not say. One that the app registered later is good again.
	Since time.Time
	// Err is the cause if there is no answer.
	Err error
}

// Error names the status and the reason, and no token.
func (e *Error) Error() string {
	text := "push not taken (" + e.Class.String() + ")"
	if e.Status != 0 {
		text += fmt.Sprintf(": %d %s", e.Status, e.Reason)
	} else if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of is the *Error in err's chain; one that is Temporary for any other error, and
// nil for nil.
func Of(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	default:
		return &Error{Class: Temporary, Err: err}
	}
}

// gone are the reasons for which a token is no good: it never was, it is another
// app's or the other environment's, or the app was removed.
var gone = map[string]bool{
	"BadDeviceToken": true, "DeviceTokenNotForTopic": true, "Unregistered": true, "ExpiredToken": true,
}

// classify makes an error of an answer other than 200.
func classify(res *http.Response, body []byte) *Error {
	var said struct {
		Reason string `json:"reason"`
		// Timestamp is in milliseconds.
		Timestamp int64 `json:"timestamp"`
	}
	// An answer that is not JSON, such as a proxy's, has no reason.
	_ = json.Unmarshal(body, &said)
	e := &Error{Class: Permanent, Status: res.StatusCode, Reason: said.Reason}
	switch {
	case res.StatusCode == http.StatusGone, res.StatusCode == http.StatusBadRequest && gone[said.Reason]:
		e.Class = Gone
		if said.Timestamp > 0 {
			e.Since = time.UnixMilli(said.Timestamp).UTC()
		}
	case res.StatusCode == http.StatusForbidden, res.StatusCode == http.StatusTooManyRequests,
		res.StatusCode == http.StatusRequestTimeout, res.StatusCode >= http.StatusInternalServerError:
		e.Class = Temporary
		e.RetryAfter = retryAfter(res.Header.Get("Retry-After"), res.Header.Get("Date"))
	}
	return e
}

// retryAfter reads the header: seconds, or a moment by the service's own clock.
func retryAfter(value, date string) time.Duration {
	if seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(date)
	if err != nil {
		return 0
	}
	return max(until.Sub(now), 0)
}
