package server

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/vektah/gqlparser/v2/ast"
)

// metrics are what an operator watches.
type metrics struct {
	registry  *prometheus.Registry
	responses *prometheus.HistogramVec
	streams   prometheus.Gauge
	fallbacks *prometheus.CounterVec
	jobs      *prometheus.HistogramVec
	events    *prometheus.CounterVec
	pushes    *prometheus.CounterVec
	notices   prometheus.Counter
	catchUps  prometheus.Counter
	changes   *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		responses: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "aiq_graphql_response_seconds",
			Help:    "Time to answer an operation or an event of a subscription, by kind of operation and outcome.",
			Buckets: prometheus.ExponentialBuckets(.001, 2, 14),
		}, []string{"kind", "outcome"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aiq_graphql_subscriptions",
			Help: "Subscriptions that are open.",
		}),
		fallbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aiq_graphql_fallbacks_total",
			Help: "Operations that the breadth-first executor left to gqlgen's, by reason.",
		}, []string{"reason"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "aiq_job_seconds",
			Help:    "Time to work a job in the background, by kind and outcome.",
			Buckets: prometheus.ExponentialBuckets(.001, 4, 9),
		}, []string{"kind", "outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aiq_client_events_total",
			Help: "Events that apps told of, by what became of them.",
		}, []string{"outcome"}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aiq_pushes_total",
			Help: "Pushes that were tried, by what the push service made of them.",
		}, []string{"outcome"}),
		notices: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "aiq_event_notices_total",
			Help: "Notices of changes that other processes sent.",
		}),
		catchUps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "aiq_event_catch_ups_total",
			Help: "How often the versions of all that is watched were looked up.",
		}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aiq_event_reads_total",
			Help: "Changed things that were read for those who watch, and the statements that read them.",
		}, []string{"of"}),
	}
	m.registry.MustRegister(m.responses, m.streams, m.fallbacks, m.jobs, m.events, m.pushes, m.notices, m.catchUps, m.changes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler answers with the metrics in the Prometheus text format.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) fellBack(_ context.Context, reason string) {
	m.fallbacks.WithLabelValues(reason).Inc()
}

func (m *metrics) eventsStored(n int)  { m.events.WithLabelValues("stored").Add(float64(n)) }
func (m *metrics) eventsDropped(n int) { m.events.WithLabelValues("dropped").Add(float64(n)) }

func (m *metrics) pushed(outcome string) { m.pushes.WithLabelValues(outcome).Inc() }
func (m *metrics) noticeHeard()          { m.notices.Inc() }
func (m *metrics) caughtUp()             { m.catchUps.Inc() }

// changesRead counts a statement that read things which had changed.
func (m *metrics) changesRead(things int) {
	m.changes.WithLabelValues("statements").Inc()
	m.changes.WithLabelValues("things").Add(float64(things))
}

// worked times a try to work a job.
func (m *metrics) worked(kind string, took time.Duration, ok bool) {
	outcome := "ok"
	if !ok {
		outcome = "failed"
	}
	m.jobs.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// aroundResponses times each answer.
func (m *metrics) aroundResponses(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	start := time.Now()
	response := next(ctx)
	if response == nil {
		return nil
	}
	outcome := "ok"
	if len(response.Errors) > 0 {
		outcome = "errors"
	}
	// A request whose document could not be read has no operation.
	kind := "none"
	if graphql.HasOperationContext(ctx) {
		if op := graphql.GetOperationContext(ctx).Operation; op != nil {
			kind = string(op.Operation)
		}
	}
	m.responses.WithLabelValues(kind, outcome).Observe(time.Since(start).Seconds())
	return response
}

// aroundOperations counts open subscriptions.
func (m *metrics) aroundOperations(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		m.streams.Inc()
		context.AfterFunc(ctx, m.streams.Dec)
	}
	return next(ctx)
}
