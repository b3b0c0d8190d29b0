// Package mailtest keeps sent messages for tests.
package mailtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/mail"
)

// Outbox is a mail.Sender that keeps messages until a test asks for them.
type Outbox struct{ sent chan mail.Message }

// room is the number of messages that an outbox holds; further ones are lost.
const room = 1000

// New is an empty outbox.
func New() *Outbox { return &Outbox{make(chan mail.Message, room)} }

// Send implements mail.Sender.
func (o *Outbox) Send(_ context.Context, m mail.Message) error {
	select {
	case o.sent <- m:
	default:
	}
	return nil
}

// Next waits for a message.
func (o *Outbox) Next(tb testing.TB) mail.Message {
	tb.Helper()
	select {
	case m := <-o.sent:
		return m
	case <-time.After(time.Minute):
		require.FailNow(tb, "no message was sent")
		return mail.Message{}
	}
}

// Empty reports whether there is no message now.
func (o *Outbox) Empty() bool { return len(o.sent) == 0 }
