package servertest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Takers are n clients like Taker's. They have no passwords, whose hashes would
// take most of a test's time.
func (s *Server) Takers(n int) []Client {
	s.tb.Helper()
	out := make([]Client, n)
	tokens := make([]string, n)
	err := s.Store.Tx(s.tb.Context(), func(ctx context.Context, tx *store.Tx) error {
		now := clock.System()
		users := make([]*db.UserCreate, n)
		for i := range users {
			out[i] = Client{URL: s.URL, Email: fmt.Sprintf("taker%d@example.org", s.people.Add(1))}
			users[i] = tx.User.Create().SetEmail(out[i].Email).SetEmailKey(out[i].Email).
				SetRole(vocab.Taker).SetCooldownBypass(true).SetCreatedAt(now)
		}
		saved, err := tx.User.CreateBulk(users...).Save(ctx)
		if err != nil {
			return err
		}
		rows := make([]*db.RefreshTokenCreate, n)
		for i, u := range saved {
			out[i].UserID = int64(u.ID)
			tokens[i] = "token of " + out[i].Email
			hash := sha256.Sum256([]byte(tokens[i]))
			rows[i] = tx.RefreshToken.Create().SetUserID(u.ID).SetFamily(out[i].Email).SetTokenHash(hash[:]).
				SetIssuedAt(now).SetExpiresAt(now.Add(time.Hour))
		}
		return tx.RefreshToken.CreateBulk(rows...).Exec(ctx)
	})
	require.NoError(s.tb, err)
	for i := range out {
		_, issued, err := s.Accounts.Refresh(s.tb.Context(), tokens[i], "")
		require.NoError(s.tb, err)
		out[i].Token = issued.AccessToken
	}
	return out
}
