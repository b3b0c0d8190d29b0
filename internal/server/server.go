// Package server is the process that answers: it puts the parts together,
// listens, and stops in order.
package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/graph/breadth"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/apikey"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/clientevent"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/document"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/feedback"
	"github.com/aiqhq/aiq/internal/group"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/mail"
	"github.com/aiqhq/aiq/internal/notify"
	"github.com/aiqhq/aiq/internal/privacy"
	"github.com/aiqhq/aiq/internal/server/graphiql"
	"github.com/aiqhq/aiq/internal/server/wire"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/operations"
)

// Server is a running AIQ.
type Server struct {
	// Accounts, Bank and Store are open to those who prepare a server, such as the
	// demonstration.
	Accounts *account.Service
	Bank     *bank.Bank
	Store    *store.Store
	// Jobs is the work that is done in the background.
	Jobs *job.Queue
	// Resolver is what the GraphQL schema is resolved by.
	Resolver *graph.Resolver

	config  config.Server
	clock   clock.Clock
	log     *slog.Logger
	hub     *event.Hub
	metrics *metrics
	// rates is nil if they are not limited.
	rates *rates
	// documents are the trusted ones.
	documents document.Set
	tabs      func(context.Context, *account.Service) []graphiql.Tab
	handler   http.Handler
	// streams are the connections that stay open, and places bound their number.
	streams wire.Streams
	places  *places
}

// Options are what a caller may replace; the zero value is right for serving.
type Options struct {
	// Clock is the system's unless set.
	Clock clock.Clock
	// Policy is session.DefaultPolicy unless set; which tests are offered is the
	// configuration's.
	Policy *session.Policy
	// Rules are those of the product's adaptive test unless set.
	Rules *cat.Rules
	// Schema makes the executable schema; graph.NewSchema unless set.
	Schema func(*graph.Resolver, ...breadth.Option) graphql.ExecutableSchema
	// Mail sends messages; what the configuration says unless set.
	Mail mail.Sender
	// Push sends pushes; what the configuration says unless set.
	Push notify.Pusher
	// Tabs are what GraphiQL opens with, in development.
	Tabs func(context.Context, *account.Service) []graphiql.Tab
}

// Open opens and migrates the database and puts the server together. Close it
// when done.
func Open(ctx context.Context, c config.Server, log *slog.Logger, o Options) (_ *Server, err error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	policy := session.DefaultPolicy()
	if o.Policy != nil {
		policy = *o.Policy
	}
	policy.Offer = offer(c)
	policy.Scoring = c.Scoring
	policy.Idle = c.LiveIdle
	rules := cat.DefaultRules(session.DefaultWeights())
	if o.Rules != nil {
		rules = *o.Rules
	}
	documents, err := trustedDocuments(c)
	if err != nil {
		return nil, err
	}
	keys, err := signingKeys(c)
	if err != nil {
		return nil, err
	}

	st, err := store.Open(ctx, c.DatabaseURL, store.Options{MaxConns: c.MaxConns, Logger: log})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.Close())
		}
	}()
	if err := st.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := job.Migrate(ctx, st); err != nil {
		return nil, err
	}
	items, err := bank.Open(ctx, st, rules)
	if err != nil {
		return nil, err
	}
	measures := newMetrics()
	hub := event.NewHub(bus(c, st, log), event.Options{
		Log: log, Heard: measures.noticeHeard, CaughtUp: measures.caughtUp, Read: measures.changesRead,
	})
	jobs, err := job.New(st, job.Options{Timeout: c.JobTimeout, Logger: log, Worked: measures.worked})
	if err != nil {
		return nil, err
	}
	accounts, err := openAccounts(st, c, o, keys, jobs, log)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Accounts: accounts, Bank: items, Store: st, Jobs: jobs,
		config: c, clock: o.Clock, log: log, hub: hub, metrics: measures, rates: newRates(st, c, o.Clock),
		places:    newPlaces(c.MostStreams, c.MostStreamsEach),
		documents: documents, tabs: o.Tabs,
	}
	s.Resolver = &graph.Resolver{
		Store:    st,
		Accounts: accounts,
		Groups:   group.New(st, o.Clock),
		APIKeys:  apikey.New(st, o.Clock, log),
		Inbox:    feedback.New(st, o.Clock),
		Events: clientevent.New(st, o.Clock, clientevent.Options{
			Log: log, Stored: measures.eventsStored, Dropped: measures.eventsDropped,
		}),
		Clock:    o.Clock,
		Sessions: session.New(st, items, hub, jobs, o.Clock, policy, randomSeed),
	}
	s.Resolver.Privacy = privacy.New(st, o.Clock, accounts, s.Resolver.Groups, s.Resolver.Sessions, jobs, hub, c.ErasureMode())
	s.Resolver.Notify, err = openNotify(st, c, o, policy, jobs, measures.pushed, log)
	if err != nil {
		return nil, err
	}
	s.assignJobs(o.Clock)
	if o.Schema == nil {
		o.Schema = graph.NewSchema
	}
	s.handler = s.routes(o.Schema(s.Resolver, breadth.OnFallback(s.metrics.fellBack)))
	return s, nil
}

// bus carries notices to the other processes that serve the database.
func bus(c config.Server, st *store.Store, log *slog.Logger) event.Bus {
	switch {
	case c.NATSURL != "":
		return event.NewNATS(c.NATSURL, c.NATSSubject, c.NATSCredentials, log)
	case st.Pool() != nil:
		return event.NewPostgres(st.Pool(), log)
	default:
		return event.Alone{}
	}
}

// trustedDocuments are those that come with AIQ and the operator's.
func trustedDocuments(c config.Server) (set document.Set, err error) {
	if err := set.Read(operations.Files()); err != nil {
		return set, err
	}
	if c.DocumentsDir == "" {
		return set, nil
	}
	if err := set.Read(os.DirFS(c.DocumentsDir)); err != nil {
		return set, fmt.Errorf("documents-dir: %s: %w", c.DocumentsDir, err)
	}
	return set, nil
}

// offer is which tests the configuration gives.
func offer(c config.Server) session.Offer {
	return session.Offer{
		Kinds: c.Tests.Kinds, Default: c.Tests.DefaultKind, AdaptivePercent: c.Tests.AdaptivePercent,
		Adaptive: session.Readiness(c.AdaptiveTests()), FormLength: c.Tests.FormLength, TimeLimit: c.Tests.TimeLimit,
	}
}

// randomSeed draws the seed of a test.
func randomSeed() int64 {
	var raw [8]byte
	// The system's source does not fail: since Go 1.24 it ends the program instead.
	_, _ = rand.Read(raw[:])
	return int64(binary.LittleEndian.Uint64(raw[:]))
}

// Handler answers HTTP requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends every subscription and closes the database.
func (s *Server) Close() error {
	grace, cancel := context.WithTimeout(context.Background(), s.config.ShutdownGrace)
	defer cancel()
	s.streams.Stop()
	s.hub.Close()
	s.streams.Wait(grace)
	s.Accounts.Close(grace)
	s.Resolver.Events.Close(grace)
	return s.Store.Close()
}

// Serve answers on the listener until the context ends. Then it stops in order:
// no new connection is taken, those who watch are asked to come again, requests
// in flight are given the configured time, and what is left is cut.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	background, stop := context.WithCancel(ctx)
	defer stop()
	var working sync.WaitGroup
	working.Go(func() { s.Bank.Watch(background, s.config.BankRefresh, s.log) })
	working.Go(func() { s.workJobs(background) })
	working.Go(func() { s.purge(background) })
	working.Go(func() { s.hub.Run(background) })
	defer working.Wait()
	defer stop()

	// Requests end with their client or with the shutdown's grace, not with ctx.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	web := &http.Server{
		Handler:           s.handler,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	s.log.InfoContext(ctx, "serving", "address", listener.Addr().String(), "mode", s.config.Mode,
		"database", s.Store.Dialect(), "questions", s.Bank.Snapshot().Len())

	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.log.InfoContext(ctx, "stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.ShutdownGrace)
	defer cancel()
	s.streams.Stop()
	s.hub.Close()
	err := web.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = web.Close()
	}
	cut()
	// What stays open is unknown to the web server.
	s.streams.Wait(grace)
	return err
}
