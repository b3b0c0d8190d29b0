package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/notify"
)

// optional is the key, 0 for none.
func optional[K ~int64](g *ident.Global, kind ident.Kind) K {
	if g == nil {
		return 0
	}
	return ident.As[K](*g, kind)
}

// settingsOf are the people's settings, whether they have changed them or not.
func settingsOf(ctx context.Context, people []ident.User) ([]*db.NotificationSettings, error) {
	rows, err := loader.For(ctx).NotificationSettingsOfUsers(ctx, people)
	if err != nil {
		return nil, err
	}
	return each(rows, notify.Settings), nil
}

// settingsUpdate is what the input says is to change.
func settingsUpdate(in model.UpdateNotificationSettingsInput) notify.SettingsUpdate {
	quiet, set := in.QuietHours.ValueOK()
	out := notify.SettingsUpdate{Due: in.Due, Nudge: in.Nudge, Encouragement: in.Encouragement, SetQuiet: set}
	if quiet != nil {
		out.Quiet = &notify.QuietHours{FromMinute: quiet.FromMinute, ToMinute: quiet.ToMinute, TimeZone: quiet.TimeZone}
	}
	return out
}

func userOfNotification(n *db.Notification) ident.User       { return n.UserID }
func sessionOfNotification(n *db.Notification) ident.Session { return n.SessionID }
