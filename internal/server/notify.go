package server

import (
	"log/slog"

	"github.com/aiqhq/aiq/internal/apns"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/notify"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
)

// openNotify puts the reminders together as the configuration says.
func openNotify(st *store.Store, c config.Server, o Options, policy session.Policy, jobs *job.Queue, pushed func(string), log *slog.Logger) (*notify.Service, error) {
	push := o.Push
	if push == nil && c.Pushes() {
		client, err := openAPNs(c, o.Clock)
		if err != nil {
			return nil, err
		}
		push = client
	}
	reminders := notify.Policy{
		DueAfter: policy.Cadence, Advance: c.ReminderAdvance,
		NudgeAfter: c.ReminderNudge, EncouragementAfter: c.ReminderEncouragement,
	}
	if push != nil {
		if err := reminders.Validate(); err != nil {
			return nil, err
		}
	}
	return notify.New(st, o.Clock, jobs, notify.Options{Policy: reminders, Push: push, Logger: log, Pushed: pushed}), nil
}

// openAPNs is the way to Apple's push service.
func openAPNs(c config.Server, now clock.Clock) (*apns.Client, error) {
	key, err := apns.ParseKey(c.APNsKey)
	if err != nil {
		return nil, err
	}
	address := c.APNsURL
	if address == "" && c.APNsSandbox {
		address = apns.Sandbox
	}
	return apns.New(now, apns.Options{Key: key, KeyID: c.APNsKeyID, TeamID: c.APNsTeamID, Topic: c.APNsTopic, URL: address})
}
