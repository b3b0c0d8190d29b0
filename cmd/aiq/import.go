package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/bank/starter"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/study"
)

type imports struct {
	Questions importQuestions `cmd:"" help:"Add the questions of a JSON Lines file to the bank."`
	Starter   importStarter   `cmd:"" help:"Add the starter bank: 180 questions with provisional parameters."`
	Responses importResponses `cmd:"" help:"Add the answers of a study: a folder with responses.csv and the items' keys."`
}

type database struct {
	URL string `name:"database-url" help:"sqlite://PATH or postgres://…" default:"sqlite://aiq.db" env:"DATABASE_URL"`
}

// open opens the database and brings it up to date.
func (d database) open(ctx context.Context) (*store.Store, error) {
	st, err := store.Open(ctx, d.URL, store.Options{Logger: logger(slog.LevelWarn)})
	if err != nil {
		return nil, err
	}
	if err := st.Migrate(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

type importQuestions struct {
	database `embed:""`
	File     string `arg:"" type:"existingfile" help:"A JSON Lines file, one question a line."`
}

// Run imports the questions and says how many.
func (i *importQuestions) Run(ctx context.Context) error {
	file, err := os.Open(i.File)
	if err != nil {
		return err
	}
	defer file.Close()
	records, err := bankfile.ReadAll(file)
	if err != nil {
		return fmt.Errorf("%s: %w", i.File, err)
	}
	return addQuestions(ctx, i.database, records)
}

type importStarter struct {
	database `embed:""`
}

// Run imports the bank that comes with AIQ.
func (i *importStarter) Run(ctx context.Context) error {
	records, err := starter.Records()
	if err != nil {
		return err
	}
	return addQuestions(ctx, i.database, records)
}

// addQuestions imports the records and says how many.
func addQuestions(ctx context.Context, d database, records []bankfile.Record) (err error) {
	st, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	done, err := bank.Import(ctx, st, clock.System, records)
	if err != nil {
		return err
	}
	fmt.Printf("%d questions added, %d known already\n", done.Added, done.Known)
	if n := len(done.Different); n > 0 {
		fmt.Printf("%d of the known ones are otherwise in the file, and were left as they are: %s\n", n, some(done.Different))
	}
	return nil
}

// mostNamed is how many of many things are named.
const mostNamed = 10

// some names the first of the things, and says how many there are beside.
func some(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return fmt.Sprintf("%s, and %d more", strings.Join(names[:mostNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}

type importResponses struct {
	database  `embed:""`
	Folder    string    `arg:"" type:"existingdir" help:"A folder with responses.csv, and key.csv or a key table in README.md."`
	Name      string    `help:"The study's name; the folder's unless given."`
	Collected time.Time `help:"About when the answers were given, such as 2012-08-01." format:"2006-01-02"`
}

// Run imports the study and says how large it is.
func (i *importResponses) Run(ctx context.Context) (err error) {
	folder, err := filepath.Abs(i.Folder)
	if err != nil {
		return err
	}
	name := i.Name
	if name == "" {
		name = filepath.Base(folder)
	}
	answers, err := study.Read(os.DirFS(folder), name)
	if err != nil {
		return fmt.Errorf("%s: %w", i.Folder, err)
	}
	answers.Collected = i.Collected
	st, err := i.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	done, err := study.Import(ctx, st, clock.System, answers)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d people, %d items, %d answers\n", name, done.People, done.Items, done.Responses)
	return nil
}
