// Package scalar writes and reads the schema's own scalars.
package scalar

import (
	"context"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/internal/fault"
)

// Instant is what a DateTime stands for.
type Instant = time.Time

// MarshalDateTime writes an instant in UTC as RFC 3339. It needs no context: that
// it takes one has UnmarshalDateTime be given one.
func MarshalDateTime(t time.Time) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		var buf [64]byte
		_, err := w.Write(AppendDateTime(buf[:0], t))
		return err
	})
}

// AppendDateTime appends what MarshalDateTime writes, without allocating.
func AppendDateTime(dst []byte, t time.Time) []byte {
	dst = t.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano)
	return append(dst, '"')
}

// UnmarshalDateTime reads an instant in RFC 3339 with any offset. It fails with
// VALIDATION_FAILED for what is none, and for an instant that is outside the years
// 0000 to 9999 in UTC, where RFC 3339 cannot tell it.
func UnmarshalDateTime(ctx context.Context, v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, notADateTime(ctx)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, notADateTime(ctx).Because(err)
	}
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, notADateTime(ctx)
	}
	return t.Truncate(time.Microsecond), nil
}

func notADateTime(ctx context.Context) *fault.Error {
	return fault.Invalid(field(ctx), "date_time",
		"A DateTime is an RFC 3339 instant of the years 0000 to 9999 in UTC, such as 2026-03-01T09:30:00Z.")
}
