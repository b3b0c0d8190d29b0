package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/aiqhq/aiq/internal/config"
	run "github.com/aiqhq/aiq/internal/demo"
	"github.com/aiqhq/aiq/internal/server"
)

type demo struct {
	Listen string   `help:"Address to listen on; any free port unless given." default:"127.0.0.1:0" env:"AIQ_LISTEN"`
	File   string   `help:"SQLite file to keep; a temporary one unless given."`
	Theta  *float64 `help:"The candidate's ability in logits; drawn at random unless given."`
	Once   bool     `help:"Exit after the test."`
}

// Run prepares a server, has a candidate take a test on it, and keeps serving.
func (d *demo) Run(ctx context.Context) (err error) {
	file := d.File
	if file == "" {
		folder, err := os.MkdirTemp("", "aiq-demo-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		file = filepath.Join(folder, "aiq.db")
	}
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	listener, err := listen(ctx, d.Listen)
	if err != nil {
		return err
	}
	settings := config.Defaults()
	settings.DatabaseURL = "sqlite://" + file
	settings.Listen = listener.Addr().String()
	srv, err := server.Open(ctx, settings, logger(slog.LevelWarn), server.Options{Tabs: run.Tabs})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, srv.Close()) }()
	return run.Run(ctx, srv, listener, run.Options{Theta: d.Theta, Once: d.Once, Out: os.Stdout})
}
