package notify

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/device"
	"github.com/aiqhq/aiq/internal/apns"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Trial is what became of a push that an administrator had sent.
type Trial struct {
	// PushID names the push at the push service.
	PushID string
	// Taken says that the service took it.
	Taken bool
	// Status is that of the service's answer, nil without one, and Reason why it was
	// not taken, nil if it was.
	Status *int
	Reason *string
	// Removed says that the device's token is no good, so that it was removed.
	Removed bool
}

// Try sends a push to somebody's device at once, whatever they want, to show whether
// pushes arrive. An audit entry about the person, if it is another, is kept before it
// is tried. It fails with NOT_FOUND for an unknown device, and with FORBIDDEN if the
// server is not set up to send pushes; what the push service says is no failure.
func (s *Service) Try(ctx context.Context, v auth.Viewer, id ident.Device) (*Trial, error) {
	d, err := s.store.Reader().Device.Query().Where(device.ID(id)).Only(ctx)
	switch {
	case db.IsNotFound(err):
		return nil, fault.Missing("Device")
	case err != nil:
		return nil, fmt.Errorf("load the device: %w", store.Fault(err))
	case !s.Sends():
		return nil, fault.New(fault.Forbidden, "This server is not set up to send pushes.")
	}
	if d.UserID != v.ID() {
		err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return audit.Record(ctx, tx, v, s.clock(), audit.Entry{
				Action: vocab.PushSent, Target: ident.Global{Kind: ident.KindUser, Key: int64(d.UserID)},
			})
		})
		if err != nil {
			return nil, err
		}
	}
	out := &Trial{PushID: uuid.NewString()}
	refused := s.send(ctx, apns.Push{
		Token: d.Token, ID: out.PushID, Collapse: "test",
		Payload: apns.Payload{Title: "Test", Body: "Notifications arrive on this device.", Data: map[string]string{"kind": "TEST"}},
	})
	if refused == nil {
		out.Taken = true
		return out, nil
	}
	out.explain(refused)
	if refused.Class == apns.Gone {
		out.Removed, err = s.removed(ctx, d, refused)
	}
	return out, err
}

// explain tells why the push was not taken.
func (t *Trial) explain(e *apns.Error) {
	reason := e.Reason
	if e.Status != 0 {
		t.Status = &e.Status
	}
	if reason == "" {
		reason = e.Class.String()
	}
	t.Reason = &reason
}

// removed removes the device whose token is no good, and reports whether it is gone.
func (s *Service) removed(ctx context.Context, d *db.Device, e *apns.Error) (gone bool, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := forget(ctx, tx, unseenSince(d, e)); err != nil {
			return err
		}
		left, err := tx.Device.Query().Where(device.ID(d.ID)).Exist(ctx)
		gone = !left
		return err
	})
	return gone, err
}
