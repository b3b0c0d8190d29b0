package privacy

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/dataexport"
	"github.com/aiqhq/aiq/ent/db/erasure"
	"github.com/aiqhq/aiq/ent/db/group"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Erase is the job of removing what is left of a person whose account has ended.
// It does not name them, for it is kept for a while after it is done.
type Erase struct {
	Erasure ident.Erasure `json:"erasure"`
}

// Kind implements job.Args.
func (Erase) Kind() string { return "erasure" }

// Remove works an Erase. It removes some rows at a time, each time in a
// transaction of its own, and goes on from where an earlier try came to. What it
// does once it may do again.
func (s *Service) Remove(ctx context.Context, e Erase) error {
	return s.remove(ctx, e, func(int) {})
}

// remove is Remove that tells how many rows are done, batch by batch.
func (s *Service) remove(ctx context.Context, e Erase, told func(done int)) error {
	row, err := s.store.Reader().Erasure.Query().Where(erasure.ID(e.Erasure)).Only(ctx)
	if db.IsNotFound(err) || err == nil && row.UserID == nil {
		return nil
	}
	if err == nil {
		r := removing{Service: s, row: row, person: person{id: *row.UserID}, told: told}
		err = r.run(ctx)
	}
	if err != nil {
		return fmt.Errorf("erasure %d: %w", e.Erasure, err)
	}
	return nil
}

// removing is one try to remove a person.
type removing struct {
	*Service
	row    *db.Erasure
	person person
	told   func(done int)
}

func (r removing) run(ctx context.Context) error {
	if err := r.count(ctx); err != nil {
		return err
	}
	if err := r.giveUp(ctx); err != nil {
		return err
	}
	if err := r.stopExports(ctx); err != nil {
		return err
	}
	if err := r.leaveGroups(ctx); err != nil {
		return err
	}
	for _, h := range holdings() {
		for _, do := range r.changes(h) {
			for left := true; left; {
				n, err := r.batch(ctx, do)
				if err != nil {
					return fmt.Errorf("%s: %w", h.table.Name, err)
				}
				left = n == erasedAtOnce
			}
		}
	}
	return r.finish(ctx)
}

// count notes how many rows there are to remove, the first time.
func (r removing) count(ctx context.Context) error {
	if r.row.Total > 0 {
		return nil
	}
	total := 0
	for _, h := range holdings() {
		if len(r.changes(h)) == 0 {
			continue
		}
		n, err := h.count(ctx, r.store, r.person)
		if err != nil {
			return err
		}
		total += n
	}
	return r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Erasure.Update().Where(erasure.ID(r.row.ID)).SetTotal(total).Exec(ctx)
	})
}

// asPerson is the viewer that the person was.
func (r removing) asPerson() auth.Viewer { return auth.Viewer{User: &db.User{ID: r.person.id}} }

// giveUp ends the person's test in progress, so that whoever watches it hears.
func (r removing) giveUp(ctx context.Context) error {
	open, err := r.store.Reader().TestSession.Query().
		Where(testsession.UserID(r.person.id), testsession.StateEQ(vocab.InProgress)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("load the test in progress: %w", err)
	}
	for _, id := range open {
		if _, err := r.sessions.Abandon(ctx, r.asPerson(), id, ""); err != nil {
			return fmt.Errorf("give the test up: %w", err)
		}
	}
	return nil
}

// stopExports has whoever makes a document of the person's data leave it.
func (r removing) stopExports(ctx context.Context) error {
	return r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := r.clock()
		err := tx.DataExport.Update().
			Where(dataexport.UserID(r.person.id), dataexport.StateEQ(vocab.ExportPending)).
			SetState(vocab.ExportReady).SetFinishedAt(now).SetExpiresAt(now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("stop the export: %w", err)
		}
		return nil
	})
}

// leaveGroups gives the person's groups to their members.
func (r removing) leaveGroups(ctx context.Context) error {
	owned, err := r.store.Reader().Group.Query().Where(group.OwnerID(r.person.id)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("load the groups: %w", err)
	}
	for _, id := range owned {
		if err := r.groups.Leave(ctx, r.asPerson(), id); err != nil {
			return fmt.Errorf("leave a group: %w", err)
		}
	}
	return nil
}

// change is what happens to some of the person's rows of a table.
type change func(dialect string, p person, most int) (query string, args []any)

// changes are what happens to the table, one after the other.
func (r removing) changes(h holding) []change {
	switch {
	case h.last():
		return nil
	case len(h.forgets) > 0:
		var out []change
		for _, f := range h.forgets {
			out = append(out, h.forgetting(f))
		}
		return out
	case r.row.Mode == vocab.Erase || !h.kept:
		return []change{h.deletion}
	case len(h.cleared) > 0:
		return []change{h.forgetting(h.clearance())}
	default:
		return nil
	}
}

// last reports whether finish sees to the table.
func (h holding) last() bool { return h.as == "user" }

// deletion removes some of the person's rows.
func (h holding) deletion(dialect string, p person, most int) (query string, args []any) {
	t := sql.Dialect(dialect).Table(h.table.Name)
	some := sql.Dialect(dialect).Select(t.C("id")).From(t).Where(h.owner(dialect, t, p)).OrderBy(t.C("id")).Limit(most)
	return sql.Dialect(dialect).Delete(h.table.Name).Where(sql.In("id", some)).Query()
}

// clearance empties the cleared columns of rows that still hold something.
func (h holding) clearance() forgetting {
	f := forgetting{set: map[string]any{}}
	for _, name := range h.cleared {
		f.set[name] = nil
	}
	f.owner = func(dialect string, t *sql.SelectTable, p person) *sql.Predicate {
		var full []*sql.Predicate
		for _, name := range h.cleared {
			full = append(full, sql.NotNull(t.C(name)))
		}
		return sql.And(h.owner(dialect, t, p), sql.Or(full...))
	}
	return f
}

// forgetting takes the person out of some rows.
func (h holding) forgetting(f forgetting) change {
	return func(dialect string, p person, most int) (query string, args []any) {
		t := sql.Dialect(dialect).Table(h.table.Name)
		update := sql.Dialect(dialect).Update(h.table.Name)
		for name, value := range f.set {
			if value == nil {
				update.SetNull(name)
			} else {
				update.Set(name, value)
			}
		}
		some := sql.Dialect(dialect).Select(t.C("id")).From(t).Where(f.owner(dialect, t, p)).OrderBy(t.C("id")).Limit(most)
		return update.Where(sql.In("id", some)).Query()
	}
}

// batch changes some rows and notes how many they were. Of two who work the same
// erasure one waits for the other, so that each row is counted once.
func (r removing) batch(ctx context.Context, do change) (n int, err error) {
	err = r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Erasure.Query().Where(erasure.ID(r.row.ID), store.ForUpdate).OnlyID(ctx); err != nil {
			return fmt.Errorf("lock the erasure: %w", err)
		}
		query, args := do(r.store.Dialect(), r.person, erasedAtOnce)
		result, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		if n = int(rows); n == 0 || err != nil {
			return err
		}
		return tx.Erasure.Update().Where(erasure.ID(r.row.ID)).AddDone(n).Exec(ctx)
	})
	if err == nil && n > 0 {
		r.row.Done += n
		r.told(r.row.Done)
	}
	return n, err
}

// finish removes the person's row, or leaves it empty, with rows that other
// requests have made meanwhile, and what is kept of jobs about them. From then on
// nothing says whose the erasure was. It fails while a job about the person is
// being worked; then the next try does it.
func (r removing) finish(ctx context.Context) error {
	return r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Locked, so that no more rows of the person are made.
		if _, err := tx.User.Query().Where(user.ID(r.person.id), store.ForUpdate).Exist(ctx); err != nil {
			return fmt.Errorf("lock the account: %w", err)
		}
		row, err := tx.Erasure.Query().Where(erasure.ID(r.row.ID), store.ForUpdate).Only(ctx)
		if err != nil {
			return fmt.Errorf("load the erasure: %w", err)
		}
		if row.UserID == nil {
			return nil
		}
		for _, h := range holdings() {
			for _, do := range r.changes(h) {
				query, args := do(r.store.Dialect(), r.person, erasedAtOnce)
				if _, err := tx.ExecContext(ctx, query, args...); err != nil {
					return fmt.Errorf("%s: %w", h.table.Name, err)
				}
			}
		}
		if err := r.jobs.Forget(ctx, tx, "user", int64(r.person.id)); err != nil {
			return err
		}
		if r.row.Mode == vocab.Erase {
			if _, err := tx.User.Delete().Where(user.ID(r.person.id)).Exec(ctx); err != nil {
				return fmt.Errorf("remove the account: %w", err)
			}
		}
		return tx.Erasure.Update().Where(erasure.ID(row.ID)).
			ClearUserID().SetTotal(row.Done).SetFinishedAt(r.clock()).Exec(ctx)
	})
}

// resumedAtOnce is how many erasures one call of ResumeErasures takes up.
const resumedAtOnce = 20

// ResumeErasures goes on with erasures whose job has failed for so long that it is
// not tried any more: nobody is to be left half removed.
func (s *Service) ResumeErasures(ctx context.Context) error {
	ids, err := s.store.Reader().Erasure.Query().
		Where(erasure.FinishedAtIsNil(), erasure.RequestedAtLTE(s.clock().Add(-jobTried))).
		Order(db.Asc(erasure.FieldID)).Limit(resumedAtOnce).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find erasures that are left: %w", err)
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, s.Remove(ctx, Erase{Erasure: id}))
	}
	return errors.Join(errs...)
}

// PurgeErasures removes erasures that were finished a month ago.
func (s *Service) PurgeErasures(ctx context.Context) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Erasure.Delete().Where(erasure.FinishedAtLTE(s.clock().Add(-erasureLife))).Exec(ctx)
		if err != nil {
			return fmt.Errorf("remove finished erasures: %w", err)
		}
		return nil
	})
}
