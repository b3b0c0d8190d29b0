package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
)

const random = "7hXw2VbQ9fLr4KcTz8NmJp3YdGs6AeUq"

func TestProductionRefusesSecretsThatCanBeGuessed(t *testing.T) {
	t.Parallel()
	c := config.Defaults()
	c.Mode, c.Secret = config.Production, random
	require.NoError(t, c.Validate())
	c.OldSecrets = []string{"0123456789abcdef0123456789abcdef"}
	require.NoError(t, c.Validate())
	for name, secret := range map[string]string{
		"none": "", "short": random[1:], "one letter": "ssssssssssssssssssssssssssssssss",
		"few letters": "abcabcabcabcabcabcabcabcabcabcabcabc", "a default": "please-changeme-before-production-1",
		"words": "my super SECRET of thirty-two bytes!",
	} {
		c.Secret, c.OldSecrets = secret, nil
		require.ErrorContains(t, c.Validate(), "secret", name)
		if secret != "" {
			c.Secret, c.OldSecrets = random, []string{secret}
			require.ErrorContains(t, c.Validate(), "secret", name)
			require.NotContains(t, c.Validate().Error(), secret)
		}
	}
	c.Secret, c.OldSecrets, c.MailURL = random, nil, "log:"
	require.ErrorContains(t, c.Validate(), "mail")
	c.Mode = config.Development
	require.NoError(t, c.Validate())
}

func TestProductionRefusesHalfAConfigurationOfMail(t *testing.T) {
	t.Parallel()
	for _, half := range []func(*config.Server){
		func(c *config.Server) { c.MailFrom = "aiq@example.org" },
		func(c *config.Server) { c.ResetURL = "https://app.example.org/reset?token={token}" },
	} {
		c := config.Defaults()
		half(&c)
		require.NoError(t, c.Validate(), "development writes it to the log")
		c.Mode, c.Secret = config.Production, random
		require.ErrorContains(t, c.Validate(), "AIQ_MAIL_URL")
		c.MailURL = "smtp://mail.example.org"
		require.NoError(t, c.Validate())
	}
}

func TestSecretsComeFromTheEnvironmentOrFromFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	read := func(environment map[string]string) (config.Secrets, error) {
		var s config.Secrets
		return s, s.ReadSecrets(func(name string) string { return environment[name] })
	}
	s, err := read(map[string]string{"AIQ_SECRET": "new", "AIQ_SECRETS_OLD": "old older", "AIQ_MAIL_URL": "smtp://host", "AIQ_APNS_KEY": "key"})
	require.NoError(t, err)
	require.Equal(t, config.Secrets{Secret: "new", OldSecrets: []string{"old", "older"}, MailURL: "smtp://host", APNsKey: "key"}, s)

	s, err = read(map[string]string{"AIQ_SECRET_FILE": file("secrets", "new\n\nold\n older \n"), "AIQ_MAIL_URL_FILE": file("mail", "smtp://host\n"), "AIQ_APNS_KEY_FILE": file("key.p8", "two\nlines\n")})
	require.NoError(t, err)
	require.Equal(t, config.Secrets{Secret: "new", OldSecrets: []string{"old", "older"}, MailURL: "smtp://host", APNsKey: "two\nlines"}, s)

	for name, environment := range map[string]map[string]string{
		"no such file": {"AIQ_SECRET_FILE": filepath.Join(folder, "nowhere")},
		"an empty one": {"AIQ_SECRET_FILE": file("empty", "\n")},
		"both":         {"AIQ_SECRET_FILE": file("one", random), "AIQ_SECRET": random},
		"no key file":  {"AIQ_APNS_KEY_FILE": filepath.Join(folder, "nowhere")},
		"an empty key": {"AIQ_APNS_KEY_FILE": file("empty.p8", "\n")},
		"two keys":     {"AIQ_APNS_KEY_FILE": file("one.p8", random), "AIQ_APNS_KEY": random},
		"two ways":     {"AIQ_MAIL_URL_FILE": file("two", "smtp://a\nsmtp://b")},
	} {
		_, err := read(environment)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), random)
		require.NotContains(t, err.Error(), "%!")
	}
}

func TestAccountsAndRatesAreValidated(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(*config.Server){
		"access-life":     func(c *config.Server) { c.AccessLife = time.Millisecond },
		"lockout-after":   func(c *config.Server) { c.LockoutAfter = 0 },
		"lockout-longest": func(c *config.Server) { c.LockoutLongest = time.Second },
		"reset-url":       func(c *config.Server) { c.ResetURL = "https://example.org/reset" },
		"apple-keys":      func(c *config.Server) { c.AppleKeys = "nowhere" },
		"rate-submit":     func(c *config.Server) { c.Submit.Most = 0 },
	} {
		c := config.Defaults()
		change(&c)
		require.ErrorContains(t, c.Validate(), says)
	}
}
