package notify

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/ent/db/notification"
	"github.com/aiqhq/aiq/ent/db/notificationsettings"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/apns"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

const (
	// again is when a reminder is looked at anew that this process cannot send.
	again = time.Hour
	// noteLimit bounds the time to note what became of pushes, also when the job has no
	// time left: what was sent is not to be sent again.
	noteLimit = 5 * time.Second
)

// Work sends a reminder to each of the person's devices, and notes that it was sent.
// One that is not wanted any more is dropped: the person has taken another test, has
// turned the kind off or has no device, or it is too late. In quiet hours it is put
// off to their end. What could not be sent for now is an error or job.After, and the
// next try goes to the devices that are left. A process that dies before it noted
// anything has the same pushes sent again, of which a device shows one.
func (s *Service) Work(ctx context.Context, r Reminder) error {
	n, err := s.store.Reader().Notification.Query().
		Where(notification.ID(r.Notification), notification.StateEQ(vocab.NotificationQueued)).Only(ctx)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the notification: %w", err)
	}
	err = s.remind(ctx, n)
	if err != nil {
		return fmt.Errorf("reminder %d: %w", n.ID, err)
	}
	return nil
}

func (s *Service) remind(ctx context.Context, n *db.Notification) error {
	if !s.clock().Before(n.CreatedAt.Add(Late)) {
		return s.note(ctx, n, outcome{})
	}
	if !s.Sends() {
		return job.After(again)
	}
	settings, err := s.settings(ctx, n.UserID)
	if err != nil {
		return err
	}
	if !wanted(settings, n.Kind) {
		return s.note(ctx, n, outcome{})
	}
	another, err := s.store.Reader().TestSession.Query().Where(testsession.UserID(n.UserID), testsession.IDGT(n.SessionID),
		testsession.StateIn(vocab.Completed, vocab.InProgress)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for another test: %w", err)
	}
	if another {
		return s.note(ctx, n, outcome{})
	}
	devices, err := s.store.Reader().Device.Query().Where(device.UserID(n.UserID)).Order(device.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("load the devices: %w", err)
	}
	devices = slices.DeleteFunc(devices, func(d *db.Device) bool { return slices.Contains(n.Reached, d.ID) })
	if quiet := Quiet(settings); quiet != nil && len(devices) > 0 {
		if wait := quiet.Left(s.clock()); wait > 0 {
			return job.After(wait)
		}
	}
	result := s.pushAll(ctx, n, devices)
	if err := s.note(ctx, n, result); err != nil {
		return err
	}
	return result.unfinished()
}

func (s *Service) settings(ctx context.Context, person ident.User) (*db.NotificationSettings, error) {
	row, err := s.store.Reader().NotificationSettings.Query().Where(notificationsettings.UserID(person)).Only(ctx)
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("load the settings: %w", err)
	}
	return Settings(row), nil
}

// outcome is what became of the pushes of a notification.
type outcome struct {
	// reached are the devices for which they were taken.
	reached []ident.Device
	// gone hold for the devices whose tokens are no good any more.
	gone []predicate.Device
	// later are why some are to be sent again.
	later []*apns.Error
}

// unfinished is nil if nothing is to be sent again. Where the service says for how
// long it wants to be left alone, that is when.
func (o outcome) unfinished() error {
	if len(o.later) == 0 {
		return nil
	}
	wait := time.Duration(0)
	for _, e := range o.later {
		wait = max(wait, e.RetryAfter)
	}
	if wait > 0 {
		return job.After(min(wait, Late))
	}
	return o.later[0]
}

// pushAll pushes the notification to all of the devices at once.
func (s *Service) pushAll(ctx context.Context, n *db.Notification, devices []*db.Device) outcome {
	errs := make([]*apns.Error, len(devices))
	var pushing sync.WaitGroup
	for i, d := range devices {
		pushing.Go(func() { errs[i] = s.send(ctx, s.reminder(n, d)) })
	}
	pushing.Wait()
	var out outcome
	for i, d := range devices {
		switch err := errs[i]; {
		case err == nil:
			out.reached = append(out.reached, d.ID)
		case err.Class == apns.Gone:
			out.gone = append(out.gone, unseenSince(d, err))
		case err.Class == apns.Temporary:
			out.later = append(out.later, err)
		default:
			s.log.ErrorContext(ctx, "a reminder cannot be sent", "notification", n.ID, "device", d.ID, "error", err)
		}
	}
	return out
}

// unseenSince holds for the device unless the app has registered its token again
// since it was found to be no good.
func unseenSince(d *db.Device, e *apns.Error) predicate.Device {
	seen := d.LastSeenAt
	if !e.Since.IsZero() {
		seen = e.Since
	}
	return device.And(device.ID(d.ID), device.LastSeenAtLTE(seen))
}

// note stores what became of the pushes: the notification is over unless some are to
// be sent again. It was sent if it was taken for a device, now or before, and else it
// is dropped.
func (s *Service) note(ctx context.Context, n *db.Notification, o outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteLimit)
	defer cancel()
	reached := slices.Concat(n.Reached, o.reached)
	if len(o.later) > 0 && len(o.gone) == 0 && len(o.reached) == 0 {
		return nil
	}
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := forget(ctx, tx, o.gone...); err != nil {
			return err
		}
		update := tx.Notification.Update().Where(notification.ID(n.ID), notification.StateEQ(vocab.NotificationQueued))
		switch {
		case len(o.later) > 0 && len(o.reached) == 0:
			return nil
		case len(o.later) > 0:
			update.SetReached(reached)
		case len(reached) > 0:
			update.SetState(vocab.NotificationSent).SetDeliveredAt(s.clock())
		default:
			update.SetState(vocab.NotificationDropped)
		}
		if err := update.Exec(ctx); err != nil {
			return fmt.Errorf("note what became of it: %w", err)
		}
		return nil
	})
}

// forget removes devices.
func forget(ctx context.Context, tx *store.Tx, which ...predicate.Device) error {
	if len(which) == 0 {
		return nil
	}
	if _, err := tx.Device.Delete().Where(device.Or(which...)).Exec(ctx); err != nil {
		return fmt.Errorf("remove devices: %w", err)
	}
	return nil
}

// reminder is the push of a notification to a device: the same whenever it is tried.
func (s *Service) reminder(n *db.Notification, d *db.Device) apns.Push {
	id := ident.Global{Kind: ident.KindNotification, Key: int64(n.ID)}.String()
	title, body := s.policy.text(n.Kind)
	return apns.Push{
		Token: d.Token, ID: pushID(d, id), Collapse: id, Expires: n.CreatedAt.Add(Late),
		Payload: apns.Payload{
			Title: title, Body: body, Thread: "reminders",
			Data: map[string]string{"kind": string(n.Kind), "notification": id},
		},
	}
}

// pushID names what is sent to a device: always the same for the same.
func pushID(d *db.Device, what string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(d.Token+"\x00"+what)).String()
}

// text is what a reminder says.
func (p Policy) text(kind vocab.NotificationKind) (title, body string) {
	switch {
	case kind == vocab.Encouragement:
		return "How are you getting on?", "Look back at your last result, and see where you did best."
	case kind == vocab.Nudge:
		return "Your test is still waiting", "Half an hour of quiet is all that you need."
	case p.Advance > 0:
		return "Your next test is near", "It will soon be time to see how you have changed."
	default:
		return "Your next test is due", "You can take it now, and see how you have changed."
	}
}
