package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
)

func TestHalfAConfigurationOfPushesIsRefused(t *testing.T) {
	t.Parallel()
	whole := func() config.Server {
		c := config.Defaults()
		c.APNsKey, c.APNsKeyID, c.APNsTeamID, c.APNsTopic = "a key", "id", "team", "topic"
		return c
	}
	require.False(t, config.Defaults().Pushes())
	require.NoError(t, whole().Validate())
	require.True(t, whole().Pushes())
	for says, change := range map[string]func(*config.Server){
		"pushes need AIQ_APNS_KEY or AIQ_APNS_KEY_FILE too":    func(c *config.Server) { c.APNsKey = "" },
		"pushes need AIQ_APNS_KEY_ID too":                      func(c *config.Server) { c.APNsKeyID = "" },
		"pushes need AIQ_APNS_TEAM_ID, AIQ_APNS_TOPIC too":     func(c *config.Server) { c.APNsTeamID, c.APNsTopic = "", "" },
		"pushes need AIQ_APNS_KEY or AIQ_APNS_KEY_FILE, AIQ_A": func(c *config.Server) { *c = config.Defaults(); c.APNsSandbox = true },
		"not both": func(c *config.Server) { c.APNsSandbox, c.APNsURL = true, "https://localhost" },
		"apns-url": func(c *config.Server) { c.APNsURL = "http://localhost" },
	} {
		c := whole()
		change(&c)
		require.ErrorContains(t, c.Validate(), says)
		require.NotContains(t, c.Validate().Error(), "a key")
	}
	for _, change := range []func(*config.Server){
		func(c *config.Server) { c.APNsSandbox = true },
		func(c *config.Server) { c.APNsURL = "https://localhost:8443" },
	} {
		c := whole()
		change(&c)
		require.NoError(t, c.Validate())
	}
}

func TestRemindersAreValidated(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(*config.Server){
		"reminder-advance":       func(c *config.Server) { c.ReminderAdvance = -time.Second },
		"reminder-nudge":         func(c *config.Server) { c.ReminderNudge = -time.Second },
		"reminder-encouragement": func(c *config.Server) { c.ReminderEncouragement = -time.Second },
		"reminder-scan":          func(c *config.Server) { c.ReminderScan = 0 },
	} {
		c := config.Defaults()
		change(&c)
		require.ErrorContains(t, c.Validate(), says)
	}
	c := config.Defaults()
	c.ReminderNudge, c.ReminderEncouragement = 0, 0
	require.NoError(t, c.Validate())
}
