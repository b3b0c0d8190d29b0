package server_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/server/wire/wiretest"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// TestAudits lets the clients of others loose on the server: testdata/audits says
// which.
func TestAudits(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("AIQ_AUDITS")
	if folder == "" {
		t.Skip("AIQ_AUDITS does not name a folder with the audits")
	}
	settings := config.Defaults()
	settings.DatabaseURL = storetest.URL(t, storetest.Dialects()[0])
	settings.StreamInit = time.Second
	s := servertest.Configured(t, settings, server.Options{
		Schema: func(*graph.Resolver, ...breadth.Option) graphql.ExecutableSchema { return wiretest.New() },
	})
	for script, c := range map[string]struct {
		url string
		// passed is how many audits there are that must pass, and optional is what
		// need not.
		passed   int
		optional string
	}{
		"audit_ws.mjs":  {strings.Replace(s.URL, "http", "ws", 1), 24, "nothing"},
		"audit_sse.mjs": {s.URL, 11, "single connection mode"},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			audit := exec.CommandContext(t.Context(), "node", script, c.url)
			audit.Dir = folder
			audit.Env = append(os.Environ(), "ENDLESS=subscription{endless}")
			out, err := audit.CombinedOutput()
			passed := 0
			for line := range strings.Lines(string(out)) {
				if strings.HasPrefix(line, "ok ") {
					passed++
				}
				if strings.HasPrefix(line, "FAIL ") {
					require.Contains(t, line, c.optional, string(out))
				}
			}
			require.Equal(t, c.passed, passed, "%s%v", out, err)
		})
	}
}
