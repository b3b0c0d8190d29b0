package event

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Postgres is a bus on PostgreSQL's LISTEN and NOTIFY. It listens on a connection
// of its own, and sends through the pool.
//
// Notices are sent after the commit by a statement of their own, many at once, and
// not in the transaction of the change: transactions that notify commit one after
// the other in the whole of the database.
type Postgres struct {
	*outbox
	link
	pool *pgxpool.Pool
}

// NewPostgres makes a bus between all processes that use the pool's database. The
// log, slog.Default() if nil, hears of connections that break.
func NewPostgres(pool *pgxpool.Pool, log *slog.Logger) *Postgres {
	if log == nil {
		log = slog.Default()
	}
	return &Postgres{outbox: newOutbox(log), pool: pool}
}

const (
	listen = `LISTEN aiq_changes`
	notify = `SELECT pg_notify('aiq_changes', message) FROM unnest($1::text[]) AS message`
	// silence is how long the listening connection hears nothing before it is
	// asked whether it lives.
	silence = 20 * time.Second
	// answerIn is how long the database may take to answer it.
	answerIn = 5 * time.Second
)

// Run implements Bus.
func (p *Postgres) Run(ctx context.Context, changed func(Notice), missed func()) {
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { p.run(ctx, p.send) })
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, longestWait) {
		began := time.Now()
		err := p.listen(ctx, changed, missed)
		if ctx.Err() != nil {
			return
		}
		p.broke(err)
		if time.Since(began) > longestWait {
			wait = firstWait
		}
		if wait == firstWait {
			p.log.WarnContext(ctx, "the connection that listens for changes broke", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (p *Postgres) send(ctx context.Context, messages []string) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	_, err := p.pool.Exec(ctx, notify, messages)
	return err
}

// listen hears notices until the connection breaks or the context ends.
func (p *Postgres) listen(ctx context.Context, changed func(Notice), missed func()) error {
	conn, err := pgx.ConnectConfig(ctx, p.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerIn)
		defer cancel()
		_ = conn.Close(closing) // says goodbye if it can
	}()
	if err := p.listening(ctx, conn); err != nil {
		return err
	}
	p.connected()
	missed() // whatever changed before it listened
	for {
		waiting, cancel := context.WithTimeout(ctx, silence)
		n, err := conn.WaitForNotification(waiting)
		quiet := waiting.Err() != nil
		cancel()
		switch {
		case err == nil:
			p.read(n.Payload, changed)
		case ctx.Err() != nil || !quiet || conn.IsClosed():
			return err
		default:
			// A connection that broke without a word would be quiet for ever.
			if err := p.listening(ctx, conn); err != nil {
				return errors.Join(errors.New("it does not answer"), err)
			}
		}
	}
}

// listening has the database tell of notices on the connection. Again, it changes
// nothing.
func (p *Postgres) listening(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	_, err := conn.Exec(ctx, listen)
	return err
}
