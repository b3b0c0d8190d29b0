package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/requestid"
	"github.com/aiqhq/aiq/internal/store"
)

// Presenter gives errors the form in which they are sent. A fault is shown with
// its code and the fields to act on; what is wrong with the document or its
// variables is VALIDATION_FAILED, or LIMIT_EXCEEDED if it is too long or too deep to be
// read, and shown as it is; anything else is logged and
// shown as one fixed sentence with the request id.
func Presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		out := &gqlerror.Error{Path: graphql.GetPath(ctx)}
		var located *gqlerror.Error
		if errors.As(err, &located) {
			out.Locations = located.Locations
			if located.Path != nil {
				out.Path = located.Path
			}
		}
		var f *fault.Error
		if located != nil && located.Err == nil {
			f = refusedDocument(located)
		} else if f = asFault(err); f == nil {
			f = internal(ctx, log, err)
		}
		out.Message, out.Extensions = f.Message, f.Extensions()
		return out
	}
}

// refusedDocument is the fault of an error that the parser or the validator made. They
// tell what it is by its text alone.
func refusedDocument(err *gqlerror.Error) *fault.Error {
	if err.Message == "operation  not found" {
		return fault.New(fault.ValidationFailed, "The document has several operations: operationName says which is to run.")
	}
	limit := 0
	for _, form := range []string{"exceeded token limit of %d", "exceeded maximum nesting depth of %d"} {
		if _, other := fmt.Sscanf(err.Message, form, &limit); other == nil {
			return fault.New(fault.LimitExceeded, "The document %s.", err.Message).With("limit", limit)
		}
	}
	return fault.New(fault.ValidationFailed, "%s", unquoted(err))
}

// unquoted is the message without the request's body, which gqlgen repeats when
// it is not JSON: it may hold a password, and clients log errors.
func unquoted(err *gqlerror.Error) string {
	if len(err.Locations) > 0 {
		return err.Message
	}
	message, _, _ := strings.Cut(err.Message, " body:")
	return message
}

// asFault is what a caller may know of the error, nil if nothing.
func asFault(err error) *fault.Error {
	var f *fault.Error
	err = store.Fault(err)
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "The request was ended before it was answered.").Because(err)
	case isInput(err):
		return fault.New(fault.ValidationFailed, "An argument does not have the form that its type asks for.").Because(err)
	default:
		return nil
	}
}

// isInput reports whether the error comes from reading a number out of an
// argument: the only mistakes that the validator lets through.
func isInput(err error) bool {
	var (
		number  *strconv.NumError
		integer *graphql.IntegerError
	)
	return errors.As(err, &number) || errors.As(err, &integer)
}

func internal(ctx context.Context, log *slog.Logger, err error) *fault.Error {
	log.ErrorContext(ctx, "request failed", "error", err, "path", graphql.GetPath(ctx).String())
	return unexplained(ctx)
}

// unexplained is all that a caller learns of a failure that is ours.
func unexplained(ctx context.Context) *fault.Error {
	f := fault.New(fault.Internal, "Something went wrong on the server.")
	if id := requestid.From(ctx); id != "" {
		f = f.With("requestId", id)
	}
	return f
}

// Recover turns a panic into an error and logs where it happened.
func Recover(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, panicked any) error {
		log.ErrorContext(ctx, "resolver panicked", "panic", panicked, "stack", string(debug.Stack()))
		return unexplained(ctx)
	}
}
