package config

import (
	"errors"
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
}

func defaultStreams() Streams {
	return Streams{
		MostStreams: 10_000, MostStreamsEach: 50, StreamOperations: 100,
		StreamInit: 10 * time.Second, StreamKeepAlive: 20 * time.Second, StreamWrite: 10 * time.Second,
	}
}

func (s Streams) validate() error {
	if s.MostStreams <= 0 || s.MostStreamsEach <= 0 || s.StreamOperations <= 0 {
		return errors.New("streams: numbers must be above 0")
	}
	if s.StreamInit <= 0 || s.StreamKeepAlive <= 0 || s.StreamWrite <= 0 {
		return errors.New("streams: times must be above 0")
	}
	return nil
}
