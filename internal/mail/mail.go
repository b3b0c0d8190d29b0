// Package mail sends messages to people: over SMTP, or in development to a
// folder or the log.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
)

// Message is one message in plain text.
type Message struct {
	// To is the address that it goes to.
	To      string
	Subject string
	Text    string
}

// Sender sends messages. It is safe for concurrent use.
type Sender interface {
	// Send returns when the message has been handed on, or with the reason why
	// not: UNAVAILABLE if it may succeed later. Its time is that of a network: it is not for transactions.
	Send(ctx context.Context, m Message) error
}

// Open makes the sender that the URL names:
//
//	smtp://user:password@host:587    SMTP, encrypted by STARTTLS
//	smtps://user:password@host:465   SMTP over TLS
//	smtp://localhost:1025?tls=none   SMTP in the clear, for a catcher of mail
//	file:///path/to/folder           files that a mail program opens, for development
//	log:                             the log, for development
//
// The empty URL is a sender that refuses. from is the address that messages
// come from. An error never repeats the URL, which may hold a password.
func Open(rawURL, from string, log *slog.Logger) (Sender, error) {
	if rawURL == "" {
		return none{}, nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("mail: the URL is not well formed")
	}
	switch u.Scheme {
	case "smtp", "smtps":
		return openSMTP(u, from)
	case "file":
		return openFolder(u.Path, from)
	case "log":
		return toLog{log}, nil
	default:
		return nil, fmt.Errorf("mail: unknown scheme %q: want smtp, smtps, file or log", u.Scheme)
	}
}

// none stands for a way to send mail where there is none.
type none struct{}

func (none) Send(context.Context, Message) error {
	return errors.New("mail: no way to send it is set up")
}

// toLog writes messages to the log, secrets and all.
type toLog struct{ log *slog.Logger }

func (l toLog) Send(ctx context.Context, m Message) error {
	l.log.InfoContext(ctx, "mail", "to", m.To, "subject", m.Subject, "text", m.Text)
	return nil
}
