// Package scalar writes and reads the schema's own scalars.
package scalar

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/internal/fault"
)

// Instant is what a DateTime stands for.
type Instant = time.Time

// MarshalDateTime writes an instant in UTC as RFC 3339.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [64]byte
		_, _ = w.Write(AppendDateTime(buf[:0], t))
	})
}

// AppendDateTime appends what MarshalDateTime writes, without allocating.
func AppendDateTime(dst []byte, t time.Time) []byte {
	dst = t.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano)
	return append(dst, '"')
}

// UnmarshalDateTime reads an instant in RFC 3339 with any offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, notADateTime()
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, notADateTime().Because(err)
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

func notADateTime() *fault.Error {
	return fault.New(fault.ValidationFailed, "A DateTime is an RFC 3339 instant such as 2026-03-01T09:30:00Z.").
		With("rule", "date_time")
}
