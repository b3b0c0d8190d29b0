package requestid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/requestid"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"a": true, "0-9_A.Z": true, strings.Repeat("x", 64): true, requestid.New(): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\nb": false, "é": false, `"`: false,
	} {
		require.Equal(t, want, requestid.Valid(id), id)
	}
	require.NotEqual(t, requestid.New(), requestid.New())
}

func TestLogLinesNameTheirRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(requestid.Handler(slog.NewJSONHandler(&out, nil))).With("part", "test")
	ctx := requestid.With(context.Background(), "abc")
	require.Equal(t, "abc", requestid.From(ctx))
	require.Empty(t, requestid.From(context.Background()))
	log.InfoContext(ctx, "within")
	log.InfoContext(context.Background(), "outside")
	var lines [2]map[string]any
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		require.NoError(t, json.Unmarshal([]byte(line), &lines[i]))
	}
	require.Equal(t, "abc", lines[0]["request_id"])
	require.Equal(t, "test", lines[0]["part"])
	require.NotContains(t, lines[1], "request_id")
}
