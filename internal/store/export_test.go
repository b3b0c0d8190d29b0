package store

import (
	"context"
	"io/fs"
)

// MigrateFiles is Migrate with the migrations of another version of the program.
func (s *Store) MigrateFiles(ctx context.Context, files fs.FS) error { return s.migrate(ctx, files) }
