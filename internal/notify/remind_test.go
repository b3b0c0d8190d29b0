package notify_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

// A person with two devices is encouraged, told and nudged, each once.
func TestRemindersOverTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada := w.person(t, 0, "phone", "tablet")
		ended := w.clock.Now()
		var want []string
		for _, c := range []struct {
			at   time.Duration
			kind string
		}{
			{30*day - time.Microsecond, ""}, {30 * day, "ENCOURAGEMENT"}, {89 * day, ""}, {90 * day, "DUE"}, {97*day - time.Hour, ""},
			{97 * day, "NUDGE"}, {98 * day, ""}, {400 * day, ""},
		} {
			w.clock.Advance(c.at - w.clock.Now().Sub(ended))
			w.scan(t)
			w.scan(t)
			w.Settle()
			if c.kind != "" {
				want = append(want, c.kind)
			}
			for _, name := range []string{"phone", "tablet"} {
				require.Equal(t, want, w.shown(name), c.at)
			}
		}
		for _, n := range w.apns.Shown() {
			require.Equal(t, 1, n.Times)
			require.NotEmpty(t, n.Body)
		}
		require.Equal(t, 6, w.apns.Asked())

		// Administrators see what was sent.
		var data struct {
			Node struct {
				Devices              []struct{ ID string }
				NotificationSettings struct{ Due bool }
				Notifications        struct {
					TotalCount int
					Nodes      []struct {
						ID, Kind, State        string
						CreatedAt, DeliveredAt time.Time
						User                   struct{ ID string }
						Session                struct{ State string }
					}
				}
			}
		}
		id := ident.Global{Kind: ident.KindUser, Key: ada.UserID}.String()
		w.Admin().Get(t, &data, `query ($id: ID!) { node(id: $id) { ... on User { devices { id } notificationSettings { due } notifications(first: 2) {
			totalCount nodes { id kind state createdAt deliveredAt user { id } session { state } } } } } }`, input{"id": id})
		got := data.Node.Notifications
		require.Equal(t, 3, got.TotalCount)
		require.Len(t, got.Nodes, 2)
		require.Equal(t, "NUDGE", got.Nodes[0].Kind)
		require.Equal(t, "SENT", got.Nodes[0].State)
		require.True(t, got.Nodes[0].CreatedAt.Equal(ended.Add(97*day)))
		require.True(t, got.Nodes[0].DeliveredAt.Equal(ended.Add(97*day)))
		require.Equal(t, id, got.Nodes[0].User.ID)
		require.Equal(t, "COMPLETED", got.Nodes[0].Session.State)
		require.Equal(t, got.Nodes[0].ID, w.apns.Shown()[4].Data["notification"])
		require.Len(t, data.Node.Devices, 2)
		require.True(t, data.Node.NotificationSettings.Due)
	})
}

func TestWhoIsNotReminded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.person(t, 90*day)
		w.person(t, 90*day-time.Microsecond, "not yet")
		w.person(t, 90*day+notify.Late+time.Microsecond, "too late")
		off := w.person(t, 90*day, "turned off")
		require.Empty(t, set(t, off, input{"due": false}).Errors)
		w.test(t, w.person(t, 90*day, "another since"), vocab.Completed, 50*day)
		w.test(t, w.person(t, 90*day, "at it"), vocab.InProgress, 0)
		up := w.SignedIn(account.Registration{})
		w.register(t, up, "gave it up")
		w.test(t, up, vocab.Abandoned, 90*day)
		w.scan(t)
		require.Empty(t, w.notifications(t))

		w.person(t, 90*day+notify.Late-time.Second, "just in time")
		still := w.person(t, 90*day, "gave another up")
		w.test(t, still, vocab.Abandoned, 40*day)
		require.Empty(t, set(t, still, input{"nudge": false, "encouragement": false}).Errors)
		w.scan(t)
		w.Settle()
		require.Len(t, w.notifications(t), 2)
		require.Equal(t, []string{"DUE"}, w.shown("just in time"))
		require.Equal(t, []string{"DUE"}, w.shown("gave another up"))
	})
}

// What happens between the moment a reminder is queued and the one it is sent.
func TestRemindersAreDropped(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(t *testing.T, w *world, c servertest.Client){
		"the kind is turned off": func(t *testing.T, _ *world, c servertest.Client) {
			require.Empty(t, set(t, c, input{"due": false}).Errors)
		},
		"another test is taken": func(t *testing.T, w *world, c servertest.Client) { w.test(t, c, vocab.Completed, 0) },
		"another test is begun": func(t *testing.T, w *world, c servertest.Client) { w.test(t, c, vocab.InProgress, 0) },
		"the device goes": func(t *testing.T, _ *world, c servertest.Client) {
			c.Get(t, nil, `mutation ($in: RemoveDeviceInput!) { removeDevice(input: $in) { removed } }`, input{"in": input{"deviceId": devices(t, c)[0]}})
		},
		"it takes too long": func(_ *testing.T, w *world, _ servertest.Client) { w.clock.Advance(notify.Late) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				c := w.person(t, 90*day, "phone")
				w.scan(t)
				require.Equal(t, vocab.NotificationQueued, w.only(t).State)
				happens(t, w, c)
				w.Settle()
				require.Equal(t, vocab.NotificationDropped, w.only(t).State)
				require.Nil(t, w.only(t).DeliveredAt)
				w.scan(t)
				w.Settle()
				require.Len(t, w.notifications(t), 1)
				require.Zero(t, w.apns.Asked())
			})
		})
	}
}

// One device takes the push, and another does not.
func TestWhatThePushServiceAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		replies []apnstest.Reply
		// tries are how many there are, of which the last succeeds.
		tries int
		// left is whether the second device is still there, and shown whether it shows
		// the reminder.
		left, shown bool
	}{
		"unregistered":            {[]apnstest.Reply{{Status: http.StatusGone, Reason: "Unregistered"}}, 1, false, false},
		"unregistered since then": {[]apnstest.Reply{{Status: http.StatusGone, Reason: "Unregistered", Since: time.Now().AddDate(10, 0, 0)}}, 1, false, false},
		"registered again since":  {[]apnstest.Reply{{Status: http.StatusGone, Reason: "Unregistered", Since: time.Now().AddDate(-10, 0, 0)}}, 1, true, false},
		"bad token":               {[]apnstest.Reply{{Status: http.StatusBadRequest, Reason: "BadDeviceToken"}}, 1, false, false},
		"another app's":           {[]apnstest.Reply{{Status: http.StatusBadRequest, Reason: "DeviceTokenNotForTopic"}}, 1, false, false},
		"not accepted":            {[]apnstest.Reply{{Status: http.StatusRequestEntityTooLarge, Reason: "PayloadTooLarge"}}, 1, true, false},
		"trouble": {[]apnstest.Reply{
			{Status: http.StatusInternalServerError, Reason: "InternalServerError"}, {Status: http.StatusServiceUnavailable, Reason: "Shutdown"},
		}, 3, true, true},
		"too many":                 {[]apnstest.Reply{{Status: http.StatusTooManyRequests, Reason: "TooManyRequests", RetryAfter: "90"}}, 2, true, true},
		"trouble, and then gone":   {[]apnstest.Reply{{Status: http.StatusInternalServerError}, {Status: http.StatusGone, Reason: "Unregistered"}}, 2, false, false},
		"a provider without leave": {[]apnstest.Reply{{Status: http.StatusForbidden, Reason: "InvalidProviderToken"}}, 2, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				ada := w.person(t, 90*day, "phone", "tablet")
				w.scan(t)
				w.apns.Answer(servertest.PushToken("tablet"), c.replies...)
				for range c.tries - 1 {
					require.Error(t, w.work(t))
					require.Equal(t, vocab.NotificationQueued, w.only(t).State)
				}
				require.NoError(t, w.work(t))
				require.Equal(t, vocab.NotificationSent, w.only(t).State)
				require.Len(t, devices(t, ada), map[bool]int{true: 2, false: 1}[c.left])
				require.Equal(t, []string{"DUE"}, w.shown("phone"))
				require.Equal(t, c.shown, len(w.shown("tablet")) == 1)
				require.Equal(t, 1+c.tries, w.apns.Asked(), "the first device is not asked again")
			})
		})
	}
}

// A connection that breaks when the push was taken has it sent once more, and the
// device shows one.
func TestALostAnswerShowsNothingTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.person(t, 90*day, "phone")
		w.scan(t)
		w.apns.Answer(servertest.PushToken("phone"), apnstest.Reply{Break: true, Taken: true})
		require.ErrorContains(t, w.work(t), "temporary")
		require.NoError(t, w.work(t))
		shown := w.apns.Shown()
		require.Len(t, shown, 1)
		require.Equal(t, 2, shown[0].Times)
		require.Equal(t, vocab.NotificationSent, w.only(t).State)
	})
}

func TestWhatASendCosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.person(t, 90*day, "phone", "tablet")
		w.scan(t)
		n := w.only(t)
		ctx, counted := store.WithStatements(t.Context())
		require.NoError(t, w.Resolver.Notify.Work(ctx, notify.Reminder{User: n.UserID, Notification: n.ID}))
		require.Equal(t, 5, counted.Count())
		require.Equal(t, 2, w.apns.Asked())
	})
}

// Many scan at once, over more tests than one transaction takes.
func TestEveryoneIsRemindedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const people = 1200
		users := w.AddUsers(people)
		w.AddTests(w.AddQuestions("bank", 1), users, servertest.Tests{Sessions: 1, Responses: 1})
		require.NoError(t, w.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for _, u := range users {
				err := tx.Device.Create().SetUserID(u).SetPlatform(vocab.IOS).SetToken(servertest.PushToken(ident.Global{Kind: ident.KindUser, Key: int64(u)}.String())).
					SetCreatedAt(w.clock.Now()).SetLastSeenAt(w.clock.Now()).Exec(ctx)
				if err != nil {
					return err
				}
			}
			// All tests have ended at the same moment: the place is told by their ids.
			return tx.TestSession.Update().SetEndedAt(w.clock.Now().Add(-90 * day)).Exec(ctx)
		}))
		var scanning sync.WaitGroup
		for range 3 {
			scanning.Go(func() {
				if err := w.Resolver.Notify.Scan(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		scanning.Wait()
		all := w.notifications(t)
		require.Len(t, all, people)
		after := map[ident.Session]bool{}
		for _, n := range all {
			require.Equal(t, vocab.Due, n.Kind)
			after[n.SessionID] = true
		}
		require.Len(t, after, people)
		var jobs int
		require.NoError(t, w.Store.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'reminder'").Scan(&jobs))
		require.Equal(t, people, jobs)

		statements := func() int {
			ctx, counted := store.WithStatements(t.Context())
			require.NoError(t, w.Resolver.Notify.Scan(ctx))
			return counted.Count()
		}
		require.Equal(t, 3, statements(), "one for each kind when nothing is due")
		require.NoError(t, w.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Notification.Delete().Exec(ctx)
			return err
		}))
		require.Equal(t, 2+3*2, statements(), "two for each 500")
	})
}

// Without a push service nothing is queued, and what another process has queued
// waits for it.
func TestAServerThatSendsNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		clock := servertest.NewClock()
		w := &world{clock: clock, apns: apnstest.New(t, clock.Now)}
		w.Server = servertest.New(t, databaseURL, server.Options{Clock: clock.Now})
		ada := w.person(t, 90*day, "phone")
		w.scan(t)
		require.Empty(t, w.notifications(t))
		require.Equal(t, "FORBIDDEN", try(t, w.Admin(), devices(t, ada)[0]).Code())

		other := servertest.New(t, databaseURL, server.Options{Clock: clock.Now, Push: w.apns.Client()})
		require.NoError(t, other.Resolver.Notify.Scan(t.Context()))
		w.Settle()
		require.Equal(t, vocab.NotificationQueued, w.only(t).State)
		n := w.only(t)
		require.NoError(t, other.Resolver.Notify.Work(t.Context(), notify.Reminder{User: n.UserID, Notification: n.ID}))
		require.Equal(t, []string{"DUE"}, w.shown("phone"))
	})
}
