package notify

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/ent/db/notification"
	"github.com/aiqhq/aiq/ent/db/notificationsettings"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// atOnce is how many reminders one transaction queues: what is held in memory
// whatever the number of people.
const atOnce = 500

// Reminder is the job of sending a notification.
type Reminder struct {
	User         ident.User         `json:"user"`
	Notification ident.Notification `json:"notification"`
}

// Kind implements job.Args.
func (Reminder) Kind() string { return "reminder" }

// Scan queues the reminders that have become due, each once however often and by
// however many it is called: the database holds one of each kind after a test. It
// looks at the tests that came to be due within Late, along the index of their ends,
// and passes over people without a device, those who do not want the kind, and those
// who have taken another test. One that fails on its way is gone on with by the next.
func (s *Service) Scan(ctx context.Context) error {
	if !s.Sends() {
		return nil
	}
	now := s.clock()
	for _, kind := range vocab.NotificationKinds() {
		after := s.policy.after(kind)
		if after == 0 {
			continue
		}
		if err := s.scan(ctx, kind, now.Add(-after)); err != nil {
			return fmt.Errorf("scan for %s: %w", kind, err)
		}
	}
	return nil
}

// scan queues the reminders of tests that ended at the moment or, by Late at most,
// before.
func (s *Service) scan(ctx context.Context, kind vocab.NotificationKind, ended time.Time) error {
	at := place{ended: ended.Add(-Late)}
	for {
		page, err := s.store.Reader().TestSession.Query().
			Where(testsession.StateEQ(vocab.Completed), testsession.EndedAtLTE(ended), at.after, remindable(kind)).
			Order(db.Asc(testsession.FieldEndedAt, testsession.FieldID)).Limit(atOnce).
			Select(testsession.FieldID, testsession.FieldUserID, testsession.FieldEndedAt).All(ctx)
		if err != nil {
			return fmt.Errorf("find the tests: %w", err)
		}
		if len(page) > 0 {
			if err := s.queue(ctx, kind, page); err != nil {
				return err
			}
		}
		if len(page) < atOnce {
			return nil
		}
		last := page[len(page)-1]
		at = place{*last.EndedAt, last.ID}
	}
}

// place is one among the tests, in the order of their ends.
type place struct {
	ended time.Time
	id    ident.Session
}

// after holds for the tests behind the place. The first condition is the one that
// finds the place in the index.
func (p place) after(s *sql.Selector) {
	s.Where(sql.And(
		sql.GTE(s.C(testsession.FieldEndedAt), p.ended),
		sql.Or(sql.GT(s.C(testsession.FieldEndedAt), p.ended), sql.GT(s.C(testsession.FieldID), int64(p.id))),
	))
}

// remindable holds for tests whose taker is to be reminded and has not been.
func remindable(kind vocab.NotificationKind) func(*sql.Selector) {
	return func(s *sql.Selector) {
		from := sql.Dialect(s.Dialect())
		devices := from.Table(device.Table)
		settings := from.Table(notificationsettings.Table)
		later := from.Table(testsession.Table).As("later")
		notifications := from.Table(notification.Table)
		s.Where(sql.And(
			sql.Exists(from.Select(devices.C(device.FieldID)).From(devices).
				Where(sql.ColumnsEQ(devices.C(device.FieldUserID), s.C(testsession.FieldUserID)))),
			sql.NotExists(from.Select(settings.C(notificationsettings.FieldID)).From(settings).
				Where(sql.And(
					sql.ColumnsEQ(settings.C(notificationsettings.FieldUserID), s.C(testsession.FieldUserID)),
					sql.EQ(settings.C(column(kind)), false)))),
			sql.NotExists(from.Select(later.C(testsession.FieldID)).From(later).
				Where(sql.And(
					sql.ColumnsEQ(later.C(testsession.FieldUserID), s.C(testsession.FieldUserID)),
					sql.ColumnsGT(later.C(testsession.FieldID), s.C(testsession.FieldID)),
					sql.In(later.C(testsession.FieldState), string(vocab.Completed), string(vocab.InProgress))))),
			sql.NotExists(from.Select(notifications.C(notification.FieldID)).From(notifications).
				Where(sql.And(
					sql.ColumnsEQ(notifications.C(notification.FieldSessionID), s.C(testsession.FieldID)),
					sql.EQ(notifications.C(notification.FieldKind), string(kind))))),
		))
	}
}

// queue makes the notifications that are not there yet, and their jobs.
func (s *Service) queue(ctx context.Context, kind vocab.NotificationKind, tests []*db.TestSession) error {
	now := s.clock()
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		insert := sql.Dialect(s.store.Dialect()).Insert(notification.Table).
			Columns(notification.FieldUserID, notification.FieldSessionID, notification.FieldKind, notification.FieldState, notification.FieldCreatedAt).
			OnConflict(sql.ConflictColumns(notification.FieldSessionID, notification.FieldKind), sql.DoNothing()).
			Returning(notification.FieldID, notification.FieldUserID)
		for _, t := range tests {
			insert.Values(int64(t.UserID), int64(t.ID), string(kind), string(vocab.NotificationQueued), now)
		}
		query, args := insert.Query()
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("save the notifications: %w", err)
		}
		defer func() { _ = rows.Close() }()
		var jobs []Reminder
		for rows.Next() {
			var r Reminder
			if err := rows.Scan(&r.Notification, &r.User); err != nil {
				return fmt.Errorf("save the notifications: %w", err)
			}
			jobs = append(jobs, r)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("save the notifications: %w", err)
		}
		return job.EnqueueAll(ctx, s.jobs, tx, jobs)
	})
}
