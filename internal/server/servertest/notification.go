package servertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// PushToken is a device's push token, made of a name.
func PushToken(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// AddDevices lets each of the people have two devices and quiet hours, and be reminded
// after each completed test.
func (s *Server) AddDevices(people ...ident.User) {
	s.tb.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := inParts(nil, 2*len(people), func(i int) *db.DeviceCreate {
			person := people[i/2]
			return tx.Device.Create().SetUserID(person).SetPlatform(vocab.IOS).SetCreatedAt(began).SetLastSeenAt(began).
				SetToken(PushToken(fmt.Sprintf("fixture %d of %d", i%2, person)))
		}, func(rows []*db.DeviceCreate) ([]*db.Device, error) {
			return nil, tx.Device.CreateBulk(rows...).Exec(ctx)
		})
		if err != nil {
			return err
		}
		_, err = inParts(nil, len(people), func(i int) *db.NotificationSettingsCreate {
			return tx.NotificationSettings.Create().SetUserID(people[i]).SetNudge(false).
				SetQuietFrom(22 * 60).SetQuietTo(7 * 60).SetTimeZone("Europe/Vienna").SetChangedAt(began)
		}, func(rows []*db.NotificationSettingsCreate) ([]*db.NotificationSettings, error) {
			return nil, tx.NotificationSettings.CreateBulk(rows...).Exec(ctx)
		})
		if err != nil {
			return err
		}
		over, err := tx.TestSession.Query().
			Where(testsession.StateEQ(vocab.Completed), store.In(testsession.FieldUserID, people)).
			Order(testsession.ByID()).All(ctx)
		if err != nil {
			return err
		}
		_, err = inParts(nil, len(over), func(i int) *db.NotificationCreate {
			due := over[i].EndedAt.AddDate(0, 0, 90)
			return tx.Notification.Create().SetUserID(over[i].UserID).SetSessionID(over[i].ID).SetKind(vocab.Due).
				SetState(vocab.NotificationSent).SetCreatedAt(due).SetDeliveredAt(due.Add(time.Second))
		}, func(rows []*db.NotificationCreate) ([]*db.Notification, error) {
			return nil, tx.Notification.CreateBulk(rows...).Exec(ctx)
		})
		return err
	})
}
