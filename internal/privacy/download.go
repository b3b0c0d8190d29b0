package privacy

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/dataexport"
	"github.com/aiqhq/aiq/ent/db/dataexportpart"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// atOnce is how many rows one transaction changes: few enough that nobody waits
// long for it.
const atOnce = 200

// there holds for exports that have not expired.
func (s *Service) there() predicate.DataExport {
	return dataexport.Or(dataexport.ExpiresAtIsNil(), dataexport.ExpiresAtGT(s.clock()))
}

// Document is a finished data export.
type Document struct {
	*db.DataExport
	service *Service
}

// Open finds the document of one of the viewer's exports. It fails with
// NOT_FOUND if there is none, if it is another's or has expired, and while it is
// being made.
func (s *Service) Open(ctx context.Context, viewer auth.Viewer, id ident.DataExport) (*Document, error) {
	row, err := s.store.Reader().DataExport.Query().
		Where(dataexport.ID(id), dataexport.UserID(viewer.ID()), dataexport.StateEQ(vocab.ExportReady), s.there()).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.Missing("Data export")
	}
	if err != nil {
		return nil, fmt.Errorf("load the export: %w", store.Fault(err))
	}
	return &Document{DataExport: row, service: s}, nil
}

// Compressed reads the document as it is kept: compressed by gzip. It holds one
// part in memory.
func (d *Document) Compressed(ctx context.Context) io.Reader {
	return &partReader{ctx: ctx, document: d, left: d.StoredSize}
}

// Plain reads the document.
func (d *Document) Plain(ctx context.Context) (io.Reader, error) {
	return gzip.NewReader(d.Compressed(ctx))
}

// partReader reads a document part by part.
type partReader struct {
	ctx      context.Context
	document *Document
	position int
	// left is how many bytes have not been loaded.
	left int64
	part bytes.Reader
}

// Read implements io.Reader.
func (r *partReader) Read(into []byte) (int, error) {
	if r.part.Len() == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		content, err := r.load()
		if err != nil {
			return 0, err
		}
		r.part.Reset(content)
		r.left -= int64(len(content))
		r.position++
	}
	return r.part.Read(into)
}

func (r *partReader) load() ([]byte, error) {
	row, err := r.document.service.store.Reader().DataExportPart.Query().
		Where(dataexportpart.ExportID(r.document.ID), dataexportpart.Attempt(r.document.Attempt),
			dataexportpart.Position(r.position)).
		Only(r.ctx)
	if db.IsNotFound(err) {
		return nil, io.ErrUnexpectedEOF // it expired, or the person was erased, meanwhile
	}
	if err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	return row.Content, nil
}
