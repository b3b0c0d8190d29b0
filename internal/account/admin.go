package account

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/audit"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// UserUpdate is what an administrator changes of an account; nil leaves it as it
// is.
type UserUpdate struct {
	Role           *vocab.Role
	CooldownBypass *bool
}

// UpdateUser changes what an account may do. When the role changes, every sign-in
// of the account ends, so that no stream that was opened under the old one goes on.
//
// It fails with NOT_FOUND if there is no such person, and with VALIDATION_FAILED
// for a role of the administrator's own and for that of somebody who cannot sign
// in. So an administrator is left whatever happens: of two who demote each other
// at once the second is FORBIDDEN to.
func (s *Service) UpdateUser(ctx context.Context, v auth.Viewer, id ident.User, in UserUpdate) (*db.User, error) {
	if in.Role != nil && id == v.ID() {
		return nil, fault.Invalid("role", "not_own", "Another administrator changes your role.")
	}
	var out *db.User
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = s.updateUser(ctx, tx, v, id, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) updateUser(ctx context.Context, tx *store.Tx, v auth.Viewer, id ident.User, in UserUpdate) (*db.User, error) {
	before, err := lockForAdmin(ctx, tx, v, id)
	if err != nil {
		return nil, err
	}
	update := tx.User.Update().Where(user.ID(id))
	if in.CooldownBypass != nil {
		update.SetCooldownBypass(*in.CooldownBypass)
	}
	if in.Role != nil && *in.Role != before.Role {
		if before.EmailKey == nil {
			return nil, fault.Invalid("role", "account", "Only an account that can sign in can have another role.")
		}
		update.SetRole(*in.Role)
		if err := s.revokeAll(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	if err := update.Exec(ctx); err != nil {
		return nil, fmt.Errorf("save the account: %w", err)
	}
	after, err := viewer(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return after.User, audit.Record(ctx, tx, v, s.clock(), audit.Entry{
		Action: vocab.AccountUpdated, Target: ident.Global{Kind: ident.KindUser, Key: int64(id)},
		Changes: []audit.Change{
			{Field: "role", Before: before.Role, After: after.User.Role},
			{Field: "cooldownBypass", Before: before.CooldownBypass, After: after.User.CooldownBypass},
		},
	})
}

// lockForAdmin reads the person whom an administrator is about to change. Both are
// locked, the one with the smaller key first, so that nobody acts as an
// administrator who at the same moment ceases to be one.
func lockForAdmin(ctx context.Context, tx *store.Tx, v auth.Viewer, id ident.User) (*db.User, error) {
	rows, err := tx.User.Query().Where(user.IDIn(v.ID(), id), store.ForUpdate).Order(user.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the account: %w", err)
	}
	var found *db.User
	admin := false
	for _, row := range rows {
		if row.ID == id {
			found = row
		}
		admin = admin || row.ID == v.ID() && row.Role == vocab.Admin
	}
	switch {
	case !admin:
		return nil, fault.New(fault.Forbidden, "This needs the role %s.", vocab.Admin)
	case found == nil:
		return nil, fault.Missing("User")
	}
	return found, nil
}
