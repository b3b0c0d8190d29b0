//go:build unix

package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// runner runs the server of one process: it starts it anew for each line that it
// reads, and stops it at the end of its input, which the end of the process is
// too.
const runner = `
start() { "$1" -D "$2/data" -k "$2" -p 5432 -c listen_addresses= >>"$2/log" 2>&1 </dev/null & pid=$!; }
start "$@"
while read -r line; do kill -INT $pid; wait $pid; start "$@"; done
kill -QUIT $pid
wait $pid
rm -rf "$2"
`

// Own is a server that one process has for itself and may restart.
type Own struct {
	// URL is the postgres:// URL of the server, on which the user may create
	// databases.
	URL string

	orders io.WriteCloser
	run    *exec.Cmd
}

// StartOwn starts a server from the installed binaries, as URL does.
func StartOwn(ctx context.Context) (*Own, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	owner, err := findOwner()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	folder := filepath.Dir(sharedFolder())
	instance, err := os.MkdirTemp(folder, "aiq-postgres-own-")
	if err != nil {
		return nil, err
	}
	o, err := startOwn(ctx, instance, binaries, owner)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(instance))
	}
	return o, nil
}

func startOwn(ctx context.Context, instance, binaries string, owner owner) (*Own, error) {
	if err := prepare(ctx, instance, binaries, owner); err != nil {
		return nil, err
	}
	o := &Own{URL: socketURL(instance)}
	o.run = exec.Command("/bin/sh", "-c", runner, "runner", filepath.Join(binaries, "postgres"), instance)
	o.run.SysProcAttr = owner.attributes()
	o.run.SysProcAttr.Setsid = true // not interrupted with this process
	o.run.Dir = instance
	o.run.Env = append(os.Environ(), "LC_ALL=C")
	var err error
	if o.orders, err = o.run.StdinPipe(); err != nil {
		return nil, err
	}
	if err := o.run.Start(); err != nil {
		return nil, err
	}
	if err := until(ctx, func() error { return ping(ctx, o.URL) }); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// Restart stops the server, which ends every connection, and starts it again. It
// returns at once.
func (o *Own) Restart() error {
	_, err := io.WriteString(o.orders, "restart\n")
	return err
}

// Close stops the server and removes its data.
func (o *Own) Close() error {
	return errors.Join(o.orders.Close(), o.run.Wait())
}
