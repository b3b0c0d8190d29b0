package notify_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/notification"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/notify"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

type input = servertest.Variables

const day = 24 * time.Hour

// world is a server that sends pushes to a double.
type world struct {
	*servertest.Server
	clock *servertest.Clock
	apns  *apnstest.Server
}

// each runs fn for each database.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		clock := servertest.NewClock()
		w := &world{clock: clock, apns: apnstest.New(t, clock.Now)}
		w.Server = servertest.New(t, databaseURL, server.Options{Clock: clock.Now, Push: w.apns.Client()})
		fn(t, w)
	})
}

// person is a new person with these devices, who completed a test so long ago.
func (w *world) person(t *testing.T, ago time.Duration, devices ...string) servertest.Client {
	t.Helper()
	c := w.SignedIn(account.Registration{})
	for _, name := range devices {
		w.register(t, c, name)
	}
	w.test(t, c, vocab.Completed, ago)
	return c
}

// test gives the person a test that came to be in that state so long ago.
func (w *world) test(t *testing.T, c servertest.Client, state vocab.SessionState, ago time.Duration) {
	t.Helper()
	require.NoError(t, w.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		at := w.clock.Now().Add(-ago)
		create := tx.TestSession.Create().SetUserID(ident.User(c.UserID)).SetKind(vocab.Fixed).SetState(state).
			SetSeed(1).SetMaximum(1).SetSteps([]vocab.Step{}).SetSeen([]ident.Question{}).
			SetStartedAt(at.Add(-time.Hour)).SetLastActivityAt(at)
		if state.Final() {
			create.SetEndedAt(at)
		}
		return create.Exec(ctx)
	}))
}

// register registers a device by its name, and gives its id.
func (w *world) register(t *testing.T, c servertest.Client, name string) string {
	t.Helper()
	var data struct {
		RegisterDevice struct{ Device struct{ ID string } }
	}
	c.Get(t, &data, `mutation ($in: RegisterDeviceInput!) { registerDevice(input: $in) { device { id } } }`,
		input{"in": input{"platform": "IOS", "token": servertest.PushToken(name)}})
	return data.RegisterDevice.Device.ID
}

// set changes the person's settings.
func set(t *testing.T, c servertest.Client, in input) servertest.Answer {
	t.Helper()
	return c.Ask(t, `mutation ($in: UpdateNotificationSettingsInput!) { updateNotificationSettings(input: $in) { notificationSettings `+settingsFields+` } }`, input{"in": in})
}

const settingsFields = `{ due nudge encouragement quietHours { fromMinute toMinute timeZone } }`

// devices are the ids of the person's devices.
func devices(t *testing.T, c servertest.Client) []string {
	t.Helper()
	var data struct {
		Viewer struct{ Devices []struct{ ID string } }
	}
	c.Get(t, &data, `{ viewer { devices { id } } }`, nil)
	var ids []string
	for _, d := range data.Viewer.Devices {
		ids = append(ids, d.ID)
	}
	return ids
}

// scan looks for reminders.
func (w *world) scan(t *testing.T) {
	t.Helper()
	require.NoError(t, w.Resolver.Notify.Scan(t.Context()))
}

// notifications are all that there are, oldest first.
func (w *world) notifications(t *testing.T) []*db.Notification {
	t.Helper()
	return w.Store.Reader().Notification.Query().Order(notification.ByID()).AllX(t.Context())
}

// only is the one notification.
func (w *world) only(t *testing.T) *db.Notification {
	t.Helper()
	all := w.notifications(t)
	require.Len(t, all, 1)
	return all[0]
}

// work works the job of the one notification.
func (w *world) work(t *testing.T) error {
	t.Helper()
	n := w.only(t)
	return w.Resolver.Notify.Work(t.Context(), notify.Reminder{User: n.UserID, Notification: n.ID})
}

// shown are the kinds of what the device shows, in order.
func (w *world) shown(name string) []string {
	var kinds []string
	for _, n := range w.apns.Shown() {
		if n.Token == servertest.PushToken(name) {
			kinds = append(kinds, n.Data["kind"])
		}
	}
	return kinds
}
