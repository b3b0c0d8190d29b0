package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/limit"
	"github.com/aiqhq/aiq/internal/privacy"
)

// download gives out a data export to the person whose it is.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	document, err := s.document(w, r)
	if err != nil {
		s.refuseDownload(w, r, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Disposition", `attachment; filename="aiq-data-export.json"`)
	header.Set("Cache-Control", "private, no-store")
	header.Set("Vary", "Accept-Encoding, Authorization")
	body, length := document.Compressed(r.Context()), document.StoredSize
	if acceptsGzip(r) {
		header.Set("Content-Encoding", "gzip")
	} else if body, err = document.Plain(r.Context()); err == nil {
		length = document.Size
	}
	if err == nil {
		header.Set("Content-Length", strconv.FormatInt(length, 10))
		_, err = io.Copy(w, body)
	}
	if err != nil {
		if r.Context().Err() == nil {
			s.log.WarnContext(r.Context(), "a data export was not given out whole", "error", err)
		}
		// The client must not take what it has got for the document.
		panic(http.ErrAbortHandler)
	}
}

// document is the one that the request asks for, charged to the viewer.
func (s *Server) document(w http.ResponseWriter, r *http.Request) (*privacy.Document, error) {
	ctx, cancel := s.inTime(r.Context())
	defer cancel()
	if err := refusal(ctx); err != nil {
		return nil, err
	}
	viewer := auth.From(ctx)
	if viewer.Anonymous() {
		return nil, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	if s.rates != nil {
		window, err := s.rates.operations.Take(ctx, limit.KeyOf("operation", asker(ctx)), s.rates.settings.Operations, 1)
		if err := admit(w.Header(), window, err); err != nil {
			return nil, err
		}
	}
	id, _ := ident.Parse(r.PathValue("id"))
	return s.Resolver.Privacy.Open(ctx, viewer, ident.As[ident.DataExport](id, ident.KindDataExport))
}

// refuseDownload answers with the fault, in the form of every other refusal.
func (s *Server) refuseDownload(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	switch {
	case f != nil:
	case errors.Is(err, context.DeadlineExceeded):
		f = fault.New(fault.Unavailable, "The request was ended before it was answered.").Because(err)
	default:
		s.log.ErrorContext(r.Context(), "request failed", "error", err)
		f = fault.New(fault.Internal, "Something went wrong on the server.")
	}
	status := map[fault.Code]int{
		fault.Unauthenticated: http.StatusUnauthorized,
		fault.NotFound:        http.StatusNotFound, fault.RateLimited: http.StatusTooManyRequests,
		fault.Unavailable: http.StatusServiceUnavailable,
	}[f.Code]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	refuse(w, status, f)
}

// acceptsGzip reports whether the client can read a compressed answer.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(parameters, " ", "") != "q=0"
		}
	}
	return false
}
