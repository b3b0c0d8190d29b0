package group

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/groupinvitation"
	"github.com/aiqhq/aiq/ent/db/groupmembership"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// Terms are how an invitation can be used.
type Terms struct {
	// MaxUses is how many people can join by it, from 1 to 500.
	MaxUses int
	// Hours is for how long, from 1 to 720.
	Hours int
}

// The bounds of invitations.
const (
	maxHours = 30 * 24
	// maxOpen is how many invitations to a group can be usable at once.
	maxOpen = 20
)

// Invite makes a code by which people join the owner's group. It fails with
// VALIDATION_FAILED for terms that cannot be, and with LIMIT_EXCEEDED while
// enough codes can still be used.
func (s *Service) Invite(ctx context.Context, viewer auth.Viewer, id ident.Group, terms Terms) (*db.GroupInvitation, error) {
	if terms.MaxUses < 1 || terms.MaxUses > maxMembers {
		return nil, fault.Invalid("maxUses", "range", "An invitation can be used from 1 to %d times.", maxMembers)
	}
	if terms.Hours < 1 || terms.Hours > maxHours {
		return nil, fault.Invalid("expiresInHours", "range", "An invitation lasts from 1 to %d hours.", maxHours)
	}
	var out *db.GroupInvitation
	_, err := s.owned(ctx, viewer, id, func(ctx context.Context, tx *store.Tx, g *db.Group) error {
		open, err := tx.GroupInvitation.Query().Where(groupinvitation.GroupID(g.ID), s.usable()).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the invitations: %w", err)
		}
		if open >= maxOpen {
			return full("invitations", maxOpen, "%d invitations can still be used; revoke one first.")
		}
		now := s.clock()
		out, err = tx.GroupInvitation.Create().SetGroupID(g.ID).SetCreatedByID(viewer.ID()).
			SetCode(newCode()).SetMaxUses(terms.MaxUses).SetCreatedAt(now).SetExpiresAt(now.Add(time.Duration(terms.Hours) * time.Hour)).
			Save(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// usable holds for invitations by which someone can still join.
func (s *Service) usable() predicate.GroupInvitation {
	return groupinvitation.And(
		groupinvitation.RevokedAtIsNil(), groupinvitation.ExpiresAtGT(s.clock()),
		func(q *sql.Selector) {
			q.Where(sql.ColumnsLT(q.C(groupinvitation.FieldUses), q.C(groupinvitation.FieldMaxUses)))
		})
}

// Revoke ends an invitation to the viewer's group; repeating it changes nothing.
func (s *Service) Revoke(ctx context.Context, viewer auth.Viewer, id ident.Invitation) (*db.GroupInvitation, error) {
	var out *db.GroupInvitation
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		invitation, err := tx.GroupInvitation.Query().Where(groupinvitation.ID(id)).Only(ctx)
		if db.IsNotFound(err) {
			return fault.Missing("Invitation")
		}
		if err != nil {
			return fmt.Errorf("load the invitation: %w", err)
		}
		if g, err := lock(ctx, tx, invitation.GroupID); err != nil {
			return err
		} else if g == nil || g.OwnerID != viewer.ID() {
			// Members who do not own the group see no invitations either.
			return fault.Missing("Invitation")
		}
		err = tx.GroupInvitation.Update().Where(groupinvitation.ID(id), groupinvitation.RevokedAtIsNil()).
			SetRevokedAt(s.clock()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("revoke the invitation: %w", err)
		}
		out, err = tx.GroupInvitation.Query().Where(groupinvitation.ID(id)).Only(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Join makes the viewer a member of the group that the code leads to. It fails
// with NOT_FOUND alike for a code that is wrong, expired, revoked or used up, and
// with LIMIT_EXCEEDED if the viewer is in too many groups or the group is full.
// A member who joins again stays a member, whatever became of the code, and uses
// nothing up.
func (s *Service) Join(ctx context.Context, viewer auth.Viewer, code string) (*db.GroupMembership, error) {
	var out *db.GroupMembership
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = s.join(ctx, tx, viewer.ID(), canonical(code))
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) join(ctx context.Context, tx *store.Tx, person ident.User, code string) (*db.GroupMembership, error) {
	unknown := fault.Missing("Invitation").With("field", "code")
	invitation, err := tx.GroupInvitation.Query().Where(groupinvitation.Code(code)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("load the invitation: %w", err)
	}
	if err := lockPerson(ctx, tx, person); err != nil {
		return nil, err
	}
	g, err := lock(ctx, tx, invitation.GroupID)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, unknown
	}
	if m, err := membership(ctx, tx, g.ID, person); m != nil || err != nil {
		return m, err
	}
	used, err := tx.GroupInvitation.Update().Where(groupinvitation.ID(invitation.ID), s.usable()).AddUses(1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("use the invitation: %w", err)
	}
	if used == 0 {
		return nil, unknown
	}
	if err := roomFor(ctx, tx, person); err != nil {
		return nil, err
	}
	members, err := tx.GroupMembership.Query().Where(groupmembership.GroupID(g.ID)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count the members: %w", err)
	}
	if members >= maxMembers {
		return nil, full("members", maxMembers, "The group has %d members, and that is the most.")
	}
	return s.admit(ctx, tx, g.ID, person)
}

// alphabet is Crockford's base 32: without I, L, O and U, which are mistaken for
// others or spell words (crockford.com/base32.html).
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeHalf is the number of letters on each side of a code's dash. Ten letters
// are 50 bits: not to be guessed within the life of an invitation.
const codeHalf = 5

// newCode draws the code of an invitation, such as 7KQ2M-X9TRB.
func newCode() string {
	var raw [2 * codeHalf]byte
	// The system's source does not fail: since Go 1.24 it ends the program instead.
	_, _ = rand.Read(raw[:])
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw[:codeHalf]) + "-" + string(raw[codeHalf:])
}

// canonical is a code as newCode would write it: people leave out the dash, type
// small letters, and mistake O for 0 and I or L for 1.
func canonical(code string) string {
	var out strings.Builder
	for _, r := range strings.ToUpper(code) {
		switch r {
		case '-', ' ':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if out.Len() == codeHalf {
			out.WriteByte('-')
		}
		out.WriteRune(r)
		if out.Len() > 2*codeHalf+1 {
			return "" // no code is as long
		}
	}
	return out.String()
}
