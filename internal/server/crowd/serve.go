package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/config"
	aiq "github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// What is set for the process that is the server: the database's URL, and how many
// people can take a test.
const (
	asServer   = "AIQ_CROWD_SERVER"
	withPeople = "AIQ_CROWD_PEOPLE"
)

// ready is what the server tells when it serves.
type ready struct {
	// URL is that of the GraphQL endpoint.
	URL string
	// Admin, and Takers, are access tokens.
	Admin  string
	Takers []string
}

// stats are what the process holds after a garbage collection.
type stats struct {
	Goroutines int
	// Resident is what the operating system counts, and InUse what the heap's
	// objects and the stacks take, in bytes.
	Resident, InUse int64
}

// serve is the server. It stops at the end of its input, and answers each line of
// it with its stats.
func serve(ctx context.Context) error {
	settings := config.Defaults()
	settings.DatabaseURL = os.Getenv(asServer)
	settings.Mode = config.Production
	settings.Secret = "ahB5eiw7ohG9quoo1ieNgeiM8eer3aecooQu2a" //nolint:gosec // of a server that nobody else can reach
	settings.MostStreams, settings.MostStreamsEach = 100_000, 100_000
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err := aiq.Open(ctx, settings, log, aiq.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // the process ends
	if _, err := bank.Import(ctx, s.Store, clock.System, servertest.Items(120, 1.3)); err != nil {
		return err
	}
	if err := s.Bank.Refresh(ctx); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	hello := ready{URL: "http://" + listener.Addr().String() + "/graphql"}
	people, err := strconv.Atoi(os.Getenv(withPeople))
	if err != nil {
		return err
	}
	for i := range 1 + people {
		r := account.Registration{Email: fmt.Sprintf("person%d@example.org", i), Password: servertest.Password}
		if i == 0 {
			r.Role = vocab.Admin
		}
		_, tokens, err := s.Accounts.Register(ctx, r)
		if err != nil {
			return err
		}
		if i == 0 {
			hello.Admin = tokens.AccessToken
			continue
		}
		hello.Takers = append(hello.Takers, tokens.AccessToken)
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	if err := tell(hello); err != nil {
		return err
	}
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		now, err := held()
		if err != nil {
			return err
		}
		if err := tell(now); err != nil {
			return err
		}
	}
	stop()
	return <-served
}

func tell(what any) error {
	line, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(line))
	return err
}

// held is what the process holds once it has given back what it can.
func held() (out stats, err error) {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // pools hold on for one collection
	out.Goroutines = runtime.NumGoroutine()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	for _, s := range sample {
		out.InUse += int64(s.Value.Uint64())
	}
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return out, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(status))[1], 10, 64)
	out.Resident = pages * int64(os.Getpagesize())
	return out, err
}
