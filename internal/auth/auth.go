// Package auth says who is asking. A request always has a viewer; the anonymous
// one is a value like any other.
package auth

import (
	"context"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Viewer is the one who asks. The zero value is the anonymous viewer.
type Viewer struct {
	// User is the signed-in account as it was when the request began; nil for
	// the anonymous viewer.
	User *db.User
	// Key is the API key of a service that asks in its own name; nil for people.
	Key *db.APIKey
	// Until is when the token ends that the viewer brought.
	Until time.Time
}

// ID is the viewer's key, 0 for the anonymous viewer.
func (v Viewer) ID() ident.User {
	if v.User == nil {
		return 0
	}
	return v.User.ID
}

// Anonymous reports whether nobody is signed in.
func (v Viewer) Anonymous() bool { return v.User == nil && v.Key == nil }

// IsAdmin reports whether the viewer sees everything that they may ask for at
// all: an administrator, or a service, whose scopes have decided what it may ask
// for before anything was answered.
func (v Viewer) IsAdmin() bool {
	return v.Key != nil || v.User != nil && v.User.Role == vocab.Admin
}

// Require is nil if the viewer has the role; ADMIN includes TAKER. A service has
// the roles SERVICE and, for what its scopes let it ask, ADMIN. It fails with
// UNAUTHENTICATED for the anonymous viewer and FORBIDDEN for others.
func (v Viewer) Require(role vocab.Role) error {
	switch {
	case v.Key != nil && role != vocab.Taker:
		return nil
	case v.Key != nil:
		return fault.New(fault.Forbidden, "This needs a person.")
	case v.User == nil:
		return fault.New(fault.Unauthenticated, "Sign in first.")
	case v.User.Role == role, v.User.Role == vocab.Admin && role == vocab.Taker:
		return nil
	default:
		return fault.New(fault.Forbidden, "This needs the role %s.", role)
	}
}

// RequireAccount is nil if the viewer has an account. It fails with
// UNAUTHENTICATED for the anonymous viewer and FORBIDDEN for guests.
func (v Viewer) RequireAccount() error {
	switch {
	case v.Key != nil:
		return fault.New(fault.Forbidden, "This needs a person.")
	case v.User == nil:
		return fault.New(fault.Unauthenticated, "Sign in first.")
	case v.User.Guest:
		return fault.New(fault.Forbidden, "This needs an account; register first.")
	default:
		return nil
	}
}

// MaySee reports whether the viewer may see what belongs to the owner.
func (v Viewer) MaySee(owner ident.User) bool {
	return v.IsAdmin() || v.User != nil && v.User.ID == owner
}

type viewerKey struct{}

// With puts the viewer in the context.
func With(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// From is the viewer of the context, anonymous if there is none.
func From(ctx context.Context) Viewer {
	v, _ := ctx.Value(viewerKey{}).(Viewer)
	return v
}

type addressKey struct{}

// WithAddress puts the network address of the one who asks in the context.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// Address is the network address of the one who asks, by which they are counted
// when they are not known: an IPv4 address, or the /64 network of an IPv6 one,
// which is what one customer has. It is "" within the process.
func Address(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}
