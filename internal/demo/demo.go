// Package demo shows AIQ at work: a server with a sample bank and real answers,
// and a simulated candidate who takes an adaptive test over the public API.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/bank/starter"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/study"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Options of a demonstration.
type Options struct {
	// Theta is the candidate's ability in logits; drawn from N(0, 1) if nil.
	Theta *float64
	// Once ends the demonstration after the test.
	Once bool
	// Out is where the demonstration is shown.
	Out io.Writer
}

// The accounts of the demonstration. It listens on this machine only and its
// data are samples, so the passwords may be known.
const (
	adminEmail = "admin@example.org"
	takerEmail = "taker@example.org"
	password   = "adaptive-testing"
)

// Run loads the sample data, serves, has the candidate take a test, and goes on
// serving until the context ends.
func Run(ctx context.Context, srv *server.Server, listener net.Listener, o Options) error {
	if err := prepare(ctx, srv); err != nil {
		return errors.Join(err, listener.Close())
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(serving, listener) }()

	theta := rand.NormFloat64()
	if o.Theta != nil {
		theta = *o.Theta
	}
	base := "http://" + listener.Addr().String()
	err := present(ctx, base, theta, o.Out)
	if err == nil && !o.Once {
		err = invite(ctx, base, o.Out)
		select {
		case <-ctx.Done():
		case failed := <-served:
			return errors.Join(err, failed)
		}
	}
	stop()
	return errors.Join(err, <-served)
}

// prepare loads the starter bank, the sample answers and the accounts; what is
// there from an earlier demonstration stays.
func prepare(ctx context.Context, srv *server.Server) error {
	questions, err := starter.Records()
	if err != nil {
		return err
	}
	if _, err := bank.Import(ctx, srv.Store, clock.System, questions); err != nil {
		return err
	}
	sapa, err := study.SAPA()
	if err != nil {
		return fmt.Errorf("read the sample answers: %w", err)
	}
	if _, err := study.Import(ctx, srv.Store, clock.System, sapa); err != nil && fault.CodeOf(err) != fault.Conflict {
		return err
	}
	for email, role := range map[string]vocab.Role{adminEmail: vocab.Admin, takerEmail: vocab.Taker} {
		name := strings.ToUpper(email[:1]) + email[1:strings.Index(email, "@")]
		_, err := srv.Accounts.Create(ctx, account.Registration{
			Email: email, Password: password, DisplayName: &name, Role: role, CooldownBypass: true,
		})
		if err != nil && fault.CodeOf(err) != fault.Conflict {
			return fmt.Errorf("make the account %s: %w", email, err)
		}
	}
	return srv.Bank.Refresh(ctx)
}
