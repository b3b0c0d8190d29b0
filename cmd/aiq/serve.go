package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
)

type serve struct {
	config.Server `embed:""`
}

// Run serves until it is told to stop.
func (s *serve) Run(ctx context.Context) (err error) {
	srv, err := server.Open(ctx, s.Server, logger(s.LogLevel), server.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	listener, err := listen(ctx, s.Listen)
	if err != nil {
		return err
	}
	return srv.Serve(ctx, listener)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}
