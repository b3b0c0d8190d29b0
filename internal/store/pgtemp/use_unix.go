//go:build unix

package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The folder of one user's servers holds
//
//	lock     held while a server is looked for, started or cleared away
//	current  the name of the instance to use
//	NAME/    an instance: data, socket, log, and the pipe "users"
//
// An instance is run by a keeper, a small shell process that starts the server
// and then reads the pipe. Every process that uses the server writes its name
// into the pipe and keeps it open. The operating system tells the keeper when
// the last of them is gone, crashed ones included: the keeper then stops the
// server and removes the instance. It acknowledges each name with a file, so a
// process that came in the very moment of the end knows that it came too late.
const keeper = `
"$1" -D "$2/data" -k "$2" -p 5432 -c listen_addresses= >"$2/log" 2>&1 </dev/null &
while read -r user; do : >"$2/seen.$user"; done <"$2/users"
kill -QUIT $!
wait $!
rm -rf "$2"
`

// settings make a server fast and forgetful, with room for many test packages.
const settings = `
max_connections = 400
shared_buffers = 64MB
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
timezone = 'Asia/Kathmandu'  # unlike UTC and unlike the machine: what leans on the zone fails
`

// startLimit bounds the wait for a server to start on a busy machine.
const startLimit = time.Minute

// sharedFolder is where all processes of this user look for the server.
func sharedFolder() string {
	folder := os.TempDir()
	if os.Getuid() == 0 {
		folder = "/tmp" // a private TMPDIR is closed to the account that runs the server
	}
	return filepath.Join(folder, "aiq-postgres-"+strconv.Itoa(os.Getuid()))
}

// use joins the server of a folder, or starts one. The server stays until the
// function that comes back is called, or until the process ends.
func use(ctx context.Context, folder string) (url string, leave func(), err error) {
	binaries, err := findBinaries()
	if err != nil {
		return "", nil, err
	}
	owner, err := findOwner()
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	unlock, err := lockFolder(folder, owner)
	if err != nil {
		return "", nil, err
	}
	defer unlock()

	current := filepath.Join(folder, "current")
	if name, err := os.ReadFile(current); err == nil {
		if url, leave, err := join(ctx, filepath.Join(folder, string(name))); err == nil {
			return url, leave, nil
		}
	}
	clearDead(ctx, folder, binaries, owner)
	instance, err := os.MkdirTemp(folder, "")
	if err != nil {
		return "", nil, err
	}
	url, leave, err = start(ctx, instance, binaries, owner)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(instance))
	}
	return url, leave, os.WriteFile(current, []byte(filepath.Base(instance)), 0o644)
}

// lockFolder makes the folder and waits for its lock, which the end of the
// process releases too.
func lockFolder(folder string, owner owner) (unlock func(), err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	if err := owner.check(folder); err != nil {
		return nil, err
	}
	if err := owner.take(folder); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return func() { _ = lock.Close() }, nil
}

// join makes this process a user of an instance that runs.
func join(ctx context.Context, instance string) (url string, leave func(), err error) {
	// Without a reader, and so without a keeper, this fails at once.
	pipe, err := syscall.Open(filepath.Join(instance, "users"), syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, err
	}
	// A bare descriptor: an os.File would be closed once nothing refers to it.
	leave = sync.OnceFunc(func() { _ = syscall.Close(pipe) })
	url = socketURL(instance)
	err = announce(ctx, instance, pipe)
	if err == nil {
		err = ping(ctx, url)
	}
	if err != nil {
		leave()
		return "", nil, err
	}
	return url, leave, nil
}

// announce tells the keeper of this process and waits until it knows.
func announce(ctx context.Context, instance string, pipe int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	name := fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano())
	if _, err := syscall.Write(pipe, []byte(name+"\n")); err != nil {
		return err
	}
	return until(ctx, func() error {
		_, err := os.Stat(filepath.Join(instance, "seen."+name))
		return err
	})
}

func ping(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// until calls fn every 20 ms until it succeeds or ctx ends.
func until(ctx context.Context, fn func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := fn()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func socketURL(instance string) string {
	return "postgres:///postgres?sslmode=disable&user=postgres&port=5432&host=" + instance
}

// findBinaries is the folder of postgres and initdb: the one on the search path,
// or the newest where packages put them.
func findBinaries() (string, error) {
	var folders []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian
		"/usr/pgsql-*/bin",          // Red Hat
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		folders = append(folders, matches...)
	}
	slices.Reverse(folders)
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), folders...) {
		postgres, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
		if err != nil {
			continue
		}
		folder = filepath.Dir(postgres)
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil {
			return folder, nil
		}
	}
	return "", ErrNone
}
