package event

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
)

// NATS is a bus on a NATS server or cluster.
type NATS struct {
	*outbox
	link
	url     string
	subject string
	options []nats.Option
}

// NewNATS makes a bus between all processes that use the subject at the URL, which
// may name several servers, separated by commas. Credentials is the file of a
// user's JWT and key, "" for none. The log, slog.Default() if nil, hears of
// connections that break. Whether a server answers shows only in Run, which goes
// on trying.
func NewNATS(url, subject, credentials string, log *slog.Logger) *NATS {
	if log == nil {
		log = slog.Default()
	}
	n := &NATS{outbox: newOutbox(log), url: url, subject: subject, options: []nats.Option{
		nats.Name("aiq"), nats.NoEcho(), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(longestWait), nats.ReconnectJitter(firstWait*10, firstWait*20),
	}}
	failed := func(_ *nats.Conn, err error) {
		if err != nil && n.broke(err) {
			log.Warn("there is no connection to NATS", "error", err)
		}
	}
	n.options = append(n.options, nats.DisconnectErrHandler(failed), nats.ReconnectErrHandler(failed))
	if credentials != "" {
		n.options = append(n.options, nats.UserCredentials(credentials))
	}
	return n
}

// Run implements Bus.
func (n *NATS) Run(ctx context.Context, changed func(Notice), missed func()) {
	subscribed := make(chan struct{})
	reached := func(conn *nats.Conn) {
		<-subscribed
		// Once this is answered the server knows of the subscription. A connection
		// that breaks meanwhile comes back here.
		if conn.FlushTimeout(answerIn) == nil {
			n.connected()
		}
		missed()
	}
	conn, err := nats.Connect(n.url, append(n.options, nats.ConnectHandler(reached), nats.ReconnectHandler(reached))...)
	if err == nil {
		defer conn.Close()
		_, err = conn.Subscribe(n.subject, func(m *nats.Msg) { n.read(string(m.Data), changed) })
	}
	close(subscribed)
	if err != nil {
		n.broke(err)
		// Not that it cannot be reached: the settings are no good.
		n.log.ErrorContext(ctx, "changes in other processes are heard of late", "error", fmt.Errorf("connect to NATS: %w", err))
		<-ctx.Done()
		return
	}
	n.run(ctx, func(ctx context.Context, messages []string) error {
		for _, message := range messages {
			if err := conn.Publish(n.subject, []byte(message)); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, answerIn)
		defer cancel()
		return conn.FlushWithContext(ctx)
	})
}
