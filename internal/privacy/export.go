package privacy

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/dataexport"
	"github.com/aiqhq/aiq/ent/db/dataexportpart"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Export is the job of making the document of a data export.
type Export struct {
	Export ident.DataExport `json:"export"`
}

// Kind implements job.Args.
func (Export) Kind() string { return "data_export" }

// RequestExport has a document made with everything that is kept about the
// viewer. While one is being made it is that one.
func (s *Service) RequestExport(ctx context.Context, viewer auth.Viewer) (*db.DataExport, error) {
	var out *db.DataExport
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Locked, so that of two requests at once the second finds the first's.
		if _, err := tx.User.Query().Where(user.ID(viewer.ID()), store.ForUpdate).OnlyID(ctx); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		var err error
		out, err = tx.DataExport.Query().
			Where(dataexport.UserID(viewer.ID()), dataexport.StateEQ(vocab.ExportPending)).Only(ctx)
		if !db.IsNotFound(err) {
			return err
		}
		if out, err = tx.DataExport.Create().SetUserID(viewer.ID()).SetRequestedAt(s.clock()).Save(ctx); err != nil {
			return fmt.Errorf("save the export: %w", err)
		}
		return s.jobs.Enqueue(ctx, tx, Export{Export: out.ID})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Exports are those of the viewer that are being made or have not expired, newest
// first.
func (s *Service) Exports(ctx context.Context, viewer auth.Viewer) ([]*db.DataExport, error) {
	out, err := s.store.Reader().DataExport.Query().
		Where(dataexport.UserID(viewer.ID()), s.there()).Order(db.Desc(dataexport.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the exports: %w", store.Fault(err))
	}
	return out, nil
}

// PurgeExports removes the documents that have expired, and exports that could not
// be made for so long that nobody tries any more: while one is there it is the one
// that the person is given.
func (s *Service) PurgeExports(ctx context.Context) error {
	for {
		left := false
		err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			now := s.clock()
			over := dataexport.Or(dataexport.ExpiresAtLTE(now),
				dataexport.And(dataexport.StateEQ(vocab.ExportPending), dataexport.RequestedAtLTE(now.Add(-jobTried))))
			ids, err := tx.DataExport.Query().Where(over).
				Order(db.Asc(dataexport.FieldID)).Limit(atOnce).IDs(ctx)
			if err != nil || len(ids) == 0 {
				return err
			}
			left = len(ids) == atOnce
			if _, err := tx.DataExportPart.Delete().Where(dataexportpart.ExportIDIn(ids...)).Exec(ctx); err != nil {
				return err
			}
			_, err = tx.DataExport.Delete().Where(dataexport.IDIn(ids...)).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove expired exports: %w", err)
		}
		if !left {
			return nil
		}
	}
}

// errSuperseded ends a try whose export is gone or is made by another.
var errSuperseded = errors.New("the export is made by another")

// Make works an Export. It begins anew however far an earlier try came, whose
// parts are then worth nothing, and holds no more than a page of rows and a part
// of the document in memory.
func (s *Service) Make(ctx context.Context, e Export) error {
	return s.make(ctx, e, func(int) {})
}

// make is Make that tells how many rows are done, page by page.
func (s *Service) make(ctx context.Context, e Export, told func(done int)) error {
	m := &making{Service: s, id: e.Export, told: told}
	err := m.begin(ctx)
	if err == nil {
		err = m.write(ctx)
	}
	if err == nil {
		err = m.finish(ctx)
	}
	if errors.Is(err, errSuperseded) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make data export %d: %w", e.Export, err)
	}
	return nil
}

// making is one try to make a document.
type making struct {
	*Service
	id      ident.DataExport
	told    func(done int)
	attempt int
	version int
	person  person
	began   time.Time

	done, total  int
	parts        int
	size, stored int64
}

// begin takes the export over from whoever tried before.
func (m *making) begin(ctx context.Context) error {
	m.began = m.clock()
	err := m.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.DataExport.Query().Where(dataexport.ID(m.id), store.ForUpdate).Only(ctx)
		switch {
		case db.IsNotFound(err):
			return errSuperseded
		case err != nil:
			return fmt.Errorf("load the export: %w", err)
		case row.State != vocab.ExportPending:
			return errSuperseded
		}
		m.attempt, m.version = row.Attempt+1, row.Version
		u, err := tx.User.Query().Where(user.ID(row.UserID)).Only(ctx)
		if err != nil {
			return fmt.Errorf("load the account: %w", err)
		}
		m.person = person{id: u.ID, failures: account.FailureKey(u)}
		if _, err := tx.DataExportPart.Delete().Where(dataexportpart.ExportID(m.id)).Exec(ctx); err != nil {
			return fmt.Errorf("remove earlier parts: %w", err)
		}
		tx.AfterCommit(m.publish)
		return tx.DataExport.Update().Where(dataexport.ID(m.id)).
			SetAttempt(m.attempt).SetDone(0).SetVersion(m.version + 1).Exec(ctx)
	})
	if err != nil {
		return err
	}
	for _, h := range holdings() {
		n, err := h.count(ctx, m.store, m.person)
		if err != nil {
			return err
		}
		m.total += n
	}
	return nil
}

// write writes the document, in parts.
func (m *making) write(ctx context.Context) error {
	out := &partWriter{ctx: ctx, making: m}
	zip := gzip.NewWriter(out)
	w := &counting{to: zip}
	w.text(`{"format":"aiq-data-export","version":1,"exportedAt":`)
	w.value(m.began.UTC().Format(time.RFC3339Nano))
	w.text(`,"user":`)
	w.value(ident.Global{Kind: ident.KindUser, Key: int64(m.person.id)}.String())
	w.text(`,"data":{`)
	list := holdings()
	for i := range list {
		// The account first, then what hangs on it.
		if i > 0 {
			w.text(`,`)
		}
		if err := m.holding(ctx, w, list[len(list)-1-i]); err != nil {
			return err
		}
	}
	w.text("}}\n")
	if err := errors.Join(w.err, zip.Close()); err != nil {
		return err
	}
	m.size = w.n
	return out.flush()
}

// holding writes the person's rows of one table.
func (m *making) holding(ctx context.Context, w *counting, h holding) error {
	w.value(h.as)
	w.text(`:{"withheld":`)
	withheld := map[string]string{}
	for name, why := range h.withheld {
		withheld[camel(name)] = why
	}
	w.value(withheld)
	w.text(`,"rows":[`)
	for after, first := int64(0), true; ; {
		rows, last, err := h.page(ctx, m.store, m.person, after, pageSize)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !first {
				w.text(`,`)
			}
			w.text("\n")
			w.write(row)
			first = false
		}
		if w.err != nil {
			return w.err
		}
		if len(rows) > 0 {
			m.done += len(rows)
			if err := m.note(ctx); err != nil {
				return err
			}
			m.told(m.done)
		}
		if len(rows) < pageSize {
			break
		}
		after = last
	}
	w.text("]}\n")
	return w.err
}

// note records how far the document is.
func (m *making) note(ctx context.Context) error {
	return m.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return m.change(ctx, tx, tx.DataExport.Update().SetDone(m.done).SetTotal(max(m.total, m.done)))
	})
}

// save keeps the next part.
func (m *making) save(ctx context.Context, content []byte) error {
	err := m.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := m.change(ctx, tx, tx.DataExport.Update().SetDone(m.done)); err != nil {
			return err
		}
		return tx.DataExportPart.Create().SetExportID(m.id).SetAttempt(m.attempt).
			SetPosition(m.parts).SetContent(content).Exec(ctx)
	})
	m.parts++
	m.stored += int64(len(content))
	return err
}

// finish lets the person have the document.
func (m *making) finish(ctx context.Context) error {
	return m.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := m.clock()
		return m.change(ctx, tx, tx.DataExport.Update().SetState(vocab.ExportReady).
			SetDone(m.done).SetTotal(m.done).SetSize(m.size).SetStoredSize(m.stored).
			SetFinishedAt(now).SetExpiresAt(now.Add(exportLife)))
	})
}

// change changes the export's row as long as it is this try's, and tells who
// watches.
func (m *making) change(ctx context.Context, tx *store.Tx, update *db.DataExportUpdate) error {
	n, err := update.SetVersion(m.version+1).
		Where(dataexport.ID(m.id), dataexport.Attempt(m.attempt), dataexport.StateEQ(vocab.ExportPending)).Save(ctx)
	if err == nil && n == 0 {
		return errSuperseded
	}
	tx.AfterCommit(m.publish)
	return err
}

// publish tells of a change that is committed.
func (m *making) publish() {
	m.version++
	m.exports.Publish(m.id, m.version)
}

// counting writes JSON and keeps the first error.
type counting struct {
	to  *gzip.Writer
	n   int64
	err error
}

func (c *counting) write(text []byte) {
	if c.err == nil {
		_, c.err = c.to.Write(text)
		c.n += int64(len(text))
	}
}

func (c *counting) text(text string) { c.write([]byte(text)) }

func (c *counting) value(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	c.write(text)
}

// partWriter saves what is written to it in parts.
type partWriter struct {
	ctx    context.Context
	making *making
	buffer []byte
}

// Write implements io.Writer.
func (p *partWriter) Write(text []byte) (int, error) {
	p.buffer = append(p.buffer, text...)
	if len(p.buffer) < partSize {
		return len(text), nil
	}
	return len(text), p.flush()
}

func (p *partWriter) flush() error {
	if len(p.buffer) == 0 {
		return nil
	}
	err := p.making.save(p.ctx, p.buffer)
	p.buffer = p.buffer[:0]
	return err
}
