package notify

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/ent/db/erasure"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// MaxDevices is how many devices a person has; one more takes the place of the one
// that was not seen for the longest time.
const MaxDevices = 20

// tokens are what a platform gives out: Apple's have 32 bytes today and may become
// longer.
var tokens = regexp.MustCompile(`^([0-9a-f]{2}){32,200}$`)

// Register has the viewer notified on the device with that push token, in
// hexadecimal digits. Repeated it notes that the device was seen. A token that
// another person registered becomes the viewer's: the device has changed hands. It
// fails with VALIDATION_FAILED for what is not a token.
func (s *Service) Register(ctx context.Context, v auth.Viewer, platform vocab.Platform, token string) (*db.Device, error) {
	token = strings.ToLower(strings.TrimSpace(token))
	if !tokens.MatchString(token) {
		return nil, fault.Invalid("token", "format", "A push token is 32 to 200 bytes in hexadecimal digits.")
	}
	var out *db.Device
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Locked, so that an account that is ending is not given a device, and one
		// that registers many does not come to have more than it may.
		if _, err := tx.User.Query().Where(user.ID(v.ID()), store.ForUpdate).OnlyID(ctx); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		ending, err := tx.Erasure.Query().Where(erasure.UserID(v.ID())).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for an erasure: %w", err)
		}
		if ending {
			return fault.New(fault.Unauthenticated, "The account has ended.")
		}
		// Another person's goes as a whole: the new one has an id of its own.
		if _, err := tx.Device.Delete().Where(device.Token(token), device.UserIDNEQ(v.ID())).Exec(ctx); err != nil {
			return fmt.Errorf("take the device over: %w", err)
		}
		now := s.clock()
		id, err := tx.Device.Create().SetUserID(v.ID()).SetToken(token).SetPlatform(platform).
			SetCreatedAt(now).SetLastSeenAt(now).
			OnConflictColumns(device.FieldToken).
			Update(func(u *db.DeviceUpsert) { u.SetLastSeenAt(now) }).ID(ctx)
		if err != nil {
			return fmt.Errorf("save the device: %w", err)
		}
		if out, err = tx.Device.Query().Where(device.ID(id)).Only(ctx); err != nil {
			return fmt.Errorf("load the device: %w", err)
		}
		if out.UserID != v.ID() {
			// Somebody else registered it at the same moment.
			return fault.New(fault.Unavailable, "The device is being registered by somebody else. Try again.")
		}
		return forgetOldest(ctx, tx, v.ID())
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// forgetOldest removes the devices that are too many.
func forgetOldest(ctx context.Context, tx *store.Tx, owner ident.User) error {
	many, err := tx.Device.Query().Where(device.UserID(owner)).
		Order(device.ByLastSeenAt(sql.OrderDesc()), device.ByID(sql.OrderDesc())).Offset(MaxDevices).Limit(MaxDevices).IDs(ctx)
	if err != nil {
		return fmt.Errorf("count the devices: %w", err)
	}
	if len(many) == 0 {
		return nil
	}
	if _, err := tx.Device.Delete().Where(store.In(device.FieldID, many)).Exec(ctx); err != nil {
		return fmt.Errorf("remove old devices: %w", err)
	}
	return nil
}

// Remove has the viewer no longer notified on the device. One that is not there, or
// is another's, is left as it is.
func (s *Service) Remove(ctx context.Context, v auth.Viewer, id ident.Device) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Device.Delete().Where(device.ID(id), device.UserID(v.ID())).Exec(ctx); err != nil {
			return fmt.Errorf("remove the device: %w", err)
		}
		return nil
	})
}
