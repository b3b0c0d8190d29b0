// Command migrate writes the versioned migrations in ent/migrations from the
// data model in ent/schema. It runs in the folder ent:
//
//	go run ./migrate diff [NAME]
//
// compares what the files of each dialect build with what ent/schema wants, and
// where they differ writes the next file, named NAME, for people to review. It
// reads ent/db, which is generated first; go generate does both.
//
// The files are replayed on scratch databases: SQLite's in memory, PostgreSQL's
// created for this on the server that TEST_POSTGRES_URL names or on a throw-away
// one. Where there is no PostgreSQL its files are left as they are and a notice
// says so; with CI set that is an error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"entgo.io/ent/dialect"

	"github.com/aiqhq/aiq/internal/store/pgtemp"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, notices io.Writer) error {
	name := "changes"
	switch {
	case len(args) == 2 && regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(args[1]):
		name = args[1]
	case len(args) == 1:
	default:
		return errors.New("usage: go run ./migrate diff [NAME], the name in lower_snake_case")
	}
	if args[0] != "diff" {
		return fmt.Errorf("unknown command %q: want diff", args[0])
	}
	root := "migrations"
	if _, err := os.Stat(root); err != nil {
		return fmt.Errorf("run it in the folder ent: %w", err)
	}
	version, err := nextVersion(root, time.Now())
	if err != nil {
		return err
	}
	for _, d := range []string{dialect.SQLite, dialect.Postgres} {
		file, err := diff(ctx, d, filepath.Join(root, folderOf(d)), version, name)
		switch {
		case errors.Is(err, pgtemp.ErrNone) && os.Getenv("CI") == "":
			fmt.Fprintf(notices, "migrate: NOTICE: %s migrations were not compared with ent/schema: %v\n", d, err)
		case err != nil:
			return fmt.Errorf("%s: %w", d, err)
		case file != "":
			fmt.Fprintf(notices, "migrate: wrote %s\n", file)
		}
	}
	return nil
}
