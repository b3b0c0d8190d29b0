package servertest

import (
	"context"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// AddGroups adds n groups, each of the people given: the first owns it, all share
// their scores, and each group has two invitations.
func (s *Server) AddGroups(n int, people ...ident.User) []*db.Group {
	s.tb.Helper()
	var groups []*db.Group
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		groups, err = inParts(nil, n, func(i int) *db.GroupCreate {
			return tx.Group.Create().SetName(fmt.Sprintf("Group %d of %d", i, people[0])).
				SetOwnerID(people[0]).SetCreatedAt(began)
		}, func(rows []*db.GroupCreate) ([]*db.Group, error) { return tx.Group.CreateBulk(rows...).Save(ctx) })
		if err != nil {
			return err
		}
		_, err = inParts(nil, n*len(people), func(i int) *db.GroupMembershipCreate {
			return tx.GroupMembership.Create().SetGroupID(groups[i/len(people)].ID).
				SetUserID(people[i%len(people)]).SetSharesScore(true).SetJoinedAt(began)
		}, func(rows []*db.GroupMembershipCreate) ([]*db.GroupMembership, error) {
			return nil, tx.GroupMembership.CreateBulk(rows...).Exec(ctx)
		})
		if err != nil {
			return err
		}
		_, err = inParts(nil, n*2, func(i int) *db.GroupInvitationCreate {
			return tx.GroupInvitation.Create().SetGroupID(groups[i/2].ID).SetCreatedByID(people[0]).
				SetCode(fmt.Sprintf("code %d of %d", i%2, groups[i/2].ID)).SetMaxUses(10).
				SetCreatedAt(began).SetExpiresAt(began.Add(7 * 24 * time.Hour))
		}, func(rows []*db.GroupInvitationCreate) ([]*db.GroupInvitation, error) {
			return nil, tx.GroupInvitation.CreateBulk(rows...).Exec(ctx)
		})
		return err
	})
	return groups
}
