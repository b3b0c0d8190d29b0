package graph_test

import (
	"testing"

	"github.com/aiqhq/aiq/internal/server/scenario"
)

// TestScenarios plays what testdata/scenarios tells: a file for each behaviour.
func TestScenarios(t *testing.T) {
	t.Parallel()
	scenario.Run(t, "testdata/scenarios")
}
