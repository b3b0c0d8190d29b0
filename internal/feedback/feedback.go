// Package feedback takes what people write to the makers, and keeps what becomes
// of it.
package feedback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/feedback"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// The bounds, in characters.
const (
	minText, maxText = 10, 5000
	maxContact       = 320
	maxVersion       = 50
	maxNote          = 5000
	maxKey           = 200 // bytes
)

// Service keeps feedback.
type Service struct {
	store *store.Store
	clock clock.Clock
}

// New makes a service.
func New(st *store.Store, now clock.Clock) *Service { return &Service{store: st, clock: now} }

// Message is what a person writes.
type Message struct {
	Category vocab.FeedbackCategory
	// Text has 10 to 5,000 characters, not counting spaces around it.
	Text string
	// Contact is where an answer may be sent, and AppVersion what it was written
	// with; "" for none.
	Contact, AppVersion string
	// Session and Question are what it is about, nil for neither.
	Session  *ident.Session
	Question *ident.Question
	// Key is the client's name for the request, "" for none.
	Key string
}

func (m *Message) check() error {
	m.Text, m.Contact, m.AppVersion = strings.TrimSpace(m.Text), strings.TrimSpace(m.Contact), strings.TrimSpace(m.AppVersion)
	switch n := utf8.RuneCountInString(m.Text); {
	case n < minText:
		return fault.Invalid("text", "min_length", "Write at least %d characters.", minText)
	case n > maxText:
		return fault.Invalid("text", "max_length", "Write at most %d characters.", maxText)
	case len(m.Key) > maxKey:
		return fault.Invalid("clientMutationId", "max_length", "clientMutationId may have at most %d bytes.", maxKey)
	}
	if err := line("contact", m.Contact, maxContact); err != nil {
		return err
	}
	return line("appVersion", m.AppVersion, maxVersion)
}

// line fails for a text that is not one line of at most so many characters.
func line(field, text string, most int) error {
	switch {
	case utf8.RuneCountInString(text) > most:
		return fault.Invalid(field, "max_length", "%s may have at most %d characters.", field, most)
	case strings.ContainsFunc(text, unicode.IsControl):
		return fault.Invalid(field, "no_control", "%s may not hold line breaks or other control characters.", field)
	}
	return nil
}

// Send keeps what the viewer, who may be anonymous, writes. Repeated under its
// Key it gives back what was kept. It fails with VALIDATION_FAILED, with NOT_FOUND
// for a test that is not the viewer's and a question that they were not asked, and
// with CONFLICT for a Key that stood for something else.
func (s *Service) Send(ctx context.Context, v auth.Viewer, m Message) (out *db.Feedback, err error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := met(ctx, tx, v, m); err != nil {
			return err
		}
		now := s.clock()
		row := tx.Feedback.Create().SetCategory(m.Category).SetText(m.Text).
			SetNillableSessionID(m.Session).SetNillableQuestionID(m.Question).
			SetCreatedAt(now).SetChangedAt(now)
		if !v.Anonymous() {
			row.SetUserID(v.ID())
		}
		if m.Contact != "" {
			row.SetContact(m.Contact)
		}
		if m.AppVersion != "" {
			row.SetAppVersion(m.AppVersion)
		}
		if m.Key != "" {
			row.SetClientKey(clientKey(ctx, v, m.Key))
		}
		if out, err = row.Save(ctx); err != nil {
			return fmt.Errorf("save the feedback: %w", err)
		}
		return nil
	})
	if store.Violated(err, "feedback_client_key_key") {
		return s.repeated(ctx, v, m)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// met fails for what the viewer has not met.
func met(ctx context.Context, tx *store.Tx, v auth.Viewer, m Message) error {
	if m.Session != nil {
		found, err := tx.TestSession.Query().Where(testsession.ID(*m.Session), testsession.UserID(v.ID())).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for the test: %w", err)
		}
		if !found {
			return fault.Missing("Test")
		}
	}
	if m.Question != nil {
		found, err := tx.Response.Query().Where(response.QuestionID(*m.Question), response.UserID(v.ID())).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for the question: %w", err)
		}
		if !found {
			return fault.Missing("Question")
		}
	}
	return nil
}

// repeated is what the key stands for already.
func (s *Service) repeated(ctx context.Context, v auth.Viewer, m Message) (*db.Feedback, error) {
	row, err := s.store.Reader().Feedback.Query().Where(feedback.ClientKey(clientKey(ctx, v, m.Key))).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the feedback: %w", err)
	}
	if row.Text != m.Text || row.Category != m.Category {
		return nil, fault.New(fault.Conflict, "clientMutationId stands for other feedback.").With("field", "clientMutationId")
	}
	return row, nil
}

// clientKey is the key within the viewer, or the address of who is anonymous.
func clientKey(ctx context.Context, v auth.Viewer, key string) string {
	who := "address:" + auth.Address(ctx)
	if !v.Anonymous() {
		who = fmt.Sprint("user:", v.ID())
	}
	sum := sha256.Sum256([]byte(who + "\x00" + key))
	return hex.EncodeToString(sum[:])
}

// Update is what an administrator does about feedback; nil leaves it as it is.
type Update struct {
	Status *vocab.FeedbackStatus
	// Note has at most 5,000 characters; "" removes it.
	Note *string
}

// Update changes what has become of feedback. It fails with NOT_FOUND and
// VALIDATION_FAILED.
func (s *Service) Update(ctx context.Context, v auth.Viewer, id ident.Feedback, u Update) (out *db.Feedback, err error) {
	if u.Note != nil && utf8.RuneCountInString(*u.Note) > maxNote {
		return nil, fault.Invalid("note", "max_length", "A note has at most %d characters.", maxNote)
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		before, err := tx.Feedback.Query().Where(feedback.ID(id), store.ForUpdate).Only(ctx)
		switch {
		case db.IsNotFound(err):
			return fault.Missing("Feedback")
		case err != nil:
			return fmt.Errorf("load the feedback: %w", err)
		}
		status, note := before.Status, before.Note
		if u.Status != nil {
			status = *u.Status
		}
		if u.Note != nil {
			if note = nil; strings.TrimSpace(*u.Note) != "" {
				trimmed := strings.TrimSpace(*u.Note)
				note = &trimmed
			}
		}
		if out = before; status == before.Status && same(note, before.Note) {
			return nil
		}
		now := s.clock()
		change := tx.Feedback.UpdateOneID(id).SetStatus(status).SetChangedAt(now)
		if note == nil {
			change.ClearNote()
		} else {
			change.SetNote(*note)
		}
		if out, err = change.Save(ctx); err != nil {
			return fmt.Errorf("save the feedback: %w", err)
		}
		return audit.Record(ctx, tx, v, now, audit.Entry{
			Action: vocab.FeedbackUpdated, Target: ident.Global{Kind: ident.KindFeedback, Key: int64(id)},
			Changes: []audit.Change{
				{Field: "status", Before: before.Status, After: status}, {Field: "note", Before: before.Note, After: note},
			},
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func same(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
