package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/guestdevice"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// GuestPolicy holds the rules for tests without an account.
type GuestPolicy struct {
	// Tests is the most that can ever be started on one device.
	Tests int
	// TokenLife is how long a guest's access token is valid.
	TokenLife time.Duration
}

// GuestToken is what a guest shows to be known.
type GuestToken struct {
	AccessToken string
	ExpiresAt   time.Time
}

// GuestTest is a test in progress of someone without an account.
type GuestTest struct {
	Session *db.TestSession
	Token   *GuestToken
	// Resumed says that the test was in progress before.
	Resumed bool
	// TestsLeft is how many more can be started on the device.
	TestsLeft int
}

// Starter begins a test of the viewer's in the open transaction.
type Starter func(ctx context.Context, tx *store.Tx, viewer auth.Viewer) (*db.TestSession, error)

// The bounds of a device id, in characters.
const (
	minDeviceID = 16
	maxDeviceID = 200
)

// StartGuestTest starts a test on a device without an account, or resumes the
// one that the device has in progress: a device that lost its token gets back
// in by its id, and of many starts at once all are given the same test. Each
// device has one guest, and so meets no question twice, until the guest's tests
// become those of an account.
//
// It fails with VALIDATION_FAILED for a bad device id, with LIMIT_EXCEEDED when
// the device has had all its tests, and as start does. A start that fails does
// not count.
func (s *Service) StartGuestTest(ctx context.Context, deviceID string, start Starter) (*GuestTest, error) {
	if n := utf8.RuneCountInString(deviceID); n < minDeviceID || n > maxDeviceID {
		return nil, fault.Invalid("deviceId", "length", "A device id has from %d to %d characters.", minDeviceID, maxDeviceID)
	}
	sum := sha256.Sum256([]byte(deviceID))
	a := admission{Service: s, hash: hex.EncodeToString(sum[:]), start: start}
	out, err := a.admit(ctx)
	if store.Violated(err, "guest_devices_device_hash_key") {
		// Another start made the device known in between; it stays known.
		out, err = a.admit(ctx)
	}
	return out, err
}

// admission is one start of a guest's test.
type admission struct {
	*Service
	hash  string // of the device id
	start Starter
}

func (a admission) admit(ctx context.Context) (*GuestTest, error) {
	var out *GuestTest
	err := a.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = &GuestTest{}
		device, err := a.device(ctx, tx)
		if err != nil {
			return err
		}
		guest, err := present(ctx, tx, device)
		if err != nil {
			return err
		}
		if guest != nil {
			if out.Session, err = inProgress(ctx, tx, guest.ID); err != nil {
				return err
			}
		}
		if out.Resumed = out.Session != nil; !out.Resumed {
			if guest, err = a.count(ctx, tx, device, guest); err != nil {
				return err
			}
			if out.Session, err = a.start(ctx, tx, auth.Viewer{User: guest}); err != nil {
				return err
			}
		}
		out.TestsLeft = max(0, a.guest.Tests-device.Tests)
		out.Token, err = a.guestToken(guest.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// device is the device as it is known, with key 0 if it is not. The lock on it
// puts its starts in a row.
func (a admission) device(ctx context.Context, tx *store.Tx) (*db.GuestDevice, error) {
	d, err := tx.GuestDevice.Query().Where(guestdevice.DeviceHash(a.hash), store.ForUpdate).Only(ctx)
	if db.IsNotFound(err) {
		return &db.GuestDevice{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the device: %w", err)
	}
	return d, nil
}

// present is the guest who takes the device's tests, locked; nil if there was
// none yet or if their tests have become an account's.
func present(ctx context.Context, tx *store.Tx, device *db.GuestDevice) (*db.User, error) {
	u, err := tx.User.Query().Where(user.ID(device.UserID), store.ForUpdate).Only(ctx)
	switch {
	case db.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load the guest: %w", err)
	case !u.Guest, claimed(u):
		return nil, nil
	default:
		return u, nil
	}
}

// count counts one more test on the device, for its guest or, if it has none, for
// a new one.
func (a admission) count(ctx context.Context, tx *store.Tx, device *db.GuestDevice, guest *db.User) (*db.User, error) {
	if device.Tests >= a.guest.Tests {
		return nil, fault.New(fault.LimitExceeded, "This device has had its %d tests; register to take more.", a.guest.Tests).
			With("limit", "guestTests").With("maximum", a.guest.Tests)
	}
	now := a.clock()
	var err error
	if guest == nil {
		if guest, err = tx.User.Create().SetGuest(true).SetRole(vocab.Taker).SetCreatedAt(now).Save(ctx); err != nil {
			return nil, fmt.Errorf("save the guest: %w", err)
		}
	}
	device.Tests++
	if device.ID == 0 {
		err = tx.GuestDevice.Create().SetDeviceHash(a.hash).
			SetTests(device.Tests).SetUserID(guest.ID).SetLastStartedAt(now).SetCreatedAt(now).Exec(ctx)
	} else {
		err = tx.GuestDevice.Update().Where(guestdevice.ID(device.ID)).
			SetTests(device.Tests).SetUserID(guest.ID).SetLastStartedAt(now).Exec(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("count the test: %w", err)
	}
	return guest, nil
}

// guestToken makes an access token for a guest.
func (s *Service) guestToken(guest ident.User) (*GuestToken, error) {
	now := s.clock()
	until := now.Add(s.guest.TokenLife).Truncate(time.Second)
	token, err := s.keys.sign(guest, "", true, now, until)
	if err != nil {
		return nil, err
	}
	return &GuestToken{AccessToken: token, ExpiresAt: until}, nil
}

// inProgress is the person's test in progress, nil if there is none.
func inProgress(ctx context.Context, tx *store.Tx, person ident.User) (*db.TestSession, error) {
	t, err := tx.TestSession.Query().
		Where(testsession.UserID(person), testsession.StateEQ(vocab.InProgress)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the test in progress: %w", err)
	}
	return t, nil
}
