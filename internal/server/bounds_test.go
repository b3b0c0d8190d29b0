package server_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// production are settings with which strangers reach a server.
func production(t *testing.T) config.Server {
	t.Helper()
	settings := config.Defaults()
	settings.DatabaseURL = storetest.URL(t, storetest.Dialects()[0])
	settings.Mode, settings.Secret = config.Production, "ahB5eiw7ohG9quoo1ieNgeiM8eer3aecooQu2a"
	return settings
}

// repeated asks for the members so often.
func repeated(n int, member func(int) string) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(member(i) + " ")
	}
	return "{" + out.String() + "}"
}

// TestOperationsHaveBounds asks for too much in every way, and for as much as is
// allowed.
func TestOperationsHaveBounds(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := servertest.Logged(t, production(t), server.Options{}, slog.New(slog.NewTextHandler(&log, nil)))
	alias := func(i int) string { return fmt.Sprintf("a%d: __typename", i) }
	same := func(int) string { return "__typename" }
	deep := "{ viewer { activeSession { user { testSessions { nodes { " + strings.Repeat("user { activeSession { ", 9) + "id" + strings.Repeat("} }", 9) + " } } } } } }"
	for name, c := range map[string]struct {
		query string
		limit string // "" for what is allowed
		n     int
	}{
		"aliases":              {repeated(100, alias), "", 0},
		"too many aliases":     {repeated(101, alias), "aliases", 101},
		"repetitions":          {repeated(101, same), "", 0},
		"too many repetitions": {repeated(500, same), "aliases", 499},
		"in fragments":         {"{ ...F ...F } fragment F on Query " + repeated(101, alias), "aliases", 101},
		"deep":                 {deep, "", 0},
		"too deep":             {strings.Replace(deep, "{ id}", "{ user { id } }", 1), "depth", 25},
		"too deep through fragments": {
			strings.Replace(deep, "{ id}", "{ ...F }", 1) + " fragment F on TestSession { user { ...G } } fragment G on User { id }", "depth", 25,
		},
		"too many fields": {"{ users(first: 100) { nodes { testSessions(first: 100) { nodes { user { testSessions(first: 100) { nodes { id } } } } } } } }", "fields", 0},
	} {
		a := s.Anonymous().Ask(t, c.query, nil)
		if c.limit == "" {
			require.Empty(t, a.Errors, name)
			continue
		}
		require.Equal(t, "LIMIT_EXCEEDED", a.Code(), name)
		require.Contains(t, a.Errors[0].Extensions, c.limit, name)
		if c.n > 0 {
			require.EqualValues(t, c.n, a.Errors[0].Extensions[c.limit], name)
		}
		require.Equal(t, "null", string(a.Data), name)
	}
	// Of a document that is full of mistakes the first are told.
	require.Len(t, s.Anonymous().Ask(t, "{__typename "+strings.Repeat("@unknown ", 100)+"}", nil).Errors, 8)
	require.NotContains(t, log.String(), "level=ERROR", "whoever asks for too much is told, and nobody else")
}

// TestTheSchemaIsToldWhereItMayBe asks for it in each mode.
func TestTheSchemaIsToldWhereItMayBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode          config.Mode
		introspection config.Introspection
		told          bool
	}{
		"development": {config.Development, config.IntrospectionAuto, true},
		"production":  {config.Production, config.IntrospectionAuto, false},
		"on":          {config.Production, config.IntrospectionOn, true},
		"off":         {config.Development, config.IntrospectionOff, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := production(t)
			settings.Mode, settings.Introspection = c.mode, c.introspection
			var log bytes.Buffer
			s := servertest.Logged(t, settings, server.Options{}, slog.New(slog.NewTextHandler(&log, nil)))
			for _, query := range []string{
				`{ __schema { queryType { name } } }`, `{ __type(name: "User") { name } }`,
				`{ ...F } fragment F on Query { __schema { types { name } } }`,
			} {
				a := s.Anonymous().Ask(t, query, nil)
				if c.told {
					require.Empty(t, a.Errors, query)
					continue
				}
				require.Len(t, a.Errors, 1)
				require.Equal(t, "FORBIDDEN", a.Code(), query)
				require.Equal(t, "null", string(a.Data))
			}
			require.Empty(t, s.Anonymous().Ask(t, `{ __typename }`, nil).Errors)
			require.NotContains(t, log.String(), "level=ERROR")
		})
	}
}
