// Command aiq serves computerized adaptive tests over GraphQL.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/requestid"
)

type commands struct {
	Serve   serve    `cmd:"" help:"Serve the GraphQL API."`
	Demo    demo     `cmd:"" help:"Serve a sample bank and watch a simulated candidate take a test."`
	Import  imports  `cmd:"" help:"Add questions or answers from files."`
	Account accounts `cmd:"" help:"Manage accounts."`
	Replay  replay   `cmd:"" help:"Choose and score stored tests again and compare."`

	Fit      fit        `cmd:"" help:"Calibrate the items of a table of answers."`
	Score    score      `cmd:"" help:"Score the people of a table of answers on a bank."`
	Items    items      `cmd:"" help:"Analyse the items of a table of answers classically."`
	Link     link       `cmd:"" help:"Link the scales of two calibrations."`
	Simulate simulation `cmd:"" help:"Give adaptive tests to simulated examinees."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	var c commands
	parsed := kong.Parse(&c,
		kong.Name("aiq"),
		kong.Description("An open GraphQL server for computerized adaptive testing of cognitive ability."),
		kong.UsageOnError(),
		kong.Vars(ruleDefaults()),
		kong.Bind(&terminal{os.Stdin, os.Stdout, os.Stderr}),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "aiq:", told(err))
		os.Exit(1)
	}
}

// told is what the terminal says of an error. Of a refusal it is the message: its
// cause is only how the database noticed. Of anything else the cause is told, for
// it is what has to be looked into.
func told(err error) string {
	switch f := fault.Of(err); {
	case f == nil, f.Err == nil, f.Code == fault.Unavailable, f.Code == fault.Internal:
		return err.Error()
	default:
		return f.Message
	}
}

// logger writes JSON lines to standard error.
func logger(level slog.Level) *slog.Logger {
	return slog.New(requestid.Handler(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
}
