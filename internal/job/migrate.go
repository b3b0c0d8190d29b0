package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/aiqhq/aiq/internal/store"
)

// Migrate makes the tables that jobs are kept in, or brings them up to date.
// Many processes may call it at once.
func Migrate(ctx context.Context, st *store.Store) error {
	migrator, err := migratorFor(st.Dialect(), st.SQL())
	if err != nil {
		return err
	}
	state, err := migrator.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", store.Fault(err))
	}
	if state.OK {
		return nil
	}
	// Each version is committed before the next: PostgreSQL lets nobody use a
	// new value of an enumeration earlier.
	for done := false; !done && err == nil; {
		err = st.Exclusively(ctx, func(tx *sql.Tx) error {
			//nolint:staticcheck // deprecated for putting several versions into one transaction
			step, err := migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{MaxSteps: 1})
			done = err == nil && len(step.Versions) == 0
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// Version is that of the tables that Migrate makes in that dialect.
func Version(dialectName string) (int, error) {
	migrator, err := migratorFor(dialectName, nil)
	if err != nil {
		return 0, err
	}
	all := migrator.AllVersions()
	return all[len(all)-1].Version, nil
}

func migratorFor(dialectName string, conns *sql.DB) (*rivermigrate.Migrator[*sql.Tx], error) {
	var driver riverdriver.Driver[*sql.Tx] = riverdatabasesql.New(conns)
	if dialectName == dialect.SQLite {
		driver = riversqlite.New(conns)
	}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read the migrations of the job queue: %w", err)
	}
	return migrator, nil
}
