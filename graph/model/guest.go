package model

import (
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/session"
)

// StartGuestTestPayload is a guest's test, just started or resumed.
type StartGuestTestPayload struct {
	*account.GuestTest
	Progress *session.Progress
}

// ClaimGuestResultPayload is what the viewer took over from a guest.
type ClaimGuestResultPayload struct {
	Viewer     *Viewer
	Moved      []ident.Session
	LeftBehind int
}
