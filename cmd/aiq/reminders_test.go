package main

import (
	"context"
	"flag"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/notification"
	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// reminded is how many people are reminded on each database.
var reminded = flag.Int("reminders", 200, "how many reminders TestRemindersAndACrash sends on each database")

// TestRemindersAndACrash has three processes send a reminder to each of many people, by
// a push service that fails one of ten pushes, and kills one process on the way. Then
// each reminder was taken, each device shows exactly one, and all are noted as sent.
func TestRemindersAndACrash(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	// The killed process's jobs are taken up after two timeouts, when somebody looks.
	patience := 3*time.Minute + time.Duration(*reminded)*20*time.Millisecond
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		service := apnstest.New(t, clock.System)
		service.AnswerEach(apnstest.Failing(10))
		settings := config.Defaults()
		settings.DatabaseURL, settings.Secret = databaseURL, secret
		observer := servertest.Configured(t, settings, server.Options{})

		var workers [3]*process
		for i := range workers {
			workers[i] = servingIn(t, []string{"AIQ_APNS_KEY=" + service.KeyPEM(), "SSL_CERT_FILE=" + service.RootsFile()}, databaseURL,
				"--apns-url", service.URL, "--apns-key-id", apnstest.KeyID, "--apns-team-id", apnstest.TeamID, "--apns-topic", apnstest.Topic,
				"--reminder-scan", "1s", "--job-timeout", "5s")
		}
		people := addDue(t, observer, *reminded)
		began := time.Now()
		require.Eventually(t, func() bool { return len(service.Shown()) >= *reminded/3 }, patience, time.Millisecond)
		logs, err := workers[2].end(t, syscall.SIGKILL)
		require.Error(t, err)
		count := func(where string) (n int) {
			require.NoError(t, observer.Store.SQL().QueryRowContext(t.Context(),
				"SELECT count(*) FROM river_job WHERE kind = 'reminder' AND "+where).Scan(&n))
			return n
		}
		left := count("state = 'running'")
		require.Eventually(t, func() bool {
			hurry(t, observer)
			return sent(t, observer) == *reminded
		}, patience, 200*time.Millisecond, "%s", logs)
		took := time.Since(began)
		require.Eventually(t, func() bool {
			hurry(t, observer)
			return count("state <> 'completed'") == 0
		}, patience, 200*time.Millisecond)

		repeated := 0
		shown := map[string]int{}
		for _, n := range service.Shown() {
			shown[n.Token]++
			repeated += n.Times - 1
		}
		require.Len(t, shown, *reminded)
		for _, person := range people {
			require.Equal(t, 1, shown[tokenOf(person)], "of %d", person)
		}
		all := observer.Store.Reader().Notification.Query().CountX(t.Context())
		require.Equal(t, *reminded, all)
		require.Equal(t, *reminded, count("true"), "one job for each")
		t.Logf("%d reminders in %s: %d pushes, %d jobs tried again, %d taken again after a lost answer or the crash, %d not noted as done at the crash",
			*reminded, took.Round(time.Second), service.Asked(), count("attempt > 1"), repeated, left)
		for _, w := range workers[:2] {
			_, err := w.end(t, syscall.SIGTERM)
			require.NoError(t, err)
		}
	})
}

// tokenOf is the push token of the person's device.
func tokenOf(person ident.User) string {
	return servertest.PushToken(ident.Global{Kind: ident.KindUser, Key: int64(person)}.String())
}

// sent is how many notifications are noted as sent.
func sent(t *testing.T, s *servertest.Server) int {
	t.Helper()
	n, err := s.Store.Reader().Notification.Query().Where(notification.StateEQ(vocab.NotificationSent)).Count(t.Context())
	require.NoError(t, err)
	return n
}

// hurry cuts the waits before jobs are tried again short.
func hurry(t *testing.T, s *servertest.Server) {
	t.Helper()
	require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(ctx, "UPDATE river_job SET scheduled_at = created_at WHERE kind = 'reminder' AND state IN ('retryable', 'scheduled') AND scheduled_at > created_at")
		return err
	}))
}

// addDue adds people with a device, whose next test is due.
func addDue(t *testing.T, s *servertest.Server, n int) []ident.User {
	t.Helper()
	people := s.AddUsers(n)
	ended := clock.System().Add(-90*24*time.Hour - time.Hour)
	require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		const atOnce = 500
		for from := 0; from < n; from += atOnce {
			var devices []*db.DeviceCreate
			var tests []*db.TestSessionCreate
			for i, person := range people[from:min(from+atOnce, n)] {
				devices = append(devices, tx.Device.Create().SetUserID(person).SetPlatform(vocab.IOS).SetToken(tokenOf(person)).
					SetCreatedAt(ended).SetLastSeenAt(ended))
				at := ended.Add(time.Duration(from+i) * time.Millisecond)
				tests = append(tests, tx.TestSession.Create().SetUserID(person).SetKind(vocab.Fixed).SetState(vocab.Completed).
					SetSeed(1).SetMaximum(1).SetSteps([]vocab.Step{}).SetSeen([]ident.Question{}).
					SetStartedAt(at.Add(-time.Hour)).SetLastActivityAt(at).SetEndedAt(at))
			}
			if err := tx.Device.CreateBulk(devices...).Exec(ctx); err != nil {
				return err
			}
			if err := tx.TestSession.CreateBulk(tests...).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
	return people
}
