package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

func TestFault(t *testing.T) {
	t.Parallel()
	state := func(code string) error { return &pgconn.PgError{Code: code, Message: "from the server"} }
	for name, tc := range map[string]struct {
		err  error
		code fault.Code
	}{
		"no row":                    {sql.ErrNoRows, fault.NotFound},
		"a unique key":              {state("23505"), fault.Conflict},
		"a foreign key":             {state("23503"), fault.Conflict},
		"a check":                   {state("23514"), fault.Internal},
		"a serialization failure":   {state("40001"), fault.Unavailable},
		"a deadlock":                {state("40P01"), fault.Unavailable},
		"a lock not to be had":      {state("55P03"), fault.Unavailable},
		"a statement out of time":   {state("57014"), fault.Unavailable},
		"a server that shuts down":  {state("57P01"), fault.Unavailable},
		"too many connections":      {state("53300"), fault.Unavailable},
		"a server become a standby": {state("25006"), fault.Unavailable},
		"wrong SQL":                 {state("42601"), fault.Internal},
		"no SQLSTATE":               {state(""), fault.Internal},
		"a connection cut off":      {io.ErrUnexpectedEOF, fault.Unavailable},
		"a network that fails":      {&net.OpError{Op: "read", Err: errors.New("reset by peer")}, fault.Unavailable},
		"a bad connection":          {driver.ErrBadConn, fault.Unavailable},
		"a closed connection":       {sql.ErrConnDone, fault.Unavailable},
		"a cancelled context":       {context.Canceled, fault.Internal},
		"a context out of time":     {context.DeadlineExceeded, fault.Internal},
		"a fault":                   {fault.New(fault.Forbidden, "no"), fault.Forbidden},
		"anything else":             {errors.New("else"), fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{tc.err, fmt.Errorf("load the session: %w", tc.err)} {
				got := store.Fault(err)
				require.Equal(t, tc.code, fault.CodeOf(got))
				require.ErrorIs(t, got, tc.err, "the cause is kept")
				require.Equal(t, got, store.Fault(got), "a second time changes nothing")
				if tc.code == fault.Internal {
					require.Equal(t, err, got, "what nobody can act on is left as it is")
				}
			}
		})
	}
	require.NoError(t, store.Fault(nil))
}

func TestNotFoundSaysWhat(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, err := s.Reader().TestSession.Get(t.Context(), 1)
		var f *fault.Error
		require.ErrorAs(t, store.Fault(err), &f)
		require.Equal(t, fault.NotFound, f.Code)
		require.Equal(t, "Test session not found.", f.Message)
	})
}

func TestViolatedKnowsOnlyConstraints(t *testing.T) {
	t.Parallel()
	require.False(t, store.Violated(nil, "users_email_key_key"))
	require.False(t, store.Violated(errors.New("users_email_key_key"), "users_email_key_key"))
	require.False(t, store.Violated(&pgconn.PgError{Code: "23503", ConstraintName: "x"}, "x"))
	require.True(t, store.Violated(fmt.Errorf("register: %w", &pgconn.PgError{Code: "23505", ConstraintName: "x"}), "x"))
}
