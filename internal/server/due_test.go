package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// TestAnAnswerIsDueWhateverWaits asks while the tables of accounts and of rates cannot
// be read: knowing the viewer and counting the operation wait no longer than answering
// may. On SQLite nothing holds up a reader.
func TestAnAnswerIsDueWhateverWaits(t *testing.T) {
	t.Parallel()
	storetest.Need(t, dialect.Postgres)
	databaseURL := storetest.URL(t, dialect.Postgres)
	if strings.Contains(databaseURL, "?") {
		databaseURL += "&"
	} else {
		databaseURL += "?"
	}
	settings := config.Defaults()
	// The database itself waits for ever.
	settings.DatabaseURL = databaseURL + "lock_timeout=0&statement_timeout=0&idle_in_transaction_session_timeout=0"
	settings.RequestTimeout, settings.RateLimits = 500*time.Millisecond, true
	s := servertest.Configured(t, settings, server.Options{})
	taker := s.SignedIn(account.Registration{Email: "ada@example.org", Password: servertest.Password})

	locked, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(ctx, "LOCK TABLE users, rate_windows IN ACCESS EXCLUSIVE MODE")
			close(locked)
			select {
			case <-release:
			case <-ctx.Done():
			}
			return err
		})
	}()
	<-locked
	for name, c := range map[string]servertest.Client{"signed in": taker, "anonymous": s.Anonymous()} {
		a := c.Ask(t, `{ __typename }`, nil)
		require.Equal(t, "UNAVAILABLE", a.Code(), name)
		require.Equal(t, true, a.Errors[0].Extensions["retryable"], name)
	}

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.URL, "/graphql")+"/exports/x", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+taker.Token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	var download servertest.Answer
	require.NoError(t, json.NewDecoder(res.Body).Decode(&download))
	require.Equal(t, "UNAVAILABLE", download.Code())
	require.Equal(t, true, download.Errors[0].Extensions["retryable"])

	// A socket tells who is not let in, and why.
	require.EqualValues(t, 1001, openSocket(t, s.URL, taker.Token).closing(t).Code)
	close(release)
	require.NoError(t, <-done)
	require.Empty(t, taker.Ask(t, `{ __typename }`, nil).Errors)
}
