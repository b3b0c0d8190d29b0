package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/vocab"
)

type accounts struct {
	Create createAccount `cmd:"" help:"Make an account, such as the first administrator's. The password is read from AIQ_PASSWORD or, without it, as a line from standard input."`
}

type createAccount struct {
	database `embed:""`
	Email    string     `arg:"" help:"The e-mail address."`
	Role     vocab.Role `help:"TAKER or ADMIN." enum:"TAKER,ADMIN" default:"TAKER"`
}

// Run makes the account.
func (c *createAccount) Run(ctx context.Context) (err error) {
	password := os.Getenv("AIQ_PASSWORD")
	if password == "" {
		fmt.Fprint(os.Stderr, "password: ")
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return errors.New("no password: set AIQ_PASSWORD or write it to standard input")
		}
		password = strings.TrimRight(line, "\r\n")
	}
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	people, err := account.New(st, clock.System, account.Keys{}, account.Options{})
	if err != nil {
		return err
	}
	u, err := people.Create(ctx, account.Registration{Email: c.Email, Password: password, Role: c.Role})
	if err != nil {
		return err
	}
	fmt.Printf("%s may sign in as %s\n", *u.Email, u.Role)
	return nil
}
