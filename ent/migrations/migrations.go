// Package migrations holds the versioned migrations of both databases, as
// go run ./ent/migrate writes them from ent/schema. A file that has been
// released is never edited: the next change is the next file.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"

	"entgo.io/ent/dialect"
)

//go:embed postgres sqlite
var files embed.FS

// Files are the migrations of one dialect, with the atlas.sum that vouches for
// them.
func Files(d string) (fs.FS, error) {
	switch d {
	case dialect.Postgres:
		return fs.Sub(files, "postgres")
	case dialect.SQLite:
		return fs.Sub(files, "sqlite")
	}
	return nil, fmt.Errorf("no migrations for the dialect %q", d)
}
