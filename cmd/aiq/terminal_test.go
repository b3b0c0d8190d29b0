package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// The reference data lie beside the packages that compute them; their README.md
// files name sources and programs.
const (
	irtData = "../../internal/irt/testdata/"
	cttData = "../../internal/ctt/testdata/"
)

// try runs a command line and returns what it writes.
func try(ctx context.Context, in string, args ...string) (string, error) {
	var c commands
	var out bytes.Buffer
	parser, err := kong.New(&c, kong.Name("aiq"), kong.Vars(ruleDefaults()), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&terminal{strings.NewReader(in), &out, new(bytes.Buffer)}))
	if err != nil {
		return "", err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return "", err
	}
	err = parsed.Run()
	return out.String(), err
}

// printed runs a command line that succeeds.
func printed(t testing.TB, args ...string) string {
	t.Helper()
	out, err := try(t.Context(), "", args...)
	require.NoError(t, err)
	return out
}

// decoded runs a command line that writes JSON.
func decoded[T any](t testing.TB, args ...string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(printed(t, append(args, "--json")...)), &v))
	return v
}

// expected reads a JSON file of the reference data.
func expected[T any](t testing.TB, file string) T {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var v T
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

// near requires got to be defined and within tol of want; a nil want requires a nil got.
func near(t testing.TB, want, got *float64, tol float64, what ...any) {
	t.Helper()
	if want == nil {
		require.Nil(t, got, what...)
		return
	}
	require.NotNil(t, got, what...)
	require.InDelta(t, *want, *got, tol, what...)
}

// file writes a file for a test.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
