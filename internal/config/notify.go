package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Push is how pushes are sent to Apple's devices. Without it nothing is sent. The key
// is a secret, APNsKey.
type Push struct {
	APNsKeyID   string `help:"Id of the key that signs for Apple's push service. The key is in AIQ_APNS_KEY or AIQ_APNS_KEY_FILE." name:"apns-key-id" env:"AIQ_APNS_KEY_ID"`
	APNsTeamID  string `help:"Id of the team whose key it is." name:"apns-team-id" env:"AIQ_APNS_TEAM_ID"`
	APNsTopic   string `help:"Bundle id of the app." name:"apns-topic" env:"AIQ_APNS_TOPIC"`
	APNsSandbox bool   `help:"Send to Apple's sandbox, which serves apps in development." name:"apns-sandbox" env:"AIQ_APNS_SANDBOX"`
	APNsURL     string `help:"Address of the push service, in place of Apple's." name:"apns-url" env:"AIQ_APNS_URL"`
}

// Reminders are when people are reminded of their next test, where pushes are sent.
type Reminders struct {
	ReminderAdvance       time.Duration `help:"How long before the next test can be taken the person is told." default:"0s" env:"AIQ_REMINDER_ADVANCE"`
	ReminderNudge         time.Duration `help:"How long after that they are told once more; 0s is never." default:"168h" env:"AIQ_REMINDER_NUDGE"`
	ReminderEncouragement time.Duration `help:"How long after a test they are encouraged on the way; 0s is never." default:"720h" env:"AIQ_REMINDER_ENCOURAGEMENT"`
	ReminderScan          time.Duration `help:"How often to look for reminders that are due." default:"15m" env:"AIQ_REMINDER_SCAN"`
}

func defaultReminders() Reminders {
	const day = 24 * time.Hour
	return Reminders{ReminderNudge: 7 * day, ReminderEncouragement: 30 * day, ReminderScan: 15 * time.Minute}
}

func (r Reminders) validate() error {
	return cmp.Or(
		notBelow0(
			number[time.Duration]{"reminder-advance", r.ReminderAdvance},
			number[time.Duration]{"reminder-nudge", r.ReminderNudge},
			number[time.Duration]{"reminder-encouragement", r.ReminderEncouragement},
		),
		above0(number[time.Duration]{"reminder-scan", r.ReminderScan}),
	)
}

// Pushes reports whether pushes are sent.
func (c Server) Pushes() bool { return c.APNsKey != "" }

// validatePush fails for half a configuration.
func (c Server) validatePush() error {
	var given, missing []string
	for _, s := range []struct{ name, value string }{
		{"AIQ_APNS_KEY or AIQ_APNS_KEY_FILE", c.APNsKey}, {"AIQ_APNS_KEY_ID", c.APNsKeyID},
		{"AIQ_APNS_TEAM_ID", c.APNsTeamID}, {"AIQ_APNS_TOPIC", c.APNsTopic},
	} {
		if s.value == "" {
			missing = append(missing, s.name)
		} else {
			given = append(given, s.name)
		}
	}
	if len(given) > 0 && len(missing) > 0 {
		return fmt.Errorf("apns: pushes need %s too", strings.Join(missing, ", "))
	}
	if len(given) == 0 && (c.APNsURL != "" || c.APNsSandbox) {
		return fmt.Errorf("apns: pushes need %s", strings.Join(missing, ", "))
	}
	if c.APNsURL == "" {
		return nil
	}
	if u, err := url.Parse(c.APNsURL); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("apns-url: %q is not an https address", c.APNsURL)
	}
	if c.APNsSandbox {
		return errors.New("apns: set apns-sandbox or apns-url, not both")
	}
	return nil
}
