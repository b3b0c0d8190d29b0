package server

import (
	"context"

	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/job"
)

// assignJobs says who does the work in the background.
func (s *Server) assignJobs(now clock.Clock) {
	sessions := s.Resolver.Sessions
	job.Handle(s.Jobs, sessions.Follow)
	job.Handle(s.Jobs, s.Accounts.SendNotice)
	job.Handle(s.Jobs, s.Resolver.Privacy.Make)
	job.Handle(s.Jobs, s.Resolver.Privacy.Remove)
	job.Handle(s.Jobs, s.Resolver.Notify.Work)
	if s.Resolver.Notify.Sends() {
		s.Jobs.Every("scan_reminders", s.config.ReminderScan, s.Resolver.Notify.Scan)
	}
	s.Jobs.Every("purge_exports", purgeEvery, s.Resolver.Privacy.PurgeExports)
	s.Jobs.Every("resume_erasures", purgeEvery, s.Resolver.Privacy.ResumeErasures)
	s.Jobs.Every("purge_erasures", purgeEvery, s.Resolver.Privacy.PurgeErasures)
	s.Jobs.Every("forget_client_events", purgeEvery, func(ctx context.Context) error {
		return s.Resolver.Events.Forget(ctx, s.config.EventRetention)
	})
	s.Jobs.Every("expire_sessions", s.config.ExpiryInterval, func(ctx context.Context) error {
		return sessions.Expire(ctx, s.config.SessionIdle)
	})
	s.Jobs.Every("measure_reliability", s.config.ReliabilityInterval, func(ctx context.Context) error {
		return analytics.RecordReliability(ctx, s.Store, now)
	})
}

// workJobs works jobs until the context ends and those that were begun are done.
func (s *Server) workJobs(ctx context.Context) {
	if err := s.Jobs.Run(ctx, s.config.ShutdownGrace); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "jobs are not worked", "error", err)
	}
}
