package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Streams bound the connections that stay open: WebSockets and event streams.
type Streams struct {
	MostStreams      int           `help:"Most WebSockets and event streams that are open at once." name:"streams" default:"10000" env:"AIQ_STREAMS"`
	MostStreamsEach  int           `help:"Most of them of one viewer, or else of one address." name:"streams-each" default:"50" env:"AIQ_STREAMS_EACH"`
	StreamOperations int           `help:"Most operations under way on one WebSocket." default:"100" env:"AIQ_STREAM_OPERATIONS"`
	StreamInit       time.Duration `help:"How long a WebSocket may take to introduce itself." default:"10s" env:"AIQ_STREAM_INIT"`
	StreamKeepAlive  time.Duration `help:"How often an idle WebSocket is pinged and an idle event stream written to." default:"20s" env:"AIQ_STREAM_KEEP_ALIVE"`
	StreamWrite      time.Duration `help:"How long a message may take to be written before its connection is cut." default:"10s" env:"AIQ_STREAM_WRITE"`

	NATSURL         string        `help:"NATS server by which replicas tell each other of changes, in place of PostgreSQL's LISTEN and NOTIFY: nats://…" name:"nats-url" env:"AIQ_NATS_URL"`
	NATSSubject     string        `help:"Subject of NATS on which they do; one for each database." name:"nats-subject" default:"aiq.changes" env:"AIQ_NATS_SUBJECT"`
	NATSCredentials string        `help:"File of a NATS user's JWT and key." name:"nats-credentials" env:"AIQ_NATS_CREDENTIALS"`
	LiveIdle        time.Duration `help:"How long nothing has happened in a test before it is told to be idle." default:"5m" env:"AIQ_LIVE_IDLE"`
}

func defaultStreams() Streams {
	return Streams{
		MostStreams: 10_000, MostStreamsEach: 50, StreamOperations: 100,
		NATSSubject: "aiq.changes", LiveIdle: 5 * time.Minute,
		StreamInit: 10 * time.Second, StreamKeepAlive: 20 * time.Second, StreamWrite: 10 * time.Second,
	}
}

func (s Streams) validate() error {
	err := cmp.Or(
		above0(
			number[int]{"streams", s.MostStreams},
			number[int]{"streams-each", s.MostStreamsEach},
			number[int]{"stream-operations", s.StreamOperations},
		),
		above0(
			number[time.Duration]{"stream-init", s.StreamInit},
			number[time.Duration]{"stream-keep-alive", s.StreamKeepAlive},
			number[time.Duration]{"stream-write", s.StreamWrite},
			number[time.Duration]{"live-idle", s.LiveIdle},
		),
	)
	if err != nil || s.NATSURL == "" {
		return err
	}
	for server := range strings.SplitSeq(s.NATSURL, ",") {
		scheme, _, found := strings.Cut(strings.TrimSpace(server), "://")
		switch {
		case !found:
			// The text may hold a password: it is not repeated.
			return errors.New("nats-url: the URL has no scheme: want nats://…")
		case !slices.Contains([]string{"nats", "tls", "ws", "wss"}, scheme):
			return fmt.Errorf("nats-url: unknown scheme %q: want nats://…", scheme)
		}
	}
	if s.NATSSubject == "" || strings.ContainsAny(s.NATSSubject, " \t\r\n*>") {
		return fmt.Errorf("nats-subject: %q is no subject", s.NATSSubject)
	}
	return nil
}
