package notify

import (
	"context"
	"fmt"
	"time"
	_ "time/tzdata" // people's time zones, on machines that have none

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/notificationsettings"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// minutesOfDay is the number of minutes that a day has, on the clock.
const minutesOfDay = 24 * 60

// QuietHours are a part of each day in which nothing is sent.
type QuietHours struct {
	// FromMinute and ToMinute are minutes of the day, 0 to 1439. Hours that end
	// before they begin pass midnight.
	FromMinute, ToMinute int
	// TimeZone is where the clock stands, as the IANA names it.
	TimeZone string
}

// validate fails with VALIDATION_FAILED for what cannot be.
func (q QuietHours) validate() error {
	for name, minute := range map[string]int{"fromMinute": q.FromMinute, "toMinute": q.ToMinute} {
		if minute < 0 || minute >= minutesOfDay {
			return fault.Invalid("quietHours."+name, "range", "A minute of the day is from 0 to %d.", minutesOfDay-1)
		}
	}
	if q.FromMinute == q.ToMinute {
		return fault.Invalid("quietHours.toMinute", "differs", "Quiet hours end at another minute than they begin.")
	}
	if _, err := q.location(); err != nil {
		return fault.Invalid("quietHours.timeZone", "time_zone", "There is no such time zone.").Because(err)
	}
	return nil
}

func (q QuietHours) location() (*time.Location, error) {
	if q.TimeZone == "" || q.TimeZone == "Local" {
		return nil, fmt.Errorf("%q is no zone of the IANA", q.TimeZone)
	}
	return time.LoadLocation(q.TimeZone)
}

// Left is how long the quiet hours last from that moment on, 0 outside them.
func (q QuietHours) Left(now time.Time) time.Duration {
	zone, err := q.location()
	if err != nil {
		zone = time.UTC
	}
	if !q.holds(now.In(zone)) {
		return 0
	}
	// Minute by minute, for the clock may be put forward or back on the way.
	end := now.Truncate(time.Minute)
	for q.holds(end.In(zone)) {
		end = end.Add(time.Minute)
	}
	return end.Sub(now)
}

// holds reports whether it is quiet when the clock shows that.
func (q QuietHours) holds(local time.Time) bool {
	minute := local.Hour()*60 + local.Minute()
	if q.FromMinute > q.ToMinute {
		return minute >= q.FromMinute || minute < q.ToMinute
	}
	return q.FromMinute <= minute && minute < q.ToMinute
}

// Quiet are the quiet hours of the settings, nil for none.
func Quiet(row *db.NotificationSettings) *QuietHours {
	if row.QuietFrom == nil || row.QuietTo == nil {
		return nil
	}
	return &QuietHours{FromMinute: *row.QuietFrom, ToMinute: *row.QuietTo, TimeZone: row.TimeZone}
}

// Settings are the person's, or, where row is nil, those of a person who has never
// changed them: everything is sent, at any time.
func Settings(row *db.NotificationSettings) *db.NotificationSettings {
	if row != nil {
		return row
	}
	return &db.NotificationSettings{
		Due: notificationsettings.DefaultDue, Nudge: notificationsettings.DefaultNudge,
		Encouragement: notificationsettings.DefaultEncouragement, TimeZone: notificationsettings.DefaultTimeZone,
	}
}

// wanted reports whether the person wants reminders of the kind.
func wanted(row *db.NotificationSettings, kind vocab.NotificationKind) bool {
	switch kind {
	case vocab.Due:
		return row.Due
	case vocab.Nudge:
		return row.Nudge
	default:
		return row.Encouragement
	}
}

// column is the column that holds what wanted tells.
func column(kind vocab.NotificationKind) string {
	switch kind {
	case vocab.Due:
		return notificationsettings.FieldDue
	case vocab.Nudge:
		return notificationsettings.FieldNudge
	default:
		return notificationsettings.FieldEncouragement
	}
}

// SettingsUpdate is what changes of the settings; nil leaves it as it is.
type SettingsUpdate struct {
	Due, Nudge, Encouragement *bool
	// SetQuiet says that the quiet hours change: to Quiet, or to none.
	SetQuiet bool
	Quiet    *QuietHours
}

// UpdateSettings changes the viewer's settings. It fails with VALIDATION_FAILED for
// quiet hours that cannot be.
func (s *Service) UpdateSettings(ctx context.Context, v auth.Viewer, u SettingsUpdate) (*db.NotificationSettings, error) {
	if u.Quiet != nil {
		if err := u.Quiet.validate(); err != nil {
			return nil, err
		}
	}
	var out *db.NotificationSettings
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		id, err := own(ctx, tx, v.ID(), s.clock())
		if err != nil {
			return err
		}
		change := tx.NotificationSettings.UpdateOneID(id).SetNillableDue(u.Due).SetNillableNudge(u.Nudge).
			SetNillableEncouragement(u.Encouragement).SetChangedAt(s.clock())
		switch {
		case u.SetQuiet && u.Quiet == nil:
			change.ClearQuietFrom().ClearQuietTo()
		case u.SetQuiet:
			change.SetQuietFrom(u.Quiet.FromMinute).SetQuietTo(u.Quiet.ToMinute).SetTimeZone(u.Quiet.TimeZone)
		}
		if out, err = change.Save(ctx); err != nil {
			return fmt.Errorf("save the settings: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// own is the row of the person's settings, locked; it is made if there is none.
func own(ctx context.Context, tx *store.Tx, person ident.User, now time.Time) (int64, error) {
	id, err := tx.NotificationSettings.Create().SetUserID(person).SetChangedAt(now).
		OnConflictColumns(notificationsettings.FieldUserID).
		Update(func(u *db.NotificationSettingsUpsert) { u.SetChangedAt(now) }).ID(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the settings: %w", err)
	}
	return id, nil
}
