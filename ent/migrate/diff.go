package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"

	model "github.com/aiqhq/aiq/ent/db/migrate"
)

// folderOf names the folder of a dialect's migrations.
func folderOf(d string) string {
	if d == dialect.SQLite {
		return "sqlite"
	}
	return "postgres"
}

// diff replays the migrations in folder on a scratch database and writes a file
// that leads from there to ent/schema. It returns the file's path, empty when
// nothing is to be done.
func diff(ctx context.Context, d, folder, version, name string) (path string, err error) {
	dir, err := migrate.NewLocalDir(folder)
	if err != nil {
		return "", err
	}
	scratch, drop, err := openScratch(ctx, d)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, drop()) }()

	atlas, err := schema.NewMigrate(scratch,
		schema.WithDir(dir),
		schema.WithDialect(d),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithFormatter(versioned{migrate.DefaultFormatter, version}),
		schema.WithIndent("  "),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true),
	)
	if err != nil {
		return "", err
	}
	err = atlas.NamedDiff(ctx, name, model.Tables...)
	if errors.Is(err, migrate.ErrNoPlan) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, version+"_"+name+".sql"), nil
}

// versioned formats a plan as a file of the given version, so that one change
// of the model has one version on both dialects.
type versioned struct {
	migrate.Formatter
	version string
}

func (v versioned) Format(plan *migrate.Plan) ([]migrate.File, error) {
	plan.Version = v.version
	return v.Formatter.Format(plan)
}

// nextVersion is the time as 20060102150405, or, where a clock has run ahead,
// the number after the last version: the order of the files is never in doubt.
func nextVersion(root string, now time.Time) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, "*", "*.sql"))
	if err != nil {
		return "", err
	}
	next := now.UTC().Format("20060102150405")
	for _, file := range files {
		last := migrate.NewLocalFile(filepath.Base(file), nil).Version()
		if last < next {
			continue
		}
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return "", fmt.Errorf("version of %s: %w", file, err)
		}
		next = strconv.FormatInt(n+1, 10)
	}
	return next, nil
}
