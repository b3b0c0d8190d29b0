package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
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
		"secret":              {func(c *config.Server) { c.Mode = config.Production }, "secret"},
		"bank refresh":        {func(c *config.Server) { c.BankRefresh = 0 }, "durations"},
		"request timeout":     {func(c *config.Server) { c.RequestTimeout = -1 }, "durations"},
		"shutdown grace":      {func(c *config.Server) { c.ShutdownGrace = 0 }, "durations"},
		"job timeout":         {func(c *config.Server) { c.JobTimeout = 0 }, "durations"},
		"session idle":        {func(c *config.Server) { c.SessionIdle = 0 }, "durations"},
		"expiry":              {func(c *config.Server) { c.ExpiryInterval = -1 }, "durations"},
		"reliability":         {func(c *config.Server) { c.ReliabilityInterval = 0 }, "durations"},
		"body":                {func(c *config.Server) { c.MaxBody = 0 }, "limits"},
		"complexity":          {func(c *config.Server) { c.MaxComplexity = 0 }, "limits"},
		"connections below 0": {func(c *config.Server) { c.MaxConns = -1 }, "limits"},
	} {
		settings := config.Defaults()
		c.change(&settings)
		require.ErrorContains(t, settings.Validate(), c.says, name)
	}
}
