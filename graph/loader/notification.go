package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/ent/db/notification"
	"github.com/aiqhq/aiq/ent/db/notificationsettings"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

var newestNotifications = Order[*db.Notification]{Name: "newest notifications", Desc: true, ID: func(n *db.Notification) int64 { return int64(n.ID) }}

var notificationsOfUser = relation[ident.User, *db.Notification]{
	name: "notifications of user", column: notification.FieldUserID, order: newestNotifications,
	parent: func(n *db.Notification) ident.User { return n.UserID },
	rows:   func(l *Loaders) query[*db.Notification] { return l.notifications },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.Notification.Query().Modify(modify).Scan(ctx, into)
	},
}

func (l *Loaders) notifications(ctx context.Context, where func(*sql.Selector)) ([]*db.Notification, error) {
	return l.client.Notification.Query().Where(where).All(ctx)
}

func (l *Loaders) devices(ctx context.Context, where func(*sql.Selector)) ([]*db.Device, error) {
	return l.client.Device.Query().Where(where).All(ctx)
}

// Devices loads devices.
func (l *Loaders) Devices(ctx context.Context, keys []ident.Device) ([]*db.Device, error) {
	return one(ctx, l, "device", keys, byKey[ident.Device](l.devices, device.FieldID),
		func(d *db.Device) ident.Device { return d.ID })
}

// DevicesOfUsers loads each person's devices, in the order in which they were
// registered.
func (l *Loaders) DevicesOfUsers(ctx context.Context, keys []ident.User) ([][]*db.Device, error) {
	return many(ctx, l, "devices of user", keys,
		func(ctx context.Context, keys []ident.User) ([]*db.Device, error) {
			return l.client.Device.Query().Where(store.In(device.FieldUserID, keys)).Order(device.ByID()).All(ctx)
		},
		func(d *db.Device) ident.User { return d.UserID })
}

// NotificationSettingsOfUsers loads each person's settings, nil for those who have
// never changed them.
func (l *Loaders) NotificationSettingsOfUsers(ctx context.Context, keys []ident.User) ([]*db.NotificationSettings, error) {
	return one(ctx, l, "notification settings of user", keys,
		func(ctx context.Context, keys []ident.User) ([]*db.NotificationSettings, error) {
			return l.client.NotificationSettings.Query().Where(store.In(notificationsettings.FieldUserID, keys)).All(ctx)
		},
		func(s *db.NotificationSettings) ident.User { return s.UserID })
}

// Notifications loads notifications.
func (l *Loaders) Notifications(ctx context.Context, keys []ident.Notification) ([]*db.Notification, error) {
	return one(ctx, l, "notification", keys, byKey[ident.Notification](l.notifications, notification.FieldID),
		func(n *db.Notification) ident.Notification { return n.ID })
}

// NotificationsOfUsers loads a page of each person's notifications, newest first.
func (l *Loaders) NotificationsOfUsers(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.Notification], error) {
	return pages(ctx, l, notificationsOfUser, keys, page)
}
