package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/fault"
)

func TestCodeOf(t *testing.T) {
	t.Parallel()
	busy := fault.New(fault.Unavailable, "busy")
	for name, c := range map[string]struct {
		err  error
		want fault.Code
	}{
		"nothing":           {nil, ""},
		"a fault":           {busy, fault.Unavailable},
		"a wrapped one":     {fmt.Errorf("load: %w", busy), fault.Unavailable},
		"one among others":  {errors.Join(io.EOF, busy), fault.Unavailable},
		"the outermost":     {fault.New(fault.Conflict, "taken").Because(busy), fault.Conflict},
		"anything else":     {io.EOF, fault.Internal},
		"something missing": {fault.Missing("Test"), fault.NotFound},
		"bad input":         {fault.Invalid("email", "email", "no address"), fault.ValidationFailed},
	} {
		require.Equal(t, c.want, fault.CodeOf(c.err), name)
	}
}

func TestErrorTellsItsCauseToTheLogOnly(t *testing.T) {
	t.Parallel()
	f := fault.New(fault.Conflict, "%s is taken.", "That").Because(io.ErrUnexpectedEOF)
	require.Equal(t, "That is taken.", f.Message)
	require.EqualError(t, f, "That is taken. (unexpected EOF)")
	require.ErrorIs(t, f, io.ErrUnexpectedEOF)
	require.EqualError(t, fault.New(fault.Conflict, "Taken."), "Taken.")
}

func TestDetails(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 1, 10, 30, 0, 123456000, time.FixedZone("", 3600))
	f := fault.Invalid("birthYear", "range", "Too early.").With("nextEligibleAt", at).With("missing", 3)
	require.Equal(t, map[string]any{
		"field": "birthYear", "rule": "range", "nextEligibleAt": "2026-03-01T09:30:00.123456Z", "missing": 3,
	}, f.Details)
	require.Equal(t, map[string]any{"retryable": true}, fault.New(fault.Unavailable, "busy").Details)
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	f := fault.Invalid("name", "length", "Too long.")
	require.Equal(t, map[string]any{"code": fault.ValidationFailed, "field": "name", "rule": "length"}, f.Extensions())
	require.Len(t, f.Details, 2, "it is not changed")
	require.Equal(t, map[string]any{"code": fault.Unavailable, "retryable": true}, fault.New(fault.Unavailable, "Gone.").Extensions())
	require.Equal(t, map[string]any{"code": fault.Internal}, fault.New(fault.Internal, "Ours.").Extensions())
}
