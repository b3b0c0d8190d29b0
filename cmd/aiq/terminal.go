package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/aiqhq/aiq/internal/desk"
)

// terminal is what the commands that work on files read and write.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// report is a result that people and programs can read.
type report interface {
	WriteText(w io.Writer) error
}

// print writes the report as a table or as JSON.
func (t *terminal) print(r report, asJSON bool) error {
	if !asJSON {
		return r.WriteText(t.out)
	}
	out := json.NewEncoder(t.out)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

// interactive tells whether somebody watches standard error.
func (t *terminal) interactive() bool {
	f, ok := t.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// bar is a progress bar of so many steps, unknown if negative; nil if nobody watches.
func (t *terminal) bar(what string, steps int64, options ...progressbar.Option) *progressbar.ProgressBar {
	if !t.interactive() {
		return nil
	}
	return progressbar.NewOptions64(steps, append([]progressbar.Option{
		progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(what),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100 * time.Millisecond),
	}, options...)...)
}

// progress shows how much of a known amount of work is done.
func (t *terminal) progress(what string) desk.Progress {
	if !t.interactive() {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, total int) {
		if bar == nil {
			bar = t.bar(what, int64(total))
		}
		_ = bar.Set(done) // a bar that can't be drawn is no reason to stop
	}
}

// read opens a file, or standard input for -, and hands it to do, with a progress bar.
func (t *terminal) read(name string, do func(r io.Reader, name string) error) (err error) {
	if name == "-" {
		return do(t.in, "standard input")
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var in io.Reader = file
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		if bar := t.bar("reading "+name, info.Size(), progressbar.OptionShowBytes(true)); bar != nil {
			in = io.TeeReader(file, bar)
			defer func() { _ = bar.Finish() }()
		}
	}
	return do(in, name)
}

// write makes a file with what do writes; an empty name is no file.
func write(name string, do func(w io.Writer) error) (err error) {
	if name == "" {
		return nil
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(do(file), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
