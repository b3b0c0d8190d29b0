package account

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db/passwordresettoken"
	"github.com/aiqhq/aiq/ent/db/refreshtoken"
	"github.com/aiqhq/aiq/ent/db/signinfailures"
	"github.com/aiqhq/aiq/internal/store"
)

// kept is how long tokens stay that have ended: a refresh token that comes back
// is told apart from one that never was.
const kept = 24 * time.Hour

// Purge removes tokens that ended a day ago and failures that are forgotten.
func (s *Service) Purge(ctx context.Context) error {
	now := s.clock()
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.RefreshToken.Delete().Where(refreshtoken.ExpiresAtLT(now.Add(-kept))).Exec(ctx); err != nil {
			return fmt.Errorf("remove refresh tokens: %w", err)
		}
		if _, err := tx.PasswordResetToken.Delete().Where(passwordresettoken.ExpiresAtLT(now.Add(-kept))).Exec(ctx); err != nil {
			return fmt.Errorf("remove reset tokens: %w", err)
		}
		if _, err := tx.SignInFailures.Delete().Where(signinfailures.ForgottenAtLT(now)).Exec(ctx); err != nil {
			return fmt.Errorf("remove failures: %w", err)
		}
		return nil
	})
}
