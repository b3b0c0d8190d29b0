package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/graph"
	"github.com/aiqhq/aiq/internal/apikey"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/requestid"
	"github.com/aiqhq/aiq/internal/server/graphiql"
	"github.com/aiqhq/aiq/internal/store"
)

// routes are the server's paths.
func (s *Server) routes(schema graphql.ExecutableSchema) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", s.timed(s.addressed(s.authenticated(answering(s.limited(s.graphql(schema)))))))
	mux.Handle("GET "+graph.DownloadPath+"{id}", s.timed(s.addressed(s.authenticated(http.HandlerFunc(s.download)))))
	if s.developing() {
		mux.HandleFunc("GET /{$}", s.page)
		mux.HandleFunc("GET /graphiql/", s.page)
	}
	mux.HandleFunc("GET /healthz", s.live)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.metrics.handler())
	return s.logged(mux)
}

// page serves GraphiQL. Its tabs are made for each request, for their tokens age.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	var tabs []graphiql.Tab
	if s.tabs != nil {
		tabs = s.tabs(r.Context(), s.Accounts)
	}
	graphiql.Handler("/graphql", tabs).ServeHTTP(w, r)
}

// live says that the process runs.
func (s *Server) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// ready says that requests can be answered: the database is there, and so is the bus
// by which this process hears of the others. Without the bus it answers all the same,
// but those who watch hear late of what happens elsewhere.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	missing, err := "database", s.Store.Ping(ctx)
	if err == nil {
		missing, err = "event bus", s.hub.Err()
	}
	if err != nil {
		s.log.WarnContext(ctx, "not ready", "without", missing, "error", err)
		http.Error(w, "the "+missing+" does not answer", http.StatusServiceUnavailable)
		return
	}
	s.live(w, r)
}

// logged names each request and writes one line about it when it is done.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-ID")
		if !requestid.Valid(id) {
			id = requestid.New()
		}
		w.Header().Set("X-Request-ID", id)
		ctx := requestid.With(r.Context(), id)
		start := time.Now()
		next.ServeHTTP(w, r.WithContext(ctx))
		s.log.DebugContext(ctx, "request", "method", r.Method, "path", r.URL.Path, "took", time.Since(start))
	})
}

type dueKey struct{}

// timed notes when the request's answer is due.
func (s *Server) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		due := time.Now().Add(s.config.RequestTimeout)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), dueKey{}, due)))
	})
}

// untimed is the context of a connection that stays open: what is asked over it is due
// in its own time.
func untimed(ctx context.Context) context.Context { return context.WithValue(ctx, dueKey{}, nil) }

// inTime is a context that ends when the answer is due. Everything that waits for the
// database before there is one runs in such a context.
func (s *Server) inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if due, ok := ctx.Value(dueKey{}).(time.Time); ok {
		return context.WithDeadline(ctx, due)
	}
	return context.WithTimeout(ctx, s.config.RequestTimeout)
}

// authenticated puts the viewer in the context. A token that is not good does
// not end the request here: the operation is answered with the error, in the
// form that every other error has.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(s.signIn(r.Context(), r.Header.Get("Authorization"))))
	})
}

// signIn is the context with the viewer that the header stands for, or with the
// reason for which there is none.
func (s *Server) signIn(ctx context.Context, authorization string) context.Context {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ctx
	}
	counting, statements := store.WithStatements(ctx)
	counting, cancel := s.inTime(counting)
	defer cancel()
	authenticate, token := s.Accounts.Authenticate, strings.TrimSpace(token)
	if apikey.Is(token) {
		authenticate = s.Resolver.APIKeys.Authenticate
	}
	viewer, err := authenticate(counting, token)
	ctx = context.WithValue(ctx, viewerCostKey{}, statements.Count())
	switch {
	case err != nil && counting.Err() != nil && ctx.Err() == nil:
		return withRefusal(ctx, fault.New(fault.Unavailable, "The sign-in cannot be looked at in time. Try again later.").Because(err))
	case err != nil:
		return withRefusal(ctx, err)
	}
	return auth.With(ctx, viewer)
}

type viewerCostKey struct{}

// viewerCost is how many statements it took to know the viewer.
func viewerCost(ctx context.Context) int {
	statements, _ := ctx.Value(viewerCostKey{}).(int)
	return statements
}

func (s *Server) developing() bool { return s.config.Mode == config.Development }
