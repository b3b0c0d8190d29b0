// Package group is circles of people who compare their scores: making them,
// getting in by a code, leaving, and consenting to the leaderboard.
package group

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/group"
	"github.com/aiqhq/aiq/ent/db/groupinvitation"
	"github.com/aiqhq/aiq/ent/db/groupmembership"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// The bounds of groups.
const (
	maxName = 100 // characters
	// maxGroups is how many groups a person can be in.
	maxGroups = 20
	// maxMembers is how many members a group can have.
	maxMembers = 500
)

// Service keeps groups. To those who are not in it a group does not exist:
// every method fails with NOT_FOUND. What is for the owner fails with FORBIDDEN
// for other members.
//
// Changes lock the person before the group, so that of two at once the second
// sees what the first has done.
type Service struct {
	store *store.Store
	clock clock.Clock
}

// New makes a service.
func New(st *store.Store, now clock.Clock) *Service { return &Service{store: st, clock: now} }

// Create makes a group with the viewer as its owner and first member. If the
// viewer owns one of that name already, it is that one. It fails with
// VALIDATION_FAILED for a bad name and with LIMIT_EXCEEDED if the viewer is in
// too many groups.
func (s *Service) Create(ctx context.Context, viewer auth.Viewer, name string) (*db.Group, error) {
	name, err := named(name)
	if err != nil {
		return nil, err
	}
	var out *db.Group
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lockPerson(ctx, tx, viewer.ID()); err != nil {
			return err
		}
		out, err = tx.Group.Query().Where(group.OwnerID(viewer.ID()), group.Name(name)).Order(db.Asc(group.FieldID)).First(ctx)
		if !db.IsNotFound(err) {
			return err
		}
		if err := roomFor(ctx, tx, viewer.ID()); err != nil {
			return err
		}
		out, err = tx.Group.Create().SetName(name).SetOwnerID(viewer.ID()).SetCreatedAt(s.clock()).Save(ctx)
		if err != nil {
			return fmt.Errorf("save the group: %w", err)
		}
		_, err = s.admit(ctx, tx, out.ID, viewer.ID())
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Rename gives the owner's group another name. It fails with VALIDATION_FAILED
// for a bad one.
func (s *Service) Rename(ctx context.Context, viewer auth.Viewer, id ident.Group, name string) (*db.Group, error) {
	name, err := named(name)
	if err != nil {
		return nil, err
	}
	return s.owned(ctx, viewer, id, func(ctx context.Context, tx *store.Tx, g *db.Group) error {
		g.Name = name
		return tx.Group.Update().Where(group.ID(id)).SetName(name).Exec(ctx)
	})
}

// Delete ends the owner's group.
func (s *Service) Delete(ctx context.Context, viewer auth.Viewer, id ident.Group) error {
	_, err := s.owned(ctx, viewer, id, func(ctx context.Context, tx *store.Tx, g *db.Group) error {
		return remove(ctx, tx, g.ID)
	})
	return err
}

// Remove puts a member out of the owner's group; it is no error if they are out
// already. It fails with VALIDATION_FAILED for the owner, who leaves instead.
func (s *Service) Remove(ctx context.Context, viewer auth.Viewer, id ident.Group, member ident.Membership) (*db.Group, error) {
	return s.owned(ctx, viewer, id, func(ctx context.Context, tx *store.Tx, g *db.Group) error {
		own, err := membership(ctx, tx, g.ID, viewer.ID())
		if err != nil {
			return err
		}
		if own != nil && own.ID == member {
			return fault.Invalid("membershipId", "not_owner", "The owner leaves the group instead.")
		}
		_, err = tx.GroupMembership.Delete().
			Where(groupmembership.ID(member), groupmembership.GroupID(g.ID)).Exec(ctx)
		return err
	})
}

// Leave takes the viewer out of a group. When the owner leaves, the member who
// has been in it longest becomes the owner; when nobody is left, the group ends.
// It is no error if the viewer is in no such group.
func (s *Service) Leave(ctx context.Context, viewer auth.Viewer, id ident.Group) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		g, err := lock(ctx, tx, id)
		if g == nil || err != nil {
			return err
		}
		n, err := tx.GroupMembership.Delete().
			Where(groupmembership.GroupID(id), groupmembership.UserID(viewer.ID())).Exec(ctx)
		if err != nil {
			return fmt.Errorf("end the membership: %w", err)
		}
		if n == 0 || g.OwnerID != viewer.ID() {
			return nil
		}
		heir, err := tx.GroupMembership.Query().Where(groupmembership.GroupID(id)).
			Order(db.Asc(groupmembership.FieldID)).First(ctx)
		switch {
		case db.IsNotFound(err):
			return remove(ctx, tx, id)
		case err != nil:
			return fmt.Errorf("find the next owner: %w", err)
		}
		return tx.Group.Update().Where(group.ID(id)).SetOwnerID(heir.UserID).Exec(ctx)
	})
}

// ShareScore records whether the viewer consents to stand on the leaderboard.
func (s *Service) ShareScore(ctx context.Context, viewer auth.Viewer, id ident.Group, share bool) (*db.GroupMembership, error) {
	var out *db.GroupMembership
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.GroupMembership.Update().
			Where(groupmembership.GroupID(id), groupmembership.UserID(viewer.ID())).
			SetSharesScore(share).Save(ctx)
		if err != nil {
			return fmt.Errorf("save the consent: %w", err)
		}
		if n == 0 {
			return missing()
		}
		out, err = membership(ctx, tx, id, viewer.ID())
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func missing() error { return fault.Missing("Group") }

// named is the name without the spaces around it.
func named(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch n := utf8.RuneCountInString(name); {
	case n < 1 || n > maxName:
		return "", fault.Invalid("name", "length", "A group's name has from 1 to %d characters.", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", fault.Invalid("name", "no_control", "A group's name may not hold line breaks or other control characters.")
	}
	return name, nil
}

// owned changes a group that must be the viewer's, locked.
func (s *Service) owned(ctx context.Context, viewer auth.Viewer, id ident.Group, change func(context.Context, *store.Tx, *db.Group) error) (*db.Group, error) {
	var out *db.Group
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		g, err := lockOwned(ctx, tx, viewer, id)
		if err != nil {
			return err
		}
		out = g
		return change(ctx, tx, g)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// lockOwned reads and locks a group that must be the viewer's.
func lockOwned(ctx context.Context, tx *store.Tx, viewer auth.Viewer, id ident.Group) (*db.Group, error) {
	g, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, missing()
	case g.OwnerID == viewer.ID():
		return g, nil
	}
	in, err := membership(ctx, tx, id, viewer.ID())
	switch {
	case err != nil:
		return nil, err
	case in == nil:
		return nil, missing()
	default:
		return nil, fault.New(fault.Forbidden, "Only the owner of the group can do this.")
	}
}

// lock reads and locks a group, nil if there is none.
func lock(ctx context.Context, tx *store.Tx, id ident.Group) (*db.Group, error) {
	g, err := tx.Group.Query().Where(group.ID(id), store.ForUpdate).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the group: %w", err)
	}
	return g, nil
}

func lockPerson(ctx context.Context, tx *store.Tx, id ident.User) error {
	if _, err := tx.User.Query().Where(user.ID(id), store.ForUpdate).OnlyID(ctx); err != nil {
		return fmt.Errorf("lock the account: %w", err)
	}
	return nil
}

// membership is the person's in the group, nil if there is none.
func membership(ctx context.Context, tx *store.Tx, id ident.Group, person ident.User) (*db.GroupMembership, error) {
	m, err := tx.GroupMembership.Query().
		Where(groupmembership.GroupID(id), groupmembership.UserID(person)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load the membership: %w", err)
	}
	return m, nil
}

// roomFor fails if the person, who is locked, is in as many groups as can be.
func roomFor(ctx context.Context, tx *store.Tx, person ident.User) error {
	n, err := tx.GroupMembership.Query().Where(groupmembership.UserID(person)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the groups: %w", err)
	}
	if n >= maxGroups {
		return full("groups", maxGroups, "You are in %d groups, and that is the most.")
	}
	return nil
}

func full(limit string, maximum int, format string) error {
	return fault.New(fault.LimitExceeded, format, maximum).With("limit", limit).With("maximum", maximum)
}

// admit makes a member of the person.
func (s *Service) admit(ctx context.Context, tx *store.Tx, id ident.Group, person ident.User) (*db.GroupMembership, error) {
	m, err := tx.GroupMembership.Create().SetGroupID(id).SetUserID(person).SetJoinedAt(s.clock()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the membership: %w", err)
	}
	return m, nil
}

// remove ends a group.
func remove(ctx context.Context, tx *store.Tx, id ident.Group) error {
	if _, err := tx.GroupInvitation.Delete().Where(groupinvitation.GroupID(id)).Exec(ctx); err != nil {
		return fmt.Errorf("delete the invitations: %w", err)
	}
	if _, err := tx.GroupMembership.Delete().Where(groupmembership.GroupID(id)).Exec(ctx); err != nil {
		return fmt.Errorf("delete the memberships: %w", err)
	}
	if _, err := tx.Group.Delete().Where(group.ID(id)).Exec(ctx); err != nil {
		return fmt.Errorf("delete the group: %w", err)
	}
	return nil
}
