package notify_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/notify"
)

func TestSettingsChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada := w.SignedIn(account.Registration{})
		requireNow := func(want string) {
			t.Helper()
			var data struct {
				Viewer struct{ NotificationSettings json.RawMessage }
			}
			ada.Get(t, &data, `{ viewer { notificationSettings `+settingsFields+` } }`, nil)
			require.JSONEq(t, want, string(data.Viewer.NotificationSettings))
		}
		requireNow(`{"due": true, "nudge": true, "encouragement": true, "quietHours": null}`)
		for _, change := range []struct {
			in   input
			want string
		}{
			{input{"nudge": false}, `{"due": true, "nudge": false, "encouragement": true, "quietHours": null}`},
			{
				input{"quietHours": input{"fromMinute": 1320, "toMinute": 420, "timeZone": "Europe/Vienna"}, "due": nil},
				`{"due": true, "nudge": false, "encouragement": true, "quietHours": {"fromMinute": 1320, "toMinute": 420, "timeZone": "Europe/Vienna"}}`,
			},
			{
				input{"due": false, "nudge": true, "encouragement": false},
				`{"due": false, "nudge": true, "encouragement": false, "quietHours": {"fromMinute": 1320, "toMinute": 420, "timeZone": "Europe/Vienna"}}`,
			},
			{input{}, `{"due": false, "nudge": true, "encouragement": false, "quietHours": {"fromMinute": 1320, "toMinute": 420, "timeZone": "Europe/Vienna"}}`},
			{input{"quietHours": nil}, `{"due": false, "nudge": true, "encouragement": false, "quietHours": null}`},
		} {
			a := set(t, ada, change.in)
			require.Empty(t, a.Errors)
			var data struct {
				UpdateNotificationSettings struct{ NotificationSettings json.RawMessage }
			}
			require.NoError(t, json.Unmarshal(a.Data, &data))
			require.JSONEq(t, change.want, string(data.UpdateNotificationSettings.NotificationSettings))
			requireNow(change.want)
		}
		for rule, quiet := range map[string]input{
			"range":     {"fromMinute": 1440, "toMinute": 0, "timeZone": "UTC"},
			"differs":   {"fromMinute": 60, "toMinute": 60, "timeZone": "UTC"},
			"time_zone": {"fromMinute": 0, "toMinute": 60, "timeZone": "Local"},
		} {
			a := set(t, ada, input{"due": true, "quietHours": quiet})
			require.Equal(t, "VALIDATION_FAILED", a.Code(), rule)
			require.Equal(t, rule, a.Errors[0].Extensions["rule"])
		}
		for _, zone := range []string{"", "Atlantis/Port", "../etc/passwd"} {
			require.Equal(t, "VALIDATION_FAILED", set(t, ada, input{"quietHours": input{"fromMinute": 0, "toMinute": 60, "timeZone": zone}}).Code(), zone)
		}
		requireNow(`{"due": false, "nudge": true, "encouragement": false, "quietHours": null}`)
	})
}

func TestQuietHoursEnd(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		out, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return out
	}
	night := notify.QuietHours{FromMinute: 22 * 60, ToMinute: 7 * 60, TimeZone: "Europe/Vienna"}
	noon := notify.QuietHours{FromMinute: 12 * 60, ToMinute: 13 * 60, TimeZone: "UTC"}
	early := notify.QuietHours{FromMinute: 0, ToMinute: 2*60 + 30, TimeZone: "Europe/Vienna"}
	for _, c := range []struct {
		hours notify.QuietHours
		now   string
		want  time.Duration
	}{
		{noon, "2026-03-01T11:59:59Z", 0},
		{noon, "2026-03-01T12:00:00Z", time.Hour},
		{noon, "2026-03-01T12:59:59Z", time.Second},
		{noon, "2026-03-01T13:00:00Z", 0},
		{night, "2026-01-10T21:59:00+01:00", 0},
		{night, "2026-01-10T22:00:00+01:00", 9 * time.Hour},
		{night, "2026-01-11T06:59:00+01:00", time.Minute},
		{night, "2026-01-11T07:00:00+01:00", 0},
		// The night in which the clock is put forward from 2 to 3, and the one in which
		// it is put back.
		{night, "2026-03-28T22:00:00+01:00", 8 * time.Hour},
		{night, "2026-10-24T22:00:00+02:00", 10 * time.Hour},
		// Half past two does not come, or comes twice.
		{early, "2026-03-29T01:30:00+01:00", 30 * time.Minute},
		{early, "2026-10-25T02:15:00+02:00", 15 * time.Minute},
		{early, "2026-10-25T02:15:00+01:00", 15 * time.Minute},
	} {
		require.Equal(t, c.want, c.hours.Left(at(c.now)), c.now)
	}
}
