package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/vocab"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, config.Defaults().Validate())
	for name, c := range map[string]struct {
		change func(*config.Server)
		says   string
	}{
		"listen":              {func(c *config.Server) { c.Listen = "" }, "listen"},
		"database":            {func(c *config.Server) { c.DatabaseURL = "" }, "database-url"},
		"mode":                {func(c *config.Server) { c.Mode = "testing" }, "mode"},
		"no kinds":            {func(c *config.Server) { c.Tests.Kinds = nil }, "test-kinds"},
		"unknown kind":        {func(c *config.Server) { c.Tests.Kinds = []vocab.SessionKind{"ORAL"} }, "test-kinds"},
		"default kind":        {func(c *config.Server) { c.Tests.Kinds = []vocab.SessionKind{vocab.Fixed} }, "test-default-kind"},
		"percentage":          {func(c *config.Server) { c.Tests.AdaptivePercent = new(int); *c.Tests.AdaptivePercent = 101 }, "test-adaptive-percent"},
		"percentage of one":   {func(c *config.Server) { c.Tests.AdaptivePercent, c.Tests.Kinds = new(int), c.Tests.Kinds[:1] }, "test-adaptive-percent"},
		"adaptive":            {func(c *config.Server) { c.Tests.Adaptive = "maybe" }, "test-adaptive"},
		"form length":         {func(c *config.Server) { c.Tests.FormLength = 0 }, "test-form-length"},
		"time limit":          {func(c *config.Server) { c.Tests.TimeLimit = 0 }, "test-time-limit"},
		"secret":              {func(c *config.Server) { c.Mode = config.Production }, "secret"},
		"bank refresh":        {func(c *config.Server) { c.BankRefresh = 0 }, "bank-refresh"},
		"request timeout":     {func(c *config.Server) { c.RequestTimeout = -time.Second }, "request-timeout: must be above 0, not -1s"},
		"shutdown grace":      {func(c *config.Server) { c.ShutdownGrace = 0 }, "shutdown-grace"},
		"job timeout":         {func(c *config.Server) { c.JobTimeout = 0 }, "job-timeout"},
		"session idle":        {func(c *config.Server) { c.SessionIdle = 0 }, "session-idle"},
		"expiry":              {func(c *config.Server) { c.ExpiryInterval = -1 }, "expiry-interval"},
		"reliability":         {func(c *config.Server) { c.ReliabilityInterval = 0 }, "reliability-interval"},
		"event retention":     {func(c *config.Server) { c.EventRetention = 0 }, "event-retention"},
		"body":                {func(c *config.Server) { c.MaxBody = 0 }, "max-body"},
		"complexity":          {func(c *config.Server) { c.MaxComplexity = 0 }, "max-complexity: must be above 0, not 0"},
		"scoring":             {func(c *config.Server) { c.Scoring = "guess" }, "scoring"},
		"streams":             {func(c *config.Server) { c.MostStreamsEach = 0 }, "streams-each"},
		"stream times":        {func(c *config.Server) { c.StreamWrite = 0 }, "stream-write"},
		"connections below 0": {func(c *config.Server) { c.MaxConns = -1 }, "max-conns: must not be below 0, not -1"},
	} {
		settings := config.Defaults()
		c.change(&settings)
		require.ErrorContains(t, settings.Validate(), c.says, name)
	}
}

func TestAdaptiveTestsByMode(t *testing.T) {
	t.Parallel()
	c := config.Defaults()
	require.Equal(t, config.AdaptiveAlways, c.AdaptiveTests())
	c.Mode = config.Production
	require.Equal(t, config.AdaptiveWhenReady, c.AdaptiveTests())
	c.Tests.Adaptive = config.AdaptiveAlways
	require.Equal(t, config.AdaptiveAlways, c.AdaptiveTests())
}
