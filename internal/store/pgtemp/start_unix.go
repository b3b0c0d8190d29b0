//go:build unix

package pgtemp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// start makes an instance, leaves it to its keeper and joins it.
func start(ctx context.Context, instance, binaries string, owner owner) (url string, leave func(), err error) {
	if err := prepare(ctx, instance, binaries, owner); err != nil {
		return "", nil, err
	}
	// Held until this process has joined, so that the keeper does not take the
	// first failed try for the end; opened for reading too, so as not to wait
	// for the keeper.
	hold, err := syscall.Open(filepath.Join(instance, "users"), syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = syscall.Close(hold) }()

	run := exec.Command("/bin/sh", "-c", keeper, "keeper", filepath.Join(binaries, "postgres"), instance)
	run.SysProcAttr = owner.attributes()
	run.SysProcAttr.Setsid = true // outlives this process and its terminal
	run.Dir = instance
	run.Env = append(os.Environ(), "LC_ALL=C")
	if err := run.Start(); err != nil {
		return "", nil, err
	}
	go func() { _ = run.Wait() }() // leaves no zombie should the keeper end first

	err = until(ctx, func() (err error) {
		url, leave, err = join(ctx, instance)
		return err
	})
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(instance, "log"))
		return "", nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(log))
	}
	return url, leave, nil
}

// prepare makes the data and the pipe of an instance.
func prepare(ctx context.Context, instance, binaries string, owner owner) error {
	if err := owner.take(instance); err != nil {
		return err
	}
	data := filepath.Join(instance, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(binaries, "initdb"), "--pgdata="+data,
		"--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = owner.attributes()
	initdb.Dir = instance
	initdb.Env = append(os.Environ(), "LC_ALL=C")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	if err := appendFile(filepath.Join(data, "postgresql.conf"), settings); err != nil {
		return err
	}
	users := filepath.Join(instance, "users")
	if err := syscall.Mkfifo(users, 0o600); err != nil {
		return err
	}
	return owner.take(users)
}

func appendFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// clearDead stops and removes instances that have lost their keeper. What it
// cannot remove is left to the next who starts a server.
func clearDead(ctx context.Context, folder, binaries string, owner owner) {
	pipes, err := filepath.Glob(filepath.Join(folder, "*", "users"))
	if err != nil {
		return
	}
	for _, users := range pipes {
		pipe, err := syscall.Open(users, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		if err == nil { // someone reads: a keeper whose users have not all ended
			_ = syscall.Close(pipe)
			continue
		}
		instance := filepath.Dir(users)
		stop := exec.CommandContext(ctx, filepath.Join(binaries, "pg_ctl"), "stop",
			"--mode=immediate", "--pgdata="+filepath.Join(instance, "data"))
		stop.SysProcAttr = owner.attributes()
		stop.Dir = instance
		_ = stop.Run() // fails when the server is gone already
		_ = os.RemoveAll(instance)
	}
}

// owner is the account that the server runs as and that its files belong to.
type owner struct{ uid, gid int }

// findOwner is the current user, but for root, whom PostgreSQL refuses: then
// the account that its package made, or nobody.
func findOwner() (owner, error) {
	if os.Getuid() != 0 {
		return owner{os.Getuid(), os.Getgid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(account.Uid)
		if err != nil {
			continue
		}
		gid, err := strconv.Atoi(account.Gid)
		if err != nil {
			continue
		}
		return owner{uid, gid}, nil
	}
	return owner{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// attributes make a process run as the owner.
func (o owner) attributes() *syscall.SysProcAttr {
	if o.uid == os.Getuid() {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}}
}

// take makes a file the owner's.
func (o owner) take(path string) error {
	if o.uid == os.Getuid() {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

// check refuses a folder that someone else has put in the place of ours: the
// temporary folder is everyone's, and its names can be guessed.
func (o owner) check(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || (int(stat.Uid) != os.Getuid() && int(stat.Uid) != o.uid) {
		return fmt.Errorf("%s is not a folder of this user", folder)
	}
	return nil
}
